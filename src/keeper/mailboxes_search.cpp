// SPDX-License-Identifier: Apache-2.0
// SEARCH: what entries, folded fields and the index of texts tell is found here; whatever needs a
// letter's text is a sorter's work.
#include "imap/search_plan.hpp"
#include "imap/search_wire.hpp"
#include "keeper/mailboxes_parts.hpp"
#include "textindex/text_index.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace posthouse::keeper {

using wire::Failure;

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

} // namespace posthouse::keeper
