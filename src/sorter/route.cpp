// SPDX-License-Identifier: Apache-2.0
#include "sorter/route.hpp"

#include "base/text.hpp"
#include "mail/header_block.hpp"
#include "routing/router.hpp"
#include "sorter/limits.hpp"

#include <fmt/format.h>

#include <set>

namespace posthouse::sorter {
namespace {

/// What a letter's header says about the way it has come.
class Journey {
public:
    explicit Journey(std::string_view header)
    {
        const auto block = mail::HeaderBlock::parse(header);
        hops_ = block.count("Received");
        for (const auto* field : block.all("Delivered-To"))
            mailboxes_.insert(lowercase(field->value()));
    }

    std::size_t hops() const { return hops_; }
    bool was_in(const std::string& mailbox) const
    {
        return mailboxes_.contains(lowercase(mailbox));
    }

private:
    std::size_t hops_ = 0;
    std::set<std::string> mailboxes_; // in lower case
};

/// The final address of a refused recipient is its own: what is the same for two recipients would
/// be one delivery, and one of them would not be told of.
wire::Routed::Delivery refused(const std::string& recipient, std::string rule, std::string status,
                               std::string text)
{
    wire::Routed::Delivery delivery;
    delivery.set_final_address(recipient);
    delivery.set_rule(std::move(rule));
    delivery.set_status(std::move(status));
    delivery.set_text(std::move(text));
    return delivery;
}

wire::Result<wire::Routed::Delivery> route_recipient(const wire::Route::Recipient& recipient,
                                                     const Journey& journey,
                                                     const mail::Domain& hostname)
{
    const auto path = mail::ForwardPath::parse(recipient.address());
    if (!path)
        return refused(recipient.address(), "address", "5.1.3",
                       fmt::format("The address is none: {}", path.error().what));
    routing::Facts facts{.local_domain = recipient.local_domain(),
                         .account = recipient.account(),
                         .catch_all = {},
                         .catch_all_account = recipient.catch_all_account()};
    if (!recipient.catch_all().empty()) {
        auto catch_all = mail::Mailbox::parse(recipient.catch_all());
        if (!catch_all)
            return std::unexpected(wire::Failure::invalid);
        facts.catch_all = std::move(*catch_all);
    }
    auto route = routing::route(*path, facts, hostname);
    if (route.kind == routing::Route::Kind::refused)
        return refused(recipient.address(), std::move(route.rule), std::move(route.status),
                       std::move(route.text));
    if (route.kind == routing::Route::Kind::mailbox && journey.was_in(route.final_address))
        return refused(
            recipient.address(), "Delivered-To", "5.4.6",
            fmt::format("routing loop detected: {} had this letter before", route.final_address));
    wire::Routed::Delivery delivery;
    delivery.set_final_address(std::move(route.final_address));
    delivery.set_destination(std::move(route.destination));
    delivery.set_account(route.account);
    delivery.set_rule(std::move(route.rule));
    return delivery;
}

} // namespace

wire::Result<wire::Routed> route_letter(const wire::Route& request, std::string_view header)
{
    const auto hostname = mail::Domain::parse(request.hostname());
    if (!hostname || request.hop_limit() == 0 || request.recipients_size() > Limits::recipients)
        return std::unexpected(wire::Failure::invalid);
    const Journey journey(header);
    wire::Routed routed;
    for (int i = 0; i < request.recipients_size(); ++i) {
        const auto& recipient = request.recipients(i);
        auto delivery = journey.hops() > request.hop_limit()
                            ? refused(recipient.address(), "hop limit", "5.4.6",
                                      fmt::format("routing loop detected: {} hops", journey.hops()))
                            : route_recipient(recipient, journey, *hostname);
        if (!delivery)
            return std::unexpected(delivery.error());
        delivery->set_recipient(static_cast<std::uint32_t>(i));
        *routed.add_deliveries() = std::move(*delivery);
    }
    if (routed.ByteSizeLong() > wire::FrameLimits::message_bytes)
        return std::unexpected(wire::Failure::invalid);
    return routed;
}

} // namespace posthouse::sorter
