// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/lookup.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <vector>

namespace posthouse::dns {

/// What to do about DNSSEC. Servers "strip" signatures if they do not pass them on, or refuse even
/// the question for the root's key.
enum class Dnssec : std::uint8_t {
    off,
    /// Validate where the servers pass signatures on; servers that strip them all give answers that
    /// are not `secure`, as unsigned zones do. A wrong signature is `bogus`. For servers nobody
    /// chose (resolv.conf).
    when_offered,
    /// The same, but servers that strip signatures make every answer `bogus`: mail waits until
    /// they are mended. What DANE needs against someone on the path to the servers.
    required,
};

struct UnboundOptions {
    std::vector<std::string> servers;          // "127.0.0.1:5353", "::1", "[::1]:53": at least one
    std::chrono::milliseconds timeout{20'000}; // of one lookup, all tries included
    Dnssec dnssec = Dnssec::when_offered;
    /// DS or DNSKEY records in zone file form; default: the root's.
    std::vector<std::string> trust_anchors;
    /// Domains below which nothing need be signed, besides the special-use ones (RFC 6761).
    std::vector<std::string> unsigned_domains;
    std::size_t cache_bytes = 64u << 20;
};

/// Lookup by libunbound: one thread of its own, one cache; forwards to the given servers.
///
/// All that it needs is opened, and its thread runs, when create() returns, so that the process may
/// confine itself afterwards (system calls of UDP and TCP sockets are still needed; no files).
/// Everything of it is used from the executor, which must not run on two threads at once and whose
/// context outlives it. When it is destroyed, lookups under way end with servfail; their coroutines
/// may outlive it.
class UnboundLookup final : public Lookup {
public:
    struct Limits {
        static constexpr std::size_t servers = 16;
        static constexpr std::size_t under_way = 2000; // more are a servfail at once
    };

    /// The error is one line for the administrator.
    static std::expected<std::unique_ptr<UnboundLookup>, std::string>
    create(boost::asio::any_io_executor, const UnboundOptions&);
    ~UnboundLookup() override;
    UnboundLookup(const UnboundLookup&) = delete;

    Task<Answer> lookup(std::string name, RecordType) override;

private:
    struct State;
    explicit UnboundLookup(std::shared_ptr<State>);
    std::shared_ptr<State> state_;
};

} // namespace posthouse::dns
