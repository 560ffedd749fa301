// SPDX-License-Identifier: Apache-2.0
// Letters that come from another server.
#include "base/log.hpp"
#include "keeper/mailboxes_parts.hpp"
#include "keeper/moving_parts.hpp"
#include "mail/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::keeper {

using wire::Failure;

namespace {

wire::ImportedLetters in_trouble(std::string what)
{
    wire::ImportedLetters answer;
    answer.set_trouble(std::move(what));
    return answer;
}

/// RFC 1939 §7. What else a file's name may hold would begin lines of its own where it is written.
bool may_be_uidl(std::string_view text)
{
    return text.size() <= 70 &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::string words_for(Failure failure, const std::string& address)
{
    switch (failure) {
    case Failure::nonexistent:
        return fmt::format("there is no account {}; make it with: posthouse user add {}", address,
                           address);
    default:
        return fmt::format("the mailboxes of {} cannot be opened: {}", address,
                           wire::describe(failure));
    }
}

} // namespace

Task<Moving::Answer> Moving::import_begin(const wire::Link* link, wire::ImportBegin request)
{
    wire::ImportBegun answer;
    answer.set_letter_bytes(office_.config().limits.message_bytes);
    if (imports_.contains(link) || exports_.contains(link) ||
        request.import().size() != mailbox::Account::import_id_bytes)
        co_return std::unexpected(Failure::refused);
    auto account = co_await account_of(request.account());
    if (!account) {
        answer.set_trouble(words_for(account.error(), request.account()));
        co_return wire::answer_with(answer);
    }
    if (imports_.size() + exports_.size() >= Limits::at_once) {
        answer.set_trouble("too many imports and exports are under way; try again later");
        co_return wire::answer_with(answer);
    }
    const bool under_way = std::ranges::any_of(
        imports_, [&](const auto& entry) { return entry.second->account == *account; });
    if (under_way) {
        answer.set_trouble(
            fmt::format("letters are being imported for {} already", request.account()));
        co_return wire::answer_with(answer);
    }
    auto import = std::make_shared<Import>();
    import->id = request.import();
    import->account = *account;
    import->over_quota = request.over_quota();
    import->address = request.account();
    imports_[link] = import;
    if (auto made =
            co_await (*account)->furnish(standard_of(office_.config().mailboxes), wall_clock());
        !made) {
        imports_.erase(link);
        answer.set_trouble(std::string(mailbox::describe(made.error())));
    } else {
        log::info("import.begun", {{"account", request.account()}});
    }
    co_return wire::answer_with(answer);
}

Task<wire::ImportedLetters> Moving::enter(std::shared_ptr<Import> import,
                                          const wire::ImportLetters::Mailbox& wanted)
{
    wire::ImportedLetters answer;
    auto& account = *import->account;
    auto id = account.find(wanted.name());
    if (!id) {
        auto made = co_await account.create(wanted.name(), {}, wall_clock());
        if (!made)
            co_return in_trouble(std::string(mailbox::describe(made.error())));
        id = *made;
    }
    answer.set_messages(account.mailbox(*id)->messages());
    auto keeps = co_await account.begin_import(
        *id, {import->id, wanted.uid_validity(), wanted.uid_next()}, wall_clock());
    if (!keeps)
        co_return in_trouble(std::string(mailbox::describe(keeps.error())));
    answer.set_keeps_uids(*keeps);
    if (wanted.subscribe() && !account.state().subscriptions.contains(wanted.name()))
        if (auto done = co_await account.subscribe(wanted.name()); !done)
            co_return in_trouble(std::string(mailbox::describe(done.error())));
    import->mailbox = *id;
    co_return answer;
}

/// Bytes of the letter that is coming.
Task<wire::Result<void>> Moving::take(std::shared_ptr<Import> import,
                                      const wire::ImportLetters::Piece& piece,
                                      std::string_view bytes)
{
    if (piece.has_letter() == (import->coming != nullptr) ||
        (piece.has_letter() && import->letters.size() >= Limits::letters_a_commit) ||
        (piece.has_letter() && piece.letter().keywords_size() > 1000))
        co_return std::unexpected(Failure::limit);
    if (piece.has_letter()) {
        const auto& head = piece.letter();
        auto letter = std::make_shared<Letter>();
        letter->identity = head.identity();
        letter->uid = head.uid();
        if (may_be_uidl(head.uidl()))
            letter->uidl = head.uidl();
        auto& brought = letter->brought;
        brought.blob = office_.engine.blobs().new_id();
        brought.flags.system =
            mail::SystemFlags::from_bits(static_cast<std::uint8_t>(head.flags() & 0x1f));
        for (const auto& keyword : head.keywords())
            if (mail::is_keyword(keyword))
                brought.flags.add_keyword(keyword);
        brought.internal_date = head.dated() ? head.internal_date() : to_microseconds(wall_clock());
        import->coming = std::move(letter);
    }
    if (piece.abandoned()) {
        import->in_memory -= import->coming->brought.data.size();
        import->coming = nullptr; // What was written of it goes with its sink.
        co_return wire::Result<void>{};
    }
    const auto letter = import->coming;
    auto& brought = letter->brought;
    brought.bytes += bytes.size();
    if (brought.bytes > office_.config().limits.message_bytes)
        co_return std::unexpected(Failure::too_big);
    if (!brought.sink && brought.bytes <= Limits::letter_in_memory) {
        import->in_memory += bytes.size();
        if (import->in_memory > Limits::in_memory)
            co_return std::unexpected(Failure::limit);
        brought.data += bytes;
    } else {
        if (!brought.sink) {
            auto sink = co_await office_.engine.blobs().create(
                brought.blob, mailbox::partition_of(import->account->id()));
            if (!sink)
                co_return std::unexpected(failure_of(sink.error()));
            brought.sink = std::move(*sink);
            import->in_memory -= brought.data.size();
            if (auto written = co_await brought.sink->write(std::exchange(brought.data, {}));
                !written)
                co_return std::unexpected(failure_of(written.error()));
        }
        if (auto written = co_await brought.sink->write(std::string(bytes)); !written)
            co_return std::unexpected(failure_of(written.error()));
    }
    if (piece.last()) {
        import->letters.push_back(std::exchange(import->coming, nullptr));
        auto whole = std::move(letter->brought);
        letter->brought.blob = whole.blob;
        letter->brought.sink = whole.sink; // Should it be dropped.
        letter->indexed = co_await Ahead<wire::Result<mailbox::Account::NewMessage>>::begin(
            mailboxes_.index(std::move(whole)));
    }
    co_return wire::Result<void>{};
}

Task<wire::ImportedLetters> Moving::commit(std::shared_ptr<Import> import)
{
    const auto letters = std::exchange(import->letters, {});
    import->in_memory = 0;
    wire::ImportedLetters answer;
    std::size_t next = 0;
    while (next < letters.size()) {
        mailbox::Account::ImportBatch batch;
        batch.import = import->id;
        if (import->over_quota)
            batch.quota = mailbox::Account::ImportBatch::Quota::ignored;
        const auto first = next;
        std::uint64_t rows = 0;
        std::string trouble;
        // Summaries vary; a commit has room for so many.
        while (next < letters.size() && rows < Limits::summaries && trouble.empty()) {
            auto& letter = *letters[next];
            auto message = co_await letter.indexed->result();
            if (!message) {
                trouble = wire::describe(message.error());
                break;
            }
            ++next;
            if (message->summary.empty())
                answer.set_without_summary(answer.without_summary() + 1);
            message->uidl = letter.uidl;
            rows += message->summary.size() + 1024;
            batch.messages.push_back(std::move(*message));
            batch.uids.push_back(letter.uid);
            batch.identities.push_back(letter.identity);
        }
        mailbox::Result<mailbox::Account::Imported> done;
        if (trouble.empty()) {
            done = co_await import->account->import_letters(import->mailbox, std::move(batch),
                                                            wall_clock());
            if (!done)
                trouble = mailbox::describe(done.error());
        }
        if (!trouble.empty()) {
            answer.set_trouble(std::move(trouble));
            answer.set_full(!done && done.error() == mailbox::Error::over_quota);
            const bool unknown = !done && done.error() == mailbox::Error::unknown;
            co_await drop({letters.begin() + static_cast<std::ptrdiff_t>(unknown ? next : first),
                           letters.end()});
            co_return answer;
        }
        for (const auto uid : done->uids)
            answer.add_uids(uid);
        for (const auto& keyword : done->keywords_left_out)
            answer.add_keywords_left_out(keyword);
    }
    co_return answer;
}

/// Bodies that nothing will name.
Task<void> Moving::drop(std::vector<std::shared_ptr<Letter>> letters)
{
    for (const auto& letter : letters) {
        if (letter->indexed) // It may be reading.
            (void)co_await letter->indexed->result();
        if (letter->brought.sink)
            (void)co_await office_.engine.blobs().remove(letter->brought.blob);
    }
}

/// Of an import that nobody goes on with.
Task<void> Moving::drop_all(std::shared_ptr<Import> import)
{
    if (import->coming)
        import->letters.push_back(std::exchange(import->coming, nullptr));
    co_await drop(std::exchange(import->letters, {}));
}

Task<Moving::Answer> Moving::import_letters(const wire::Link* link, wire::ImportLetters request,
                                            std::string raw)
{
    const auto found = imports_.find(link);
    if (found == imports_.end() || found->second->busy)
        co_return std::unexpected(Failure::refused);
    const auto import = found->second;
    const Turn turn(import->busy);
    auto answer = co_await import_some(import, std::move(request), std::move(raw));
    if (import->left)
        co_await drop_all(import);
    co_return answer;
}

Task<Moving::Answer> Moving::import_some(std::shared_ptr<Import> import,
                                         wire::ImportLetters request, std::string raw)
{
    wire::ImportedLetters answer;
    if (!co_await refresh(import->address, import->account))
        co_return wire::answer_with(in_trouble("the account went meanwhile"));
    if (request.has_mailbox()) {
        if (import->coming || !import->letters.empty())
            co_return std::unexpected(Failure::refused);
        co_return wire::answer_with(co_await enter(import, request.mailbox()));
    }
    if (import->mailbox == mailbox::MailboxId{})
        co_return std::unexpected(Failure::refused);
    if (request.has_known()) {
        auto page = co_await import->account->imported(import->id, import->mailbox,
                                                       request.known().after());
        if (!page)
            co_return std::unexpected(failure_of(page.error()));
        answer.set_next(page->next);
        co_return wire::answer_with(answer, std::move(page->identities));
    }
    std::string_view rest = raw;
    for (const auto& piece : request.pieces()) {
        if (piece.bytes() > rest.size())
            co_return std::unexpected(Failure::invalid);
        if (auto taken = co_await take(import, piece, rest.substr(0, piece.bytes())); !taken)
            co_return std::unexpected(taken.error());
        rest.remove_prefix(piece.bytes());
    }
    if (request.commit()) {
        if (import->coming)
            co_return std::unexpected(Failure::invalid);
        answer = co_await commit(import);
        if (!answer.trouble().empty())
            co_return wire::answer_with(answer);
    }
    if (request.finish()) {
        auto done =
            co_await import->account->finish_import(import->id, import->mailbox, wall_clock());
        if (!done)
            co_return wire::answer_with(in_trouble(std::string(mailbox::describe(done.error()))));
    }
    co_return wire::answer_with(answer);
}

Task<Moving::Answer> Moving::import_end(const wire::Link* link, wire::ImportEnd request)
{
    const auto found = imports_.find(link);
    if (found == imports_.end() || found->second->busy)
        co_return std::unexpected(Failure::refused);
    const auto import = found->second;
    const Turn turn(import->busy);
    if (!request.keep())
        if (auto done = co_await import->account->forget_import(import->id); !done)
            co_return std::unexpected(failure_of(done.error()));
    log::info("import.ended", {{"account", import->address}});
    gone(link);
    co_await drop_all(import);
    co_return wire::answer_with(wire::ImportEnded());
}

} // namespace posthouse::keeper
