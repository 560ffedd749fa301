// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "wire/link.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace posthouse::gate {

/// Pieces of one message in a row, or of several: while a client is sent one, the keeper is asked
/// for the next. Holds one piece at most.
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

    /// At most `length` bytes.
    Task<wire::Result<std::string>> read(std::shared_ptr<wire::Link> keeper, Wanted);
    /// This one will be wanted next, perhaps. On the executor of whoever reads.
    void expect(const boost::asio::any_io_executor&, std::shared_ptr<wire::Link> keeper, Wanted);

private:
    struct Pending;
    static Task<void> fetch(std::shared_ptr<wire::Link>, std::shared_ptr<Pending>);

    std::shared_ptr<Pending> pending_;
};

} // namespace posthouse::gate
