// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::net {

/// Both directions of a compressed connection: RFC 4978, raw DEFLATE (RFC 1951), each flushed so
/// that what was said can be read.
class Deflate {
public:
    /// nullptr: there is no memory for it.
    static std::unique_ptr<Deflate> create();
    ~Deflate();
    Deflate(const Deflate&) = delete;

    std::string deflate(std::string_view);
    /// What it inflates to, at most `most` bytes or a little more; the rest comes with the next
    /// call, which may bring no new bytes. Nothing: it is not DEFLATE.
    std::optional<std::string> inflate(std::string_view, std::size_t most);
    /// Bytes that came before, to be inflated first.
    void keep(std::string bytes) { kept_ += bytes; }
    bool more_inflated() const { return !kept_.empty() || output_left_; }

private:
    struct Streams;
    explicit Deflate(std::unique_ptr<Streams>);
    std::unique_ptr<Streams> streams_;
    std::string kept_;
    bool output_left_ = false;
};

} // namespace posthouse::net
