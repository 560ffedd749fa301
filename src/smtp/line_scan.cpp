// SPDX-License-Identifier: Apache-2.0
#include "smtp/line_scan.hpp"

#include <cstring>

namespace posthouse::smtp {

// These two loops have no branch, so that the compiler turns them into vector instructions.

bool pairs_line_ends(std::string_view bytes)
{
    unsigned char odd = 0;
    const char* const at = bytes.data();
    for (std::size_t i = 1; i < bytes.size(); ++i)
        odd = static_cast<unsigned char>(odd | ((at[i - 1] == '\r') ^ (at[i] == '\n')));
    return odd == 0;
}

bool has_dot_at_line_start(std::string_view bytes)
{
    unsigned char found = 0;
    const char* const at = bytes.data();
    for (std::size_t i = 1; i < bytes.size(); ++i)
        found = static_cast<unsigned char>(found | ((at[i - 1] == '\n') & (at[i] == '.')));
    return found != 0;
}

std::size_t find_last_line_feed(std::string_view bytes)
{
    if (bytes.empty())
        return bytes.npos;
    const auto* found = static_cast<const char*>(::memrchr(bytes.data(), '\n', bytes.size()));
    return found ? static_cast<std::size_t>(found - bytes.data()) : bytes.npos;
}

std::size_t find_line_end(std::string_view bytes)
{
    // Each is a memchr; the CR of a well-formed line is right before its LF, so the second
    // search hardly reads anything that the first has not brought into the cache.
    const auto line_feed = bytes.find('\n');
    const auto before = bytes.substr(0, line_feed);
    const auto carriage_return = before.find('\r');
    return carriage_return != before.npos ? carriage_return : before.size();
}

void LineMeter::measure(std::string_view bytes)
{
    if (limit_ == 0 || exceeded_)
        return;
    while (bytes.size() > limit_ - line_) {
        const auto end = find_last_line_feed(bytes.substr(0, limit_ - line_));
        if (end == bytes.npos) {
            exceeded_ = true;
            return;
        }
        bytes.remove_prefix(end + 1);
        line_ = 0;
    }
    const auto end = find_last_line_feed(bytes);
    line_ = end == bytes.npos ? line_ + bytes.size() : bytes.size() - end - 1;
}

} // namespace posthouse::smtp
