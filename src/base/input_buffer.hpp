// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace posthouse {

/// Bytes received and not yet consumed. Consuming is O(1); the space is reclaimed on append, and
/// all of it is given back once nothing is left, so that an idle connection holds no buffer.
class InputBuffer {
public:
    void append(std::string_view bytes)
    {
        if (head_ != 0) {
            bytes_.erase(0, head_);
            head_ = 0;
        }
        bytes_.append(bytes);
    }

    void consume(std::size_t count)
    {
        expects(count <= view().size());
        head_ += count;
        if (head_ == bytes_.size()) {
            head_ = 0;
            if (bytes_.capacity() > 4096)
                bytes_ = std::string();
            else
                bytes_.clear();
        }
    }

    /// The same for what must not stay in memory.
    void consume_and_wipe(std::size_t count)
    {
        expects(count <= view().size());
        ::explicit_bzero(bytes_.data() + head_, count);
        consume(count);
    }

    /// Valid until the next append() or consume().
    std::string_view view() const { return std::string_view(bytes_).substr(head_); }
    bool empty() const { return head_ == bytes_.size(); }
    void clear()
    {
        bytes_ = std::string();
        head_ = 0;
    }

private:
    std::string bytes_;
    std::size_t head_ = 0;
};

} // namespace posthouse
