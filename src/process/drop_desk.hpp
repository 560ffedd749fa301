// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "wire/messages.pb.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>

namespace posthouse::process {

/// The drop (mail/drop.hpp): letters that the sendmail command left while the server was down, or
/// had no place for them. Anyone may put files there and sees only his own; the supervisor opens
/// each and hands it, with its owner's number, to a gate, which reads it. What is in it the
/// supervisor never looks at.
class DropDesk {
public:
    struct Limits {
        static constexpr std::size_t at_once = 16; // in the gate's hands
        static constexpr Duration interval = std::chrono::seconds(60);
    };
    /// To the mail gate; false: it takes nothing at present.
    using Send = std::function<bool(const wire::Control&, std::span<const int> descriptors)>;

    DropDesk(boost::asio::io_context&, Send);

    /// The directory is made if it can be; where there is another server's desk, or no directory,
    /// nothing is collected. "": none.
    void open(const std::string& directory);
    void close();
    /// Looks for letters, and again at intervals.
    void look();
    /// What became of one.
    void take(const wire::Control::Collected&);
    /// Whatever was in the gate's hands is to be collected again.
    void gate_ended() { under_way_.clear(); }

private:
    void hand_over(const std::string& name);
    void look_later();

    boost::asio::steady_timer timer_;
    Send send_;
    std::string path_;
    UniqueFd directory_;
    std::map<std::uint64_t, std::string> under_way_; // names of files
    std::set<std::string> passed_over_;              // until the next interval
    std::set<std::string> taken_;                    // and not removed: never to be taken again
    std::uint64_t last_id_ = 0;
};

} // namespace posthouse::process
