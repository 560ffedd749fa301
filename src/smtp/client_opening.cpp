// SPDX-License-Identifier: Apache-2.0
// Greeting, EHLO or HELO, STARTTLS: RFC 5321 §3.1 and §3.2, RFC 3207, RFC 2033 §4.1.
#include "smtp/client_session.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <utility>

namespace posthouse::smtp {

using Why = client_step::Close::Why;

void ClientSession::on_greeting(const RemoteReply& reply)
{
    if (reply.severity() == 2)
        return say_hello();
    trouble(Stage::greeting, reply);
}

void ClientSession::say_hello()
{
    const bool lmtp = config_->protocol == ClientProtocol::lmtp;
    command((lmtp ? "LHLO " : "EHLO ") + config_->hostname, {Expect::ehlo});
}

void ClientSession::on_ehlo(const RemoteReply& reply)
{
    if (reply.severity() == 2) {
        capabilities_ = parse_capabilities(reply);
        if (tls_ || config_->tls == ClientTlsPolicy::never)
            opened();
        else if (capabilities_.starttls)
            command("STARTTLS", {Expect::starttls});
        else
            do_without_tls();
        return;
    }
    if (reply.severity() == 5 && config_->protocol == ClientProtocol::smtp)
        return command("HELO " + config_->hostname, {Expect::helo}); // RFC 5321 §3.2
    trouble(Stage::helo, reply);
}

void ClientSession::on_helo(const RemoteReply& reply)
{
    if (reply.severity() != 2)
        return trouble(Stage::helo, reply);
    if (tls_)
        opened();
    else
        do_without_tls();
}

/// The host does not offer it.
void ClientSession::do_without_tls()
{
    if (config_->tls == ClientTlsPolicy::required)
        return give_up({.why = Why::site_trouble,
                        .trouble = outcome_of(Stage::tls, Cause::tls_not_offered, {4, 7, 4},
                                              "TLS is required, and the host does not offer it")});
    opened();
}

void ClientSession::on_starttls(const RemoteReply& reply)
{
    if (reply.severity() != 2)
        return give_up(
            refused_tls(outcome_of(Stage::tls, reply, config_->limits.outcome_text_bytes)));
    if (!replies_.empty()) {
        // What came in the clear would count as if it had come protected (CVE-2021-38371).
        return end(refused_tls(outcome_of(Stage::tls, Cause::protocol_error, {4, 7, 5},
                                          "the host sent more behind its reply to STARTTLS")));
    }
    phase_ = Phase::handshake;
}

void ClientSession::tls_established()
{
    expects(phase_ == Phase::handshake);
    phase_ = Phase::opening;
    tls_ = true;
    capabilities_ = {}; // RFC 3207 §4.2: what was said in the clear is forgotten.
    say_hello();
}

void ClientSession::tls_failed(std::string_view reason)
{
    expects(phase_ == Phase::handshake);
    end(refused_tls(outcome_of(Stage::tls, Cause::tls_failed, {4, 7, 5},
                               "the TLS handshake failed: " +
                                   printable(reason, config_->limits.outcome_text_bytes))));
}

client_step::Close ClientSession::refused_tls(Outcome outcome) const
{
    const bool dispensable = config_->tls == ClientTlsPolicy::opportunistic;
    return {.why = dispensable ? Why::reconnect_in_clear : Why::site_trouble,
            .trouble = std::move(outcome)};
}

void ClientSession::trouble(Stage stage, const RemoteReply& reply)
{
    if (reply.severity() == 3)
        return lose(Cause::protocol_error);
    give_up({.why = Why::site_trouble,
             .trouble = outcome_of(stage, reply, config_->limits.outcome_text_bytes)});
}

/// Ends it politely, but does not wait for the reply.
void ClientSession::give_up(client_step::Close close)
{
    end(std::move(close));
    output_ = "QUIT\r\n";
}

} // namespace posthouse::smtp
