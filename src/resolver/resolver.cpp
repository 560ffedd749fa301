// SPDX-License-Identifier: Apache-2.0
#include "resolver/resolver.hpp"

#include "base/log.hpp"
#include "dns/unbound/unbound_lookup.hpp"
#include "process/sandbox.hpp"
#include "resolver/client_name.hpp"
#include "resolver/finder.hpp"
#include "wire/link.hpp"
#include "wire/parse.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <ifaddrs.h>
#include <map>
#include <netinet/in.h>

namespace asio = boost::asio;

namespace posthouse::resolver {
namespace {

/// This host's addresses but the loopback ones.
std::vector<dns::IpAddress> addresses_of_interfaces()
{
    std::vector<dns::IpAddress> addresses;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0)
        return addresses;
    for (const auto* each = first; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr)
            continue;
        std::string_view bytes;
        if (each->ifa_addr->sa_family == AF_INET) {
            const auto* v4 = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
            bytes = {reinterpret_cast<const char*>(&v4->sin_addr), sizeof v4->sin_addr};
        } else if (each->ifa_addr->sa_family == AF_INET6) {
            const auto* v6 = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
            bytes = {reinterpret_cast<const char*>(&v6->sin6_addr), sizeof v6->sin6_addr};
        }
        const auto address = dns::IpAddress::from_bytes(bytes);
        if (address && address->is_host() && !address->is_loopback())
            addresses.push_back(*address);
    }
    ::freeifaddrs(first);
    return addresses;
}

dns::UnboundOptions options_of(const process::Settings& settings)
{
    dns::UnboundOptions options;
    options.servers = settings.dns_servers;
    if (options.servers.size() > dns::UnboundLookup::Limits::servers)
        options.servers.resize(dns::UnboundLookup::Limits::servers);
    options.timeout = settings.config.dns.timeout;
    options.dnssec = settings.config.dns.dnssec ? dns::Dnssec::when_offered : dns::Dnssec::off;
    return options;
}

std::vector<std::uint16_t> ports_of(const process::Settings& settings)
{
    std::vector<std::uint16_t> ports;
    for (const auto& text : settings.dns_servers)
        if (const auto server = dns::Endpoint::parse(text, 53))
            ports.push_back(server->port);
    std::ranges::sort(ports);
    ports.erase(std::ranges::unique(ports).begin(), ports.end());
    return ports;
}

bool same_lookup(const process::Settings& one, const process::Settings& other)
{
    return one.dns_servers == other.dns_servers && one.config.dns == other.config.dns;
}

class Resolver {
public:
    Resolver(asio::io_context& context, std::vector<dns::IpAddress> interfaces)
        : context_(context),
          interfaces_(std::move(interfaces))
    {
    }

    /// The error is a sentence; then what was there before stays.
    std::expected<void, std::string> configure(std::shared_ptr<const process::Settings> settings)
    {
        if (!lookup_ || !same_lookup(*settings_, *settings)) {
            auto made = dns::UnboundLookup::create(context_.get_executor(), options_of(*settings));
            if (!made)
                return std::unexpected(made.error());
            // Whoever is still asking the old one keeps it.
            lookup_ = std::move(*made);
            names_ = std::make_shared<ClientNames>(lookup_);
        }
        settings_ = std::move(settings);
        const auto& config = settings_->config;
        finder_ = std::make_shared<const Finder>(self_of(config, interfaces_), lookup_);
        return {};
    }

    void link(process::LinkEnd end)
    {
        wire::Link::Options options;
        options.handler = [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
            return answer(std::move(frame));
        };
        auto& place = links_[end.peer + '/' + std::to_string(end.index)];
        if (place)
            place->close();
        place =
            wire::Link::open(context_.get_executor(), std::move(end.socket), std::move(options));
    }

private:
    Task<wire::Result<wire::Answer>> answer(wire::Frame frame)
    {
        if (frame.head.method == wire::Method::client_name)
            co_return co_await name_client(std::move(frame));
        if (frame.head.method != wire::Method::find_targets)
            co_return std::unexpected(wire::Failure::refused);
        const auto asked = wire::parse<wire::FindTargets>(frame.message);
        if (!asked)
            co_return std::unexpected(wire::Failure::invalid);
        const auto found = co_await Finder::find(finder_, *asked, random_);
        log::debug("dns.targets",
                   {{"domain", asked->next_hop().empty() ? asked->domain() : asked->next_hop()},
                    {"hosts", found.targets_size()},
                    {"status", found.status()}});
        co_return wire::answer_with(found);
    }

    Task<wire::Result<wire::Answer>> name_client(wire::Frame frame)
    {
        const auto asked = wire::parse<wire::ClientName>(frame.message);
        if (!asked)
            co_return std::unexpected(wire::Failure::invalid);
        wire::ClientNamed named;
        named.set_name(co_await ClientNames::find(names_, asked->address(), Instant::clock::now()));
        co_return wire::answer_with(named);
    }

    asio::io_context& context_;
    std::vector<dns::IpAddress> interfaces_;
    SystemRandom random_;
    std::shared_ptr<const process::Settings> settings_;
    std::shared_ptr<dns::Lookup> lookup_;
    std::shared_ptr<const Finder> finder_;
    std::shared_ptr<ClientNames> names_;
    std::map<std::string, std::shared_ptr<wire::Link>> links_;
};

} // namespace

process::Exit run_resolver(process::StartUp start)
{
    log::set_process(start.name);
    const auto interfaces = addresses_of_interfaces(); // It takes a socket that is denied later.
    process::Confinement confinement{.role = process::Role::resolver,
                                     .identity = start.identity,
                                     .connect_ports = ports_of(*start.settings)};
    if (auto confined = process::confine_process(confinement); !confined)
        process::fail_start_up(start.control, process::Exit::os_error, confined.error().text);

    asio::io_context context(1);
    Resolver resolver(context, interfaces);
    if (auto configured = resolver.configure(start.settings); !configured)
        process::fail_start_up(start.control, process::Exit::config, configured.error());
    if (auto confined = process::confine_calls(confinement); !confined)
        process::fail_start_up(start.control, process::Exit::os_error, confined.error().text);

    process::RoleControl::Events events;
    events.configured = [&](std::shared_ptr<const process::Settings> settings) {
        for (const auto port : ports_of(*settings))
            if (std::ranges::find(confinement.connect_ports, port) ==
                confinement.connect_ports.end())
                log::warning("confinement.port_needs_restart", {{"port", port}});
        if (auto configured = resolver.configure(std::move(settings)); !configured)
            log::error("configuration.refused", {{"reason", configured.error()}});
    };
    events.linked = [&](process::LinkEnd end) { resolver.link(std::move(end)); };
    events.drain = [] { process::leave(process::Exit::ok); };
    process::RoleControl control(context, std::move(start.control), std::move(events));
    for (auto& end : start.links)
        resolver.link(std::move(end));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::resolver
