// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::process {

/// What went over the control channel, with the descriptors that came along.
struct ControlMessage {
    wire::Control message;
    std::vector<UniqueFd> descriptors;
};

/// The channel between the supervisor and one child: whole messages on a Unix SEQPACKET socket.
class ControlChannel {
public:
    enum class End : std::uint8_t { nothing_yet, closed };

    static std::pair<ControlChannel, ControlChannel> make_pair();
    explicit ControlChannel(UniqueFd fd) : fd_(std::move(fd)) {}

    /// False: the other end is gone, or takes nothing more.
    bool send(const wire::Control&, std::span<const int> descriptors = {}) const;
    /// Waits for a message.
    std::expected<ControlMessage, End> receive() const;
    /// Does not wait.
    std::expected<ControlMessage, End> poll() const;

    int fd() const { return fd_.get(); }
    [[nodiscard]] int release() { return fd_.release(); }

private:
    std::expected<ControlMessage, End> receive(int flags) const;
    UniqueFd fd_;
};

/// A sealed memory file with this text, and back: for what is too long for a message.
UniqueFd text_file(std::string_view text);
/// At most 16 MiB.
std::optional<std::string> read_text_file(const UniqueFd&);

} // namespace posthouse::process
