// SPDX-License-Identifier: Apache-2.0
#include "mail/base_subject.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

constexpr std::string_view forward_trailer = "(fwd)";
constexpr std::string_view forward_header = "[fwd:";

std::string_view without_leading_space(std::string_view text)
{
    return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end)
{
    return text.size() >= end.size() &&
           equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// The text behind a subj-blob, `[…]` and spaces; the text itself if it begins with none.
std::string_view skip_blob(std::string_view text)
{
    if (!text.starts_with('['))
        return text;
    const auto end = text.find_first_of("[]", 1);
    if (end == text.npos || text[end] == '[')
        return text;
    return without_leading_space(text.substr(end + 1));
}

/// Behind a subj-refwd; the text itself if it begins with none.
std::string_view skip_prefix(std::string_view text)
{
    auto rest = text;
    if (starts_with_ignoring_case(rest, "re"))
        rest.remove_prefix(2);
    else if (starts_with_ignoring_case(rest, "fwd"))
        rest.remove_prefix(3);
    else if (starts_with_ignoring_case(rest, "fw"))
        rest.remove_prefix(2);
    else
        return text;
    rest = skip_blob(without_leading_space(rest));
    return rest.starts_with(':') ? rest.substr(1) : text;
}

/// Steps (2) to (5), on a text that was made one line with single spaces.
class Stripper {
public:
    explicit Stripper(std::string_view text) : text_(text) {}

    BaseSubject strip() &&
    {
        do {
            strip_end();
            while (strip_leader() || strip_blob()) {
            }
        } while (strip_forward());
        return {.text = std::string(text_), .is_reply_or_forward = prefixed_};
    }

private:
    void strip_end()
    {
        for (;;) {
            if (text_.ends_with(' ')) {
                text_.remove_suffix(1);
            } else if (ends_with_ignoring_case(text_, forward_trailer)) {
                text_.remove_suffix(forward_trailer.size());
                prefixed_ = true;
            } else {
                return;
            }
        }
    }

    bool strip_leader()
    {
        auto rest = without_leading_space(text_);
        const bool spaces = rest.size() != text_.size();
        text_ = rest;
        for (auto behind = skip_blob(rest); behind.size() != rest.size(); behind = skip_blob(rest))
            rest = behind;
        const auto behind = skip_prefix(rest);
        if (behind.size() == rest.size())
            return spaces;
        text_ = behind;
        prefixed_ = true;
        return true;
    }

    bool strip_blob()
    {
        const auto behind = skip_blob(text_);
        if (behind.empty() || behind.size() == text_.size())
            return false;
        text_ = behind;
        return true;
    }

    bool strip_forward()
    {
        if (!starts_with_ignoring_case(text_, forward_header) || !text_.ends_with(']'))
            return false;
        text_.remove_prefix(forward_header.size());
        text_.remove_suffix(1);
        return prefixed_ = true;
    }

    std::string_view text_;
    bool prefixed_ = false;
};

} // namespace

BaseSubject base_subject(std::string_view subject)
{
    std::string line;
    for (const char c : subject) {
        const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!space)
            line += c;
        else if (!line.ends_with(' '))
            line += ' ';
    }
    return Stripper(line).strip();
}

} // namespace posthouse::mail
