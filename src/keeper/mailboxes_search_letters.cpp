// SPDX-License-Identifier: Apache-2.0
// SEARCH: the letters themselves, that a sorter looks through.
#include "base/log.hpp"
#include "keeper/mailboxes_parts.hpp"
#include "keeper/whole_letters.hpp"
#include "wire/parse.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

namespace {

constexpr std::size_t entries_a_page = 2000;

} // namespace

/// Letters that bring a sorter down are found out, and left out from then on.
Task<wire::Result<wire::SearchedLetters>>
Mailboxes::search_text(Asker by, Place place, std::vector<mail::MessageEntry> unknown,
                       TextProgram program)
{
    // Letters are routed and filed at the same places: searches wait for one another.
    const auto most = std::max<std::size_t>(sorters_.capacity() / 2, 1);
    const auto of_account = [&] {
        return std::ranges::count_if(
            searching_, [&](const auto& entry) { return entry.second->account == place.account; });
    };
    const auto patience = Instant::clock::now() + Limits::search_waits;
    while (searching_.size() >= most || of_account() >= Limits::searches_an_account) {
        if (Instant::clock::now() > patience || sessions_.find(by.gate, by.session) == nullptr)
            co_return std::unexpected(Failure::busy);
        boost::asio::steady_timer timer(office_.executor(), std::chrono::milliseconds(20));
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    bool left_out = false;
    for (int attempt = 0; attempt < Limits::search_attempts; ++attempt) {
        left_out |= std::erase_if(unknown, [&](const auto& entry) {
                        return unsearchable_.contains({place.account->id(), entry.email});
                    }) > 0;
        const auto searching = std::make_shared<Searching>();
        searching->by = by;
        searching->account = place.account;
        searching->entries = unknown;
        auto searched = co_await ask_search(searching, program, Workers::Company::shared);
        if (searched) {
            searched->set_incomplete(searched->incomplete() || left_out);
            co_return searched;
        }
        if (searched.error() != Failure::damaged)
            co_return searched;
        for (auto* in_hand : {&searching->in_hand_before, &searching->in_hand})
            if (!co_await try_alone(*searching, std::move(*in_hand), program))
                co_return std::unexpected(Failure::unavailable);
    }
    co_return std::unexpected(Failure::unavailable);
}

/// Failure::damaged: it brought its sorter down.
Task<wire::Result<wire::SearchedLetters>>
Mailboxes::ask_search(std::shared_ptr<Searching> searching, TextProgram program,
                      Workers::Company company)
{
    wire::SearchLetters order;
    const auto job = ++last_job_;
    order.set_job(job);
    order.mutable_keywords()->Assign(program.keywords.begin(), program.keywords.end());
    searching_[job] = searching;
    auto worker = co_await sorters_.take(company);
    searching->sorter = worker.link().get();
    auto searched = co_await worker.link()->call<wire::SearchedLetters>(
        Method::search_letters, order, std::move(program.packed));
    searching_.erase(job);
    if (!searched && searched.error() == Failure::closed &&
        co_await worker.loss() == spool::Loss::crashed)
        co_return std::unexpected(Failure::damaged);
    if (!searched) // What a sorter merely says brings no letter under suspicion.
        co_return std::unexpected(searched.error() == Failure::damaged ? Failure::unavailable
                                                                       : searched.error());
    co_return std::move(searched->message);
}

/// Letters that a sorter had in hand when it went: was it one of those? False: that cannot be told
/// now.
Task<bool> Mailboxes::try_alone(const Searching& before, std::vector<mail::MessageEntry> suspects,
                                TextProgram program)
{
    if (suspects.empty())
        co_return true;
    const auto searching = std::make_shared<Searching>();
    searching->by = before.by;
    searching->account = before.account;
    searching->entries = suspects;
    const auto searched = co_await ask_search(searching, program, Workers::Company::alone);
    if (searched)
        co_return true;
    if (searched.error() != Failure::damaged)
        co_return false;
    if (suspects.size() > 1) {
        const auto half = suspects.begin() + std::ssize(suspects) / 2;
        std::vector<mail::MessageEntry> first_half(suspects.begin(), half);
        std::vector<mail::MessageEntry> second_half(half, suspects.end());
        bool told = co_await try_alone(before, std::move(first_half), program);
        told &= co_await try_alone(before, std::move(second_half), program);
        co_return told;
    }
    if (unsearchable_.size() >= Limits::unsearchable)
        unsearchable_.clear(); // Whichever still matter are found out again.
    unsearchable_.emplace(before.account->id(), suspects.front().email);
    log::warning("search.letter_left_out",
                 {{"account", static_cast<std::uint64_t>(before.account->id())},
                  {"email", suspects.front().email}});
    co_return true;
}

/// Whole letters, as many of these as are asked for and fit.
Task<Mailboxes::Answer> Mailboxes::next_letters(std::shared_ptr<Searching> searching,
                                                std::span<const mail::MessageEntry> entries,
                                                const wire::NextCandidates& request)
{
    const auto most = std::min<std::size_t>(request.letters(), Limits::letters_at_once);
    const std::uint64_t room = std::min(request.length(), Limits::piece);
    std::vector<std::uint64_t> emails;
    std::uint64_t bytes = 0;
    for (const auto& entry : entries) {
        if (emails.size() == most || entry.size > room - bytes)
            break;
        bytes += entry.size;
        emails.push_back(entry.email);
    }
    wire::Candidates answer;
    auto letters = co_await whole_letters(office_.engine, *searching->account, std::move(emails),
                                          static_cast<std::size_t>(room));
    // One record among them: each is asked for alone then, and that one is left out.
    if (!letters && letters.error() == mailbox::Error::corrupt)
        co_return wire::answer_with(answer);
    if (!letters)
        co_return std::unexpected(failure_of(letters.error()));
    for (const auto size : letters->sizes) {
        auto& letter = *answer.add_letters();
        letter.set_unreadable(!size);
        letter.set_bytes(size.value_or(0));
    }
    if (answer.letters_size() != 0)
        searching->take_in_hand({entries.begin(), entries.begin() + answer.letters_size()});
    co_return wire::answer_with(answer, std::move(letters->bytes));
}

/// A page of entries, or a piece of a letter that is among those searched.
Task<Mailboxes::Answer> Mailboxes::next_candidates(const wire::Link* sorter, wire::Frame frame)
{
    const auto request = wire::parse<wire::NextCandidates>(frame.message);
    const auto found = request ? searching_.find(request->job()) : searching_.end();
    if (found == searching_.end() || found->second->sorter != sorter)
        co_return std::unexpected(Failure::refused);
    const auto searching = found->second;
    if (sessions_.find(searching->by.gate, searching->by.session) == nullptr)
        co_return std::unexpected(Failure::refused); // Whoever asked has left.
    wire::Candidates answer;
    std::string raw;
    if (request->uid() == 0) {
        mail::EntryPacker packer(mail::all_entry_fields);
        const auto end = std::min(searching->next + entries_a_page, searching->entries.size());
        for (; searching->next < end; ++searching->next)
            packer.append(searching->entries[searching->next], raw);
        answer.set_last(searching->next == searching->entries.size());
        co_return wire::answer_with(answer, std::move(raw));
    }
    const auto entry =
        std::ranges::lower_bound(searching->entries, request->uid(), {}, &mail::MessageEntry::uid);
    if (entry == searching->entries.end() || entry->uid != request->uid())
        co_return std::unexpected(Failure::refused);
    if (request->letters() != 0)
        co_return co_await next_letters(searching, {entry, searching->entries.end()}, *request);
    if (!searching->text || searching->uid != request->uid()) {
        auto message = co_await searching->account->message(entry->email);
        if (!message)
            co_return std::unexpected(failure_of(message.error()));
        searching->text = std::make_shared<const LetterText>(*message);
        searching->uid = request->uid();
        searching->take_in_hand({*entry});
    }
    const auto text = searching->text;
    auto bytes = co_await text->read(office_.engine, request->offset(),
                                     std::min(request->length(), Limits::piece));
    if (!bytes)
        co_return std::unexpected(failure_of(bytes.error()));
    answer.set_last(request->offset() + bytes->size() >= text->bytes());
    co_return wire::answer_with(answer, std::move(*bytes));
}

} // namespace posthouse::keeper
