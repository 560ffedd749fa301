// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "config/logins.hpp"
#include "sources/find_cache.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <string>
#include <sys/types.h>

namespace posthouse::envoy {

/// Answers the clerk's questions with a process each, so that a module that
/// hangs or breaks down concerns its own question alone.
class PamDesk {
public:
    struct Limits {
        std::size_t processes = 64;
        Duration patience = std::chrono::seconds(20);
    };

    PamDesk(boost::asio::io_context&, config::LoginSource, const Limits&);
    PamDesk(boost::asio::io_context& context, config::LoginSource source)
        : PamDesk(context, std::move(source), Limits())
    {
    }

    void configure(config::LoginSource);
    /// The clerk, or its successor: what was asked before, nobody waits for.
    void open(UniqueFd clerk);
    void kill_all();
    std::size_t processes() const { return children_.size(); }

private:
    using Descriptor = boost::asio::posix::stream_descriptor;
    struct Child {
        std::uint32_t id;
        bool check;
        std::string address;
        bool wanted = true;
        std::unique_ptr<Descriptor> process;
        std::unique_ptr<boost::asio::steady_timer> deadline;
    };

    void hear();
    void take(std::string& packet);
    template <class Work>
    bool start(Child, Work);
    void ended(pid_t);
    sources::Reply reply_to(const Child&, int status) const;
    void send(sources::Reply, std::uint32_t id);

    boost::asio::io_context& context_;
    config::LoginSource source_;
    Limits limits_;
    sources::FindCache cache_;
    std::unique_ptr<Descriptor> clerk_;
    std::map<pid_t, Child> children_;
};

} // namespace posthouse::envoy
