// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/private_key.hpp"
#include "wire/link.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>

namespace posthouse::gate {

/// Stands at the other end of a gate's link, as signer, and has the key of self_signed().
class FakeSigner {
public:
    FakeSigner();
    FakeSigner(const FakeSigner&) = delete;

    /// The gate's end of a new link; the old one is closed.
    UniqueFd connect(boost::asio::io_context&);
    void hang_up();

    std::size_t signatures = 0;

private:
    Task<wire::Result<wire::Answer>> answer(wire::Frame);

    net::PrivateKey key_;
    std::shared_ptr<wire::Link> link_;
};

} // namespace posthouse::gate
