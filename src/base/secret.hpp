// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse {

/// Text that must not be seen: a password, a key. It has no operator<<, no formatter and no
/// conversion; reveal() is the one way to its bytes, easy to find in review. Wipes itself.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }
    Secret& operator=(const Secret& other)
    {
        if (this != &other) {
            wipe();
            text_ = other.text_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept
    {
        if (this != &other) {
            wipe();
            text_ = other.text_;
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    std::string_view reveal() const { return text_; }
    bool empty() const { return text_.empty(); }
    /// For a secret of ours against an earlier one of ours: it takes longer the more they agree.
    bool operator==(const Secret&) const = default;

private:
    void wipe() noexcept
    {
        ::explicit_bzero(text_.data(), text_.size());
        text_.clear();
    }

    std::string text_;
};

} // namespace posthouse
