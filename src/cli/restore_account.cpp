// SPDX-License-Identifier: Apache-2.0
// posthouse restore --account.
#include "archive/account_parts.hpp"
#include "cli/backup.hpp"
#include "cli/told.hpp"
#include "wire/backup.pb.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using archive::AccountInBackup;
using archive::AccountPart;
using archive::Fault;
using archive::Limits;
using archive::Repository;
using process::Exit;
using wire::RestoreWrite;

constexpr std::size_t request_bytes = 700'000; // and one body more is within a frame

/// Sends an account to the desk.
class Sender {
public:
    Sender(Desk& desk, Repository& repository, const AccountInBackup& account, ProgressLine& line)
        : desk_(desk),
          repository_(repository),
          account_(account),
          line_(line)
    {
    }

    archive::Result<std::vector<std::string>> send(RestoreWrite begin)
    {
        begin.set_what(RestoreWrite::BEGIN);
        begin.set_record(account_.record());
        auto begun = ask(begin, {});
        if (!begun)
            return std::unexpected(begun.error());
        handle_ = begun->restore();
        if (account_.partition() != nullptr)
            if (auto done = rows(); !done)
                return std::unexpected(done.error());
        RestoreWrite finish;
        finish.set_what(RestoreWrite::FINISH);
        auto finished = ask(finish, {});
        if (!finished)
            return std::unexpected(finished.error());
        return std::vector<std::string>(finished->lost_aliases().begin(),
                                        finished->lost_aliases().end());
    }
    std::uint64_t messages() const { return messages_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    archive::Result<wire::RestoreAnswer> ask(RestoreWrite& request, std::string raw)
    {
        request.set_restore(handle_);
        auto answer =
            desk_.call<wire::RestoreAnswer>(wire::Method::restore_write, request, std::move(raw));
        if (!answer)
            return archive::fault(answer.error() == wire::Failure::no_space ? Fault::Kind::no_space
                                                                            : Fault::Kind::source,
                                  fmt::format("the server did not take the letters: {}",
                                              wire::describe(answer.error())));
        if (!answer->message.error().empty())
            return archive::fault(Fault::Kind::refused, answer->message.error());
        return std::move(answer->message);
    }
    archive::Result<void> rows()
    {
        archive::PartitionRows rows(repository_, account_.partition()->chunks);
        for (;;) {
            auto row = rows.next();
            if (!row)
                return std::unexpected(row.error());
            if (*row) {
                AccountPart part{std::move(**row), {}, 0};
                if (archive::is_message(part.row))
                    if (auto done = add_body(part); !done)
                        return done;
                archive::append_part(raw_, part);
            }
            if (raw_.size() >= request_bytes || (!*row && !raw_.empty()))
                if (auto done = flush(); !done)
                    return done;
            if (!*row)
                return {};
        }
    }
    /// Before a body that would make the frame too large.
    archive::Result<void> add_body(AccountPart& part)
    {
        const auto* body = account_.body(part.row);
        if (body == nullptr)
            return archive::fault(Fault::Kind::damaged, "a body is not in the backup");
        ++messages_;
        bytes_ += body->bytes;
        if (body->bytes > store::Limits::small_blob)
            return upload(part, *body);
        if (raw_.size() + body->bytes >= Limits::body_piece)
            if (auto done = flush(); !done)
                return done;
        auto bytes = archive::whole_body(repository_, *body);
        if (!bytes)
            return std::unexpected(bytes.error());
        part.body = std::move(*bytes);
        return {};
    }
    archive::Result<void> upload(AccountPart& part, const archive::StoredBody& body)
    {
        for (const auto& piece : body.pieces) {
            auto chunk = repository_.chunk(piece);
            if (!chunk)
                return std::unexpected(chunk.error());
            RestoreWrite request;
            request.set_what(RestoreWrite::PIECE);
            request.set_upload(part.upload);
            const auto answer = ask(request, std::move(*chunk));
            if (!answer)
                return std::unexpected(answer.error());
            part.upload = answer->upload();
        }
        return flush(); // What waited; this one follows with the next, so that few wait at once.
    }
    archive::Result<void> flush()
    {
        if (raw_.empty())
            return {};
        RestoreWrite request;
        request.set_what(RestoreWrite::ROWS);
        const auto answer = ask(request, std::exchange(raw_, {}));
        if (!answer)
            return std::unexpected(answer.error());
        line_.show(messages_, account_.messages(),
                   fmt::format("{} of {} letters, {}", messages_, account_.messages(),
                               short_size(static_cast<std::int64_t>(bytes_))));
        return {};
    }

    Desk& desk_;
    Repository& repository_;
    const AccountInBackup& account_;
    ProgressLine& line_;
    std::uint64_t handle_ = 0, messages_ = 0, bytes_ = 0;
    std::string raw_;
};

} // namespace

Exit restore_account(Context& context, Desk& desk, BackupToRestore from, const RestoreWish& wish)
{
    const auto account = AccountInBackup::find(from.repository, from.manifest, wish.account);
    if (!account)
        return refuse(context, account.error());
    RestoreWrite begin;
    begin.set_address(wish.as.empty() ? account->address() : wish.as);
    begin.set_replace(wish.replace);
    begin.set_copy(!wish.as.empty());
    std::optional<archive::Result<std::vector<std::string>>> lost;
    std::uint64_t messages = 0, bytes = 0;
    {
        ProgressLine line(context);
        Sender sender(desk, from.repository, *account, line);
        lost = sender.send(begin);
        messages = sender.messages();
        bytes = sender.bytes();
    }
    if (!*lost)
        return refuse(context, lost->error());
    auto& out = context.console.out;
    if (context.output == Output::json) {
        json::array aliases;
        for (const auto& alias : **lost)
            aliases.emplace_back(alias);
        out << json::serialize(json::object{{"address", begin.address()},
                                            {"messages", messages},
                                            {"bytes", bytes},
                                            {"lost_aliases", std::move(aliases)}})
            << '\n';
        return Exit::ok;
    }
    out << fmt::format("Restored {}: {} letters, {}.\n", begin.address(), messages,
                       short_size(static_cast<std::int64_t>(bytes)));
    for (const auto& alias : **lost)
        out << fmt::format("The alias {} is another account's by now.\n", alias);
    return Exit::ok;
}

} // namespace posthouse::cli
