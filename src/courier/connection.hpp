// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/body.hpp"
#include "courier/policy.hpp"
#include "net/channel.hpp"
#include "smtp/client_session.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <expected>
#include <memory>
#include <string>

namespace posthouse::courier {

/// A host at one of its addresses, or a Unix socket.
struct Place {
    std::string host;
    boost::asio::ip::tcp::endpoint endpoint;
    std::string path = {}; // not empty: of the socket

    std::string text() const;           // mx.example.org[192.0.2.1]
    std::string text_with_port() const; // mx.example.org[192.0.2.1]:25
};

/// Carries out the steps of one smtp::ClientSession over one net::Channel.
class Connection {
public:
    enum class Security : std::uint8_t { by_policy, in_clear };
    struct Trouble {
        smtp::Outcome outcome;
        bool works_in_clear = false; // By policy, it may be tried again so.
    };

    Connection(Place, std::shared_ptr<const Policy>, std::shared_ptr<const Terms>, net::Deadlines&);

    /// Connects and goes as far as being ready for a letter. After trouble it is of no more use.
    Task<std::expected<void, Trouble>> open(Security);
    /// When open, and the last letter's result said "reusable".
    Task<smtp::LetterResult> send(smtp::Outgoing, Body&);
    /// Takes leave politely, in bounded time.
    Task<void> leave();
    void close() { channel_.close(); }

    /// May it take one more letter?
    bool is_worth_keeping(Instant now) const;
    /// Nothing came that nobody asked for: not that the host is about to close, nor that it has.
    bool is_quiet() const { return !channel_.has_input(); }

    const Place& place() const { return place_; }
    /// When open.
    const smtp::ClientCapabilities& capabilities() const { return session_->capabilities(); }
    const std::shared_ptr<const Policy>& policy() const { return policy_; }
    std::uint64_t letters_done() const { return session_ ? session_->letters_done() : 0; }
    std::string tls_description() const { return channel_.tls_description(); }

private:
    Task<std::expected<void, std::string>> connect();
    /// Steps until the session has done what it was asked: LetterDone, Ready, or Close.
    Task<smtp::ClientStep> advance(Body*);
    Task<void> perform(smtp::client_step::Read);
    Task<void> perform(smtp::client_step::Send);
    Task<void> perform(smtp::client_step::StartTls);
    Task<void> perform(smtp::client_step::ReadBody, Body*);

    Place place_;
    std::shared_ptr<const Policy> policy_;
    std::shared_ptr<const Terms> terms_;
    net::Channel channel_;
    std::optional<smtp::ClientSession> session_;
    Instant opened_at_{};
};

} // namespace posthouse::courier
