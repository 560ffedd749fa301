// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/census.hpp"
#include "imap/session/settings.hpp"
#include "net/network.hpp"
#include "net/tls_server.hpp"
#include "pop3/session.hpp"
#include "process/start_up.hpp"
#include "smtp/server_config.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace posthouse::gate {

/// What the sessions of one listener have in common: made anew when the settings change, and
/// kept by the sessions that began with it.
struct Terms {
    std::shared_ptr<const process::Settings> settings;
    std::string listener; // Its address, for the trace.
    std::shared_ptr<net::TlsContext> tls;
    bool implicit_tls = false;
    bool submission = false;     // RFC 6409: nothing without a login.
    bool plaintext_auth = false; // Passwords are taken without TLS.
    bool unix_socket = false;
    bool local_submission = false; // The sendmail command's: who connects is who calls it.
    /// Whose connections begin with a PROXY header.
    std::vector<net::Network> proxy_from = {};
    Census::Limits limits;
    /// One of the three.
    std::shared_ptr<const smtp::ServerConfig> smtp;
    std::shared_ptr<const pop3::Config> pop3;
    std::shared_ptr<const imap::SessionSettings> imap;
};

/// What all listeners of a gate serve TLS with. Its private keys are the signer's.
struct TlsGoods {
    std::shared_ptr<const net::TlsCertificates> certificates = nullptr; // None: no TLS.
    std::shared_ptr<net::TicketKeys> tickets = nullptr;
};

/// The settings' certificates; nullptr if they have none. Logs what is of no use in them.
std::expected<std::shared_ptr<const net::TlsCertificates>, std::string>
certificates_of(const process::Settings&);

/// The error is a sentence: this listener cannot be served.
std::expected<std::shared_ptr<const Terms>, std::string>
terms_of(const wire::Listener&, std::shared_ptr<const process::Settings>, const TlsGoods&);

smtp::ServerLimits smtp_limits_of(const config::Limits&);

} // namespace posthouse::gate
