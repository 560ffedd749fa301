// SPDX-License-Identifier: Apache-2.0
// From recipients to deliveries: the frame that the rules stand in.
#include "routing/walk.hpp"

#include "base/text.hpp"
#include "routing/copies.hpp"
#include "routing/local_part.hpp"

#include <algorithm>

namespace posthouse::routing {
namespace {

constexpr std::size_t most_rule_bytes = 200; // of a trail of rules
constexpr std::size_t most_depth = 100;      // whatever is configured: each is a few stack frames

const Failure too_deep{
    .status = "5.4.6", .code = 554, .text = "Too many aliases and virtual addresses in a row"};
const Failure too_many{.status = "5.2.4", .code = 550, .text = "The list is too long"};

std::string trail(std::string via, std::string_view rule)
{
    if (!via.empty())
        via += ", ";
    via += rule;
    while (via.size() > most_rule_bytes) {
        const auto comma = via.find(", ");
        if (comma == via.npos)
            return printable(via, most_rule_bytes);
        via.erase(0, comma + 2);
    }
    return via;
}

/// What two deliveries must not have in common.
std::string place_of(const Delivery& delivery)
{
    auto place = lowercase(delivery.final_address);
    for (const auto* part : {&delivery.destination, &delivery.user, &delivery.target}) {
        place += '\0';
        place += *part;
    }
    return place;
}

} // namespace

Walk::Walk(const Question& question, Ground ground, Steps& steps, Purpose purpose)
    : question_(question),
      rules_(ground.rules),
      tables_(ground.tables),
      directory_(ground.directory),
      steps_(steps),
      purpose_(purpose)
{
}

Outcome Walk::run()
{
    for (std::size_t i = 0; i < question_.recipients.size(); ++i)
        recipient(i);
    if (question_.copies && purpose_ == Purpose::deliver)
        copies();
    Outcome outcome;
    outcome.unknown.assign(unknown_.begin(), unknown_.end());
    if (unknown_.empty())
        outcome.deliveries = std::move(deliveries_);
    return outcome;
}

void Walk::recipient(std::size_t index)
{
    const auto& text = question_.recipients[index];
    const auto before = deliveries_.size();
    const auto delivered_before = delivered_;
    its_places_.clear();
    its_aliases_.clear();
    too_long_ = false;
    const Spot spot{.recipient = index, .depth = 0, .list = nullptr, .via = {}};
    if (const auto path = mail::ForwardPath::parse(text))
        address(path->mailbox() ? *path->mailbox() : postmaster_of(rules_.hostname), spot);
    else if (is_local_name(text))
        local(user_named(text, rules_.hostname), spot);
    else
        refuse(
            text,
            {.status = "5.1.3", .code = 553, .text = "The address is none: " + path.error().what},
            spot, "address");
    if (too_long_) {
        deliveries_.resize(before);
        delivered_ = delivered_before;
        for (const auto& place : its_places_)
            places_.erase(place);
        for (const auto& alias : its_aliases_)
            expanded_.erase(alias);
        its_places_.clear();
        too_long_ = false;
        steps_("it leads to more than {} deliveries", rules_.expansion_limit);
        refuse(text, too_many, spot, "expansion_limit");
    }
    if (deliveries_.size() > before || !unknown_.empty())
        return;
    // All that it leads to, others led to before.
    steps_("{}: where it leads, another recipient led before", text);
    Delivery same;
    same.recipient = index;
    same.final_address = text;
    same.destination = discard_destination;
    same.rule = "duplicate";
    deliveries_.push_back(std::move(same));
}

void Walk::address(const mail::Mailbox& mailbox, const Spot& spot)
{
    if (has_enough())
        return;
    if (mailbox.domain().text() == "localhost" && rules_.hostname.text() != "localhost")
        if (const auto here = mailbox_at(mailbox.local_part(), rules_.hostname.text()))
            return address(*here, spot);
    if (is_too_deep(mailbox.text(), spot))
        return;
    const auto locality = locality_of(mailbox.domain(), rules_, tables_);
    steps_("{}: {} is {}", mailbox.text(), mailbox.domain().text(),
           locality ? "ours (" + locality->why + ")" : "not ours");
    if (virtual_user(mailbox, locality, spot))
        return;
    if (locality)
        local(user_of(mailbox, *locality), spot);
    else
        remote(mailbox, spot);
}

void Walk::address_or_name(std::string_view text, const std::string& instead_of,
                           const mail::Domain& context, const Spot& spot)
{
    if (text.contains('@')) {
        if (const auto mailbox = mail::Mailbox::parse(text))
            return address(*mailbox, spot);
    } else if (is_local_name(text)) {
        return local(user_named(text, context), spot);
    }
    refuse(instead_of, {.status = "5.1.3", .code = 553, .text = "The address is none"}, spot,
           "address");
}

// ---- what is found --------------------------------------------------------------------------

const Standing* Walk::standing(Person who)
{
    const auto* found = directory_.find(who);
    if (!found && unknown_.size() < most_unknown())
        unknown_.insert(std::move(who));
    return found;
}

bool Walk::has_enough() const
{
    return too_long_ ||
           (purpose_ == Purpose::probe && (delivered_ > 0 || unknown_.size() >= most_unknown()));
}

/// A probe asks for more, the more it has asked for in vain, so that it comes to its end soon.
std::size_t Walk::most_unknown() const
{
    return purpose_ == Purpose::deliver ? SIZE_MAX : probe_persons + 4 * deliveries_.size();
}

void Walk::deliver(Delivery delivery, const Spot& spot, std::string_view rule)
{
    steps_("{} goes to {}{}{}", delivery.final_address, delivery.destination,
           delivery.target.empty() ? "" : " as ", delivery.target);
    if (spot.list && !question_.sender.is_null())
        delivery.sender = spot.list->for_member(delivery.final_address);
    delivery.list = spot.list != nullptr;
    add(std::move(delivery), spot, rule);
}

void Walk::refuse(std::string final_address, const Failure& failure, const Spot& spot,
                  std::string_view rule)
{
    steps_("{} is refused: {} {}", final_address, failure.status, failure.text);
    if (!first_failure_) {
        first_failure_ = failure;
        first_rule_ = trail(spot.via, rule);
    }
    Delivery delivery;
    delivery.final_address = printable(final_address);
    delivery.status = failure.status;
    delivery.text = printable(failure.text);
    delivery.list = spot.list != nullptr;
    if (spot.list && !question_.sender.is_null())
        delivery.sender = spot.list->for_member(delivery.final_address);
    add(std::move(delivery), spot, rule);
}

void Walk::add(Delivery delivery, const Spot& spot, std::string_view rule)
{
    delivery.recipient = spot.recipient;
    // A name of a table's may be too long to be an address; a notification names what there was.
    if (!mail::ForwardPath::parse(delivery.final_address))
        delivery.final_address = printable(question_.recipients[spot.recipient]);
    auto place = place_of(delivery);
    if (!places_.insert(place).second) {
        steps_("that is a duplicate");
        return;
    }
    its_places_.push_back(std::move(place));
    if (deliveries_.size() >= rules_.expansion_limit &&
        (copying_ || its_places_.size() > 1)) { // Each recipient may have one.
        too_long_ = true;
        return;
    }
    delivery.rule = copying_ ? "copy" : trail(spot.via, rule);
    if (!delivery.destination.empty() && delivered_++ == 0)
        delivering_rule_ = delivery.rule;
    deliveries_.push_back(std::move(delivery));
}

Walk::Spot Walk::deeper(const Spot& spot, std::string_view rule) const
{
    Spot below = spot;
    ++below.depth;
    below.via = trail(spot.via, rule);
    return below;
}

bool Walk::is_too_deep(const std::string& final_address, const Spot& spot)
{
    if (spot.depth <= std::min(rules_.depth_limit, most_depth))
        return false;
    refuse(final_address, too_deep, spot, "depth_limit");
    return true;
}

// ---- copies ---------------------------------------------------------------------------------

void Walk::copies()
{
    if (question_.recipients.empty())
        return;
    copying_ = true;
    for (const auto& to : rules_.copies)
        copy(to, 0, "always_copy");
    for (const auto& wanted : copies_of(question_, tables_))
        copy(wanted.to, wanted.cause, wanted.rule);
    copying_ = false;
}

void Walk::copy(const mail::Mailbox& to, std::size_t cause, std::string_view rule)
{
    const auto before = deliveries_.size();
    its_places_.clear();
    its_aliases_.clear();
    too_long_ = false;
    steps_("a copy is for {} ({})", to.text(), rule);
    address(to, {.recipient = cause, .depth = 0, .list = nullptr, .via = std::string(rule)});
    if (!too_long_)
        return;
    deliveries_.resize(before);
    for (const auto& place : its_places_)
        places_.erase(place);
    for (const auto& alias : its_aliases_)
        expanded_.erase(alias);
    too_long_ = false;
}

} // namespace posthouse::routing
