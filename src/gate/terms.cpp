// SPDX-License-Identifier: Apache-2.0
#include "gate/terms.hpp"

namespace posthouse::gate {
namespace {

std::shared_ptr<const smtp::ServerConfig> smtp_config_of(const wire::Listener& listener,
                                                         const config::Config& config)
{
    smtp::ServerConfig made{.hostname = config.hostname.text()};
    if (listener.protocol() == "lmtp")
        made.protocol = smtp::ServerProtocol::lmtp;
    made.extensions.etrn = listener.protocol() == "smtp" && !config.smtp.etrn_networks.empty();
    if (listener.tls() == "starttls")
        made.tls = smtp::TlsPolicy::offered;
    else if (listener.tls() == "implicit")
        made.tls = smtp::TlsPolicy::implicit;
    made.bare_line_ends = config.smtp.bare_newline == config::BareNewline::repair
                              ? smtp::BareLineEnds::repair
                              : smtp::BareLineEnds::refuse;
    made.limits = smtp_limits_of(config.limits);
    return std::make_shared<const smtp::ServerConfig>(std::move(made));
}

std::shared_ptr<const pop3::Config> pop3_config_of(const wire::Listener& listener,
                                                   const config::Config& config)
{
    pop3::Config made{.hostname = config.hostname.text()};
    made.offer_tls = listener.tls() == "starttls";
    made.implicit_tls = listener.tls() == "implicit";
    made.login_delay = std::chrono::duration_cast<std::chrono::seconds>(config.pop3.login_delay);
    made.expire_days = config.pop3.expire_days;
    return std::make_shared<const pop3::Config>(std::move(made));
}

} // namespace

smtp::ServerLimits smtp_limits_of(const config::Limits& limits)
{
    smtp::ServerLimits made;
    made.command_line_bytes = limits.command_line;
    made.text_line_bytes = limits.line_bytes;
    made.message_bytes = limits.message_bytes;
    made.recipients = limits.recipients;
    made.errors = limits.errors;
    made.junk_commands = limits.junk_commands;
    made.patience = limits.command_timeout;
    made.bytes_per_second = limits.data_bytes_per_second;
    return made;
}

std::expected<std::shared_ptr<net::TlsContext>, std::string>
tls_context_of(const process::Settings& settings)
{
    if (settings.certificate.empty())
        return nullptr;
    return net::TlsContext::server(
        settings.certificate, settings.key,
        settings.config.tls.minimum == config::TlsVersion::tls_1_3 ? "1.3" : "1.2");
}

std::expected<std::shared_ptr<const Terms>, std::string>
terms_of(const wire::Listener& listener, std::shared_ptr<const process::Settings> settings,
         std::shared_ptr<net::TlsContext> tls)
{
    const auto& config = settings->config;
    Terms terms;
    if (listener.protocol() == "smtp" || listener.protocol() == "lmtp" ||
        listener.protocol() == "submit")
        terms.smtp = smtp_config_of(listener, config);
    else if (listener.protocol() == "pop3")
        terms.pop3 = pop3_config_of(listener, config);
    else
        return std::unexpected("no gate speaks " + listener.protocol());
    const bool wants_tls = listener.tls() == "starttls" || listener.tls() == "implicit";
    if (wants_tls && !tls)
        return std::unexpected("TLS without a certificate");
    terms.listener = listener.address();
    terms.tls = wants_tls ? std::move(tls) : nullptr;
    terms.implicit_tls = listener.tls() == "implicit";
    terms.plaintext_auth = listener.plaintext_auth();
    terms.unix_socket = listener.address().starts_with("unix:");
    terms.local_submission = listener.protocol() == "submit" && terms.unix_socket;
    for (const auto& text : listener.proxy_from()) {
        const auto network = net::Network::parse(text);
        if (!network)
            return std::unexpected("not a network: " + text);
        terms.proxy_from.push_back(*network);
    }
    terms.limits = {config.limits.sessions, config.limits.sessions_per_client};
    terms.settings = std::move(settings);
    return std::make_shared<const Terms>(std::move(terms));
}

} // namespace posthouse::gate
