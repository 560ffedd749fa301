// SPDX-License-Identifier: Apache-2.0
#include "cli/import_target.hpp"

#include <fmt/format.h>
#include <utility>

namespace posthouse::cli {
namespace {

using process::Exit;

ImportTarget::Stop stop_for(wire::Failure failure)
{
    if (failure == wire::Failure::closed)
        return {Exit::temporary, "the server ended meanwhile; the same command goes on"};
    if (failure == wire::Failure::no_space)
        return {Exit::io_error, "the server's disk is full"};
    return {Exit::temporary, fmt::format("the server refused: {}", wire::describe(failure))};
}

} // namespace

ImportTarget::Result<void> ImportTarget::begin(const wire::ImportBegin& request)
{
    auto begun = desk_.call<wire::ImportBegun>(wire::Method::import_begin, request);
    if (!begun)
        return std::unexpected(stop_for(begun.error()));
    if (!begun->message.trouble().empty())
        return std::unexpected(Stop{Exit::failure, begun->message.trouble()});
    letter_bytes_ = begun->message.letter_bytes();
    return {};
}

ImportTarget::Result<wire::ImportedLetters> ImportTarget::send()
{
    auto answer = desk_.call<wire::ImportedLetters>(wire::Method::import_letters, frame_,
                                                    std::exchange(raw_, {}));
    frame_.Clear();
    if (!answer)
        return std::unexpected(stop_for(answer.error()));
    auto& message = answer->message;
    without_summary += message.without_summary();
    for (const auto& keyword : message.keywords_left_out())
        keywords_left_out.insert(keyword);
    for (const auto uid : message.uids())
        on_letter(uid);
    if (message.full())
        return std::unexpected(
            Stop{Exit::failure,
                 "the account is full: raise its quota, or say --over-quota, and the same command "
                 "goes on"});
    if (!message.trouble().empty())
        return std::unexpected(Stop{Exit::failure, message.trouble()});
    return std::move(message);
}

ImportTarget::Result<ImportTarget::Entered>
ImportTarget::enter(const wire::ImportLetters::Mailbox& mailbox)
{
    *frame_.mutable_mailbox() = mailbox;
    auto entered = send();
    if (!entered)
        return std::unexpected(entered.error());
    Entered answer;
    answer.keeps_uids = entered->keeps_uids();
    answer.messages = entered->messages();
    std::string after;
    do {
        wire::ImportLetters request;
        request.mutable_known()->set_after(after);
        auto page = desk_.call<wire::ImportedLetters>(wire::Method::import_letters, request);
        if (!page)
            return std::unexpected(stop_for(page.error()));
        for (std::size_t at = 0; at + 16 <= page->raw.size(); at += 16)
            answer.known.insert(page->raw.substr(at, 16));
        after = page->message.next();
    } while (!after.empty());
    return answer;
}

ImportTarget::Result<void> ImportTarget::letter(const moving::Letter& letter,
                                                std::optional<std::int64_t> internal_date)
{
    auto* piece = frame_.add_pieces();
    auto* head = piece->mutable_letter();
    head->set_identity(letter.identity);
    head->set_uid(letter.uid);
    head->set_flags(letter.flags.system.bits());
    for (const auto& keyword : letter.flags.keywords)
        head->add_keywords(keyword);
    head->set_dated(internal_date.has_value());
    head->set_internal_date(internal_date.value_or(0));
    head->set_uidl(letter.uidl);
    return {};
}

ImportTarget::Result<void> ImportTarget::piece(std::string bytes)
{
    auto* last =
        frame_.pieces_size() == 0 ? nullptr : frame_.mutable_pieces(frame_.pieces_size() - 1);
    if (last == nullptr || last->last() || last->abandoned())
        last = frame_.add_pieces();
    last->set_bytes(last->bytes() + static_cast<std::uint32_t>(bytes.size()));
    bytes_ += bytes.size();
    raw_ += bytes;
    if (raw_.size() >= Limits::frame_bytes)
        if (auto sent = send(); !sent)
            return std::unexpected(sent.error());
    return {};
}

ImportTarget::Result<void> ImportTarget::end(End how)
{
    auto* last =
        frame_.pieces_size() == 0 ? nullptr : frame_.mutable_pieces(frame_.pieces_size() - 1);
    if (last == nullptr || last->last() || last->abandoned())
        last = frame_.add_pieces();
    if (how == End::abandoned) {
        last->set_abandoned(true);
        return {};
    }
    last->set_last(true);
    ++letters_;
    if (letters_ >= Limits::letters_a_commit || bytes_ >= Limits::bytes_a_commit)
        return commit(Behind::more);
    if (frame_.pieces_size() >= Limits::frame_pieces)
        if (auto sent = send(); !sent)
            return std::unexpected(sent.error());
    return {};
}

ImportTarget::Result<void> ImportTarget::commit(Behind behind)
{
    frame_.set_commit(true);
    frame_.set_finish(behind == Behind::nothing);
    letters_ = bytes_ = 0;
    if (auto sent = send(); !sent)
        return std::unexpected(sent.error());
    return {};
}

ImportTarget::Result<void> ImportTarget::finish(bool keep)
{
    wire::ImportEnd request;
    request.set_keep(keep);
    auto ended = desk_.call<wire::ImportEnded>(wire::Method::import_end, request);
    if (!ended)
        return std::unexpected(stop_for(ended.error()));
    return {};
}

} // namespace posthouse::cli
