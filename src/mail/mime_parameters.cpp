// SPDX-License-Identifier: Apache-2.0
#include "mail/mime_parameters.hpp"

#include "mail/charset.hpp"
#include "mail/header_text.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace posthouse::mail {
namespace {

/// token, RFC 2045 §5.1; with 8-bit bytes.
bool is_token_char(char c)
{
    return is_non_ascii(c) ||
           (c > ' ' && c <= '~' && !std::string_view("()<>@,;:\\\"/[]?=").contains(c));
}

std::size_t token_length(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_token_char) - text.begin());
}

/// A parameter as it was written, or a piece of one.
struct Piece {
    std::string name;                    ///< Without the stars.
    std::optional<std::uint64_t> number; ///< RFC 2231 §3
    bool extended = false;               ///< RFC 2231 §4
    std::string value;
};

class Reader {
public:
    Reader(std::string_view text, const ParameterLimits& limits) : rest_(text), limits_(limits) {}

    std::vector<Piece> read()
    {
        std::vector<Piece> pieces;
        while (pieces.size() < limits_.count) {
            skip_separators();
            if (rest_.empty())
                break;
            const auto name = rest_.substr(0, token_length(rest_));
            rest_.remove_prefix(name.size());
            skip_cfws(rest_);
            if (name.empty() || !rest_.starts_with('=')) {
                skip_element();
                continue;
            }
            rest_.remove_prefix(1);
            skip_cfws(rest_);
            auto piece = named(name);
            piece.value = rest_.starts_with('"') ? take_quoted() : take_unquoted();
            pieces.push_back(std::move(piece));
        }
        return pieces;
    }

private:
    void skip_separators()
    {
        skip_cfws(rest_);
        while (rest_.starts_with(';')) {
            rest_.remove_prefix(1);
            skip_cfws(rest_);
        }
    }

    /// On to the next `;` that is not in quotes.
    void skip_element()
    {
        while (!rest_.empty() && rest_.front() != ';') {
            if (rest_.front() == '"')
                take_quoted();
            else
                rest_.remove_prefix(1);
        }
    }

    static Piece named(std::string_view written)
    {
        Piece piece;
        piece.extended = written.ends_with('*') && written.size() > 1;
        auto name = written.substr(0, written.size() - (piece.extended ? 1 : 0));
        if (const auto star = name.rfind('*'); star != name.npos && star > 0) {
            const auto digits = name.substr(star + 1);
            if (digits.size() <= 9)
                piece.number = parse_number(digits);
            if (piece.number)
                name = name.substr(0, star);
        }
        piece.name = lowercase(name);
        return piece;
    }

    void append(std::string& value, char c) const
    {
        if (value.size() < limits_.value_bytes)
            value += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    }

    /// One that never closes ends with the text.
    std::string take_quoted()
    {
        std::string value;
        std::size_t at = 1;
        for (; at < rest_.size() && rest_[at] != '"'; ++at) {
            if (rest_[at] == '\\' && at + 1 < rest_.size())
                ++at;
            append(value, rest_[at]);
        }
        rest_.remove_prefix(std::min(at + 1, rest_.size()));
        return value;
    }

    /// All up to the next `;`, since file names with spaces come without quotes; but no comment
    /// behind a single word, and nothing that is the next parameter, its `;` forgotten.
    std::string take_unquoted()
    {
        auto element = rest_.substr(0, rest_.find(';'));
        const auto word = std::min(element.find_first_of(" \t\r\n"), element.size());
        auto behind = element.substr(word);
        skip_cfws(behind);
        const auto token = token_length(behind);
        if (behind.empty() || (token > 0 && behind.substr(token).starts_with('=')))
            element = element.substr(0, word);
        rest_.remove_prefix(behind.empty() ? element.size() : std::max(element.size(), word));
        std::string value;
        for (const char c : element.substr(0, element.find_last_not_of(" \t\r\n") + 1))
            append(value, c);
        return value;
    }

    std::string_view rest_;
    ParameterLimits limits_;
};

bool is_attribute_char(char c)
{
    return is_token_char(c) && !is_non_ascii(c) && c != '*' && c != '\'' && c != '%';
}

/// Pieces with percent signs and without can be joined only when all have them.
std::string percent_encoded(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        if (is_attribute_char(c))
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

/// All numbered pieces of this name, in their order.
Parameter join(const std::vector<Piece>& pieces, const std::string& name, std::size_t most)
{
    std::vector<const Piece*> wanted;
    for (const auto& piece : pieces)
        if (piece.number && piece.name == name)
            wanted.push_back(&piece);
    std::ranges::sort(wanted, {}, [](const Piece* p) { return std::pair(*p->number, p); });
    const auto again = std::ranges::unique(wanted, {}, [](const Piece* p) { return *p->number; });
    wanted.erase(again.begin(), again.end());
    const bool extended = std::ranges::any_of(wanted, &Piece::extended);
    Parameter joined{.name = extended ? name + '*' : name, .value = {}};
    // The charset stands in the first piece alone: RFC 2231 §4.1.
    if (extended && !wanted.front()->extended)
        joined.value = "''";
    for (const auto* piece : wanted)
        joined.value += extended && !piece->extended ? percent_encoded(piece->value) : piece->value;
    if (joined.value.size() > most)
        joined.value.resize(most);
    return joined;
}

int hexadecimal(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text)
{
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool code = text[at] == '%' && at + 2 < text.size() &&
                          hexadecimal(text[at + 1]) >= 0 && hexadecimal(text[at + 2]) >= 0;
        if (code) {
            bytes += static_cast<char>(hexadecimal(text[at + 1]) * 16 + hexadecimal(text[at + 2]));
            at += 2;
        } else {
            bytes += text[at];
        }
    }
    return bytes;
}

/// charset'language'text
std::string extended_text(std::string_view value)
{
    const auto first = value.find('\'');
    const auto second = first == value.npos ? first : value.find('\'', first + 1);
    if (second == value.npos)
        return to_utf8(percent_decoded(value), "");
    return to_utf8(percent_decoded(value.substr(second + 1)), value.substr(0, first));
}

} // namespace

ParameterList parse_parameters(std::string_view text, const ParameterLimits& limits)
{
    const auto pieces = Reader(text, limits).read();
    ParameterList list;
    for (const auto& piece : pieces) {
        auto whole = piece.number
                         ? join(pieces, piece.name, limits.value_bytes)
                         : Parameter{.name = piece.extended ? piece.name + '*' : piece.name,
                                     .value = piece.value};
        if (raw_parameter(list, whole.name) == nullptr)
            list.push_back(std::move(whole));
    }
    return list;
}

const std::string* raw_parameter(const ParameterList& list, std::string_view name)
{
    const auto found = std::ranges::find(list, name, &Parameter::name);
    return found == list.end() ? nullptr : &found->value;
}

std::string parameter_text(const ParameterList& list, std::string_view name)
{
    std::string text;
    if (const auto* extended = raw_parameter(list, std::string(name) + '*'))
        text = extended_text(*extended);
    else if (const auto* plain = raw_parameter(list, name))
        text = header_text(*plain);
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            c = ' ';
    return text;
}

} // namespace posthouse::mail
