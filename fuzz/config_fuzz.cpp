// SPDX-License-Identifier: Apache-2.0
// fuzzes: config mail
#include "base/contract.hpp"
#include "config/destinations.hpp"
#include "config/load.hpp"
#include "config/warnings.hpp"

#include <algorithm>
#include <cstdint>

/// Whatever the text: a configuration that keeps its own rules, or problems in words that can be
/// shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace posthouse;
    const auto config = config::load_text({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
    if (!config) {
        expects(!config.error().empty());
        for (const auto& problem : config.error())
            expects(std::ranges::none_of(problem.text(), [](char c) { return c >= 0 && c < ' '; }));
        return 0;
    }
    expects(!config->hostname.is_literal());
    expects(config->data_dir.starts_with('/') && !config->data_dir.contains('\0'));
    expects(config->tls.certificate.empty() == config->tls.key.empty());
    expects(config->limits.recipients >= 100 && config->limits.command_line >= 512);
    expects(config->queue.retry_first <= config->queue.retry_maximum);
    for (const auto& listener : config->listen) {
        expects((listener.address.port != 0) != listener.path.starts_with('/'));
        expects(listener.tls == config::ListenerTls::off || config->tls.configured());
        expects(listener.mode <= 0777);
    }
    for (const auto& destination : config->destinations) {
        const auto terms = config::terms_for(*config, destination.match);
        expects(terms.retry_first <= terms.retry_maximum && terms.port != 0);
        expects((terms.tls == config::OutboundTls::fingerprint) == !terms.fingerprints.empty());
        expects(!terms.login || terms.login->password_file.starts_with('/'));
        expects(config::destination_for(*config, destination.match) != nullptr);
    }
    for (const auto& domain : config->backup_mx.domains)
        expects(!config->domains.contains(domain));
    for (const auto& file : config->tables.aliases)
        expects(file.starts_with('/'));
    for (const auto& milter : config->milters)
        expects(!milter.name.empty() && (milter.address.port != 0) != milter.path.starts_with('/'));
    config::warnings(*config);
    return 0;
}
