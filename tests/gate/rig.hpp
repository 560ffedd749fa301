// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/worker.hpp"
#include "tests/gate/fake_keeper.hpp"
#include "tests/gate/fake_signer.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace posthouse::gate {

/// A certificate for mx.example.org, signed by itself, and its key; PEM.
struct SelfSigned {
    std::string certificate, key;
};
const SelfSigned& self_signed();

std::shared_ptr<const process::Settings> settings_with(config::Limits = {}, std::size_t threads = 1,
                                                       const config::Smtp& = {});

/// Runs a loop until something has come about.
class Loop {
public:
    explicit Loop(boost::asio::io_context& context) : context_(context) {}
    /// False: it did not come about in ten seconds.
    [[nodiscard]] bool run_until(const std::function<bool()>&);

private:
    boost::asio::io_context& context_;
};

/// A listening socket on loopback; the port is the kernel's choice.
UniqueFd loopback_listener(std::uint16_t& port);

/// A mail program. Its waits run the loop.
class Client {
public:
    static Client connect(Loop, std::uint16_t port);
    static Client connect(Loop, const std::string& unix_path);
    Client(Client&&) noexcept;
    ~Client();

    void send(std::string_view);
    /// Up to and with the next line end.
    std::string line();
    /// A reply of SMTP, with all its lines.
    std::string reply();
    /// Sends the command, with its line end, and returns the reply.
    std::string ask(std::string_view command);
    /// Up to and with this.
    std::string up_to(std::string_view end);
    /// All that comes until the other side closes.
    std::string rest();
    bool start_tls();
    void hang_up();
    /// The connection was reset, rather than closed.
    bool was_reset() const { return reset_; }

private:
    Client(Loop, UniqueFd);
    bool receive();

    Loop loop_;
    UniqueFd socket_;
    ssl_ctx_st* context_ = nullptr;
    ssl_st* tls_ = nullptr;
    std::string input_;
    bool ended_ = false;
    bool reset_ = false;
};

// SMTP, from the client's side.
/// The greeting and EHLO.
void greet(Client&);
/// The reply to the letter's end.
std::string send_letter(Client&, const std::string& text);

/// A gate's worker with a keeper and a clerk that are played, in one thread. What a test waits for
/// it waits for by running the worker's loop.
class Rig {
public:
    struct Door {
        std::string protocol = "smtp";
        std::string tls = "off";
        bool plaintext_auth = true;
        std::vector<std::string> proxy_from = {};
        std::string unix_path = {}; // Instead of a port.
        config::Smtp smtp = {};
        config::Pop3 pop3 = {};
        config::Submit submit = {};
    };
    enum class Links : std::uint8_t { none, both };

    Rig() : Rig(Door{}) {}
    explicit Rig(const Door&, config::Limits = {}, Links = Links::both);
    /// Ends what sessions are left.
    ~Rig();

    /// Opens a listener in place of the one there was.
    void open(const Door&, config::Limits = {});
    void connect_keeper();
    void connect_clerk();
    void connect_resolver();
    Client client()
    {
        const Loop loop(worker.context());
        return unix_path_.empty() ? Client::connect(loop, port_)
                                  : Client::connect(loop, unix_path_);
    }
    [[nodiscard]] bool run_until(const std::function<bool()>& come_about)
    {
        return Loop(worker.context()).run_until(come_about);
    }

    Census census;
    FakeKeeper keeper, clerk, resolver;
    FakeSigner signer;
    Worker worker;

private:
    std::uint16_t port_ = 0;
    std::string unix_path_;
};

} // namespace posthouse::gate
