// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/connection.hpp"
#include "gate/sasl_dialogue.hpp"
#include "imap/session/channel.hpp"
#include "imap/session/login.hpp"
#include "imap/session/session.hpp"
#include "net/deflate.hpp"

#include <memory>
#include <optional>
#include <string>

namespace posthouse::gate {

/// Drives an imap::Session over a connection, with the clerk's and the keeper's answers. It holds
/// no knowledge of the protocol.
class ImapConnection final : public Connection, private imap::Channel, private imap::Login {
public:
    struct Limits {
        static constexpr std::size_t waiting_bytes = 64 * 1024; ///< of answers, before they go out
        static constexpr std::size_t joined_bytes = 16 * 1024;  ///< larger ones are not copied
        static constexpr Duration write = std::chrono::minutes(5);
        static constexpr std::size_t inflated_bytes = 1 << 20; ///< out of one read
    };

    ImapConnection(Visitor, Desk&);
    ~ImapConnection() override;
    void drain() override;

private:
    Task<void> converse() override;
    std::string_view last_words() const override { return "* BYE The server has failed\r\n"; }

    // imap::Channel
    Instant now() const override { return Instant::clock::now(); }
    Timestamp wall_clock() const override { return posthouse::wall_clock(); }
    Task<bool> write(std::string bytes) override;
    Task<imap::Arrival> wait(Instant until) override;
    void nudge() override;
    Task<bool> start_tls() override;
    Task<bool> compress(std::string received) override;
    Task<bool> flush();

    // imap::Login
    std::vector<std::string> mechanisms() const override;
    Task<imap::LoginAnswer> start(std::string mechanism, std::optional<Secret> response) override;
    Task<imap::LoginAnswer> respond(Secret response) override;
    void cancel() override { dialogue_.cancel(); }
    Task<imap::LoginAnswer> take_login(SaslDialogue::Answer);
    LoginSite site() const;

    SaslDialogue dialogue_;
    std::string waiting_;
    bool nudged_ = false;
    std::unique_ptr<net::Deflate> compression_;
    std::optional<imap::Session> session_; // Goes before what it uses.
};

} // namespace posthouse::gate
