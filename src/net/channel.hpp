// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "net/deadlines.hpp"
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
    Task<Result<void>> write(std::string_view bytes, Instant until);
    /// After a failure the channel is of no more use.
    Task<Result<void>> accept_tls(std::shared_ptr<TlsContext>, Instant until);
    /// `host` goes into the SNI extension unless it is an address.
    Task<Result<void>> connect_tls(std::shared_ptr<TlsContext>, std::string host, Instant until);
    Task<Result<void>> connect_tls(std::shared_ptr<TlsContext>, TlsPeer, Instant until);
    Task<Result<void>> connect(boost::asio::ip::tcp::endpoint, Instant until);
    /// To a Unix socket; the channel's own socket must not be open. Never waits.
    Result<void> connect_to_path(const std::string& path);

    bool is_tls() const { return tls_ != nullptr; }
    /// "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty without TLS.
    std::string tls_description() const;
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

private:
    void expired() override;
    Task<bool> wait(boost::asio::ip::tcp::socket::wait_type);
    Task<Result<std::string_view>> read_plain();
    Task<Result<std::string_view>> read_tls();
    Task<Result<void>> write_tls(std::string_view);
    /// Repeats an OpenSSL call until it is through.
    template <class Call>
    Task<Result<int>> until_done(Call);
    /// What is wrong with the other side's certificate; nothing: it is right.
    std::string certificate_fault(const TlsPeer&) const;
    Failure failure() const { return timed_out_ ? Failure::timed_out : Failure::lost; }

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<TlsContext> tls_context_;
    ssl_st* tls_ = nullptr;
    std::string tls_error_;
    std::string connect_error_;
    std::unique_ptr<char[]> small_; // What an idle connection waits with.
    bool timed_out_ = false;
};

} // namespace posthouse::net
