// SPDX-License-Identifier: Apache-2.0
#include "mail/encoded_word.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_encoded_bytes = 60 - 12; // Less =?UTF-8?Q? and ?=

/// May it stand as itself in a Q-encoded word of a phrase? RFC 2047 §5 (3), which is the narrowest.
bool is_plain_in_q(char c)
{
    return is_let_dig(c) || std::string_view("!*+-/").contains(c);
}

std::string q_encoded(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        if (c == ' ')
            encoded += '_';
        else if (is_plain_in_q(c))
            encoded += c;
        else
            encoded += fmt::format("={:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

/// The first character's bytes. `text` is UTF-8 and not empty.
std::size_t character_bytes(std::string_view text)
{
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
        ++length;
    return length;
}

void append_encoded(std::vector<std::string>& to, std::string_view text)
{
    // Q where it costs little more, since it can be read without a program.
    const bool by_q = q_encoded(text).size() <= (text.size() + 2) / 3 * 6;
    const auto encoded_bytes = [&](std::string_view part) {
        return by_q ? q_encoded(part).size() : (part.size() + 2) / 3 * 4;
    };
    while (!text.empty()) {
        std::size_t taken = 0;
        while (taken < text.size()) {
            const auto next = taken + character_bytes(text.substr(taken));
            if (encoded_bytes(text.substr(0, next)) > most_encoded_bytes)
                break;
            taken = next;
        }
        const auto part = text.substr(0, taken);
        to.push_back(by_q ? "=?UTF-8?Q?" + q_encoded(part) + "?="
                          : "=?UTF-8?B?" + base64(part) + "?=");
        text.remove_prefix(taken);
    }
}

struct Word {
    std::size_t begin, end;
};

std::vector<Word> words_of(std::string_view text)
{
    std::vector<Word> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        if (end > at)
            words.push_back({at, end});
        at = end + 1;
    }
    return words;
}

} // namespace

std::vector<std::string> encoded_words(std::string_view raw)
{
    const auto text = printable(raw, std::string_view::npos);
    const auto words = words_of(text);
    const auto needs_encoding = [&](const Word& word) {
        const auto bytes = std::string_view(text).substr(word.begin, word.end - word.begin);
        return !is_ascii(bytes) || bytes.contains("=?"); // It would be taken for an encoded word.
    };
    const auto first = std::ranges::find_if(words, needs_encoding);
    const auto behind = std::find_if(words.rbegin(), words.rend(), needs_encoding).base();
    std::vector<std::string> written;
    const auto add = [&](const Word& word) {
        written.push_back(text.substr(word.begin, word.end - word.begin));
    };
    std::for_each(words.begin(), first, add);
    if (first != words.end()) {
        const auto begin = first->begin;
        append_encoded(written,
                       std::string_view(text).substr(begin, std::prev(behind)->end - begin));
        std::for_each(behind, words.end(), add);
    }
    return written;
}

std::vector<std::string> phrase_words(std::string_view raw)
{
    const auto text = printable(raw, std::string_view::npos);
    std::vector<std::string> written;
    if (!is_ascii(text) || text.contains("=?")) {
        append_encoded(written, text);
    } else if (std::ranges::all_of(text, [](char c) { return is_atext(c) || c == ' '; })) {
        for (const auto& word : words_of(text))
            written.push_back(text.substr(word.begin, word.end - word.begin));
    } else {
        written.push_back(quoted(text));
    }
    return written;
}

} // namespace posthouse::mail
