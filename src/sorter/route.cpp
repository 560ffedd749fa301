// SPDX-License-Identifier: Apache-2.0
#include "sorter/route.hpp"

#include "base/text.hpp"
#include "mail/header_block.hpp"
#include "routing/rewrite_header.hpp"
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
wire::Routed::Delivery refused(std::size_t recipient, const std::string& address, std::string rule,
                               std::string text)
{
    wire::Routed::Delivery delivery;
    delivery.set_recipient(static_cast<std::uint32_t>(recipient));
    delivery.set_final_address(address);
    delivery.set_rule(std::move(rule));
    delivery.set_status("5.4.6");
    delivery.set_text(std::move(text));
    return delivery;
}

wire::Routed::Delivery to_wire(const routing::Delivery& route)
{
    wire::Routed::Delivery delivery;
    delivery.set_recipient(static_cast<std::uint32_t>(route.recipient));
    delivery.set_final_address(route.final_address);
    delivery.set_destination(route.destination);
    delivery.set_account(route.account);
    delivery.set_rule(route.rule);
    delivery.set_status(route.status);
    delivery.set_text(route.text);
    delivery.set_user(route.user);
    delivery.set_target(route.target);
    delivery.set_has_sender(route.sender.has_value());
    delivery.set_sender(route.sender.value_or(""));
    delivery.set_list(route.list);
    delivery.set_keep(route.keep);
    return delivery;
}

routing::Client client_of(const wire::Origin& origin)
{
    routing::Client client;
    client.address = origin.client_address();
    client.name = origin.client_name();
    client.login = origin.login();
    client.local = origin.local();
    return client;
}

} // namespace

class Routing::Known final : public routing::Directory {
public:
    explicit Known(const std::map<routing::Person, routing::Standing>& known) : known_(known) {}
    const routing::Standing* find(const routing::Person& person) const override
    {
        const auto found = known_.find(person);
        return found == known_.end() ? nullptr : &found->second;
    }

private:
    const std::map<routing::Person, routing::Standing>& known_;
};

Routing::Routing(const Handbook& handbook, wire::Route request, std::string_view head)
    : handbook_(handbook),
      request_(std::move(request)),
      head_(head)
{
}

wire::Result<Routing> Routing::begin(const Handbook& handbook, wire::Route request,
                                     std::string_view head)
{
    auto sender = mail::ReversePath::parse(request.sender());
    if (!sender || request.hop_limit() == 0 || request.recipients_size() > Limits::recipients ||
        request.prefix_bytes() > head.size() || request.persons_size() != request.standings_size())
        return std::unexpected(wire::Failure::invalid);
    Routing routing(handbook, std::move(request), head);
    auto& question = routing.question_;
    question.sender = std::move(*sender);
    question.recipients.assign(routing.request_.recipients().begin(),
                               routing.request_.recipients().end());
    question.client = client_of(routing.request_.origin());
    question.copies = routing.request_.copies();
    for (int i = 0; i < routing.request_.persons_size(); ++i) {
        const auto& person = routing.request_.persons(i);
        const auto& standing = routing.request_.standings(i);
        routing.know(
            {person.login() ? routing::Person::Kind::login : routing::Person::Kind::account,
             person.name()},
            {standing.account(), standing.exists()});
    }
    return routing;
}

std::vector<routing::Person> Routing::run()
{
    const Known known(known_);
    outcome_ = routing::route(question_, handbook_.rules, handbook_.tables, known);
    return outcome_.unknown;
}

void Routing::know(const routing::Person& person, routing::Standing standing)
{
    known_.insert_or_assign(person, standing);
}

std::vector<wire::Routed::Delivery> Routing::deliveries() const
{
    const Journey journey(head_);
    std::vector<wire::Routed::Delivery> all;
    if (journey.hops() > request_.hop_limit()) {
        for (std::size_t i = 0; i < question_.recipients.size(); ++i)
            all.push_back(refused(i, question_.recipients[i], "hop limit",
                                  fmt::format("routing loop detected: {} hops", journey.hops())));
        return all;
    }
    all.reserve(outcome_.deliveries.size());
    for (const auto& route : outcome_.deliveries) {
        if (route.destination == routing::mailbox_destination &&
            journey.was_in(route.final_address))
            all.push_back(refused(route.recipient, question_.recipients[route.recipient],
                                  "Delivered-To",
                                  fmt::format("routing loop detected: {} had this letter before",
                                              route.final_address)));
        else
            all.push_back(to_wire(route));
    }
    return all;
}

wire::Routed Routing::changes() const
{
    wire::Routed changes;
    if (!routing::is_from_here(question_.client, handbook_.rules))
        return changes;
    if (const auto& sender = question_.sender.mailbox())
        if (const auto seen = routing::rewrite_sender(*sender, handbook_.rules, handbook_.tables)) {
            changes.set_has_sender(true);
            changes.set_sender(seen->text());
        }
    const auto letter = std::string_view(head_).substr(request_.prefix_bytes());
    for (auto& edit : routing::rewrite_header(letter, handbook_.rules, handbook_.tables)) {
        auto* told = changes.add_edits();
        told->set_offset(edit.offset);
        told->set_length(edit.length);
        told->set_text(std::move(edit.text));
    }
    return changes;
}

} // namespace posthouse::sorter
