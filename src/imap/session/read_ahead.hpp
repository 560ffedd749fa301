// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ahead.hpp"
#include "imap/backend.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

/// Questions to the backend that are asked before their answers are wanted, so that the keeper
/// works while the client is written to. Each owns what it needs, and may outlive the session.
namespace posthouse::imap {

Task<Ahead<Result<std::string>>> begin_entries(std::shared_ptr<Backend>, Handle, mail::UidSet,
                                               std::uint8_t fields);
Task<Ahead<Result<Summaries>>> begin_summaries(std::shared_ptr<Backend>, Handle, mail::UidSet,
                                               std::uint16_t fields);

/// Pieces of letters that a FETCH comes to soon.
class ReadAhead {
public:
    struct Place {
        std::uint32_t uid = 0;
        std::uint64_t offset = 0;
        std::uint32_t length = 0;
        auto operator<=>(const Place&) const = default;
    };

    ReadAhead(std::shared_ptr<Backend> backend, Handle handle)
        : backend_(std::move(backend)),
          handle_(handle)
    {
    }

    /// It will be wanted; those of smaller UIDs and offsets before.
    Task<void> begin(Place);
    /// The piece: one that was begun there and is as long or longer, and those before it are
    /// forgotten; or one asked for now.
    Task<Result<std::string>> read(Place);

private:
    struct Begun {
        Place place;
        Ahead<Result<std::string>> piece;
    };
    std::shared_ptr<Backend> backend_;
    Handle handle_;
    std::deque<Begun> begun_;
};

} // namespace posthouse::imap
