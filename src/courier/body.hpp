// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::courier {

/// A letter's bytes, as often as they are needed: either all at hand, or read from the keeper in
/// pieces, one ahead of what is being sent.
class Body {
public:
    explicit Body(std::string whole) : whole_(std::move(whole)), bytes_(whole_.size()) {}
    Body(std::shared_ptr<wire::Link> keeper, std::uint64_t letter, std::uint64_t bytes)
        : keeper_(std::move(keeper)),
          letter_(letter),
          bytes_(bytes)
    {
    }

    std::uint64_t size() const { return bytes_; }
    /// From the beginning again.
    void rewind();
    /// The next bytes, at least one and at most `most`; good until the next call. Not to be called
    /// at the end.
    Task<wire::Result<std::string_view>> next(std::size_t most);

private:
    struct Piece { // Filled by a coroutine of its own.
        explicit Piece(boost::asio::any_io_executor executor) : filled(executor) {}
        std::optional<wire::Result<std::string>> bytes;
        boost::asio::steady_timer filled;
    };
    static Task<void> fill(std::shared_ptr<Piece>, std::shared_ptr<wire::Link>, wire::ReadLetter);
    Task<void> ask_ahead();
    Task<std::optional<wire::Failure>> take_piece();

    std::shared_ptr<wire::Link> keeper_;
    std::uint64_t letter_ = 0;
    std::string whole_;       // All of it, or the piece at hand.
    std::size_t at_ = 0;      // in whole_
    std::uint64_t bytes_ = 0; // of the letter
    std::uint64_t asked_ = 0; // Up to there, pieces were asked for.
    std::shared_ptr<Piece> ahead_;
};

} // namespace posthouse::courier
