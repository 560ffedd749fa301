// SPDX-License-Identifier: Apache-2.0
#include "milter/modification.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::milter {
namespace {

using Read = std::expected<std::optional<Modification>, Fault>;

std::unexpected<Fault> fault(std::string_view what)
{
    return std::unexpected(Fault{std::string(what)});
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

/// A field's value whose lines end in whatever way, in the one way in which it stays one field:
/// each continuation begins with white space and is not blank, and there are no other controls.
/// Other white space stays, since signatures may have been made of it.
std::string folded(std::string_view value)
{
    std::string out;
    while (!value.empty()) {
        const auto end = value.find_first_of("\r\n");
        const auto line = value.substr(0, end);
        value.remove_prefix(end == value.npos ? value.size() : end + 1);
        if (trimmed(line).empty() && (!out.empty() || !value.empty()))
            continue;
        if (!out.empty())
            out += is_wsp(line[0]) ? "\r\n" : "\r\n\t";
        for (const char c : line)
            out += is_control(c) && c != '\t' ? '?' : c;
    }
    return out;
}

std::expected<NewField, Fault> read_field(PayloadReader& from, Leading leading,
                                          const Limits& limits)
{
    const auto name = from.text();
    const auto value = name ? from.text() : std::nullopt;
    if (!name)
        return fault("a field cut short");
    if (name->empty() || name->size() > limits.name_bytes ||
        !std::ranges::all_of(*name, mail::is_ftext))
        return fault("a field with a name that is none");
    if (value && value->size() > limits.field_bytes)
        return fault("a field over the limit");
    NewField field{std::string(*name), folded(value.value_or(std::string_view()))};
    if (leading == Leading::stripped)
        field.value.insert(0, 1, ' ');
    return field;
}

/// "<a@example.org>", or without the brackets.
std::string_view unbracketed(std::string_view address)
{
    address = trimmed(address);
    if (address.starts_with('<') && address.ends_with('>') && address.size() >= 2)
        address = address.substr(1, address.size() - 2);
    return address;
}

std::expected<std::string, Fault> read_arguments(PayloadReader& from, const Limits& limits)
{
    const auto text = from.text().value_or(std::string_view());
    if (text.size() > limits.argument_bytes || std::ranges::any_of(text, is_control))
        return fault("parameters that are none");
    return std::string(trimmed(text));
}

Read read_recipient(PayloadReader from, const Limits& limits)
{
    const auto path = mail::ForwardPath::parse(unbracketed(from.text().value_or("")));
    if (!path)
        return fault("a recipient that is none");
    auto arguments = read_arguments(from, limits);
    if (!arguments)
        return std::unexpected(arguments.error());
    return modification::AddRecipient{*path, std::move(*arguments)};
}

Read read_sender(PayloadReader from, const Limits& limits)
{
    const auto path = mail::ReversePath::parse(unbracketed(from.text().value_or("")));
    if (!path)
        return fault("a sender that is none");
    auto arguments = read_arguments(from, limits);
    if (!arguments)
        return std::unexpected(arguments.error());
    return modification::ChangeSender{*path, std::move(*arguments)};
}

Read read_header(Answer code, PayloadReader from, Leading leading, const Limits& limits)
{
    const auto index = code == Answer::add_header ? 0U : from.u32();
    if (!index)
        return fault("a field cut short");
    auto field = read_field(from, leading, limits);
    if (!field)
        return std::unexpected(field.error());
    if (code == Answer::add_header)
        return modification::AddHeader{std::move(*field)};
    if (code == Answer::insert_header)
        return modification::InsertHeader{*index, std::move(*field)};
    const bool remove = trimmed(field->value).empty();
    return modification::ChangeHeader{std::max(*index, 1U), std::move(*field), remove};
}

} // namespace

Read read_modification(Packet packet, Leading leading, const Limits& limits)
{
    const PayloadReader reader(packet.payload);
    switch (static_cast<Answer>(packet.code)) {
    case Answer::add_header:
    case Answer::insert_header:
    case Answer::change_header:
        return read_header(static_cast<Answer>(packet.code), reader, leading, limits);
    case Answer::replace_body:
        return modification::ReplaceBody{std::move(packet.payload)};
    case Answer::add_recipient:
    case Answer::add_recipient_with_arguments:
        return read_recipient(reader, limits);
    case Answer::delete_recipient: {
        auto from = reader;
        const auto path = mail::ForwardPath::parse(unbracketed(from.text().value_or("")));
        if (!path) // It cannot be there.
            return std::nullopt;
        return modification::DeleteRecipient{*path};
    }
    case Answer::change_sender:
        return read_sender(reader, limits);
    case Answer::quarantine: {
        auto from = reader;
        auto reason = printable(from.text().value_or(""), limits.reason_bytes);
        return modification::Quarantine{reason.empty() ? "without a reason" : std::move(reason)};
    }
    default:
        return std::nullopt;
    }
}

} // namespace posthouse::milter
