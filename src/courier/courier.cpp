// SPDX-License-Identifier: Apache-2.0
#include "courier/courier.hpp"

#include "base/log.hpp"
#include "courier/carrier.hpp"
#include "courier/login.hpp"
#include "process/sandbox.hpp"
#include "wire/parse.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <map>

namespace asio = boost::asio;

namespace posthouse::courier {
namespace {

constexpr std::string_view keeper = "keeper";
constexpr std::string_view resolver = "resolver";

class Courier {
public:
    Courier(asio::io_context& context, const process::Settings& settings, Means means)
        : context_(context),
          means_(std::move(means)),
          deadlines_(context),
          carrier_(deadlines_, targets_, policy_of(settings))
    {
    }

    void configure(const process::Settings& settings)
    {
        targets_.forget();
        carrier_.configure(policy_of(settings));
    }

    void link(process::LinkEnd end)
    {
        wire::Link::Options options;
        if (end.peer == keeper)
            options.handler = [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                return answer(std::move(link), std::move(frame));
            };
        auto link =
            wire::Link::open(context_.get_executor(), std::move(end.socket), std::move(options));
        if (end.peer == resolver)
            return targets_.set_link(std::move(link));
        auto& place = links_[end.peer];
        if (place)
            place->close();
        place = std::move(link);
    }

private:
    std::shared_ptr<const Policy> policy_of(const process::Settings& settings) const
    {
        return std::make_shared<const Policy>(settings.config, means_, settings.secrets);
    }

    Task<wire::Result<wire::Answer>> answer(std::shared_ptr<wire::Link> link, wire::Frame frame)
    {
        switch (frame.head.method) {
        case wire::Method::attempt:
            return attempt(std::move(link), std::move(frame));
        case wire::Method::find_targets:
            return find_targets(std::move(frame));
        case wire::Method::verify:
            return verify(std::move(frame));
        default:
            return refuse();
        }
    }

    Task<wire::Result<wire::Answer>> attempt(std::shared_ptr<wire::Link> link, wire::Frame frame)
    {
        auto order = wire::parse<wire::Attempt>(frame.message);
        if (!order)
            co_return std::unexpected(wire::Failure::invalid);
        const auto letter = order->letter();
        const auto bytes = order->bytes();
        const bool whole = frame.raw.size() == bytes;
        auto attempted = co_await carrier_.attempt(
            {.attempt = std::move(*order),
             .body = whole ? Body(std::move(frame.raw)) : Body(link, letter, bytes),
             .is_wanted = [link] { return link->is_open(); }});
        co_return wire::answer_with(attempted);
    }

    /// For `explain`: what the resolver says now.
    Task<wire::Result<wire::Answer>> find_targets(wire::Frame frame)
    {
        auto question = wire::parse<wire::FindTargets>(frame.message);
        if (!question)
            co_return std::unexpected(wire::Failure::invalid);
        const auto found = co_await targets_.ask(std::move(*question));
        if (!found)
            co_return std::unexpected(found.error());
        co_return wire::answer_with(**found);
    }

    Task<wire::Result<wire::Answer>> verify(wire::Frame frame)
    {
        auto question = wire::parse<wire::Verify>(frame.message);
        if (!question)
            co_return std::unexpected(wire::Failure::invalid);
        co_return wire::answer_with(co_await carrier_.verify(std::move(*question)));
    }

    static Task<wire::Result<wire::Answer>> refuse()
    {
        co_return std::unexpected(wire::Failure::refused);
    }

    asio::io_context& context_;
    Means means_;
    net::Deadlines deadlines_;
    SystemRandom random_;
    ResolverTargets targets_{random_};
    Carrier carrier_;
    std::map<std::string, std::shared_ptr<wire::Link>> links_;
};

} // namespace

process::Exit run_courier(process::StartUp start)
{
    log::set_process(start.name);
    net::warm_up_tls();
    warm_up_sasl();
    auto tls = net::TlsContext::client();
    if (!tls)
        process::fail_start_up(start.control, process::Exit::software, tls.error());
    auto verified = net::TlsContext::verifying_client(net::system_authorities());
    if (!verified)
        log::warning("courier.no_authorities", {{"reason", verified.error()}});

    const auto reach = reach_of(start.settings->config);
    const process::Confinement confinement{.role = process::Role::courier,
                                           .identity = start.identity,
                                           .connect_ports = reach.ports,
                                           .reach = reach.tables ? process::Reach::anywhere
                                                                 : process::Reach::listed_ports};
    if (auto confined = process::confine_process(confinement); !confined)
        process::fail_start_up(start.control, process::Exit::os_error, confined.error().text);
    asio::io_context context(1);
    Courier courier(context, *start.settings, {std::move(*tls), verified ? *verified : nullptr});
    if (auto confined = process::confine_calls(confinement); !confined)
        process::fail_start_up(start.control, process::Exit::os_error, confined.error().text);

    process::RoleControl::Events events;
    events.configured = [&](std::shared_ptr<const process::Settings> settings) {
        const auto wanted = reach_of(settings->config);
        for (const auto port : wanted.ports)
            if (!reach.tables && std::ranges::find(reach.ports, port) == reach.ports.end())
                log::error("confinement.port_needs_restart", {{"port", port}});
        if (wanted.tables && !reach.tables)
            log::error("confinement.table_needs_restart");
        courier.configure(*settings);
    };
    events.linked = [&](process::LinkEnd end) { courier.link(std::move(end)); };
    events.drain = [] { process::leave(process::Exit::ok); }; // The keeper has drained before.
    process::RoleControl control(context, std::move(start.control), std::move(events));
    for (auto& end : start.links)
        courier.link(std::move(end));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::courier
