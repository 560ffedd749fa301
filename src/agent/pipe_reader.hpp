// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <expected>
#include <string>

namespace posthouse::agent {

/// A pipe to a child. The reading end does not block.
struct Pipe {
    UniqueFd read, write;
};
std::expected<Pipe, int> make_pipe();

/// Collects what a child writes.
class PipeReader {
public:
    enum class Why : std::uint8_t { end, flood, late };

    PipeReader(boost::asio::any_io_executor, UniqueFd read_end, std::size_t most);

    /// Until nobody has the other end any more, there is more than `most`, or it is too late.
    Task<Why> read_until(Instant deadline);
    /// What is in the pipe at this moment, and no more than `most`.
    void read_rest();

    void close() { end_.close(); }
    const std::string& text() const { return text_; }

private:
    enum class Got : std::uint8_t { something, nothing, end, flood };
    Got read_some();

    boost::asio::posix::stream_descriptor end_;
    std::size_t most_;
    std::string text_;
};

/// Waits until a descriptor is readable (a pidfd: until its process has ended). False: it is not
/// by then.
Task<bool> wait_readable(boost::asio::posix::stream_descriptor&, Instant deadline);

} // namespace posthouse::agent
