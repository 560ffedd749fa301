// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "dns/host_addresses.hpp"
#include "dns/lookup.hpp"
#include "mail/address.hpp"

#include <expected>

/// Which hosts to try for a domain, and in which order. RFC 5321 §5.1, RFC 7505 §3.
namespace posthouse::dns {

struct TargetLimits {
    static constexpr std::size_t mx_hosts = 100; // of one domain, the preferred ones
    static constexpr std::size_t host_addresses = HostAddresses::most;
    static constexpr std::size_t addresses = 64; // of all hosts; no more hosts are looked up then
    static constexpr std::size_t failed_lookups = 10; // no more hosts are looked up then
};

/// By what this server knows itself in others' MX records.
struct Self {
    std::vector<std::string> names; // in any case
    std::vector<IpAddress> addresses;
    /// 127.0.0.0/8 and ::1 are this host too. Set it, but where several servers share one machine:
    /// a domain whose MX points there would have this server take its own connections for a trusted
    /// client's.
    bool loopback = false;
};

/// One host to try; never without an address.
struct Host {
    std::string name; // for TLS and the log; an address literal for a host without a name
    std::uint16_t preference = 0;
    std::vector<IpAddress> addresses; // in the order to try them: IPv6 and IPv4 by turns
    bool secure = false;              // the addresses were validated by DNSSEC
    bool operator==(const Host&) const = default;
};

struct Targets {
    std::vector<Host> hosts; // in the order to try them; never empty
    std::uint16_t port = 25;
    /// Names the set of hosts: equal for all domains that one provider serves with the same hosts.
    /// At most 255 bytes, printable.
    std::string site;
    bool secure = false;            // that these are the hosts was validated by DNSSEC
    std::vector<std::string> steps; // how they were found, a line each, for `explain` and the trace
};

struct Failure {
    enum class Kind : std::uint8_t { temporary, permanent };
    Kind kind = Kind::temporary;
    std::uint16_t code = 451; // of an SMTP reply
    std::string status;       // RFC 3463 §2: "4.4.3"
    std::string text;         // one printable line
    std::vector<std::string> steps;
};

/// A place that configuration names instead of the recipient's domain:
///   example.org, example.org:587                    the domain's mail hosts
///   [mail.example.org], [mail.example.org]:587      this host itself, without MX
///   [192.0.2.1], [192.0.2.1]:2525, [2001:db8::1], [IPv6:2001:db8::1]:2525
struct NextHop {
    enum class Kind : std::uint8_t { domain, host, address };
    Kind kind = Kind::domain;
    std::string name;                 // domain, host
    std::optional<IpAddress> address; // address
    std::uint16_t port = 25;

    static std::expected<NextHop, std::string> parse(std::string_view);
    std::string text() const;
    bool operator==(const NextHop&) const = default;
};

/// The hosts of a recipient's domain. This host itself and what is not preferred to it are left
/// out, so that backup MX hosts never send to each other in circles.
Task<std::expected<Targets, Failure>> find_targets(Lookup&, const mail::Domain&, const Self&,
                                                   Random&);

/// The hosts of a configured next hop. One that is a host or an address is used even if it is this
/// host itself.
Task<std::expected<Targets, Failure>> find_next_hop(Lookup&, const NextHop&, const Self&, Random&);

} // namespace posthouse::dns
