// SPDX-License-Identifier: Apache-2.0
#include "process/house.hpp"

#include "base/contract.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

/// Started as root it does so always: a table or a domain that comes with a reload may ask for it.
bool delivers_locally(const config::Config& config)
{
    const auto of_system = [](const auto& domain) {
        return domain.second.users == config::DomainUsers::system;
    };
    return ::geteuid() == 0 || !config.tables.aliases.empty() ||
           !config.tables.mailertable.empty() || std::ranges::any_of(config.domains, of_system);
}

} // namespace

House plan_house(const config::Config& config, std::size_t cores)
{
    const auto listens = [&](config::Protocol protocol) {
        return std::ranges::any_of(
            config.listen, [&](const auto& listener) { return listener.protocol == protocol; });
    };
    const auto threads = static_cast<std::uint32_t>(config.process.gate_threads != 0
                                                        ? config.process.gate_threads
                                                        : std::max<std::size_t>(cores, 1));

    House house;
    const auto add_gate = [&](std::string_view name, std::vector<std::string> partners) {
        house.members.push_back({Role::gate, std::string(name)});
        partners.emplace_back(signer);
        for (auto& partner : partners)
            house.joins.push_back({std::string(name), std::move(partner), threads});
    };
    house.members = {{Role::tables, std::string(tables_compiler)},
                     {Role::signer, std::string(signer)},
                     {Role::resolver, "resolver"},
                     {Role::keeper, "keeper"},
                     {Role::clerk, "clerk"},
                     {Role::courier, "courier"}};
    house.joins = {{"clerk", "keeper"}, {"courier", "keeper"}, {"courier", "resolver"}};
    for (std::size_t i = 0; i < config.process.sorter_workers; ++i) {
        auto name = fmt::format("sorter/{}", i);
        house.joins.push_back({name, "keeper"});
        house.members.push_back({Role::sorter, std::move(name)});
    }
    for (const auto& source : config.logins.sources)
        if (const auto name = envoy_of(source); !name.empty()) {
            house.members.push_back({role_of_member(name), name});
            house.joins.push_back({"clerk", name});
        }
    const auto add_envoy = [&](std::string_view name) {
        house.members.push_back({Role::envoy, std::string(name)});
        house.joins.push_back({"clerk", std::string(name)});
    };
    if (!config.logins.keytab.empty())
        add_envoy(kerberos_envoy);
    if (!config.logins.oauth.introspection_url.empty())
        add_envoy(issuer_envoy);
    if (delivers_locally(config)) {
        house.members.push_back({Role::runner, "runner"});
        house.members.push_back({Role::agent, "agent"});
        house.joins.push_back({"agent", "keeper"});
        house.joins.push_back({"agent", "runner"});
    }
    if (listens(config::Protocol::smtp) || listens(config::Protocol::lmtp) ||
        !config.submission.socket.empty() || !config.submission.drop.empty())
        add_gate(mail_gate, {"keeper", "resolver"});
    if (listens(config::Protocol::submission))
        add_gate(submission_gate, {"keeper", "clerk", "resolver"});
    if (listens(config::Protocol::pop3) || listens(config::Protocol::imap))
        add_gate(reader_gate, {"keeper", "clerk"});
    return house;
}

std::string_view gate_for(config::Protocol protocol)
{
    switch (protocol) {
    case config::Protocol::smtp:
    case config::Protocol::lmtp:
        break;
    case config::Protocol::submission:
        return submission_gate;
    case config::Protocol::pop3:
    case config::Protocol::imap:
        return reader_gate;
    }
    return mail_gate;
}

std::string envoy_of(const config::LoginSource& source)
{
    using Kind = config::LoginSource::Kind;
    if (source.kind == Kind::accounts)
        return {};
    return fmt::format("{}/{}", name_of(source.kind == Kind::pam ? Role::pam : Role::envoy),
                       source.name);
}

Role role_of_member(std::string_view name)
{
    const auto role = role_named(name.substr(0, name.find_first_of("./")));
    expects(role.has_value());
    return *role;
}

} // namespace posthouse::process
