// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// A piece of a structured field: RFC 5322 §3.2.
struct HeaderToken {
    enum class Kind : std::uint8_t {
        atom,    ///< Any run of characters that are not special; UTF-8 among them.
        quoted,  ///< A quoted string; `text` is what it says.
        literal, ///< A domain literal with its brackets.
        special, ///< One of ( ) < > [ ] : ; @ \ , . that begins none of the above.
        end,
    };
    Kind kind = Kind::end;
    std::string text;
    bool after_space = false; ///< White space or a comment stands before it.

    bool is(char special) const { return kind == Kind::special && text[0] == special; }
};

/// Cuts a structured field's value, folded or not, into tokens; every value has some. Line ends
/// vanish and control characters count as spaces, so no token holds either. Takes linear time and
/// does not recurse, however deep comments nest.
class HeaderLexer {
public:
    explicit HeaderLexer(std::string_view value) : rest_(value) {}

    HeaderToken next();

    /// What the last comment so far said, without its parentheses; forgotten with it.
    std::string take_comment();
    /// Was there a quoted string, comment or literal that never closed, or a stray character?
    bool saw_fault() const { return saw_fault_; }

private:
    bool may_close_literal();
    bool skip_space();
    void read_comment();
    std::string read_quoted();
    std::string read_literal();

    std::string_view rest_;
    std::string comment_;
    bool no_literal_ = false;
    bool saw_fault_ = false;
};

} // namespace posthouse::mail
