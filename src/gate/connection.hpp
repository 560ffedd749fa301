// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "gate/census.hpp"
#include "gate/login_times.hpp"
#include "gate/party.hpp"
#include "gate/sasl_dialogue.hpp"
#include "gate/signer_link.hpp"
#include "gate/terms.hpp"
#include "net/channel.hpp"
#include "wire/link.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace posthouse::gate {

/// What the sessions of one thread share; it outlives them.
struct Desk {
    net::Deadlines& deadlines;
    /// None, or closed, while the other process is not there.
    std::shared_ptr<wire::Link> keeper = nullptr;
    std::shared_ptr<wire::Link> clerk = nullptr;
    std::shared_ptr<wire::Link> resolver = nullptr;
    std::shared_ptr<SignerLink> signer = std::make_shared<SignerLink>();
    std::shared_ptr<LoginTimes> login_times = std::make_shared<LoginTimes>();
    class Outside* outside = nullptr; // Connections that the supervisor opens.
    class MilterPool* milters = nullptr;
    class ReaderEvents* reader_events = nullptr;
    /// Stands for a letter's id in what is written before there is one. Never shown to anybody.
    std::string id_mark = {};
};

/// A client that has come in.
struct Visitor {
    boost::asio::ip::tcp::socket socket;
    Party party;
    std::uint64_t session = 0; // For the log.
    std::shared_ptr<const Terms> terms;
    Census::Place place;
};

/// One session with its connection. Belongs to one thread.
class Connection {
public:
    struct Limits {
        static constexpr Duration handshake = std::chrono::seconds(60); // TLS from the first byte
        /// How long and for how much a peer may go on talking after the last reply: RFC 1122
        /// §4.2.2.13 resets a connection that is closed with input unread, and the reply with it.
        static constexpr Duration linger = std::chrono::seconds(5);
        static constexpr std::size_t linger_bytes = 1 << 20;
    };

    Connection(const Connection&) = delete;
    virtual ~Connection() = default;

    /// Serves the client until the end. The object must outlive the operation.
    Task<void> run();
    /// The server is going down. From the connection's thread.
    virtual void drain() = 0;

protected:
    Connection(Visitor, Desk&);

    /// From the first reply to the last; the channel is closed by run().
    virtual Task<void> converse() = 0;
    /// What to say if the program fails.
    virtual std::string_view last_words() const = 0;

    /// Ends a wait in read() without a byte.
    void wake();
    enum class Reading : std::uint8_t { bytes, late, woken, lost };
    struct Read {
        Reading how;
        std::string_view bytes = {}; // Valid until the caller suspends.
    };
    Task<Read> read(Instant until);
    /// False: it failed, and the connection is of no more use.
    Task<bool> write(std::string_view bytes, Instant until) { return write({}, bytes, until); }
    Task<bool> write(std::string_view first, std::string_view second, Instant until);
    Task<bool> start_tls(Instant until);

    const Terms& terms() const { return *terms_; }
    Desk& desk() { return desk_; }
    const Party& party() const { return party_; }
    /// For the log.
    const std::string& client() const { return client_; }
    std::string session_id() const;
    std::string tls_description() const { return channel_.tls_description(); }
    /// For SASL: see net::Channel.
    std::string peer_certificate_address() const { return channel_.peer_certificate_address(); }
    std::string channel_binding(std::string_view type) const
    {
        return channel_.channel_binding(type);
    }
    /// As the connection is now; a handshake changes it.
    LoginSite login_site(std::string protocol) const;
    void lose() { lost_ = true; }

private:
    Task<void> linger();

    std::shared_ptr<const Terms> terms_;
    Desk& desk_;
    net::Channel channel_;
    Party party_;
    std::string client_;
    std::uint64_t session_;
    Census::Place place_;
    bool reading_ = false;
    bool woken_ = false;
    bool lost_ = false;
};

} // namespace posthouse::gate
