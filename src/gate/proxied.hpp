// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"
#include "net/proxy_header.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>

namespace posthouse::gate {

struct ProxiedLimits {
    static constexpr Duration patience = std::chrono::seconds(5);
};

/// Takes a balancer's header off a connection that has just come in, and not a byte more. Nothing:
/// there is none, or not in time. The socket must outlive the operation.
Task<std::optional<net::ProxyHeader>> take_proxy_header(boost::asio::ip::tcp::socket&);

} // namespace posthouse::gate
