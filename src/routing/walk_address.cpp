// SPDX-License-Identifier: Apache-2.0
// Addresses that are not a local user's, or not yet: virtual ones, and others' domains.
#include "routing/local_part.hpp"
#include "routing/mailers.hpp"
#include "routing/roles.hpp"
#include "routing/virtusers.hpp"
#include "routing/walk.hpp"
#include "tables/formats.hpp"

namespace posthouse::routing {
namespace {

const Failure no_user{.status = "5.1.1", .code = 550, .text = "No such mailbox here"};

} // namespace

bool Walk::virtual_user(const mail::Mailbox& mailbox, const std::optional<Locality>& locality,
                        const Spot& spot)
{
    const auto found = find_virtual_user(mailbox, rules_, tables_);
    if (!found) {
        if (tables_.virtusers)
            steps_("virtusertable: nothing about {}", mailbox.text());
        return false;
    }
    const auto address_text = mailbox.text();
    const auto kind = static_cast<tables::Virtual>(found->kind);
    if (kind == tables::Virtual::error || kind == tables::Virtual::nouser) {
        // RFC 5321 §4.5.1: there is someone at postmaster, whatever a whole domain's entry says.
        if (locality && found->whole_domain && is_role(mailbox.local_part())) {
            steps_("{}: an error, which does not count for {}", found->place, mailbox.local_part());
            return false;
        }
        steps_("{}: an error", found->place);
        refuse(address_text,
               kind == tables::Virtual::error
                   ? failure_from(found->text, no_user)
                   : Failure{.status = "5.1.1",
                             .code = 550,
                             .text = found->text.empty() ? no_user.text : found->text},
               spot, found->place);
        return true;
    }
    const auto& becomes = found->address;
    if (kind != tables::Virtual::address || becomes.mailbox == mailbox) {
        steps_("{}: {} is what it says", found->place, address_text);
        return false;
    }
    const auto below = deeper(spot, found->place);
    if (becomes.is_name && !becomes.local_part.empty()) {
        steps_("{}: {} is {}", found->place, address_text, becomes.local_part);
        local(user_named(becomes.local_part, rules_.hostname), below);
    } else if (becomes.mailbox) {
        steps_("{}: {} is {}", found->place, address_text, becomes.mailbox->text());
        address(*becomes.mailbox, below);
    } else {
        refuse(address_text, {.status = "5.1.3", .code = 553, .text = "The address is none"}, spot,
               found->place);
    }
    return true;
}

void Walk::remote(const mail::Mailbox& mailbox, const Spot& spot)
{
    std::string sender;
    if (tables_.sender_relays)
        sender = spot.list && !question_.sender.is_null() ? spot.list->for_member(mailbox.text())
                                                          : question_.sender.text();
    const auto way = way_to(mailbox, sender, rules_, tables_);
    steps_("{}: says where mail for {} goes", way.rule, mailbox.domain().text());
    if (const auto* failure = std::get_if<Failure>(&way.to))
        return refuse(mailbox.text(), *failure, spot, way.rule);
    if (const auto* for_local = std::get_if<ForLocal>(&way.to)) {
        const auto below = deeper(spot, way.rule);
        if (is_too_deep(mailbox.text(), below))
            return;
        if (for_local->user.empty())
            return local(user_named(mailbox.local_part(), rules_.hostname), below);
        return address_or_name(for_local->user, mailbox.text(), rules_.hostname, below);
    }
    Delivery delivery;
    delivery.final_address = mailbox.text();
    delivery.destination = std::get<Carried>(way.to).destination;
    deliver(std::move(delivery), spot, way.rule);
}

} // namespace posthouse::routing
