// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

/// FETCH: RFC 9051 §6.4.5 and those that fetch_item.hpp names.
namespace posthouse::imap::grammar {

namespace {

using Kind = FetchItem::Kind;

struct ItemName {
    std::string_view name;
    Kind kind;
    bool peek = false;
};

/// Those without arguments, and those that have a section.
constexpr std::array item_names{
    ItemName{"FLAGS", Kind::flags},
    ItemName{"UID", Kind::uid},
    ItemName{"INTERNALDATE", Kind::internal_date},
    ItemName{"RFC822.SIZE", Kind::rfc822_size},
    ItemName{"ENVELOPE", Kind::envelope},
    ItemName{"BODY", Kind::body},
    ItemName{"BODYSTRUCTURE", Kind::body_structure},
    ItemName{"MODSEQ", Kind::modseq},
    ItemName{"EMAILID", Kind::email_id},
    ItemName{"THREADID", Kind::thread_id},
    ItemName{"SAVEDATE", Kind::save_date},
    ItemName{"PREVIEW", Kind::preview},
    ItemName{"RFC822", Kind::rfc822},
    ItemName{"RFC822.HEADER", Kind::rfc822_header},
    ItemName{"RFC822.TEXT", Kind::rfc822_text},
};
constexpr std::array section_names{
    ItemName{"BODY", Kind::body_section},       ItemName{"BODY.PEEK", Kind::body_section, true},
    ItemName{"BINARY", Kind::binary},           ItemName{"BINARY.PEEK", Kind::binary, true},
    ItemName{"BINARY.SIZE", Kind::binary_size},
};

/// "1.2.3", or "1.2.3." if a text is to follow. Does one, or can one if there is no part?
bool section_part(Reader& reader, Section& section)
{
    bool open = true;
    while (reader.peek() >= '0' && reader.peek() <= '9') {
        if (section.part.size() == reader.limits().part_depth)
            reader.refuse("LIMIT", "Too deep a part");
        section.part.push_back(reader.positive_number());
        open = reader.take('.');
        if (!open)
            break;
        if (reader.peek() == ']')
            reader.fail("A number or a text should follow the point");
    }
    return open;
}

void section_text(Reader& reader, Section& section)
{
    const auto text = reader.keyword();
    if (text == "HEADER") {
        section.text = Section::Text::header;
    } else if (text == "TEXT") {
        section.text = Section::Text::text;
    } else if (text == "MIME" && !section.part.empty()) {
        section.text = Section::Text::mime;
    } else if (text == "HEADER.FIELDS" || text == "HEADER.FIELDS.NOT") {
        section.text =
            text.ends_with("NOT") ? Section::Text::header_fields_not : Section::Text::header_fields;
        reader.space();
        reader.filled_list([&] { section.fields.push_back(reader.astring()); });
        reader.take_space();
    } else {
        reader.fail("Unknown section of a message");
    }
}

std::optional<PartialBytes> partial(Reader& reader)
{
    if (!reader.take('<'))
        return std::nullopt;
    PartialBytes partial;
    partial.offset = reader.number64();
    // Clients have left the count out, or asked for nothing.
    partial.count =
        reader.take('.') ? reader.number64() : std::numeric_limits<std::uint64_t>::max();
    reader.expect('>');
    return partial;
}

FetchItem item_with_section(Reader& reader, const ItemName& name)
{
    FetchItem item{.kind = name.kind, .peek = name.peek};
    reader.expect('[');
    if (section_part(reader, item.section) && reader.peek() != ']') {
        section_text(reader, item.section);
        if (item.kind != Kind::body_section)
            reader.fail("BINARY takes a part's numbers alone");
    }
    reader.expect(']');
    if (item.kind != Kind::binary_size)
        item.partial = partial(reader);
    return item;
}

void add_macro(std::vector<FetchItem>& items, std::string_view name)
{
    const auto add = [&](Kind kind) { items.push_back({.kind = kind}); };
    add(Kind::flags);
    add(Kind::internal_date);
    add(Kind::rfc822_size);
    if (name != "FAST")
        add(Kind::envelope);
    if (name == "FULL")
        add(Kind::body);
}

void fetch_item(Reader& reader, std::vector<FetchItem>& items)
{
    const auto word = reader.keyword();
    if (word == "ALL" || word == "FAST" || word == "FULL") {
        add_macro(items, word);
        return;
    }
    const auto& names = std::span<const ItemName>(item_names);
    const auto& with_section = std::span<const ItemName>(section_names);
    const auto among = reader.peek() == '[' ? with_section : names;
    const auto found = std::ranges::find(among, std::string_view(word), &ItemName::name);
    if (found == among.end()) {
        reader.fail("Unknown item of FETCH");
        return;
    }
    if (reader.peek() == '[') {
        items.push_back(item_with_section(reader, *found));
        return;
    }
    FetchItem item{.kind = found->kind};
    if (item.kind == Kind::preview && reader.rest().starts_with(" (")) { // RFC 8970 §3.2
        reader.space();
        reader.list([&] {
            if (reader.take_keyword("LAZY"))
                item.lazy = true;
            else
                reader.fail("Unknown modifier of PREVIEW");
        });
    }
    items.push_back(std::move(item));
}

void fetch_modifiers(Reader& reader, command::Fetch& fetch)
{
    reader.filled_list([&] {
        if (reader.take_keyword("CHANGEDSINCE")) {
            reader.space();
            fetch.changed_since = reader.mod_seq();
        } else if (reader.take_keyword("VANISHED")) {
            fetch.vanished = true;
        } else if (reader.take_keyword("PARTIAL")) {
            reader.space();
            fetch.partial = partial_range(reader);
        } else {
            reader.fail("Unknown modifier of FETCH");
        }
    });
    if (fetch.vanished && (fetch.by != Numbering::uid || !fetch.changed_since))
        reader.fail("VANISHED is for UID FETCH with CHANGEDSINCE");
    if (fetch.partial && fetch.by != Numbering::uid)
        reader.fail("PARTIAL is for UID FETCH");
}

} // namespace

command::PartialRange partial_range(Reader& reader)
{
    const auto bound = [&]() -> std::int64_t {
        const bool from_end = reader.take('-');
        const std::int64_t number = reader.positive_number();
        return from_end ? -number : number;
    };
    command::PartialRange range;
    range.first = bound();
    reader.expect(':');
    range.last = bound();
    if ((range.first < 0) != (range.last < 0))
        reader.fail("One bound of PARTIAL counts from the end, one does not");
    return range;
}

std::vector<FetchItem> fetch_items(Reader& reader)
{
    std::vector<FetchItem> items;
    if (reader.peek() == '(')
        reader.filled_list([&] { fetch_item(reader, items); });
    else
        fetch_item(reader, items);
    return items;
}

CommandBody fetch(Reader& reader, Numbering by)
{
    command::Fetch fetch;
    fetch.by = by;
    reader.space();
    fetch.messages = reader.sequence_set();
    reader.space();
    fetch.items = fetch_items(reader);
    if (reader.take_space() && reader.peek() == '(')
        fetch_modifiers(reader, fetch);
    const bool has_uid = std::ranges::count(fetch.items, Kind::uid, &FetchItem::kind) != 0;
    if (by == Numbering::uid && !has_uid)
        fetch.items.insert(fetch.items.begin(), {.kind = Kind::uid});
    return fetch;
}

} // namespace posthouse::imap::grammar
