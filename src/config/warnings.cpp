// SPDX-License-Identifier: Apache-2.0
#include "config/warnings.hpp"

#include "config/destinations.hpp"

#include <fmt/format.h>

namespace posthouse::config {

namespace {

bool may_be_in_clear(OutboundTls tls)
{
    return tls == OutboundTls::opportunistic || tls == OutboundTls::off;
}

std::string in_clear(std::string_view key)
{
    return fmt::format("{}: a host that offers no TLS would be shown the password in clear, or "
                       "not logged in at; tls = \"verified\" for it would be right",
                       key);
}

} // namespace

std::vector<std::string> warnings(const Config& config)
{
    std::vector<std::string> found;
    if (config.smtp.i_want_an_open_relay)
        found.emplace_back("smtp.i_want_an_open_relay: anyone may send mail to anyone through this "
                           "server; it will be found and used for spam");
    if (config.outbound.smart_host_login)
        for (const auto& hop : config.outbound.smart_host)
            if (may_be_in_clear(terms_for(config, hop.text()).tls))
                found.push_back(in_clear(fmt::format("outbound.smart_host {}", hop.text())));
    for (const auto& destination : config.destinations)
        if (destination.login && may_be_in_clear(destination.tls.value_or(config.outbound.tls)))
            found.push_back(in_clear(fmt::format("destination {}", destination.match)));
    if (!config.backup_mx.domains.empty() && config.backup_mx.verify == BackupMx::Verify::none)
        found.emplace_back("backup_mx.verify: addresses that do not exist are taken too, and "
                           "their letters returned to senders that are often forged; \"list\" or "
                           "\"callout\" would be right");
    return found;
}

} // namespace posthouse::config
