// SPDX-License-Identifier: Apache-2.0
#include "sasl/gs2.hpp"

#include "base/text.hpp"
#include "sasl/dialogue.hpp"

#include <algorithm>

namespace posthouse::sasl {
namespace {

/// cb-name = 1*(ALPHA / DIGIT / "." / "-")
bool is_binding_name(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '.' || c == '-';
    });
}

} // namespace

std::optional<std::string> decode_saslname(std::string_view text)
{
    std::string name;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\0' || text[at] == ',')
            return std::nullopt;
        if (text[at] != '=') {
            name += text[at];
            continue;
        }
        const auto code = text.substr(at + 1, 2);
        if (code != "2C" && code != "3D")
            return std::nullopt;
        name += code == "2C" ? ',' : '=';
        at += 2;
    }
    if (name.empty() || name.size() > Limits::user_bytes || !is_utf8(name))
        return std::nullopt;
    return name;
}

std::optional<Gs2Header> parse_gs2_header(std::string_view text)
{
    const auto first = text.find(',');
    const auto second = first == text.npos ? text.npos : text.find(',', first + 1);
    if (second == text.npos)
        return std::nullopt;
    Gs2Header header;
    header.bytes = second + 1;
    const auto flag = text.substr(0, first);
    if (flag == "n") {
        header.binding = Gs2Header::Binding::none;
    } else if (flag == "y") {
        header.binding = Gs2Header::Binding::not_offered;
    } else if (flag.starts_with("p=") && is_binding_name(flag.substr(2))) {
        header.binding = Gs2Header::Binding::used;
        header.binding_name = flag.substr(2);
    } else {
        return std::nullopt;
    }
    const auto as = text.substr(first + 1, second - first - 1);
    if (as.empty())
        return header;
    auto name = as.starts_with("a=") ? decode_saslname(as.substr(2)) : std::nullopt;
    if (!name)
        return std::nullopt;
    header.as = std::move(*name);
    return header;
}

} // namespace posthouse::sasl
