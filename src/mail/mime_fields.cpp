// SPDX-License-Identifier: Apache-2.0
#include "mail/mime_fields.hpp"

#include "mail/lexical.hpp"

#include <algorithm>
#include <array>

namespace posthouse::mail {
namespace {

/// What each top-level type is when its subtype is missing. Others make no sense without one.
std::string_view usual_subtype(std::string_view type)
{
    return type == "text" ? "plain" : type == "multipart" ? "mixed" : "";
}

void read_content_type(std::string_view value, const MimeLimits& limits, MimePart& part)
{
    auto type = lowercase(take_token(value));
    std::string subtype;
    if (value.starts_with('/')) {
        value.remove_prefix(1);
        subtype = lowercase(take_token(value));
    }
    if (subtype.empty())
        subtype = usual_subtype(type);
    if (type.empty() || subtype.empty())
        return; // RFC 2045 §5.2: the default
    part.type = std::move(type);
    part.subtype = std::move(subtype);
    part.parameters = parse_parameters(value, limits.parameters);
}

TransferEncoding encoding_named(std::string_view name)
{
    using enum TransferEncoding;
    struct Named {
        std::string_view name;
        TransferEncoding encoding;
    };
    static constexpr std::array<Named, 10> known = {{{"7bit", seven_bit},
                                                     {"8bit", eight_bit},
                                                     {"binary", binary},
                                                     {"quoted-printable", quoted_printable},
                                                     {"base64", base64},
                                                     {"x-uuencode", uuencode},
                                                     {"uuencode", uuencode},
                                                     {"x-uue", uuencode},
                                                     {"7-bit", seven_bit},
                                                     {"8-bit", eight_bit}}};
    const auto* const found = std::ranges::find_if(
        known, [&](const Named& entry) { return equal_ignoring_case(entry.name, name); });
    return found == known.end() ? unknown : found->encoding;
}

std::vector<std::string> languages_in(std::string_view value, std::size_t most)
{
    std::vector<std::string> languages;
    while (!value.empty() && languages.size() < most) {
        const auto tag = take_token(value);
        if (!tag.empty())
            languages.emplace_back(tag);
        const auto comma = value.find(',');
        value = comma == value.npos ? std::string_view() : value.substr(comma + 1);
    }
    return languages;
}

} // namespace

void read_mime_fields(const HeaderBlock& header, DefaultType by_default, const MimeLimits& limits,
                      MimePart& part)
{
    const bool message = by_default == DefaultType::message_rfc822;
    part.type = message ? "message" : "text";
    part.subtype = message ? "rfc822" : "plain";

    enum Field { type, encoding, id, description, md5, location, disposition, language, count };
    static constexpr std::array<std::string_view, count> names = {
        "type", "transfer-encoding", "id",          "description",
        "md5",  "location",          "disposition", "language"};
    std::array<bool, count> seen{};
    for (const auto& field : header.fields()) {
        if (!starts_with_ignoring_case(field.name, "content-"))
            continue;
        const auto* const found =
            std::ranges::find_if(names, [name = field.name.substr(8)](std::string_view known) {
                return equal_ignoring_case(known, name);
            });
        const auto which = static_cast<std::size_t>(found - names.begin());
        if (which == count || seen[which])
            continue;
        seen[which] = true;
        const auto value = field.value();
        std::string_view rest = value;
        const std::string text(rest.substr(0, limits.value_bytes));
        switch (which) {
        case type:
            read_content_type(rest, limits, part);
            break;
        case encoding:
            part.transfer_encoding = take_token(rest);
            if (!part.transfer_encoding.empty())
                part.encoding = encoding_named(part.transfer_encoding);
            break;
        case id:
            part.content_id = text;
            break;
        case description:
            part.description = text;
            break;
        case md5:
            part.md5 = text;
            break;
        case location:
            part.location = text;
            break;
        case disposition:
            part.disposition = lowercase(take_token(rest));
            part.disposition_parameters = parse_parameters(rest, limits.parameters);
            break;
        default:
            part.languages = languages_in(rest, limits.languages);
            break;
        }
    }
}

} // namespace posthouse::mail
