// SPDX-License-Identifier: Apache-2.0
#include "milter/verdict.hpp"

#include "base/text.hpp"

namespace posthouse::milter {
namespace {

constexpr std::size_t line_bytes = 500; // RFC 5321 §4.5.3.1.5, with the code and the line's end.

/// Filters double each '%', since libmilter's manual tells them to.
std::string undoubled(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        out += text[at];
        at += text.substr(at, 2) == "%%";
    }
    return out;
}

/// Class, subject, detail and a space: RFC 3463 §2.
bool has_enhanced_status(std::string_view line)
{
    const auto word = line.substr(0, line.find(' '));
    int dots = 0;
    for (std::size_t at = 0; at < word.size(); ++at) {
        const bool dot = word[at] == '.' && at > 0 && is_digit(word[at - 1]);
        if (!dot && !is_digit(word[at]))
            return false;
        dots += dot;
    }
    return dots == 2 && is_digit(word.back());
}

std::string_view without_line_end(std::string_view line)
{
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

} // namespace

Verdict rejection()
{
    return {Ruling::refuse, 550, {"5.7.1 Refused by this server's rules"}};
}

Verdict temporary_failure()
{
    return {Ruling::refuse, 451, {"4.7.1 Not now, try again later"}};
}

std::expected<Verdict, Fault> read_reply(std::string_view text, const Limits& limits)
{
    text = text.substr(0, text.find('\0'));
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.remove_suffix(1);
    if (text.size() > limits.reply_bytes)
        return std::unexpected(Fault{"a reply over the limit"});
    Verdict verdict{.ruling = Ruling::refuse, .code = 0, .lines = {}};
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = without_line_end(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        const auto code = parse_number(line.substr(0, 3));
        const bool refusal = code && *code >= 400 && *code <= 599;
        if (!refusal || (line.size() > 3 && line[3] != ' ' && line[3] != '-'))
            return std::unexpected(Fault{"a reply that is no refusal"});
        if (verdict.code != 0 && static_cast<int>(*code) != verdict.code)
            return std::unexpected(Fault{"a reply with two codes"});
        if (verdict.lines.size() == limits.reply_lines)
            return std::unexpected(Fault{"a reply over the limit"});
        verdict.code = static_cast<int>(*code);
        line.remove_prefix(std::min<std::size_t>(line.size(), 4));
        auto said = printable(undoubled(line), line_bytes);
        if (!has_enhanced_status(said) || said[0] != static_cast<char>('0' + verdict.code / 100))
            said = (verdict.code / 100 == 4 ? "4.7.1 " : "5.7.1 ") + said;
        verdict.lines.push_back(std::move(said));
    }
    if (verdict.code == 0)
        return std::unexpected(Fault{"an empty reply"});
    return verdict;
}

} // namespace posthouse::milter
