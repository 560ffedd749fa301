// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

namespace posthouse::envoy {

/// HTTP/1.1 (RFC 9112) to one server, by Boost.Beast, with calls that block. The connection is kept
/// from one request to the next as long as the server keeps it. Of one thread.
class HttpConnection {
public:
    struct Peer {
        std::string host;
        std::uint16_t port = 443;
        bool tls = true; ///< with a certificate that names the host
        std::string ca_file;
    };
    struct Limits {
        std::size_t header_bytes, body_bytes; // of an answer
        Duration patience;                    // for all of it
    };
    HttpConnection(Peer, const Limits&);
    ~HttpConnection();

    /// application/x-www-form-urlencoded.
    struct Form {
        std::string target;
        std::string user, password; ///< RFC 7617; no user: none
        std::string text;
    };
    struct Answer {
        unsigned status = 0;
        std::string body;
    };
    /// The error is a sentence. A kept connection that turns out to be closed is opened anew.
    std::expected<Answer, std::string> post(const Form&);

private:
    class Stream;

    std::expected<Answer, std::string> try_post(const Form&);

    Peer peer_;
    Limits limits_;
    std::unique_ptr<Stream> stream_;
};

} // namespace posthouse::envoy
