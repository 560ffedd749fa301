// SPDX-License-Identifier: Apache-2.0
// Letters that clients append, and summaries that are to be made (again).
#include "base/log.hpp"
#include "keeper/mailboxes_parts.hpp"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

// ---- uploads --------------------------------------------------------------------------------

std::shared_ptr<Mailboxes::Upload> Mailboxes::new_upload(const ReaderSession& session)
{
    auto upload = std::make_shared<Upload>();
    upload->session = session.handle;
    upload->gate = session.gate.get();
    upload->account = session.account;
    upload->blob = office_.engine.blobs().new_id();
    return upload;
}

Task<Mailboxes::Answer> Mailboxes::open_upload(ReaderSession& session, wire::OpenUpload,
                                               std::string)
{
    // What a session that ended has left.
    std::erase_if(uploads_, [&](const auto& entry) {
        return sessions_.find(entry.second->gate, entry.second->session) == nullptr;
    });
    const auto of_account = std::ranges::count_if(
        uploads_, [&](const auto& entry) { return entry.second->account == session.account; });
    if (uploads_.size() >= Limits::uploads ||
        static_cast<std::size_t>(of_account) >= Limits::uploads_an_account)
        co_return std::unexpected(Failure::busy);
    uploads_[++last_upload_] = new_upload(session);
    wire::Upload answer;
    answer.set_upload(last_upload_);
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::append_upload(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::Upload>(frame.message);
    const auto found = request ? uploads_.find(request->upload()) : uploads_.end();
    if (found == uploads_.end() || found->second->gate != gate || found->second->busy)
        co_return std::unexpected(Failure::refused);
    const auto upload = found->second; // Stays although the gate may go.
    if (upload->failed)
        co_return std::unexpected(Failure::unavailable);
    upload->bytes += frame.raw.size();
    if (upload->bytes > office_.config().limits.message_bytes)
        co_return std::unexpected(Failure::too_big);
    upload->busy = true;
    store::Result<void> written;
    std::size_t in_memory = frame.raw.size();
    for (const auto& [id, other] : uploads_)
        in_memory += other->data.size();
    if (!upload->sink && upload->bytes <= Limits::in_memory && in_memory <= Limits::all_in_memory) {
        upload->data += frame.raw;
    } else {
        if (!upload->sink) {
            auto sink = co_await office_.engine.blobs().create(
                upload->blob, mailbox::partition_of(upload->account));
            if (sink) {
                upload->sink = std::move(*sink);
                written = co_await upload->sink->write(std::exchange(upload->data, {}));
            } else {
                written = std::unexpected(sink.error());
            }
        }
        if (written)
            written = co_await upload->sink->write(std::move(frame.raw));
    }
    upload->busy = false;
    if (!written) {
        upload->failed = true;
        co_return std::unexpected(failure_of(written.error()));
    }
    co_return wire::answer_with(wire::Done());
}

// ---- summaries ------------------------------------------------------------------------------

/// Has a sorter index a letter. One that brings the sorter down has no summary.
Task<wire::Result<wire::Typed<wire::LetterIndexed>>>
Mailboxes::index_text(std::shared_ptr<Indexing> indexing)
{
    wire::IndexLetter order;
    order.set_job(++last_job_);
    order.set_bytes(indexing->bytes);
    indexing->job = last_job_;
    std::string raw;
    if (indexing->bytes <= Limits::piece * 4) {
        if (indexing->upload && !indexing->upload->sink) {
            raw = indexing->upload->data;
        } else if (indexing->text) {
            auto bytes = co_await indexing->text->read(office_.engine, 0, indexing->bytes);
            if (!bytes)
                co_return std::unexpected(failure_of(bytes.error()));
            raw = std::move(*bytes);
        }
    }
    auto place = co_await sorters_.take(Workers::Company::shared);
    indexing->sorter = place.link().get();
    const auto job = indexing->job;
    indexing_[job] = indexing;
    auto indexed = co_await place.link()->call<wire::LetterIndexed>(Method::index_letter, order,
                                                                    std::move(raw));
    indexing_.erase(job);
    if (!indexed && indexed.error() == Failure::closed &&
        co_await place.loss() == spool::Loss::crashed)
        co_return std::unexpected(Failure::damaged);
    co_return indexed;
}

Task<wire::Result<wire::Answer>> Mailboxes::answer_sorter(const wire::Link* sorter,
                                                          wire::Frame frame)
{
    if (frame.head.method == Method::next_candidates)
        co_return co_await next_candidates(sorter, std::move(frame));
    const auto request = wire::parse<wire::ReadLetter>(frame.message);
    if (request && TextCutting::is_own(request->letter()))
        co_return co_await texts_.cutting().read_on(sorter, *request);
    const auto found = request ? indexing_.find(request->letter()) : indexing_.end();
    if (found == indexing_.end() || found->second->sorter != sorter)
        co_return std::unexpected(Failure::refused);
    const auto indexing = found->second;
    const auto length = std::min(request->length(), Limits::piece);
    store::Result<std::string> bytes = std::unexpected(store::Error::not_found);
    if (indexing->text)
        bytes = co_await indexing->text->read(office_.engine, request->offset(), length);
    else if (indexing->upload && indexing->upload->sealed)
        bytes =
            co_await office_.engine.blobs().read(indexing->upload->blob, request->offset(), length);
    else if (indexing->upload && request->offset() <= indexing->upload->data.size())
        bytes = indexing->upload->data.substr(request->offset(), length);
    if (!bytes)
        co_return std::unexpected(failure_of(bytes.error()));
    wire::Piece answer;
    answer.set_last(request->offset() + bytes->size() >= indexing->bytes);
    co_return wire::answer_with(answer, std::move(*bytes));
}

Task<wire::Result<std::string>> Mailboxes::summary_again(std::shared_ptr<mailbox::Account> account,
                                                         std::uint64_t email)
{
    const std::pair key(account->id(), email);
    if (unindexable_.contains(key))
        co_return std::unexpected(Failure::damaged);
    auto message = co_await account->message(email);
    if (!message)
        co_return std::unexpected(failure_of(message.error()));
    auto indexing = std::make_shared<Indexing>();
    indexing->text.emplace(*message);
    indexing->bytes = indexing->text->bytes();
    auto indexed = co_await index_text(indexing);
    if (!indexed && indexed.error() == Failure::damaged &&
        unindexable_.size() < Limits::unindexable)
        unindexable_.insert(key);
    if (!indexed)
        co_return std::unexpected(indexed.error());
    log::info("summary.rebuilt", {{"email", email}});
    // Should it not be kept, it is made again next time.
    (void)co_await account->put_summary(email, indexed->raw);
    co_return std::move(indexed->raw);
}

// ---- APPEND ---------------------------------------------------------------------------------

Task<wire::Result<mailbox::Account::NewMessage>>
Mailboxes::index(std::shared_ptr<Upload> upload, const wire::AppendMessages::Letter& wanted)
{
    if (upload->sink && !upload->sealed) {
        auto sealed = co_await upload->sink->seal();
        if (!sealed)
            co_return std::unexpected(failure_of(sealed.error()));
        upload->sealed = true;
    }
    auto indexing = std::make_shared<Indexing>();
    indexing->upload = upload;
    indexing->bytes = upload->bytes;
    auto indexed = co_await index_text(indexing);
    mailbox::Account::NewMessage message;
    if (indexed) {
        message.summary = std::move(indexed->raw);
        message.threading = {indexed->message.threading().begin(),
                             indexed->message.threading().end()};
    }
    message.size = upload->bytes;
    message.internal_date = wanted.dated() ? wanted.internal_date() : to_microseconds(wall_clock());
    message.flags.system =
        mail::SystemFlags::from_bits(static_cast<std::uint8_t>(wanted.flags() & 0x1f));
    for (const auto& keyword : wanted.keywords())
        if (mail::is_keyword(keyword))
            message.flags.add_keyword(keyword);
    message.message.set_body(upload->blob.bytes());
    message.message.set_body_bytes(upload->bytes);
    if (!upload->sealed)
        message.data = std::move(upload->data);
    co_return message;
}

/// What was uploaded and has no name: on a full disk it would pile up.
Task<void> Mailboxes::drop(std::vector<std::shared_ptr<Upload>> uploads)
{
    for (const auto& upload : uploads)
        if (upload->sealed)
            (void)co_await office_.engine.blobs().remove(upload->blob);
}

/// The letters of a request: uploaded before, or come along with it.
wire::Result<std::vector<std::shared_ptr<Mailboxes::Upload>>>
Mailboxes::letters_of(const ReaderSession& session, const wire::AppendMessages& request,
                      std::string raw)
{
    std::vector<std::shared_ptr<Upload>> uploads;
    const auto size = raw.size();
    std::size_t at = 0; // Never above size.
    for (const auto& wanted : request.messages()) {
        if (wanted.keywords_size() > mailbox::Limits::keywords)
            return std::unexpected(Failure::refused);
        if (wanted.upload() == 0) {
            if (wanted.bytes() == 0 || wanted.bytes() > size - at)
                return std::unexpected(Failure::refused);
            if (wanted.bytes() > office_.config().limits.message_bytes)
                return std::unexpected(Failure::too_big);
            if (wanted.bytes() > Limits::in_memory) // It would be too large for any commit.
                return std::unexpected(Failure::refused);
            auto upload = new_upload(session);
            upload->bytes = wanted.bytes();
            upload->data = wanted.bytes() == size ? std::move(raw) : raw.substr(at, wanted.bytes());
            at += wanted.bytes();
            uploads.push_back(std::move(upload));
            continue;
        }
        const auto found = uploads_.find(wanted.upload());
        if (found == uploads_.end() || found->second->session != session.handle ||
            found->second->busy || found->second->failed)
            return std::unexpected(Failure::refused);
        uploads.push_back(std::move(found->second));
        uploads_.erase(found);
    }
    return uploads;
}

Task<Mailboxes::Answer> Mailboxes::append(ReaderSession& session, wire::AppendMessages request,
                                          std::string raw)
{
    if (request.messages_size() == 0 || request.messages_size() > Limits::messages_an_append)
        co_return std::unexpected(Failure::limit);
    auto letters = letters_of(session, request, std::move(raw));
    if (!letters)
        co_return std::unexpected(letters.error());
    auto uploads = std::move(*letters);
    const Viewer viewer(session);
    std::optional<Place> replaced;
    if (request.replaced_handle() != 0) {
        auto place = co_await place_of(session, request.replaced_handle());
        if (!place)
            co_return std::unexpected(place.error());
        if (place->read_only ||
            !place->rights.has_all({mailbox::Right::deleted, mailbox::Right::expunge}))
            co_return std::unexpected(Failure::no_permission);
        replaced = std::move(*place);
    }
    auto to = co_await spot_of(viewer, request.to(), {mailbox::Right::insert});
    if (!to)
        co_return std::unexpected(to.error());
    const auto& account = to->tree.account;
    // In one commit, where both are one account's.
    std::optional<mailbox::Account::Gone> gone;
    if (replaced && replaced->account == account)
        gone = {replaced->id, request.replaced_uid()};
    for (auto& upload : uploads)
        if (auto moved = co_await rehome(*upload, account->id()); !moved)
            co_return std::unexpected(moved.error());
    std::vector<mailbox::Account::NewMessage> messages;
    for (int i = 0; i < request.messages_size(); ++i) {
        auto message = co_await index(uploads[static_cast<std::size_t>(i)], request.messages(i));
        if (!message) {
            co_await drop(std::move(uploads));
            co_return std::unexpected(message.error());
        }
        messages.push_back(std::move(*message));
    }
    // It took a while, and rights may have been taken back.
    const auto* target = to->mailbox();
    if (target == nullptr || !to->tree.rights(*target).has(mailbox::Right::insert)) {
        co_await drop(std::move(uploads));
        co_return std::unexpected(target == nullptr ? Failure::nonexistent
                                                    : Failure::no_permission);
    }
    to->rights = to->tree.rights(*target);
    const auto seen = keep_rights(*to, messages);
    auto added = co_await account->append(to->id, std::move(messages), wall_clock(), gone);
    if (!added) {
        if (added.error() != mailbox::Error::unknown)
            co_await drop(std::move(uploads));
        co_return std::unexpected(failure_of(added.error()));
    }
    if (replaced && !gone) // Should that fail, it is there twice.
        (void)co_await replaced->account->expunge(
            replaced->id, mail::UidSet::range(request.replaced_uid(), request.replaced_uid()));
    if (to->tree.foreign())
        co_await mark_seen(*to, picked(added->uids, seen));
    wire::MessagesAppended answer;
    answer.set_uid_validity(static_cast<std::uint32_t>(added->validity));
    if (to->rights.has(mailbox::Right::read)) // RFC 4315 §3
        answer.set_uids(added->uids.text());
    co_return wire::answer_with(answer);
}

} // namespace posthouse::keeper
