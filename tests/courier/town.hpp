// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/carrier.hpp"
#include "tests/net/certificate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A courier and the hosts it goes to, in one process, over loopback.
namespace posthouse::courier::test {

/// How a host answers; what is not said here is said as a willing host would.
struct Manners {
    std::vector<std::string> extensions = {"PIPELINING", "8BITMIME"};
    /// To a command ("" is the beginning, "." the end of the data) on the host's nth connection,
    /// from 1. hang_up: closes without a word. A reply of 421 is followed by closing.
    std::function<std::optional<std::string>(std::size_t connection, std::string_view command)>
        reply = {};
    std::shared_ptr<net::TlsContext> tls = {}; // None: STARTTLS ends in disorder.
    std::string path = {};                     // Not empty: at this Unix socket.
    bool lmtp = false;                         // A reply to the end of data for each recipient.
};
inline const std::string hang_up = "hang up";

/// An SMTP host at a free port of 127.0.0.1.
class FakeHost {
public:
    FakeHost(boost::asio::io_context&, net::Deadlines&, Manners);

    struct Letter {
        std::string sender;
        std::vector<std::string> recipients;
        std::string data; // As it came, with the dots.
        bool tls = false;
    };
    std::vector<Letter> letters;
    std::vector<std::string> commands; // The first words
    std::vector<std::string> lines;    // of these.
    std::vector<std::string> clients;  // The address of each connection.
    std::size_t open = 0;              // connections

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void close();

private:
    Task<void> accept();
    Task<void> accept_at_path();
    Task<void> serve(boost::asio::ip::tcp::socket, std::size_t number);
    std::string answer(std::size_t connection, std::string_view command) const;

    boost::asio::io_context& context_;
    net::Deadlines& deadlines_;
    Manners manners_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::local::stream_protocol::acceptor socket_;
    std::vector<net::Channel*> channels_;
};

/// A port of 127.0.0.1 where nobody listens.
class DeadHost {
public:
    explicit DeadHost(boost::asio::io_context&);
    std::uint16_t port() const { return socket_.local_endpoint().port(); }

private:
    boost::asio::ip::tcp::socket socket_;
};

class FakeTargets final : public TargetSource {
public:
    std::map<std::string, wire::Result<wire::Targets>> known;
    std::vector<std::string> asked; // Hop::text()
    /// By the hop's name; one that is not known is a failure for the time being.
    Task<Found> find(Hop) override;
};

/// Hosts at their ports, named mx1.test …, in this order.
wire::Targets targets_at(const std::vector<std::uint16_t>& ports);
std::shared_ptr<net::TlsContext> client_tls();
/// For mx1.test; the one certificate that the town trusts.
const tests::SelfSigned& certificate();
/// SHA-256, hexadecimal.
std::string fingerprint(const tests::SelfSigned&);
std::shared_ptr<net::TlsContext> verifying_tls();
std::shared_ptr<net::TlsContext> server_tls(const tests::SelfSigned& = certificate());
std::shared_ptr<const Policy> policy_for(const config::Config&);
config::Config configuration();

class Town {
public:
    explicit Town(config::Config config = configuration(), Policy::Secrets secrets = {});
    ~Town();

    FakeHost& host(Manners = {});
    std::uint16_t dead_port();
    /// b.test is served at these ports.
    void serve(const std::vector<std::uint16_t>& ports)
    {
        targets.known["b.test"] = targets_at(ports);
    }

    wire::Attempted attempt(std::vector<std::string> recipients,
                            std::string letter = "Subject: x\r\n\r\nHello\r\n");
    wire::Attempted attempt(Carrier::Order);
    wire::Verified verify(const std::string& recipient,
                          const std::string& destination = "smtp:b.test");
    /// Runs until it holds. False: it never did.
    bool run_until(const std::function<bool()>&);

    boost::asio::io_context context{1};
    net::Deadlines deadlines{context, std::chrono::milliseconds(20)};
    FakeTargets targets;
    Carrier carrier;

private:
    std::vector<std::unique_ptr<FakeHost>> hosts_;
    std::vector<std::unique_ptr<DeadHost>> dead_;
};

wire::Attempt order_for(const std::vector<std::string>& recipients);

} // namespace posthouse::courier::test
