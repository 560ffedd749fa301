// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace posthouse::gate {

/// A letter on its way from a session to the keeper. A small one waits here and goes with its
/// envelope in one message; a larger one is uploaded while it comes. What was uploaded and not
/// committed is abandoned with the letter.
class Letter {
public:
    struct Limits {
        static constexpr std::size_t memory_bytes = 1 << 20; // What the keeper takes at once.
        static constexpr std::size_t piece_bytes = 256 << 10;
    };

    /// `envelope`: all but the body.
    Letter(std::shared_ptr<wire::Link> keeper, wire::Accept envelope);
    Letter(const Letter&) = delete;
    ~Letter();

    void append(std::string bytes);
    /// More than may wait here: unload() before more is appended.
    bool is_full() const;
    /// To the keeper. A failure shows in commit().
    Task<void> unload();
    /// The letter's id, once it is on stable storage. Once only.
    Task<wire::Result<std::string>> commit();

    /// All of it is to wait here: it is shown to others before it goes.
    void keep_whole() { whole_ = true; }
    /// Of one that is kept whole.
    std::string_view text() const { return body_; }
    void rewrite(std::string text) { body_ = std::move(text); }
    bool is_kept_whole() const { return whole_; }
    wire::Accept& amend() { return envelope_; }
    /// commit() will fail so, whatever else comes.
    void fail(wire::Failure);
    bool has_failed() const { return failed_.has_value(); }

    /// Why commit() failed, where the keeper has a reply for the client.
    const std::optional<wire::Verdict>& refusal() const { return refusal_; }

    std::uint64_t bytes() const { return bytes_; }
    const wire::Accept& envelope() const { return envelope_; }

private:
    Task<wire::Result<void>> send_piece(std::string);
    Task<wire::Result<void>> unload_body();

    std::shared_ptr<wire::Link> keeper_;
    wire::Accept envelope_;
    std::string body_;
    std::uint64_t bytes_ = 0;
    bool whole_ = false;
    std::optional<wire::Verdict> refusal_;
    std::optional<wire::Failure> failed_;
};

} // namespace posthouse::gate
