// SPDX-License-Identifier: Apache-2.0
#include "sorter/search.hpp"

#include "base/ahead.hpp"
#include "imap/search_plan.hpp"
#include "imap/search_wire.hpp"
#include "mail/charset.hpp"
#include "mail/date_time.hpp"
#include "mail/fold.hpp"
#include "mail/header_block.hpp"
#include "mail/header_text.hpp"
#include "mail/text_extract.hpp"
#include "mail/uid_set.hpp"
#include "sorter/limits.hpp"
#include "textindex/letter_cutter.hpp"
#include "wire/mailboxes.pb.h"
#include "wire/parse.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace posthouse::sorter {
namespace {

using imap::SearchKey;
namespace key = imap::search;

/// One letter, and what its text says to the leaves of a program.
class Candidate {
public:
    Candidate(std::string letter, const std::map<std::string, std::string>& folded)
        : letter_(std::move(letter)),
          header_(mail::HeaderBlock::parse(letter_)),
          folded_(folded)
    {
    }

    bool answers(const SearchKey& leaf)
    {
        if (const auto* header = std::get_if<key::Header>(&leaf.is))
            return has_field(*header);
        if (const auto* text = std::get_if<key::Text>(&leaf.is))
            return has_text(*text);
        if (const auto* date = std::get_if<key::Date>(&leaf.is))
            return was_sent(*date);
        return false;
    }

private:
    bool has_field(const key::Header& wanted) const
    {
        const auto& needle = folded_.at(wanted.text);
        for (const auto& field : header_.fields())
            if (field.is(wanted.field) &&
                (needle.empty() ||
                 mail::contains_folded(mail::header_text(field.raw_value()), needle)))
                return true;
        return false;
    }

    bool has_text(const key::Text& wanted)
    {
        const auto& needle = folded_.at(wanted.text);
        if (needle.empty())
            return true;
        if (!tree_)
            tree_.emplace(mail::parse_mime(letter_));
        mail::FoldedSearch looking({needle});
        textindex::TextBorders borders; // The index of texts is made by them too.
        mail::TextRequest request;
        request.wanted = wanted.where == key::Where::body ? mail::TextRequest::Wanted::body
                                                          : mail::TextRequest::Wanted::both;
        (void)mail::extract_text(letter_, *tree_, request, [&](const mail::TextPiece& piece) {
            if (borders.begins_anew(piece))
                looking.begin_anew();
            looking.append(piece.text);
            return looking.found_all() ? mail::Go::no_further : mail::Go::on;
        });
        looking.begin_anew(); // What stood at the very end is looked at now.
        return looking.found_all();
    }

    /// The day that it says itself, in its own zone: RFC 9051 §6.4.4.
    bool was_sent(const key::Date& wanted) const
    {
        const auto* field = header_.first("date");
        const auto parsed = field == nullptr ? std::nullopt : mail::parse_date_time(field->value());
        if (!parsed)
            return false;
        const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(
            parsed->at + parsed->zone.value_or(std::chrono::minutes(0))));
        switch (wanted.order) {
        case key::Order::before:
            return day < wanted.date;
        case key::Order::on:
            return day == wanted.date;
        case key::Order::since:
            return day >= wanted.date;
        }
        return false;
    }

    std::string letter_;
    mail::HeaderBlock header_;
    std::optional<mail::MimeTree> tree_;
    const std::map<std::string, std::string>& folded_;
};

Task<wire::Result<std::string>> read_letter(std::shared_ptr<wire::Link> keeper, std::uint64_t job,
                                            std::uint32_t uid)
{
    std::string letter;
    for (;;) {
        wire::NextCandidates question;
        question.set_job(job);
        question.set_uid(uid);
        question.set_offset(letter.size());
        question.set_length(Limits::piece);
        auto piece =
            co_await keeper->call<wire::Candidates>(wire::Method::next_candidates, question);
        if (!piece)
            co_return std::unexpected(piece.error());
        letter += piece->raw;
        if (piece->message.last() || piece->raw.empty())
            co_return letter;
        if (letter.size() > Limits::letter_bytes)
            co_return std::unexpected(wire::Failure::invalid);
    }
}

/// Letters that lie behind one another in a page; nothing in place of one that cannot be read.
using Letters = std::vector<std::optional<std::string>>;

/// As many as come at once, at least one: most are small, and asking costs more than looking.
Task<wire::Result<Letters>> read_letters(std::shared_ptr<wire::Link> keeper, std::uint64_t job,
                                         std::vector<std::uint32_t> uids)
{
    wire::NextCandidates question;
    question.set_job(job);
    question.set_uid(uids.front());
    question.set_letters(static_cast<std::uint32_t>(uids.size()));
    question.set_length(Limits::piece);
    auto answer = co_await keeper->call<wire::Candidates>(wire::Method::next_candidates, question);
    if (!answer)
        co_return std::unexpected(answer.error());
    Letters letters;
    std::string_view rest = answer->raw;
    for (const auto& said : answer->message.letters()) {
        if (letters.size() == uids.size() || said.bytes() > rest.size())
            co_return std::unexpected(wire::Failure::invalid);
        if (said.unreadable())
            letters.emplace_back();
        else
            letters.emplace_back(rest.substr(0, said.bytes()));
        rest.remove_prefix(said.bytes());
    }
    if (!letters.empty())
        co_return letters;
    auto large = co_await read_letter(keeper, job, uids.front());
    if (!large && (large.error() == wire::Failure::closed ||
                   large.error() == wire::Failure::refused)) // The asker has left.
        co_return std::unexpected(large.error());
    letters.emplace_back();
    if (large) // Otherwise it went meanwhile, or cannot be read.
        letters.back() = std::move(*large);
    co_return letters;
}

/// The UIDs of what is read next.
std::vector<std::uint32_t> uids_from(const std::vector<mail::MessageEntry>& entries, std::size_t at)
{
    std::vector<std::uint32_t> uids;
    for (; at < entries.size() && uids.size() < Limits::letters_at_once; ++at)
        uids.push_back(entries[at].uid);
    return uids;
}

} // namespace

Task<wire::Result<wire::Answer>> search(std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    const auto request = wire::parse<wire::SearchLetters>(frame.message);
    auto program = imap::unpack_program(frame.raw);
    if (!request || !program)
        co_return std::unexpected(wire::Failure::invalid);
    std::map<std::string, std::string> folded; // Texts as they are written
    imap::for_each_key(std::as_const(program->key), [&](const SearchKey& leaf) {
        const auto* header = std::get_if<key::Header>(&leaf.is);
        const auto* text = std::get_if<key::Text>(&leaf.is);
        if (header != nullptr || text != nullptr) {
            const auto& wanted = header != nullptr ? header->text : text->text;
            folded[wanted] = mail::fold(
                mail::to_utf8(wanted, program->charset.empty() ? "utf-8" : program->charset));
        }
    });
    const std::vector<std::string> keywords(request->keywords().begin(), request->keywords().end());
    const imap::SearchPlan plan(std::move(program->key), {keywords, wall_clock()});
    wire::SearchedLetters answer;
    mail::UidSet found;
    wire::NextCandidates next;
    next.set_job(request->job());
    for (bool last = false; !last;) {
        auto page = co_await keeper->call<wire::Candidates>(wire::Method::next_candidates, next);
        if (!page)
            co_return std::unexpected(page.error());
        last = page->message.last();
        mail::EntryUnpacker unpacker(mail::all_entry_fields, page->raw);
        std::vector<mail::MessageEntry> entries;
        while (const auto entry = unpacker.next())
            entries.push_back(*entry);
        if (entries.empty())
            continue;
        // The next letters come while these are looked through.
        using Read = wire::Result<Letters>;
        auto ahead = co_await Ahead<Read>::begin(
            read_letters(keeper, request->job(), uids_from(entries, 0)));
        for (std::size_t at = 0; at < entries.size();) {
            auto letters = co_await ahead.result();
            if (!letters)
                co_return std::unexpected(letters.error());
            if (at + letters->size() < entries.size())
                ahead = co_await Ahead<Read>::begin(
                    read_letters(keeper, request->job(), uids_from(entries, at + letters->size())));
            for (auto& letter : *letters) {
                const auto& entry = entries[at++];
                if (!letter)
                    continue;
                Candidate candidate(std::move(*letter), folded);
                const auto ask = [&](const SearchKey& leaf) { return candidate.answers(leaf); };
                if (plan.matches(entry, ask))
                    found.add(entry.uid);
            }
        }
    }
    answer.set_uids(found.text());
    co_return wire::answer_with(answer);
}

} // namespace posthouse::sorter
