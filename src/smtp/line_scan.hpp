// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Looking at many bytes of a letter at once, for the two ways in which one is sent.
namespace posthouse::smtp {

/// Does every CR in `bytes` but a last one come before an LF, and every LF but a first one after
/// a CR? The ends are the caller's, who knows what is around them.
bool pairs_line_ends(std::string_view bytes);

/// Does an LF come before a dot?
bool has_dot_at_line_start(std::string_view bytes);

/// Where the last LF is, or npos.
std::size_t find_last_line_feed(std::string_view bytes);

/// Where the first CR or LF is, or the size.
std::size_t find_line_end(std::string_view bytes);

/// Watches the length of lines, CR LF included. Needs no look at each line: only at whether one
/// ended within each stretch of the limit's length.
class LineMeter {
public:
    LineMeter() = default;
    explicit LineMeter(std::size_t limit) : limit_(limit) {} // 0: no limit

    void measure(std::string_view bytes);
    bool exceeded() const { return exceeded_; }

private:
    std::size_t limit_ = 0;
    std::size_t line_ = 0; // Of the line that is going on; never over the limit.
    bool exceeded_ = false;
};

} // namespace posthouse::smtp
