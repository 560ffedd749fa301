// SPDX-License-Identifier: Apache-2.0
#include "envoy/envoy.hpp"

#include "base/log.hpp"
#include "envoy/kit.hpp"
#include "process/house.hpp"

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
    const auto& before = old_settings.config.logins;
    const auto& now = settings.config.logins;
    if (member == process::kerberos_envoy)
        return old_settings.keytab == settings.keytab &&
               old_settings.config.hostname == settings.config.hostname;
    const bool same_secrets = old_settings.secrets == settings.secrets;
    if (member == process::issuer_envoy)
        return before.oauth == now.oauth && same_secrets;
    const auto* old_source = source_of(member, old_settings.config);
    const auto* source = source_of(member, settings.config);
    if (old_source == nullptr || source == nullptr)
        return old_source == source;
    return *old_source == *source && same_secrets;
}

std::expected<Kit, std::string> kit_for(const std::string& member,
                                        const process::Settings& settings)
{
    if (member == process::kerberos_envoy || member == process::issuer_envoy)
        prepare_libraries();
    if (member == process::kerberos_envoy)
        return make_kerberos_kit(settings);
    if (member == process::issuer_envoy)
        return make_issuer_kit(settings);
    const auto* source = source_of(member, settings.config);
    if (source == nullptr) { // A reload took it away; until the house is started
                             // again it waits.
        static const config::LoginSource none{.name = "",
                                              .kind = config::LoginSource::Kind::passwd_file};
        source = &none;
    }
    prepare_libraries(*source);
    auto kit = make_kit(*source, settings);
    if (kit)
        put_passwd_file(*kit, *source, settings.passwd_file);
    return kit;
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
    auto kit = kit_for(start.name, *settings);
    if (!kit)
        fail(Exit::config, kit.error());
    const process::Confinement confinement{.role = process::Role::envoy,
                                           .identity = start.identity,
                                           .data_dir = {},
                                           .connect_ports = kit->connect_ports,
                                           .reach = kit->reach,
                                           .readable_files = kit->readable_files};
    if (auto done = process::confine_process(confinement); !done)
        fail(Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    sources::Service service(context, std::move(kit->workers), kit->limits);
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
