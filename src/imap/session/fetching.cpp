// SPDX-License-Identifier: Apache-2.0
#include "imap/session/fetching.hpp"

#include "imap/dates.hpp"
#include "imap/session/numbers.hpp"
#include "imap/session/written.hpp"
#include "mail/summary_fields.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace posthouse::imap {

namespace {

/// Letters asked for before the one before is sent.
constexpr std::size_t letters_ahead = 2;

/// Is all of it in the entry, or in the summary as it is sent?
bool is_ready(const FetchPlan::Step& step)
{
    using Kind = FetchItem::Kind;
    switch (step.item.kind) {
    case Kind::body_section:
    case Kind::binary:
    case Kind::binary_size:
    case Kind::rfc822:
    case Kind::rfc822_header:
    case Kind::rfc822_text:
        return false;
    default:
        return true;
    }
}

bool is_whole_letter(const FetchPlan::Step& step)
{
    const auto& item = step.item;
    const bool whole =
        item.section.part.empty() && item.section.text == Section::Text::all && !item.partial;
    return item.kind == FetchItem::Kind::rfc822 ||
           (item.kind == FetchItem::Kind::body_section && whole);
}

} // namespace

Fetching::Fetching(Dialogue& dialogue, FetchPlan plan)
    : dialogue_(dialogue),
      plan_(std::move(plan)),
      entry_fields_(plan_.entry_fields),
      numbers_(dialogue.selected->view),
      all_ready_(std::ranges::all_of(plan_.steps, is_ready)),
      whole_letters_(std::ranges::any_of(plan_.steps, is_whole_letter)),
      letters_(dialogue.backend, dialogue.selected->handle)
{
}

void Fetching::only_changed_since(std::uint64_t modseq)
{
    changed_since_ = modseq;
    entry_fields_ |= static_cast<std::uint8_t>(mail::EntryField::modseq);
}

Task<void> Fetching::send(mail::UidSet left)
{
    if (left.empty())
        co_return;
    auto page = co_await begin_page(left);
    while (!dialogue_.out.gone()) {
        if (left.empty()) {
            co_await send_page(std::move(page));
            co_return;
        }
        // One page is made ready while the other is sent.
        auto next = co_await begin_page(left);
        co_await send_page(std::exchange(page, std::move(next)));
    }
}

Task<Fetching::Page> Fetching::begin_page(mail::UidSet& left)
{
    auto uids = first_of(left, dialogue_.settings.limits.page_messages);
    left = left.without(uids);
    const auto size = uids.size();
    const auto first = uids.smallest();
    auto entries =
        co_await begin_entries(dialogue_.backend, dialogue_.selected->handle, uids, entry_fields_);
    co_return Page{std::move(uids), size, first, std::move(entries)};
}

Task<void> Fetching::send_page(Page page)
{
    summaries_left_ = plan_.summary_fields ? std::move(page.uids) : mail::UidSet();
    next_summaries_.reset();
    unread_summaries_ = {};
    letters_begun_ = 0;
    // Whatever can be asked before the entries are there is asked with them.
    if (plan_.summary_fields && !changed_since_)
        next_summaries_ = co_await begin_summaries(dialogue_.backend, dialogue_.selected->handle,
                                                   summaries_left_, plan_.summary_fields);
    if (whole_letters_ && !changed_since_) {
        first_letter_ = page.first;
        co_await letters_.begin({first_letter_, 0, dialogue_.settings.limits.piece_bytes});
    }
    const auto packed = co_await page.entries.result();
    if (!packed) {
        damaged_ += static_cast<std::size_t>(page.size);
        co_return;
    }
    mail::EntryUnpacker entries(entry_fields_, *packed);
    auto upcoming = entries;
    std::size_t served = 0;
    while (const auto entry = entries.next()) {
        ++served;
        if (changed_since_ && entry->modseq <= *changed_since_)
            continue;
        const auto number = numbers_.of(entry->uid);
        if (number == 0)
            continue;
        if (whole_letters_)
            co_await expect_letters(upcoming, served);
        if (plan_.summary_fields && !has_summary(entry->uid) &&
            !co_await find_summary(entry->uid)) {
            ++damaged_;
            continue;
        }
        if (all_ready_) // No coroutine for each of many thousands.
            append_message(*entry, number);
        else
            co_await send_message(*entry, number);
        if (dialogue_.out.full())
            co_await dialogue_.out.pass();
        if (dialogue_.out.gone())
            co_return;
    }
    if (page.size > served)
        missing_ += static_cast<std::size_t>(page.size) - served;
}

Task<void> Fetching::expect_letters(mail::EntryUnpacker& upcoming, std::size_t served)
{
    while (letters_begun_ < served + letters_ahead) {
        const auto entry = upcoming.next();
        ++letters_begun_;
        if (!entry)
            co_return;
        if (letters_begun_ < served || entry->size == 0)
            continue; // Passed over, or nothing to read
        if (entry->uid == first_letter_)
            continue;
        if (changed_since_ && entry->modseq <= *changed_since_)
            continue;
        const auto length =
            std::min<std::uint64_t>(entry->size, dialogue_.settings.limits.piece_bytes);
        co_await letters_.begin({entry->uid, 0, static_cast<std::uint32_t>(length)});
    }
}

// ---- summaries ----------------------------------------------------------------------------------

Task<bool> Fetching::find_summary(std::uint32_t uid)
{
    const auto& backend = dialogue_.backend;
    const auto handle = dialogue_.selected->handle;
    while (summary_.uid < uid) {
        if (next_summary())
            continue;
        if (summaries_left_.empty())
            co_return false;
        if (!next_summaries_)
            next_summaries_ =
                co_await begin_summaries(backend, handle, summaries_left_, plan_.summary_fields);
        auto page = co_await next_summaries_->result();
        next_summaries_.reset();
        if (!page || page->last < summaries_left_.smallest()) {
            summaries_left_.clear();
            co_return false;
        }
        if (page->more)
            summaries_left_.remove(1, page->last);
        else
            summaries_left_.clear();
        if (!summaries_left_.empty())
            next_summaries_ =
                co_await begin_summaries(backend, handle, summaries_left_, plan_.summary_fields);
        summaries_ = std::move(page->packed);
        unread_summaries_ = summaries_;
    }
    co_return summary_.uid == uid;
}

bool Fetching::has_summary(std::uint32_t uid)
{
    while (summary_.uid < uid && next_summary()) {
    }
    return summary_.uid == uid;
}

bool Fetching::next_summary()
{
    if (unread_summaries_.empty())
        return false;
    const auto uid = mail::take_varint(unread_summaries_);
    Summary summary;
    summary.uid = static_cast<std::uint32_t>(uid.value_or(0));
    for (std::size_t bit = 0; bit < summary.fields.size(); ++bit) {
        if (!(plan_.summary_fields >> bit & 1U))
            continue;
        const auto bytes = mail::take_bytes(unread_summaries_);
        if (!uid || !bytes) { // Damaged.
            unread_summaries_ = {};
            return false;
        }
        summary.fields[bit] = *bytes;
    }
    if (summary.uid <= summary_.uid) {
        unread_summaries_ = {};
        return false;
    }
    summary_ = summary;
    return true;
}

std::string_view Fetching::summary_field(Field field) const
{
    return summary_
        .fields[static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(field)))];
}

// ---- one message --------------------------------------------------------------------------------

void Fetching::begin_message(const mail::MessageEntry& entry, std::uint32_t number)
{
    auto& to = dialogue_.out.text();
    to += "* ";
    append_number(to, dialogue_.enabled.uidonly ? entry.uid : number);
    to += dialogue_.enabled.uidonly ? " UIDFETCH (" : " FETCH (";
}

bool Fetching::is_told(const FetchPlan::Step& step) const
{
    // RFC 9586 §3.2: with UIDONLY the UID stands in front.
    return !dialogue_.enabled.uidonly || step.item.kind != FetchItem::Kind::uid;
}

void Fetching::append_message(const mail::MessageEntry& entry, std::uint32_t number)
{
    auto& to = dialogue_.out.text();
    const auto from = to.size();
    begin_message(entry, number);
    bool first = true;
    for (const auto& step : plan_.steps) {
        if (!is_told(step))
            continue;
        if (!std::exchange(first, false))
            to += ' ';
        if (append_ready(step, entry))
            continue;
        ++damaged_;
        to.resize(from);
        return;
    }
    to += ")\r\n";
}

Task<void> Fetching::send_message(const mail::MessageEntry& entry, std::uint32_t number)
{
    auto& to = dialogue_.out.text();
    const auto from = to.size();
    passed_ = false;
    begin_message(entry, number);
    LetterReader letter(letters_, entry.uid, dialogue_.settings.limits.piece_bytes);
    bool first = true;
    for (const auto& step : plan_.steps) {
        if (!is_told(step))
            continue;
        if (!std::exchange(first, false))
            to += ' ';
        if (append_ready(step, entry))
            continue;
        const auto trouble = co_await append_section(step, entry, letter);
        if (dialogue_.out.gone())
            co_return;
        if (trouble) {
            if (*trouble == Trouble::gone)
                ++missing_;
            else
                ++damaged_;
            drop_message(from);
            co_return;
        }
    }
    to += ")\r\n";
}

void Fetching::drop_message(std::size_t from)
{
    if (passed_)
        dialogue_.out.give_up(); // The client counts on bytes that will not come.
    else
        dialogue_.out.text().resize(from);
}

bool Fetching::append_ready(const FetchPlan::Step& step, const mail::MessageEntry& entry)
{
    using Kind = FetchItem::Kind;
    auto& to = dialogue_.out.text();
    switch (step.item.kind) {
    case Kind::flags:
        to += "FLAGS (";
        append_flags(to, entry, *dialogue_.selected, dialogue_.enabled);
        to += ')';
        return true;
    case Kind::uid:
        to += "UID ";
        append_number(to, entry.uid);
        return true;
    case Kind::internal_date:
        to += "INTERNALDATE \"";
        append_internal_date(to, entry.internal_date);
        to += '"';
        return true;
    case Kind::save_date:
        to += "SAVEDATE \"";
        append_internal_date(to, entry.save_date);
        to += '"';
        return true;
    case Kind::rfc822_size:
        to += "RFC822.SIZE ";
        append_number(to, entry.size);
        return true;
    case Kind::modseq:
        to += "MODSEQ (";
        append_number(to, entry.modseq);
        to += ')';
        return true;
    case Kind::email_id:
        to += "EMAILID (M" + base32_encode(entry.email) + ")";
        return true;
    case Kind::thread_id:
        if (entry.thread == 0)
            to += "THREADID NIL";
        else
            to += "THREADID (T" + base32_encode(entry.thread) + ")";
        return true;
    case Kind::envelope:
    case Kind::body:
    case Kind::body_structure: {
        const auto value = summary_field(step.field);
        if (value.empty())
            return false;
        to += step.label;
        to += value;
        return true;
    }
    case Kind::preview:
        to += step.label;
        append_string(to, summary_field(Field::preview), dialogue_.name_form());
        return true;
    default:
        return false;
    }
}

} // namespace posthouse::imap
