// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// What filing finds out about a letter once, so that no reader needs to parse it again.
struct Summary {
    std::uint64_t size_bytes = 0;
    /// A last line without a line end counts.
    std::uint64_t lines = 0;
    /// The fields alone; between them and the body is the blank line, if there is one.
    std::uint64_t header_bytes = 0;
    std::uint64_t body_offset = 0;
    /// Unfolded and not decoded, of the first field of that name; cut at
    /// SummaryLimits::value_bytes.
    std::string date, from, to, subject, message_id;
    auto operator<=>(const Summary&) const = default;
};

struct SummaryLimits {
    std::size_t header_bytes = 1 << 20; ///< What is behind counts as the body.
    std::size_t value_bytes = 4096;
};

/// Summarises a letter that is given in pieces; keeps no more than its header and the last piece
/// of it, and never more than the limit on the header.
class Summarizer {
public:
    explicit Summarizer(const SummaryLimits& limits = {}) : limits_(limits) {}

    void append(std::string_view piece);
    Summary finish() &&;

private:
    void keep_header(std::string_view piece);

    SummaryLimits limits_;
    std::string front_; // The letter up to its first blank line.
    bool header_ended_ = false;
    Summary summary_;
    bool line_open_ = false;
};

Summary summarize(std::string_view letter, const SummaryLimits& = {});

} // namespace posthouse::mail
