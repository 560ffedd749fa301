// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// What a load balancer sends before the client's first byte, to say whose connection it passes on:
/// the PROXY protocol of HAProxy, versions 1 (a line of text) and 2 (binary).
namespace posthouse::net {

struct ProxyLimits {
    static constexpr std::size_t text_bytes = 107;    // The specification's.
    static constexpr std::size_t binary_bytes = 4096; // It asks for 536.
};

struct ProxyHeader {
    struct Ends {
        boost::asio::ip::tcp::endpoint source; // the client
        boost::asio::ip::tcp::endpoint destination;
        bool operator==(const Ends&) const = default;
    };
    /// Nothing: the balancer speaks for itself (a health check), or does not know.
    std::optional<Ends> ends;
    std::size_t bytes = 0; // The client's first byte stands behind them.
};

struct ProxyParse {
    enum class State : std::uint8_t { incomplete, complete, malformed } state;
    ProxyHeader header = {}; // where it is complete
};

/// `received`: all that has come, from the first byte on. Once malformed, always malformed; what is
/// incomplete can never pass the limits. Extensions (TLVs) are skipped.
ProxyParse parse_proxy_header(std::string_view received);

} // namespace posthouse::net
