// SPDX-License-Identifier: Apache-2.0
// New messages: uploads, and what is made of them.
#include "base/contract.hpp"
#include "gate/keeper_asking.hpp"
#include "wire/messages.pb.h"

namespace posthouse::gate {

using imap::Trouble;
using wire::Method;

Task<imap::Result<std::uint64_t>> KeeperBackend::open_upload()
{
    if (uploads_.size() >= Limits::uploads)
        co_return std::unexpected(Trouble::unavailable);
    uploads_.try_emplace(++last_upload_);
    co_return last_upload_;
}

std::size_t KeeperBackend::kept_bytes() const
{
    std::size_t bytes = 0;
    for (const auto& [id, upload] : uploads_)
        bytes += upload.kept.size();
    return bytes;
}

Task<imap::Result<void>> KeeperBackend::upload(std::uint64_t id, std::string piece)
{
    const auto found = uploads_.find(id);
    expects(found != uploads_.end());
    auto& upload = found->second;
    if (upload.at_keeper == 0 && kept_bytes() + piece.size() <= Limits::kept_bytes) {
        if (upload.kept.empty())
            upload.kept = std::move(piece);
        else
            upload.kept += piece;
        co_return imap::Result<void>();
    }
    if (upload.at_keeper == 0) {
        auto opened = co_await ask<wire::Upload>(Method::open_upload, wire::OpenUpload());
        if (!opened)
            co_return std::unexpected(opened.error());
        upload.at_keeper = opened->message.upload();
        if (!upload.kept.empty())
            if (auto sent = co_await send_up(upload.at_keeper, std::exchange(upload.kept, {}));
                !sent)
                co_return std::unexpected(sent.error());
    }
    co_return co_await send_up(upload.at_keeper, std::move(piece));
}

Task<imap::Result<void>> KeeperBackend::send_up(std::uint64_t upload, std::string piece)
{
    wire::Upload request;
    request.set_upload(upload);
    auto answer =
        co_await keeper_->call<wire::Done>(Method::append_upload, request, std::move(piece));
    if (!answer)
        co_return std::unexpected(trouble_of(answer.error()));
    co_return imap::Result<void>();
}

void KeeperBackend::abandon_upload(std::uint64_t id)
{
    const auto node = uploads_.extract(id);
    if (!node || node.mapped().at_keeper == 0)
        return;
    wire::Upload notice;
    notice.set_upload(node.mapped().at_keeper);
    keeper_->notify(Method::abandon_upload, notice);
}

Task<imap::Result<imap::Appended>> KeeperBackend::append(std::string to,
                                                         std::vector<imap::NewMessage> messages,
                                                         std::optional<imap::Replaced> replaced)
{
    wire::AppendMessages request;
    std::string raw;
    request.set_to(std::move(to));
    for (const auto& message : messages) {
        auto* letter = request.add_messages();
        auto node = uploads_.extract(message.upload);
        expects(!node.empty());
        auto& upload = node.mapped();
        letter->set_upload(upload.at_keeper);
        if (upload.at_keeper == 0)
            letter->set_bytes(static_cast<std::uint32_t>(upload.kept.size()));
        if (raw.empty())
            raw = std::move(upload.kept);
        else
            raw += upload.kept;
        put_flags(message.flags, *letter);
        letter->set_dated(message.internal_date.has_value());
        letter->set_internal_date(message.internal_date.value_or(0));
    }
    if (replaced) {
        request.set_replaced_handle(number(replaced->handle));
        request.set_replaced_uid(replaced->uid);
    }
    auto answer = co_await ask<wire::MessagesAppended>(Method::mailbox_append, std::move(request),
                                                       std::move(raw));
    if (!answer)
        co_return std::unexpected(answer.error());
    auto uids = uids_in(answer->message.uids());
    if (!uids)
        co_return std::unexpected(Trouble::unavailable);
    co_return imap::Appended{answer->message.uid_validity(), std::move(*uids)};
}

} // namespace posthouse::gate
