// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/signing.hpp"
#include "net/ticket_keys.hpp"
#include "wire/link.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace posthouse::gate {

/// A thread's way to the signer: signatures for handshakes, and the keys of session tickets.
class SignerLink final : public net::Signing {
public:
    /// The keys are shared with the other threads.
    void set_tickets(std::shared_ptr<net::TicketKeys> tickets) { tickets_ = std::move(tickets); }
    /// Now or again; asks for the tickets' keys.
    void connect(const boost::asio::any_io_executor&, UniqueFd);
    void hang_up();
    bool is_open() const { return link_ && link_->is_open(); }

    void sign(net::SignatureOrder, Done) override;

private:
    boost::asio::any_io_executor executor_;
    std::shared_ptr<wire::Link> link_;
    std::shared_ptr<net::TicketKeys> tickets_;
};

} // namespace posthouse::gate
