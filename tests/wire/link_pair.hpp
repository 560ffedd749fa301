// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "base/unique_fd.hpp"
#include "wire/link.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <memory>
#include <sys/socket.h>
#include <utility>

namespace posthouse::tests {

/// Two ends of a Unix stream socket.
inline std::pair<UniqueFd, UniqueFd> socket_pair()
{
    std::array<int, 2> ends{};
    expects(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Two links that are joined: what one process calls `ours` is the other's `theirs`.
struct LinkPair {
    LinkPair(boost::asio::io_context& io, wire::Link::Options our_options,
             wire::Link::Options their_options)
    {
        auto [one, other] = socket_pair();
        ours = wire::Link::open(io.get_executor(), std::move(one), std::move(our_options));
        theirs = wire::Link::open(io.get_executor(), std::move(other), std::move(their_options));
    }
    std::shared_ptr<wire::Link> ours, theirs;
};

} // namespace posthouse::tests
