// SPDX-License-Identifier: Apache-2.0
// SEARCH: what entries, folded fields and the index of texts tell is found here; whatever needs a
// letter's text is a sorter's work.
#include "base/log.hpp"
#include "imap/search_plan.hpp"
#include "imap/search_wire.hpp"
#include "keeper/mailboxes_parts.hpp"
#include "textindex/text_index.hpp"
#include "wire/parse.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

namespace {

constexpr std::size_t entries_a_page = 2000;

std::array<std::string_view, 4> columns_in(std::string_view folded)
{
    std::array<std::string_view, 4> columns{};
    for (auto& column : columns)
        column = mail::take_bytes(folded).value_or(std::string_view());
    return columns;
}

/// What each text that a program looks for is folded, by the text as it is written.
using Needles = std::map<std::string, std::string, std::less<>>;

/// A gate's folding is taken as it is: it can mislead the search of its own session only.
/// `folded`: the texts of all leaves that have one, in their order. Nothing: they are not as many.
std::optional<Needles> needles_of(const imap::SearchKey& program,
                                  const google::protobuf::RepeatedPtrField<std::string>& folded)
{
    Needles needles;
    int leaves = 0;
    imap::for_each_key(program, [&](const imap::SearchKey& key) {
        const auto* header = std::get_if<imap::search::Header>(&key.is);
        const auto* text = std::get_if<imap::search::Text>(&key.is);
        if (header == nullptr && text == nullptr)
            return;
        if (leaves < folded.size())
            needles[header != nullptr ? header->text : text->text] = folded[leaves];
        ++leaves;
    });
    return leaves == folded.size() ? std::optional(std::move(needles)) : std::nullopt;
}

using Within = textindex::Within;

Within within(imap::search::Where where)
{
    return where == imap::search::Where::body ? Within::body : Within::whole;
}

/// What is known of a program's leaves without opening letters.
class Known {
public:
    Known(const imap::SearchKey& program, Needles needles) : needles_(std::move(needles))
    {
        imap::for_each_key(program, [&](const imap::SearchKey& key) {
            if (const auto* text = std::get_if<imap::search::Text>(&key.is))
                texts_.emplace(within(text->where), text->text);
            else if (const auto* header = std::get_if<imap::search::Header>(&key.is))
                asks_columns_ = asks_columns_ || column_of(*header) >= 0;
        });
    }

    bool asks_texts() const { return !texts_.empty(); }
    bool asks_columns() const { return asks_columns_; }

    Task<void> look_up(std::shared_ptr<textindex::TextIndex> index)
    {
        std::size_t left = Mailboxes::Limits::texts_looked_up; // Answers take memory.
        for (const auto& [where, text] : texts_)
            if (left-- > 0)
                found_[static_cast<std::size_t>(where)][text] =
                    co_await index->look_up(where, needles_.find(text)->second);
            else
                break;
    }

    /// `folded`: its columns; nothing: they are not known.
    imap::Truth weigh(const imap::SearchPlan& plan, const mail::MessageEntry& entry,
                      std::string_view folded) const
    {
        const auto columns = folded.empty() ? std::nullopt : std::optional(columns_in(folded));
        return plan.weigh(entry, [&](const imap::SearchKey& leaf) {
            if (const auto* text = std::get_if<imap::search::Text>(&leaf.is))
                return by_index(*text, entry.email);
            const auto* header = std::get_if<imap::search::Header>(&leaf.is);
            const int column = header == nullptr ? -1 : column_of(*header);
            if (column < 0 || !columns)
                return imap::Truth::unknown;
            const auto& needle = needles_.find(header->text)->second;
            // Whether a field is there, however empty, the columns do not tell.
            return needle.empty() ? imap::Truth::unknown
                   : columns->at(static_cast<std::size_t>(column)).contains(needle)
                       ? imap::Truth::yes
                       : imap::Truth::no;
        });
    }

private:
    /// Which of the folded fields it asks; -1: none.
    static int column_of(const imap::search::Header& header)
    {
        constexpr std::array<std::string_view, 4> columns = {"subject", "from", "to", "cc"};
        const auto found = std::ranges::find(columns, header.field);
        return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
    }

    imap::Truth by_index(const imap::search::Text& text, std::uint64_t email) const
    {
        const auto& answers = found_[static_cast<std::size_t>(within(text.where))];
        const auto found = answers.find(text.text);
        if (found == answers.end())
            return imap::Truth::unknown;
        switch (found->second.of(email)) {
        case textindex::Presence::absent:
            return imap::Truth::no;
        case textindex::Presence::certain:
            return imap::Truth::yes;
        case textindex::Presence::possible:
            break;
        }
        return imap::Truth::unknown;
    }

    Needles needles_;
    std::set<std::pair<Within, std::string>> texts_;
    bool asks_columns_ = false;
    std::array<std::map<std::string, textindex::Found, std::less<>>, 2> found_;
};

/// Entries as far as they are sorted out.
struct Sifted {
    mail::UidSet found;
    std::vector<mail::MessageEntry> open;

    /// True: it is not sorted out.
    bool take(imap::Truth truth, const mail::MessageEntry& entry)
    {
        if (truth == imap::Truth::yes)
            found.add(entry.uid);
        return truth == imap::Truth::unknown;
    }
};

Task<mailbox::Result<void>> sift_by_columns(std::shared_ptr<mailbox::Account> account,
                                            const imap::SearchPlan& plan, const Known& known,
                                            Sifted& sifted)
{
    std::vector<mail::MessageEntry> unknown;
    const auto open = std::exchange(sifted.open, {});
    for (std::size_t at = 0; at < open.size(); at += entries_a_page) {
        const auto end = std::min(at + entries_a_page, open.size());
        std::vector<std::uint64_t> emails;
        for (auto i = at; i < end; ++i)
            emails.push_back(open[i].email);
        auto folded = co_await account->folded(std::move(emails));
        if (!folded)
            co_return std::unexpected(folded.error());
        for (auto i = at; i < end; ++i)
            if (sifted.take(known.weigh(plan, open[i], (*folded)[i - at]), open[i]))
                unknown.push_back(open[i]);
    }
    sifted.open = std::move(unknown);
    co_return mailbox::Result<void>();
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
    if (place->foreign()) {
        place->use_own_numbers(program->key);
        raw = imap::pack_program(*program);
    }
    auto needles = needles_of(program->key, request.folded());
    if (!needles)
        co_return std::unexpected(Failure::invalid);
    const std::vector<std::string> keywords(place->mailbox()->keywords().begin(),
                                            place->mailbox()->keywords().end());
    Known known(program->key, std::move(*needles));
    const imap::SearchPlan plan(std::move(program->key), {keywords, wall_clock()});
    Sifted sifted;
    mail::MessageEntry as_seen;
    const auto look = [&](const mail::MessageEntry& there) {
        const auto& entry = place->foreign() ? as_seen = place->as_seen(there) : there;
        if (sifted.take(plan.by_entry(entry), entry))
            sifted.open.push_back(entry);
    };
    const auto& box = place->account->state().boxes.at(place->id);
    if (request.limited())
        for (const auto& range : among->ranges())
            std::ranges::for_each(box.range(range.first, range.last), look);
    else
        std::ranges::for_each(box.entries, look);

    TextIndexing::Index index;
    if (known.asks_texts() && !sifted.open.empty())
        index = co_await texts_.index_of(place->account->id());
    if (index) {
        co_await known.look_up(index);
        std::erase_if(sifted.open, [&](const auto& entry) {
            return !sifted.take(known.weigh(plan, entry, {}), entry);
        });
    }
    if (known.asks_columns())
        if (auto done = co_await sift_by_columns(place->account, plan, known, sifted); !done)
            co_return std::unexpected(failure_of(done.error()));
    wire::MessagesFound answer;
    auto found = std::move(sifted.found);
    if (!sifted.open.empty()) {
        const bool unindexed =
            known.asks_texts() && std::ranges::any_of(sifted.open, [&](const auto& entry) {
                return !index || !index->knows(entry.email);
            });
        auto searched =
            co_await search_text(by, *place, std::move(sifted.open), {keywords, std::move(raw)});
        // Behind the search, and never of an account that is being removed.
        if (unindexed && office_.open_accounts.known(place->account->id()) == place->account.get())
            texts_.wanted(place->account->id());
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
                std::max<std::uint64_t>(answer.highest_modseq(), place->as_seen(entry).modseq));
    answer.set_uids(found.text());
    co_return wire::answer_with(answer);
}

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
        const bool first = co_await try_alone(before, std::move(first_half), program);
        const bool second = co_await try_alone(before, std::move(second_half), program);
        co_return first&& second;
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
    auto messages = co_await searching->account->messages_of(emails);
    // One record among them: each is asked for alone then, and that one is left out.
    if (!messages && messages.error() == mailbox::Error::corrupt)
        co_return wire::answer_with(answer);
    if (!messages)
        co_return std::unexpected(failure_of(messages.error()));
    std::string raw;
    raw.reserve(bytes);
    for (const auto email : emails) {
        auto& letter = *answer.add_letters();
        const auto message = messages->find(email);
        if (message == messages->end()) {
            letter.set_unreadable(true);
            continue;
        }
        const LetterText text(message->second);
        // It may be longer than its entry says: then it comes alone, in pieces.
        if (text.bytes() > room - raw.size()) {
            answer.mutable_letters()->RemoveLast();
            break;
        }
        auto read = co_await text.read(office_.engine, 0, text.bytes());
        if (!read && read.error() != store::Error::corrupt)
            co_return std::unexpected(failure_of(read.error()));
        letter.set_unreadable(!read);
        letter.set_bytes(read ? read->size() : 0);
        if (read)
            raw += *read;
    }
    if (answer.letters_size() != 0)
        searching->take_in_hand({entries.begin(), entries.begin() + answer.letters_size()});
    co_return wire::answer_with(answer, std::move(raw));
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
