// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "net/deadlines.hpp"
#include "net/signing.hpp"
#include "net/tls.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::net {

/// Whom a TLS handshake is to be with.
struct TlsPeer {
    /// Goes into the SNI extension unless it is an address. With a verifying context, the
    /// certificate has to be this one's.
    std::string host;
    /// Not empty: its SHA-256 (64 lower-case hexadecimal digits) has to be one of these.
    std::vector<std::string> fingerprints = {};
};

/// A TCP connection (or one to a Unix socket) that may turn into a TLS one. Every operation has a
/// deadline. One operation at a time. Belongs to the thread of its Deadlines.
class Channel final : private Deadlines::Watch {
public:
    enum class Failure : std::uint8_t { timed_out, lost };
    template <class T>
    using Result = std::expected<T, Failure>;

    Channel(boost::asio::ip::tcp::socket, Deadlines&);
    ~Channel() override;

    /// What has come, at least a byte. The view is into a buffer of the thread: valid until the
    /// caller suspends.
    Task<Result<std::string_view>> read(Instant until);
    /// All of it. `bytes` must live until the operation completes.
    Task<Result<void>> write(std::string_view bytes, Instant until)
    {
        return write({}, bytes, until);
    }
    /// Two pieces behind each other, without joining them.
    Task<Result<void>> write(std::string_view first, std::string_view second, Instant until);
    /// After a failure the channel is of no more use.
    Task<Result<void>> accept_tls(std::shared_ptr<TlsContext>, Instant until);
    /// With a context whose private keys are elsewhere (net/tls_server.hpp). `signing` must live as
    /// long as the operation.
    Task<Result<void>> accept_tls(std::shared_ptr<TlsContext>, Signing& signing, Instant until);
    /// `host` goes into the SNI extension unless it is an address.
    Task<Result<void>> connect_tls(std::shared_ptr<TlsContext>, std::string host, Instant until);
    Task<Result<void>> connect_tls(std::shared_ptr<TlsContext>, TlsPeer, Instant until);
    Task<Result<void>> connect(boost::asio::ip::tcp::endpoint, Instant until);
    /// To a Unix socket; the channel's own socket must not be open. Never waits.
    Result<void> connect_to_path(const std::string& path);

    bool is_tls() const { return tls_ != nullptr; }
    /// "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty without TLS.
    std::string tls_description() const;
    /// The address that the client's certificate names; empty: it has shown none, or one that no
    /// authority of ours has signed.
    std::string peer_certificate_address() const;
    /// What SASL ties a login to, by the mechanism's name for it (RFC 5056): "tls-exporter"
    /// (RFC 9266), "tls-server-end-point" (RFC 5929). Empty: this connection has none.
    std::string channel_binding(std::string_view type) const;
    /// The last TLS failure in OpenSSL's words; for the trace.
    const std::string& tls_error() const { return tls_error_; }
    /// Why connect() failed, in the system's words.
    const std::string& connect_error() const { return connect_error_; }
    boost::asio::ip::tcp::socket& socket() { return socket_; }
    /// Takes bytes that came with no one waiting for them? Then the peer has spoken or gone.
    bool has_input() const;
    /// Says that nothing more comes. What the peer still sends can be read.
    void finish();
    void close();
    /// Ends whatever waits, from the same thread.
    void cancel();

    struct Limits {
        /// Of one thread, that wait for a signature: each has a stack of its own (32 KiB).
        static constexpr std::size_t suspended_handshakes = 256;
    };

private:
    void expired() override;
    Task<bool> wait(boost::asio::ip::tcp::socket::wait_type);
    Task<Result<std::string_view>> read_plain();
    Task<Result<std::string_view>> read_tls();
    Task<Result<void>> write_tls(std::string_view first, std::string_view second);
    Task<Result<void>> write_tls(std::string_view);
    /// Repeats an OpenSSL call until it is through.
    template <class Call>
    Task<Result<int>> until_done(Call);
    /// For a handshake that is suspended; it has to be gone on with, whatever comes.
    Task<void> fetch_signature();
    Task<void> pause(Duration);
    void note_tls_error();
    /// What is wrong with the other side's certificate; nothing: it is right.
    std::string certificate_fault(const TlsPeer&) const;
    Failure failure() const { return timed_out_ ? Failure::timed_out : Failure::lost; }

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<TlsContext> tls_context_;
    ssl_st* tls_ = nullptr;
    std::unique_ptr<struct Suspension> suspension_; // While a handshake may need signatures.
    std::string tls_error_;
    std::string connect_error_;
    std::unique_ptr<char[]> small_; // What an idle connection waits with.
    bool timed_out_ = false;
};

} // namespace posthouse::net
