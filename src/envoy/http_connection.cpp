// SPDX-License-Identifier: Apache-2.0
#include "envoy/http_connection.hpp"

#include "mail/base64.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <fmt/format.h>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace posthouse::envoy {
namespace {

using Request = http::request<http::string_body>;
using Tcp = asio::ip::tcp;

asio::ssl::context client_context(const std::string& ca_file, boost::system::error_code& error)
{
    asio::ssl::context context(asio::ssl::context::tls_client);
    ::SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_verify_mode(asio::ssl::verify_peer);
    context.load_verify_file(ca_file, error);
    return context;
}

} // namespace

/// One TCP connection.
class HttpConnection::Stream {
public:
    Stream(const Peer& peer, Duration patience)
        : peer_(peer),
          patience_(patience),
          tls_context_(client_context(peer.ca_file, error_)),
          stream_(context_, tls_context_)
    {
    }

    std::expected<void, std::string> connect()
    {
        if (peer_.tls && error_)
            return failed("the certificates of authorities");
        Tcp::resolver resolver(context_);
        auto found = resolver.resolve(peer_.host, fmt::format("{}", peer_.port), error_);
        if (error_)
            return failed("its address");
        tcp().expires_after(patience_);
        tcp().async_connect(found, [this](auto error, const auto&) { error_ = error; });
        if (!run())
            return failed("connecting");
        if (!peer_.tls)
            return {};
        ::SSL_set_tlsext_host_name(stream_.native_handle(), peer_.host.c_str());
        stream_.set_verify_callback(asio::ssl::host_name_verification(peer_.host));
        stream_.async_handshake(asio::ssl::stream_base::client,
                                [this](auto error) { error_ = error; });
        return run() ? std::expected<void, std::string>() : failed("TLS");
    }

    std::expected<Answer, std::string> exchange(const Request& request, const Limits& limits)
    {
        tcp().expires_after(patience_);
        http::response_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
        parser.body_limit(limits.body_bytes);
        const auto sent = [this](auto error, std::size_t) { error_ = error; };
        if (peer_.tls)
            http::async_write(stream_, request, sent);
        else
            http::async_write(tcp(), request, sent);
        if (!run())
            return failed("asking");
        if (peer_.tls)
            http::async_read(stream_, buffer_, parser, sent);
        else
            http::async_read(tcp(), buffer_, parser, sent);
        if (!run())
            return failed("its answer");
        kept_ = parser.get().keep_alive();
        return Answer{parser.get().result_int(), std::move(parser.get().body())};
    }

    bool kept() const { return kept_; }

private:
    bool run()
    {
        context_.restart();
        context_.run();
        return !error_;
    }
    beast::tcp_stream& tcp() { return stream_.next_layer(); }
    std::unexpected<std::string> failed(std::string_view step) const
    {
        return std::unexpected(fmt::format("{}: {}", step, error_.message()));
    }

    const Peer& peer_;
    Duration patience_;
    boost::system::error_code error_;
    asio::io_context context_{1};
    asio::ssl::context tls_context_;
    beast::ssl_stream<beast::tcp_stream> stream_;
    beast::flat_buffer buffer_;
    bool kept_ = false;
};

HttpConnection::HttpConnection(Peer peer, const Limits& limits)
    : peer_(std::move(peer)),
      limits_(limits)
{
}

HttpConnection::~HttpConnection() = default;

std::expected<HttpConnection::Answer, std::string> HttpConnection::try_post(const Form& form)
{
    if (!stream_) {
        auto fresh = std::make_unique<Stream>(peer_, limits_.patience);
        if (auto done = fresh->connect(); !done)
            return std::unexpected(done.error());
        stream_ = std::move(fresh);
    }
    Request request(http::verb::post, form.target, 11);
    request.set(http::field::host, peer_.port == (peer_.tls ? 443 : 80)
                                       ? peer_.host
                                       : fmt::format("{}:{}", peer_.host, peer_.port));
    request.set(http::field::content_type, "application/x-www-form-urlencoded");
    request.set(http::field::accept, "application/json");
    if (!form.user.empty())
        request.set(http::field::authorization,
                    "Basic " + mail::base64(form.user + ":" + form.password));
    request.body() = form.text;
    request.prepare_payload();
    auto answer = stream_->exchange(request, limits_);
    if (!answer || !stream_->kept())
        stream_.reset();
    return answer;
}

std::expected<HttpConnection::Answer, std::string> HttpConnection::post(const Form& form)
{
    const bool kept = stream_ != nullptr;
    auto answer = try_post(form);
    if (!answer && kept)
        answer = try_post(form);
    return answer;
}

} // namespace posthouse::envoy
