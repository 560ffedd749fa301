// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "wire/link.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace posthouse::gate {

/// Pieces of one message in a row, or of several: while a client is sent one, the keeper is asked
/// for the next, and for the small ones behind it. Holds one piece and `room` bytes at most.
class ReadAhead {
public:
    struct Wanted {
        std::uint64_t session = 0; // The keeper's handle.
        std::uint32_t uid = 0;
        std::uint64_t offset = 0;
        std::uint32_t length = 0;
        std::uint64_t more = 0; // So many bytes will be wanted after these.
        bool operator==(const Wanted&) const = default;
    };

    static constexpr std::uint32_t room = 64 * 1024;
    static constexpr std::size_t most_behind = 32;

    /// At most `length` bytes.
    Task<wire::Result<std::string>> read(std::shared_ptr<wire::Link> keeper, Wanted);
    /// This one will be wanted next, perhaps, and then these messages, at most `most_behind`. On
    /// the executor of whoever reads.
    void expect(const boost::asio::any_io_executor&, std::shared_ptr<wire::Link> keeper, Wanted,
                std::vector<std::uint32_t> behind);
    /// Is this message, or its beginning, here or on its way?
    bool expects_message(std::uint32_t uid) const;

private:
    struct Letter {
        std::uint32_t uid = 0;
        std::string text;
    };
    struct Answer;
    struct Pending;
    static Task<void> fetch(std::shared_ptr<wire::Link>, std::shared_ptr<Pending>,
                            std::vector<std::uint32_t> behind);

    static Task<wire::Result<Answer>> ask(std::shared_ptr<wire::Link>, Wanted,
                                          std::vector<std::uint32_t> behind);

    std::shared_ptr<Pending> pending_;
    std::deque<Letter> behind_; ///< whole ones, in the order in which they are wanted
};

} // namespace posthouse::gate
