// SPDX-License-Identifier: Apache-2.0
#include "mail/field_writer.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

constexpr std::size_t columns = 76; // One less, so that a punctuation mark has room.
constexpr std::size_t tab_columns = 8;
constexpr std::size_t most_word_bytes = 900; // A line is 998 bytes at most: RFC 5322 §2.1.1.

} // namespace

FieldWriter::FieldWriter(std::string_view name) : written_(name)
{
    written_ += ':';
    column_ = written_.size();
}

FieldWriter& FieldWriter::word(std::string_view word)
{
    const auto safe = printable(word, most_word_bytes);
    if (safe.empty())
        return *this;
    if (column_ + 1 + safe.size() <= columns || column_ <= tab_columns) {
        written_ += ' ';
        ++column_;
    } else {
        written_ += "\r\n\t";
        column_ = tab_columns;
    }
    written_ += safe;
    column_ += safe.size();
    return *this;
}

FieldWriter& FieldWriter::text(std::string_view text)
{
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        word(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return *this;
}

FieldWriter& FieldWriter::comment(std::string_view comment)
{
    std::string inside = "(";
    for (const char c : comment) {
        if (c == '(' || c == ')' || c == '\\')
            inside += '\\';
        inside += c;
    }
    return text(inside + ')');
}

FieldWriter& FieldWriter::punctuation(char mark)
{
    written_ += mark;
    ++column_;
    return *this;
}

std::string FieldWriter::done() &&
{
    return std::move(written_) + "\r\n";
}

} // namespace posthouse::mail
