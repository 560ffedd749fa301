// SPDX-License-Identifier: Apache-2.0
// SEARCH: what entries and folded fields tell is found here; whatever needs a letter's text is a
// sorter's work.
#include "base/log.hpp"
#include "imap/search_plan.hpp"
#include "imap/search_wire.hpp"
#include "keeper/mailboxes_parts.hpp"
#include "wire/parse.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

namespace {

constexpr std::size_t entries_a_page = 2000;

/// Which of the folded fields it is; -1: none.
int column_of(const std::string& field)
{
    constexpr std::array<std::string_view, 4> columns = {"subject", "from", "to", "cc"};
    const auto found = std::ranges::find(columns, field);
    return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

std::array<std::string_view, 4> columns_in(std::string_view folded)
{
    std::array<std::string_view, 4> columns{};
    for (auto& column : columns)
        column = mail::take_bytes(folded).value_or(std::string_view());
    return columns;
}

/// Needles by the leaf that has them: SearchPlan copies the program, so by its contents.
using NeedleOf = std::map<std::pair<std::string, std::string>, std::string>;

/// `folded`: the texts of all leaves that have one, in their order. Nothing: they are not as many.
std::optional<NeedleOf> needles_of(const imap::SearchKey& program,
                                   const google::protobuf::RepeatedPtrField<std::string>& folded)
{
    NeedleOf needles;
    int leaves = 0;
    imap::for_each_key(program, [&](const imap::SearchKey& key) {
        const auto* header = std::get_if<imap::search::Header>(&key.is);
        if (header == nullptr && !std::holds_alternative<imap::search::Text>(key.is))
            return;
        if (header != nullptr && leaves < folded.size())
            needles[{header->field, header->text}] = folded[leaves];
        ++leaves;
    });
    return leaves == folded.size() ? std::optional(std::move(needles)) : std::nullopt;
}

/// As far as the folded fields tell.
imap::Truth by_columns(const imap::SearchPlan& plan, const mail::MessageEntry& entry,
                       std::string_view folded, const NeedleOf& needles)
{
    if (folded.empty())
        return imap::Truth::unknown;
    const auto columns = columns_in(folded);
    bool asked_more = false;
    const auto ask = [&](bool otherwise) {
        return [&, otherwise](const imap::SearchKey& leaf) {
            const auto* header = std::get_if<imap::search::Header>(&leaf.is);
            const int column = header == nullptr ? -1 : column_of(header->field);
            if (column < 0 || header->text.empty()) {
                asked_more = true;
                return otherwise;
            }
            return columns.at(static_cast<std::size_t>(column))
                .contains(needles.at({header->field, header->text}));
        };
    };
    const bool at_least = plan.matches(entry, ask(false));
    if (!asked_more)
        return at_least ? imap::Truth::yes : imap::Truth::no;
    const bool at_most = plan.matches(entry, ask(true));
    return at_least == at_most ? (at_least ? imap::Truth::yes : imap::Truth::no)
                               : imap::Truth::unknown;
}

} // namespace

Task<Mailboxes::Answer> Mailboxes::search(ReaderSession& session, wire::SearchMessages request,
                                          std::string raw)
{
    const Asker by{session.gate.get(), session.handle};
    auto place = co_await place_of(session, request.handle());
    if (!place)
        co_return std::unexpected(place.error());
    auto program = imap::unpack_program(raw);
    auto among = request.limited() ? uids_in(request.among()) : std::optional(mail::UidSet());
    if (!program || !among)
        co_return std::unexpected(Failure::invalid);
    const auto needles = needles_of(program->key, request.folded());
    if (!needles)
        co_return std::unexpected(Failure::invalid);
    const std::vector<std::string> keywords(place->mailbox()->keywords().begin(),
                                            place->mailbox()->keywords().end());
    const imap::SearchPlan plan(std::move(program->key), {keywords, wall_clock()});
    mail::UidSet found;
    std::vector<mail::MessageEntry> open;
    const auto look = [&](const mail::MessageEntry& entry) {
        switch (plan.by_entry(entry)) {
        case imap::Truth::yes:
            found.add(entry.uid);
            break;
        case imap::Truth::unknown:
            open.push_back(entry);
            break;
        case imap::Truth::no:
            break;
        }
    };
    const auto& box = place->account->state().boxes.at(place->id);
    if (request.limited())
        for (const auto& range : among->ranges())
            std::ranges::for_each(box.range(range.first, range.last), look);
    else
        std::ranges::for_each(box.entries, look);

    std::vector<mail::MessageEntry> unknown;
    for (std::size_t at = 0; at < open.size(); at += entries_a_page) {
        const auto end = std::min(at + entries_a_page, open.size());
        std::vector<std::uint64_t> emails;
        for (auto i = at; i < end; ++i)
            emails.push_back(open[i].email);
        auto folded = co_await place->account->folded(std::move(emails));
        if (!folded)
            co_return std::unexpected(failure_of(folded.error()));
        for (auto i = at; i < end; ++i) {
            const auto truth = by_columns(plan, open[i], (*folded)[i - at], *needles);
            if (truth == imap::Truth::yes)
                found.add(open[i].uid);
            else if (truth == imap::Truth::unknown)
                unknown.push_back(open[i]);
        }
    }
    wire::MessagesFound answer;
    if (!unknown.empty()) {
        open = {};
        auto searched =
            co_await search_text(by, *place, std::move(unknown), keywords, std::move(raw));
        if (!searched)
            co_return std::unexpected(searched.error());
        const auto more = uids_in(searched->uids());
        if (!more)
            co_return std::unexpected(Failure::unavailable);
        found = found.united(*more);
        answer.set_incomplete(searched->incomplete());
    }
    // The mailbox may have been removed meanwhile.
    const auto still = place->account->state().boxes.find(place->id);
    if (still == place->account->state().boxes.end() || !place->mailbox())
        co_return std::unexpected(Failure::gone);
    for (const auto& range : found.ranges())
        for (const auto& entry : still->second.range(range.first, range.last))
            answer.set_highest_modseq(
                std::max<std::uint64_t>(answer.highest_modseq(), entry.modseq));
    answer.set_uids(found.text());
    co_return wire::answer_with(answer);
}

Task<wire::Result<wire::SearchedLetters>>
Mailboxes::search_text(Asker by, Place place, std::vector<mail::MessageEntry> unknown,
                       std::vector<std::string> keywords, std::string program)
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
    auto searching = std::make_shared<Searching>();
    searching->by = by;
    searching->account = place.account;
    searching->entries = std::move(unknown);
    wire::SearchLetters order;
    const auto job = ++last_job_;
    order.set_job(job);
    order.mutable_keywords()->Assign(keywords.begin(), keywords.end());
    searching_[job] = searching;
    auto worker = co_await sorters_.take(Workers::Company::shared);
    searching->sorter = worker.link().get();
    auto searched = co_await worker.link()->call<wire::SearchedLetters>(Method::search_letters,
                                                                        order, std::move(program));
    searching_.erase(job);
    if (!searched)
        co_return std::unexpected(searched.error());
    co_return std::move(searched->message);
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
    if (!searching->text || searching->uid != request->uid()) {
        auto message = co_await searching->account->message(entry->email);
        if (!message)
            co_return std::unexpected(failure_of(message.error()));
        searching->text = std::make_shared<const LetterText>(*message);
        searching->uid = request->uid();
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
