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

Fetching::Fetching(Dialogue& dialogue, FetchPlan plan)
    : dialogue_(dialogue),
      plan_(std::move(plan)),
      numbers_(dialogue.selected->view)
{
}

Task<void> Fetching::send(mail::UidSet uids)
{
    while (!uids.empty() && !dialogue_.out.gone()) {
        auto page = first_of(uids, dialogue_.settings.limits.page_messages);
        uids = uids.without(page);
        co_await send_page(std::move(page));
    }
}

Task<void> Fetching::send_page(mail::UidSet page)
{
    auto fields = plan_.entry_fields;
    if (changed_since_)
        fields |= static_cast<std::uint8_t>(mail::EntryField::modseq);
    summaries_left_ = plan_.summary_fields ? page : mail::UidSet();
    unread_summaries_ = {};
    summary_.uid = 0;
    auto left = static_cast<std::size_t>(page.size());
    auto packed =
        co_await dialogue_.backend->entries(dialogue_.selected->handle, std::move(page), fields);
    if (!packed) {
        damaged_ += left;
        co_return;
    }
    mail::EntryUnpacker entries(fields, *packed);
    while (const auto entry = entries.next()) {
        --left;
        if (changed_since_ && entry->modseq <= *changed_since_)
            continue;
        const auto number = numbers_.of(entry->uid);
        if (number == 0)
            continue;
        if (plan_.summary_fields && !co_await find_summary(entry->uid)) {
            ++damaged_;
            continue;
        }
        co_await send_message(*entry, number);
        if (dialogue_.out.full())
            co_await dialogue_.out.pass();
        if (dialogue_.out.gone())
            co_return;
    }
    missing_ += left;
}

// ---- summaries ----------------------------------------------------------------------------------

Task<bool> Fetching::find_summary(std::uint32_t uid)
{
    while (summary_.uid < uid) {
        if (next_summary())
            continue;
        if (summaries_left_.empty())
            co_return false;
        auto page = co_await dialogue_.backend->summaries(dialogue_.selected->handle,
                                                          summaries_left_, plan_.summary_fields);
        if (!page || page->last < summaries_left_.smallest()) {
            summaries_left_.clear();
            co_return false;
        }
        if (page->more)
            summaries_left_.remove(1, page->last);
        else
            summaries_left_.clear();
        summaries_ = std::move(page->packed);
        unread_summaries_ = summaries_;
    }
    co_return summary_.uid == uid;
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

Task<void> Fetching::send_message(const mail::MessageEntry& entry, std::uint32_t number)
{
    auto& to = dialogue_.out.text();
    const auto from = to.size();
    passed_ = false;
    to += "* ";
    append_number(to, dialogue_.enabled.uidonly ? entry.uid : number);
    to += dialogue_.enabled.uidonly ? " UIDFETCH (" : " FETCH (";
    LetterReader letter(dialogue_, entry.uid);
    bool first = true;
    for (const auto& step : plan_.steps) {
        if (dialogue_.enabled.uidonly && step.item.kind == FetchItem::Kind::uid)
            continue; // RFC 9586 §3.2: it stands in front.
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
        append_string(to, summary_field(Field::preview), NameForm::utf8);
        return true;
    default:
        return false;
    }
}

} // namespace posthouse::imap
