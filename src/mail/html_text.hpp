// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// What HTML shows as text, roughly, for search and previews: no tags, no comments, nothing of
/// style, script and title; character references read; white space as one space, and a line end
/// where a paragraph, a line or a cell ends. In pieces of UTF-8 cut anywhere; linear time, and
/// memory for one tag's name.
class HtmlText {
public:
    void append(std::string_view piece, std::string& to);
    void finish(std::string& to);

private:
    enum class State : std::uint8_t {
        text,
        reference,   ///< Behind &
        tag_name,    ///< Behind <
        tag,         ///< Inside, behind the name
        quote,       ///< In an attribute's quotes
        declaration, ///< <! or <?
        comment,
    };

    void take(char c, std::string& to);
    void show(std::string_view text, std::string& to);
    void end_tag_name();
    void end_reference(std::string& to);

    State state_ = State::text;
    std::string name_;        ///< Of the tag or the character reference, as far as it goes.
    std::string hidden_;      ///< The element whose content is not shown: "style".
    char quote_ = 0;          ///< The attribute's
    std::uint8_t dashes_ = 0; ///< Just seen in a comment
    bool value_follows_ = false;
    bool space_ = false; ///< Due before the next text.
    bool line_ = false;  ///< A line end is.
    bool begun_ = false; ///< Something was shown.
};

/// All at once; at most `most` bytes, whole characters.
std::string html_text(std::string_view utf8, std::size_t most);

} // namespace posthouse::mail
