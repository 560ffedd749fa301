// SPDX-License-Identifier: Apache-2.0
#include "imap/session/fetch_plan.hpp"

#include "base/text.hpp"
#include "imap/session/written.hpp"
#include "mail/message_entry.hpp"
#include "mail/message_index.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

using Kind = FetchItem::Kind;

std::uint8_t bits(mail::EntryField field)
{
    return static_cast<std::uint8_t>(field);
}
std::uint16_t bits(Field field)
{
    return static_cast<std::uint16_t>(field);
}

std::string section_label(const Section& section)
{
    auto label = fmt::format("{}", fmt::join(section.part, "."));
    const auto add = [&](std::string_view text) {
        if (!label.empty())
            label += '.';
        label += text;
    };
    switch (section.text) {
    case Section::Text::all:
        return label;
    case Section::Text::header:
        add("HEADER");
        return label;
    case Section::Text::text:
        add("TEXT");
        return label;
    case Section::Text::mime:
        add("MIME");
        return label;
    case Section::Text::header_fields:
        add("HEADER.FIELDS (");
        break;
    case Section::Text::header_fields_not:
        add("HEADER.FIELDS.NOT (");
        break;
    }
    for (const auto& field : section.fields) {
        append_astring(label, field, NameForm::modified_utf7);
        label += ' ';
    }
    if (!section.fields.empty())
        label.pop_back();
    return label + ')';
}

std::string label_of(const FetchItem& item)
{
    switch (item.kind) {
    case Kind::flags:
        return "FLAGS ";
    case Kind::uid:
        return "UID ";
    case Kind::internal_date:
        return "INTERNALDATE ";
    case Kind::rfc822_size:
        return "RFC822.SIZE ";
    case Kind::envelope:
        return "ENVELOPE ";
    case Kind::body:
        return "BODY ";
    case Kind::body_structure:
        return "BODYSTRUCTURE ";
    case Kind::modseq:
        return "MODSEQ ";
    case Kind::email_id:
        return "EMAILID ";
    case Kind::thread_id:
        return "THREADID ";
    case Kind::save_date:
        return "SAVEDATE ";
    case Kind::preview:
        return "PREVIEW ";
    case Kind::rfc822:
        return "RFC822 ";
    case Kind::rfc822_header:
        return "RFC822.HEADER ";
    case Kind::rfc822_text:
        return "RFC822.TEXT ";
    case Kind::body_section:
    case Kind::binary:
    case Kind::binary_size:
        break;
    }
    std::string label = item.kind == Kind::body_section ? "BODY["
                        : item.kind == Kind::binary     ? "BINARY["
                                                        : "BINARY.SIZE[";
    label += section_label(item.section) + ']';
    if (item.partial)
        label += fmt::format("<{}>", item.partial->offset);
    return label + ' ';
}

/// The older names are sections too.
void spell_out(FetchItem& item)
{
    if (item.kind == Kind::rfc822_header)
        item.section.text = Section::Text::header;
    else if (item.kind == Kind::rfc822_text)
        item.section.text = Section::Text::text;
}

std::uint8_t entry_fields_of(Kind kind)
{
    using mail::EntryField;
    switch (kind) {
    case Kind::flags:
        return bits(EntryField::flags);
    case Kind::internal_date:
    case Kind::save_date:
        return bits(EntryField::dates);
    case Kind::modseq:
        return bits(EntryField::modseq);
    case Kind::email_id:
    case Kind::thread_id:
        return bits(EntryField::ids);
    case Kind::rfc822_size:
    case Kind::rfc822:
    case Kind::body_section:
        return bits(EntryField::size);
    default:
        return 0;
    }
}

/// Can the header cache be expected to have them? Where it has not, a letter's parts are asked for
/// by themselves.
bool all_cached(const std::vector<std::string>& fields)
{
    const auto cached = mail::cached_fields(mail::newest_cached_fields);
    return std::ranges::all_of(fields, [&](const std::string& field) {
        return std::ranges::find(cached, lowercase(field)) != cached.end();
    });
}

std::uint16_t summary_fields_of(const FetchItem& item)
{
    switch (item.kind) {
    case Kind::envelope:
        return bits(Field::envelope);
    case Kind::body:
        return bits(Field::body);
    case Kind::body_structure:
        return bits(Field::body_structure);
    case Kind::preview:
        return bits(Field::preview);
    case Kind::body_section:
        if (item.section.text == Section::Text::all && item.section.part.empty())
            return 0; // All of it: the size is enough.
        if (item.section.text == Section::Text::header_fields && item.section.part.empty())
            return all_cached(item.section.fields) ? bits(Field::header_cache) : bits(Field::parts);
        return bits(Field::parts);
    case Kind::binary:
    case Kind::binary_size:
    case Kind::rfc822_header:
    case Kind::rfc822_text:
        return bits(Field::parts);
    default:
        return 0;
    }
}

} // namespace

FetchPlan plan_of(const std::vector<FetchItem>& items)
{
    FetchPlan plan;
    for (const auto& wanted : items) {
        const auto same = [&](const FetchPlan::Step& step) { return step.item == wanted; };
        if (wanted.section == Section() && std::ranges::any_of(plan.steps, same))
            continue; // Asked for twice, told once.
        FetchPlan::Step step;
        step.item = wanted;
        spell_out(step.item);
        step.label = label_of(wanted);
        step.section = fmt::format("{}", fmt::join(wanted.section.part, "."));
        for (const auto& field : wanted.section.fields)
            step.fields.push_back(lowercase(field));
        plan.entry_fields |= entry_fields_of(wanted.kind);
        const auto fields = summary_fields_of(wanted);
        plan.summary_fields |= fields;
        if (wanted.kind == Kind::envelope || wanted.kind == Kind::body ||
            wanted.kind == Kind::body_structure || wanted.kind == Kind::preview)
            step.field = static_cast<Field>(fields);
        plan.sets_seen |= sets_seen(wanted);
        plan.has_uid |= wanted.kind == Kind::uid;
        plan.has_flags |= wanted.kind == Kind::flags;
        plan.has_modseq |= wanted.kind == Kind::modseq;
        plan.steps.push_back(std::move(step));
    }
    return plan;
}

void FetchPlan::add(FetchItem::Kind kind)
{
    bool& has = kind == Kind::uid ? has_uid : kind == Kind::flags ? has_flags : has_modseq;
    if (std::exchange(has, true))
        return;
    FetchPlan::Step step;
    step.item.kind = kind;
    step.label = label_of(step.item);
    entry_fields |= entry_fields_of(kind);
    // What is short goes before what may be long.
    steps.insert(steps.begin(), std::move(step));
}

} // namespace posthouse::imap
