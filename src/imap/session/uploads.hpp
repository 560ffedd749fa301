// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::imap {

/// The messages that an APPEND or REPLACE brings, passed on to the backend as they come. What is
/// not released is abandoned.
class Uploads {
public:
    explicit Uploads(Dialogue& dialogue) : dialogue_(dialogue) {}
    ~Uploads();
    Uploads(const Uploads&) = delete;
    Uploads& operator=(const Uploads&) = delete;

    /// To the command's end, from the steps that stand in its first line. What it returns is why
    /// nothing can come of it.
    Task<std::optional<Reply>> take(std::vector<append::Step> first, AppendPlace);
    std::vector<NewMessage> release();

private:
    Task<std::optional<Reply>> follow(const append::Step&);
    Task<std::optional<Reply>> begin(const append::BeginMessage&);
    Task<std::optional<Reply>> take_literal(append::Literal);
    Task<std::optional<Reply>> take_url(const append::Url&);
    Task<std::optional<Reply>> end_message();
    Task<std::optional<Reply>> put(std::string piece);

    Dialogue& dialogue_;
    std::vector<NewMessage> messages_;
    std::uint64_t bytes_ = 0; ///< Of the last one.
};

} // namespace posthouse::imap
