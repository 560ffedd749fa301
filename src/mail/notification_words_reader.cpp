// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "mail/notification_words.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>

namespace posthouse::mail {
namespace {

constexpr std::array<std::string_view, passages> passage_names = {
    "letter from",           "letter opening",         "letter more",
    "letter closing",        "failed subject",         "failed introduction",
    "failed recipient",      "failed closing",         "delayed subject",
    "delayed introduction",  "delayed recipient",      "delayed closing",
    "delivered subject",     "delivered introduction", "delivered recipient",
    "delivered closing",     "relayed subject",        "relayed introduction",
    "relayed recipient",     "relayed closing",        "expanded subject",
    "expanded introduction", "expanded recipient",     "expanded closing",
    "mixed subject",         "double_bounce subject",  "double_bounce introduction",
    "double_bounce closing",
};
static_assert(static_cast<std::size_t>(Passage::double_bounce_closing) + 1 == passages);

constexpr std::array<std::string_view, placeholders> placeholder_names = {
    "hostname",  "postmaster", "letter", "sender", "arrived", "hours",  "retry_until", "more",
    "recipient", "final",      "status", "host",   "reason",  "output", "tried",
};
static_assert(static_cast<std::size_t>(Placeholder::tried) + 1 == placeholders);

template <class Named, std::size_t size>
std::optional<Named> named(const std::array<std::string_view, size>& names, std::string_view name)
{
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<Named>(found - names.begin());
}

bool is_plain_line(std::string_view line)
{
    const auto fits = [](char c) { return is_printable(c) || is_non_ascii(c) || c == '\t'; };
    return is_plain_utf8(line) && std::ranges::all_of(line, fits);
}

} // namespace

/// Reads a file line by line into words that were there before.
class WordsReader {
public:
    using Result = std::expected<void, WordsProblem>;

    WordsReader(NotificationWords base, const WordsLimits& limits)
        : words_(std::move(base)),
          limits_(limits)
    {
    }

    std::expected<NotificationWords, WordsProblem> read(std::string_view file)
    {
        if (file.starts_with("\xef\xbb\xbf")) // What some editors put before UTF-8.
            file.remove_prefix(3);
        if (file.size() > limits_.bytes)
            return wrong(fmt::format("the file has more than {} bytes", limits_.bytes));
        while (!file.empty()) {
            ++number_;
            const auto end = std::min(file.find('\n'), file.size());
            auto line = file.substr(0, end);
            file.remove_prefix(std::min(end + 1, file.size()));
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            if (auto taken = take(line); !taken)
                return std::unexpected(taken.error());
        }
        if (auto ended = end_passage(); !ended)
            return std::unexpected(ended.error());
        return std::move(words_);
    }

private:
    std::unexpected<WordsProblem> wrong(std::string what) const
    {
        return std::unexpected(WordsProblem{.line = number_, .what = std::move(what)});
    }

    Result take(std::string_view line)
    {
        if (line.size() > limits_.line_bytes)
            return wrong(fmt::format("the line has more than {} bytes", limits_.line_bytes));
        if (!is_plain_line(line))
            return wrong("a control character, or a byte that is no UTF-8");
        while (line.ends_with(' ') || line.ends_with('\t'))
            line.remove_suffix(1);
        if (line.starts_with('#'))
            return {};
        if (line.starts_with('['))
            return begin_passage(line);
        if (!passage_)
            return line.empty() ? Result()
                                : wrong("text before the first passage; one begins with a line "
                                        "such as [failed subject]");
        return take_text(line);
    }

    Result begin_passage(std::string_view line)
    {
        if (auto ended = end_passage(); !ended)
            return ended;
        if (!line.ends_with(']'))
            return wrong("a passage's name ends with ]; a text that begins with [ is written $[");
        const auto name = line.substr(1, line.size() - 2);
        passage_ = named<Passage>(passage_names, name);
        if (!passage_)
            return wrong(fmt::format("no passage has the name \"{}\"; one is [failed subject]",
                                     printable(name, 64)));
        if (read_[index()])
            return wrong(fmt::format("[{}] is there twice", name));
        read_[index()] = true;
        began_ = number_;
        text_.clear();
        bytes_ = placeholders_ = 0;
        return {};
    }

    Result end_passage()
    {
        if (!passage_)
            return {};
        while (!text_.empty() && text_.back().empty())
            text_.pop_back();
        if (is_one_line() && text_.size() != 1)
            return std::unexpected(WordsProblem{
                .line = began_,
                .what = fmt::format("[{}] is one line of text", passage_names[index()])});
        words_.texts_[index()] = std::move(text_);
        passage_.reset();
        return {};
    }

    Result take_text(std::string_view line)
    {
        if (line.empty() && text_.empty())
            return {};
        bytes_ += line.size() + 2;
        if (const auto most = is_of_recipient() ? limits_.recipient_bytes : limits_.passage_bytes;
            bytes_ > most)
            return wrong(fmt::format("[{}] has more than {} bytes", passage_names[index()], most));
        PassageLine pieces;
        while (!line.empty()) {
            const auto dollar = std::min(line.find('$'), line.size());
            append(pieces, line.substr(0, dollar));
            line.remove_prefix(dollar);
            if (auto taken = line.empty() ? Result() : take_dollar(line, pieces); !taken)
                return taken;
        }
        text_.push_back(std::move(pieces));
        return {};
    }

    /// What begins with a dollar sign, off the front of `line`.
    Result take_dollar(std::string_view& line, PassageLine& pieces)
    {
        if (line.size() > 1 && std::string_view("$#[").contains(line[1])) {
            append(pieces, line.substr(1, 1));
            line.remove_prefix(2);
            return {};
        }
        const auto end = line.find('}');
        if (!line.starts_with("${") || end == line.npos)
            return wrong("a $ begins a placeholder such as ${hostname}; one for itself is "
                         "written $$");
        const auto name = line.substr(2, end - 2);
        const auto placeholder = named<Placeholder>(placeholder_names, name);
        if (!placeholder)
            return wrong(fmt::format("there is no placeholder ${{{}}}", printable(name, 64)));
        if (*placeholder >= Placeholder::recipient && !is_of_recipient())
            return wrong(fmt::format("${{{}}} has a meaning only in a passage of a recipient, "
                                     "such as [failed recipient]",
                                     name));
        const auto most =
            is_of_recipient() ? limits_.recipient_placeholders : limits_.passage_placeholders;
        if (++placeholders_ > most)
            return wrong(
                fmt::format("[{}] has more than {} placeholders", passage_names[index()], most));
        pieces.emplace_back(*placeholder);
        line.remove_prefix(end + 1);
        return {};
    }

    static void append(PassageLine& pieces, std::string_view literal)
    {
        if (literal.empty())
            return;
        if (!pieces.empty() && std::holds_alternative<std::string>(pieces.back()))
            std::get<std::string>(pieces.back()) += literal;
        else
            pieces.emplace_back(std::string(literal));
    }

    std::size_t index() const { return static_cast<std::size_t>(*passage_); }
    bool is_of_recipient() const { return passage_names[index()].ends_with(" recipient"); }
    bool is_one_line() const
    {
        return passage_names[index()].ends_with(" subject") || *passage_ == Passage::letter_from;
    }

    NotificationWords words_;
    const WordsLimits& limits_;
    std::size_t number_ = 0; // of the line
    std::array<bool, passages> read_ = {};
    std::optional<Passage> passage_; // the one under way
    std::size_t began_ = 0;
    PassageText text_;
    std::size_t bytes_ = 0;
    std::size_t placeholders_ = 0;
};

std::expected<NotificationWords, WordsProblem>
parse_words(std::string_view file, const NotificationWords& base, const WordsLimits& limits)
{
    return WordsReader(base, limits).read(file);
}

} // namespace posthouse::mail
