// SPDX-License-Identifier: Apache-2.0
#include "envoy/envoy.hpp"

#include "base/log.hpp"
#include "envoy/kit.hpp"

#include <boost/asio/io_context.hpp>

#include <ctime>
#include <fmt/format.h>

namespace posthouse::envoy {
namespace {

/// Is it still the process that these settings ask for? A passwd-file's text
/// may be another.
bool serves(const process::Settings& old_settings, const process::Settings& settings,
            std::string_view member)
{
    const auto* before = source_of(member, old_settings.config);
    const auto* now = source_of(member, settings.config);
    if (before == nullptr || now == nullptr || *before != *now ||
        old_settings.secrets.size() != settings.secrets.size())
        return before == now;
    for (const auto& [file, secret] : settings.secrets) {
        const auto old_secret = old_settings.secrets.find(file);
        if (old_secret == old_settings.secrets.end() ||
            old_secret->second.reveal() != secret.reveal())
            return false;
    }
    return true;
}

} // namespace

process::Exit run_envoy(process::StartUp start)
{
    using process::Exit;
    log::set_process(start.name);
    ::tzset();
    auto settings = start.settings;
    const auto fail = [&](Exit code, std::string_view reason) {
        process::fail_start_up(start.control, code, fmt::format("{}: {}", start.name, reason));
    };
    const auto* source = source_of(start.name, settings->config);
    if (source == nullptr) { // A reload took it away; until the house is started
                             // again it waits.
        static const config::LoginSource none{.name = "",
                                              .kind = config::LoginSource::Kind::passwd_file};
        source = &none;
    }
    prepare_libraries(*source);
    auto kit = make_kit(*source, *settings);
    if (!kit)
        fail(Exit::config, kit.error());
    put_passwd_file(*kit, *source, settings->passwd_file);
    const process::Confinement confinement{.role = process::Role::envoy,
                                           .identity = start.identity,
                                           .data_dir = {},
                                           .connect_ports = kit->connect_ports,
                                           .reach = kit->reach,
                                           .readable_files = kit->readable_files};
    if (auto done = process::confine_process(confinement); !done)
        fail(Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    sources::Service service(context, std::move(kit->backends), kit->limits);
    const auto open_link = [&](process::LinkEnd end) {
        if (end.peer == "clerk" && end.socket)
            service.open(std::move(end.socket));
    };
    process::RoleControl control(
        context, std::move(start.control),
        {.configured =
             [&](std::shared_ptr<const process::Settings> changed) {
                 if (!serves(*settings, *changed, start.name))
                     process::leave(Exit::ok); // To be started with them.
                 if (const auto* still = source_of(start.name, changed->config);
                     still != nullptr && changed->passwd_file != settings->passwd_file)
                     put_passwd_file(*kit, *still, changed->passwd_file);
                 settings = std::move(changed);
             },
         .linked = open_link,
         .listening = {},
         .drain = [] { process::leave(Exit::ok); },
         .ended = {},
         .orphaned = {}});
    if (auto done = process::confine_calls(confinement); !done)
        control.fail(Exit::os_error, done.error().text);
    for (auto& end : start.links)
        open_link(std::move(end));
    control.ready();
    context.run();
    process::leave(Exit::ok);
}

} // namespace posthouse::envoy
