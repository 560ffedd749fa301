// SPDX-License-Identifier: Apache-2.0
#include "clerk/clerk.hpp"

#include "base/log.hpp"
#include "clerk/asked.hpp"
#include "clerk/desk.hpp"
#include "clerk/envoys.hpp"
#include "clerk/key_tokens.hpp"
#include "directory/password.hpp"
#include "net/tls.hpp"
#include "process/house.hpp"
#include "sources/token_rules.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <ctime>
#include <thread>

namespace posthouse::clerk {
namespace {

/// More than Desk::Limits::delayed, so that failures that are being delayed keep nobody out.
constexpr std::size_t answers_that_wait = 10'000;

Checker::Limits limits_for(std::size_t cores)
{
    return {.threads = std::clamp<std::size_t>(cores, 2, 4)};
}

Desk::Terms terms_of(const process::Settings& settings, Envoys& envoys)
{
    Desk::Terms terms{.logins = settings.config.logins,
                      .hostname = settings.config.hostname.text()};
    terms.sources = envoys.placed(settings.config.logins);
    if (!settings.config.logins.keytab.empty())
        terms.acceptor = std::make_shared<KerberosAcceptor>(envoys.line(process::kerberos_envoy));
    const auto& oauth = settings.config.logins.oauth;
    if (!oauth.configured())
        return terms;
    if (!oauth.introspection_url.empty()) {
        terms.tokens = std::make_shared<AskedTokens>(envoys.line(process::issuer_envoy),
                                                     sources::rules_of(oauth));
        return terms;
    }
    if (auto tokens = tokens_by_keys(oauth, settings.token_keys))
        terms.tokens = std::move(*tokens);
    else
        log::error("login.token_keys_unusable",
                   {{"file", oauth.keys_file}, {"reason", tokens.error()}});
    return terms;
}

/// A link lives by itself until its other end goes.
void open_link(boost::asio::io_context& context, Desk& desk, process::LinkEnd end)
{
    if (!end.socket)
        return;
    wire::Link::Options options;
    if (end.peer == "keeper") {
        options.handler = [&desk](std::shared_ptr<wire::Link>, wire::Frame frame) {
            return desk.serve_keeper(std::move(frame));
        };
        return desk.set_keeper(
            wire::Link::open(context.get_executor(), std::move(end.socket), std::move(options)));
    }
    if (!end.peer.starts_with("gate."))
        return;
    const auto raw = std::make_shared<const wire::Link*>(nullptr);
    options.handler = [&desk](std::shared_ptr<wire::Link> gate, wire::Frame frame) {
        return desk.serve(std::move(gate), std::move(frame));
    };
    options.closed = [&desk, raw] { desk.gone(*raw); };
    options.in_flight = answers_that_wait;
    *raw =
        wire::Link::open(context.get_executor(), std::move(end.socket), std::move(options)).get();
}

} // namespace

process::Exit run_clerk(process::StartUp start)
{
    log::set_process(start.name);
    ::tzset();
    if (!directory::prepare_passwords())
        process::fail_start_up(start.control, process::Exit::software, "libsodium does not start");
    net::warm_up_tls(); // Hashes and signatures are OpenSSL's.
    const auto limits = limits_for(std::thread::hardware_concurrency());
    const process::Confinement confinement{.role = process::Role::clerk,
                                           .identity = start.identity};
    if (auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    Envoys envoys(context);
    Desk desk(limits, terms_of(*start.settings, envoys));
    const auto open = [&](process::LinkEnd end) {
        if (!envoys.open(end))
            open_link(context, desk, std::move(end));
    };
    process::RoleControl control(context, std::move(start.control),
                                 {.configured =
                                      [&](std::shared_ptr<const process::Settings> settings) {
                                          desk.configure(terms_of(*settings, envoys));
                                      },
                                  .linked = open,
                                  .listening = {},
                                  .drain = [] { process::leave(process::Exit::ok); },
                                  .ended = {},
                                  .orphaned = {}});
    if (auto done = process::confine_calls(confinement); !done)
        control.fail(process::Exit::os_error, done.error().text);
    for (auto& end : start.links)
        open(std::move(end));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::clerk
