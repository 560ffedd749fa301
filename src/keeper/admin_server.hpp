// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "keeper/admin.hpp"
#include "wire/link.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <optional>

namespace posthouse::keeper {

/// Serves the control socket: root and the service user only, whom the kernel names.
class AdminServer {
public:
    AdminServer(boost::asio::io_context& context, Admin& admin) : context_(context), admin_(admin)
    {
    }
    void listen(UniqueFd);

private:
    Task<void> accept();
    Task<wire::Result<wire::Answer>> serve(wire::Frame);

    boost::asio::io_context& context_;
    Admin& admin_;
    std::optional<boost::asio::local::stream_protocol::acceptor> acceptor_;
};

} // namespace posthouse::keeper
