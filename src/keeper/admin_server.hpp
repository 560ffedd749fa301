// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "keeper/admin.hpp"
#include "wire/link.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace posthouse::keeper {

/// Serves the control socket: root and the service user only, whom the kernel names.
class AdminServer {
public:
    AdminServer(boost::asio::io_context& context, Admin& admin) : context_(context), admin_(admin)
    {
    }
    void listen(UniqueFd);

    /// What takes other requests than `admin`, and learns which links went.
    struct Extra {
        std::function<bool(wire::Method)> takes;
        std::function<Task<wire::Result<wire::Answer>>(std::shared_ptr<wire::Link>, wire::Frame)>
            answer;
        std::function<void(const wire::Link*)> gone = [](const wire::Link*) {};
    };
    void also(Extra extra) { extras_.push_back(std::move(extra)); }

private:
    Task<void> accept();
    Task<wire::Result<wire::Answer>> serve(std::shared_ptr<wire::Link>, wire::Frame);

    boost::asio::io_context& context_;
    Admin& admin_;
    std::vector<Extra> extras_;
    std::optional<boost::asio::local::stream_protocol::acceptor> acceptor_;
};

} // namespace posthouse::keeper
