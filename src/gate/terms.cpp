// SPDX-License-Identifier: Apache-2.0
#include "gate/terms.hpp"

#include "base/log.hpp"
#include "gate/events.hpp"
#include "imap/mailbox_name.hpp"

#include <algorithm>

namespace posthouse::gate {
namespace {

std::shared_ptr<const smtp::ServerConfig> smtp_config_of(const wire::Listener& listener,
                                                         const config::Config& config)
{
    smtp::ServerConfig made{.hostname = config.hostname.text()};
    if (listener.protocol() == "lmtp")
        made.protocol = smtp::ServerProtocol::lmtp;
    if (listener.protocol() == "submission")
        made.login = smtp::LoginPolicy::required;
    made.extensions.etrn = listener.protocol() == "smtp" && !config.smtp.etrn_networks.empty();
    if (listener.tls() == "starttls")
        made.tls = smtp::TlsPolicy::offered;
    else if (listener.tls() == "implicit")
        made.tls = smtp::TlsPolicy::implicit;
    made.bare_line_ends = config.smtp.bare_newline == config::BareNewline::repair
                              ? smtp::BareLineEnds::repair
                              : smtp::BareLineEnds::refuse;
    made.limits = smtp_limits_of(config.limits);
    if (listener.protocol() == "submission")
        made.limits.recipients = std::min(made.limits.recipients, config.submit.recipients);
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

std::shared_ptr<const imap::SessionSettings> imap_settings_of(const wire::Listener& listener,
                                                              const config::Config& config)
{
    imap::SessionSettings made;
    made.hostname = config.hostname.text();
    made.offer_tls = listener.tls() == "starttls";
    made.implicit_tls = listener.tls() == "implicit";
    made.plaintext_auth = listener.plaintext_auth();
    made.without = {"QUOTASET"}; // Quotas are the administrator's.
    if (config.mailboxes.sharing)
        made.others = imap::others_prefix;
    else
        made.without.insert({"ACL", "RIGHTS=KXTE", "LIST-MYRIGHTS"});
    made.append_limit = config.limits.message_bytes;
    made.limits.framing.message_bytes = config.limits.message_bytes;
    return std::make_shared<const imap::SessionSettings>(std::move(made));
}

net::TlsUse use_of(const wire::Listener& listener, const config::Tls& tls, const TlsGoods& goods)
{
    using Clients = net::TlsUse::ClientCertificates;
    const auto& protocol = listener.protocol();
    // Where people log in, they may do so with a certificate.
    const bool asked = !tls.client_authorities.empty() &&
                       (protocol == "submission" || protocol == "imap" || protocol == "pop3");
    return {.protocol = protocol,
            .clients = asked ? Clients::asked : Clients::ignored,
            .minimum = tls.minimum == config::TlsVersion::tls_1_3 ? "1.3" : "1.2",
            .tickets = goods.tickets,
            .ticket_lifetime =
                std::chrono::duration_cast<std::chrono::seconds>(tls.ticket_rotation)};
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

std::expected<std::shared_ptr<const net::TlsCertificates>, std::string>
certificates_of(const process::Settings& settings)
{
    if (settings.tls.sites.empty())
        return nullptr;
    auto parsed = net::TlsCertificates::parse(settings.tls);
    if (parsed)
        for (const auto& complaint : (*parsed)->complaints())
            log::warning(event::tls_unusable, {{"reason", complaint}});
    return parsed;
}

std::expected<std::shared_ptr<const Terms>, std::string>
terms_of(const wire::Listener& listener, std::shared_ptr<const process::Settings> settings,
         const TlsGoods& goods)
{
    const auto& config = settings->config;
    Terms terms;
    if (listener.protocol() == "smtp" || listener.protocol() == "lmtp" ||
        listener.protocol() == "submit" || listener.protocol() == "submission")
        terms.smtp = smtp_config_of(listener, config);
    else if (listener.protocol() == "pop3")
        terms.pop3 = pop3_config_of(listener, config);
    else if (listener.protocol() == "imap")
        terms.imap = imap_settings_of(listener, config);
    else
        return std::unexpected("no gate speaks " + listener.protocol());
    const bool wants_tls = listener.tls() == "starttls" || listener.tls() == "implicit";
    if (wants_tls && !goods.certificates)
        return std::unexpected("TLS without a certificate");
    if (wants_tls) {
        auto made = net::serving_context(goods.certificates, use_of(listener, config.tls, goods));
        if (!made)
            return std::unexpected(made.error());
        terms.tls = std::move(*made);
    }
    terms.listener = listener.address();
    terms.implicit_tls = listener.tls() == "implicit";
    terms.submission = listener.protocol() == "submission";
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
