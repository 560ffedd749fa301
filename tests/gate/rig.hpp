// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/worker.hpp"
#include "tests/gate/fake_keeper.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace posthouse::gate {

/// A certificate for mx.example.org, signed by itself, and its key; PEM.
struct SelfSigned {
    std::string certificate, key;
};
const SelfSigned& self_signed();

std::shared_ptr<const process::Settings> settings_with(config::Limits = {});

/// A gate's worker with a keeper and a clerk that are played, in one thread. What a test waits for
/// it waits for by running the worker's loop.
class Rig {
public:
    struct Door {
        std::string protocol = "smtp";
        std::string tls = "off";
        bool plaintext_auth = true;
        Duration failed_login_delay = Duration::zero();
    };
    class Client;

    enum class Links : std::uint8_t { none, both };

    Rig() : Rig(Door{}) {}
    explicit Rig(const Door&, config::Limits = {}, Links = Links::both);
    /// Ends what sessions are left.
    ~Rig();

    /// Opens a listener in place of the one there was. The port is the kernel's choice.
    void open(const Door&, config::Limits = {});
    void connect_keeper();
    void connect_clerk();
    Client client();
    /// False: it did not come about in ten seconds.
    [[nodiscard]] bool run_until(const std::function<bool()>&);

    Census census;
    FakeKeeper keeper, clerk;
    Worker worker;

private:
    std::uint16_t port_ = 0;
};

/// One that connects to the rig. Its waits run the rig's loop.
class Rig::Client {
public:
    Client(Rig&, UniqueFd);
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
    bool receive();

    Rig& rig_;
    UniqueFd socket_;
    ssl_ctx_st* context_ = nullptr;
    ssl_st* tls_ = nullptr;
    std::string input_;
    bool ended_ = false;
    bool reset_ = false;
};

} // namespace posthouse::gate
