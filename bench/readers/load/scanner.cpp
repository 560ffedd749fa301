// SPDX-License-Identifier: Apache-2.0
#include "scanner.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace posthouse::load {

namespace {

/** The length in a line that ends in {123} or {123+}; 0 if it ends otherwise. */
std::uint64_t literal_announced_by(std::string_view line)
{
    if (!line.ends_with('}')) {
        return 0;
    }
    const auto open = line.rfind('{');
    std::uint64_t length = 0;
    if (open != std::string_view::npos) {
        std::from_chars(line.data() + open + 1, line.data() + line.size(), length);
    }
    return length;
}

std::string_view without_line_end(std::string_view line)
{
    line.remove_suffix(1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

} // namespace

bool Scanner::take(std::string_view& bytes)
{
    if (fresh_) {
        kept_.clear();
        fresh_ = false;
    }
    while (!bytes.empty()) {
        if (literal_left_ > 0) {
            const auto part = std::min<std::uint64_t>(literal_left_, bytes.size());
            literal_left_ -= part;
            literal_bytes_ += part;
            bytes.remove_prefix(part);
            continue;
        }
        const void* end = std::memchr(bytes.data(), '\n', bytes.size());
        if (!end) {
            kept_ += bytes;
            bytes = {};
            break;
        }
        const auto length =
            static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data()) + 1;
        auto line = bytes.substr(0, length);
        bytes.remove_prefix(length);
        if (!kept_.empty()) {
            kept_ += line;
            line = kept_;
        }
        response_ = without_line_end(line);
        literal_left_ = literal_announced_by(response_);
        if (literal_left_ == 0) {
            fresh_ = true;
            return true;
        }
        kept_ = std::string(response_);
    }
    return false;
}

} // namespace posthouse::load
