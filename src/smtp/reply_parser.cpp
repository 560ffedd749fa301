// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply_parser.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

/// Takes a number below 1000 off the front.
std::optional<std::uint16_t> take_part(std::string_view& text)
{
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits]))
        ++digits;
    if (digits == 0 || digits > 3)
        return std::nullopt;
    unsigned value = 0;
    for (const char c : text.substr(0, digits))
        value = value * 10 + static_cast<unsigned>(c - '0');
    text.remove_prefix(digits);
    return static_cast<std::uint16_t>(value);
}

bool take_dot(std::string_view& text)
{
    if (!text.starts_with('.'))
        return false;
    text.remove_prefix(1);
    return true;
}

/// The same, and `text` loses the code and the space behind it.
std::optional<EnhancedCode> take_enhanced_code(std::string_view& text)
{
    auto rest = text;
    if (rest.empty() || (rest[0] != '2' && rest[0] != '4' && rest[0] != '5'))
        return std::nullopt;
    EnhancedCode code{.status = static_cast<std::uint8_t>(rest[0] - '0')};
    rest.remove_prefix(1);
    if (!take_dot(rest))
        return std::nullopt;
    const auto subject = take_part(rest);
    if (!subject || !take_dot(rest))
        return std::nullopt;
    const auto detail = take_part(rest);
    if (!detail || (!rest.empty() && rest[0] != ' '))
        return std::nullopt;
    code.subject = *subject;
    code.detail = *detail;
    text = trimmed(rest);
    return code;
}

/// Of a reply's line; 0 if it has none.
int reply_code(std::string_view line)
{
    if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
        !is_digit(line[2]))
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/// Not in the middle of a UTF-8 sequence.
void cut(std::string& text, std::size_t most)
{
    if (text.size() <= most)
        return;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
        --most;
    text.resize(most);
}

} // namespace

std::string EnhancedCode::text() const
{
    return std::to_string(status) + '.' + std::to_string(subject) + '.' + std::to_string(detail);
}

std::optional<EnhancedCode> leading_enhanced_code(std::string_view text)
{
    return take_enhanced_code(text);
}

std::string RemoteReply::words(std::size_t most) const
{
    std::string all;
    for (const std::string_view line : lines) {
        auto text = line;
        if (auto rest = line; enhanced && take_enhanced_code(rest) == enhanced)
            text = rest;
        if (!all.empty() && !text.empty())
            all += ' ';
        all += text;
        if (all.size() >= most)
            break;
    }
    cut(all, most);
    return all;
}

std::expected<std::optional<RemoteReply>, ReplyFault> ReplyParser::next()
{
    while (!fault_ && take_line()) {
        const auto ended = add_line();
        if (!ended) {
            fault_ = ended.error();
            break;
        }
        line_.clear();
        line_read_ = 0;
        if (*ended)
            return std::exchange(partial_, RemoteReply{});
    }
    if (fault_)
        return std::unexpected(*fault_);
    return std::nullopt;
}

bool ReplyParser::take_line()
{
    const auto bytes = input_.view();
    const auto end = bytes.find('\n'); // A lone LF is forgiven: it can only end a line.
    const auto part = bytes.substr(0, end);
    line_.append(part.substr(0, limits_.line_bytes - line_.size()));
    line_read_ += part.size();
    if (line_read_ > limits_.dropped_bytes)
        fault_ = ReplyFault::too_long;
    input_.consume(end == std::string_view::npos ? bytes.size() : end + 1);
    return end != std::string_view::npos && !fault_;
}

std::expected<bool, ReplyFault> ReplyParser::add_line()
{
    std::string_view line = line_;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    const int code = reply_code(line);
    const bool more = line.size() > 3 && line[3] == '-';
    if (code == 0 || (line.size() > 3 && !more && line[3] != ' '))
        return std::unexpected(ReplyFault::not_a_reply);
    if (partial_.code != 0 && partial_.severity() != code / 100)
        return std::unexpected(ReplyFault::mismatched_codes);
    if (partial_.lines.size() == limits_.lines)
        return std::unexpected(ReplyFault::too_long);

    const auto text = trimmed(line.substr(std::min<std::size_t>(line.size(), 4)));
    partial_.code = code;
    if (const auto enhanced = leading_enhanced_code(text);
        enhanced && enhanced->status == code / 100)
        partial_.enhanced = enhanced; // RFC 2034 §4: the classes must agree.
    partial_.lines.push_back(printable(text, limits_.line_bytes));
    return !more;
}

} // namespace posthouse::smtp
