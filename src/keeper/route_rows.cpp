// SPDX-License-Identifier: Apache-2.0
#include "keeper/route_rows.hpp"

#include "base/text.hpp"
#include "routing/engine.hpp"
#include "spool/notice.hpp"
#include "spool/scheduler.hpp"

#include <algorithm>
#include <set>

namespace posthouse::keeper {
namespace {

/// A local name of a .forward or of an alias is one of the place where it stood.
std::string qualified(const std::string& name, const spool::Expansion& expansion,
                      const mail::Domain& hostname)
{
    if (mail::Mailbox::parse(name))
        return name;
    const auto from = expansion.through().empty() ? std::string()
                                                  : expansion.through(expansion.through_size() - 1);
    const auto place = mail::Mailbox::parse(from);
    return name + '@' + (place ? place->domain() : hostname).text();
}

bool is_for_the_agent(const std::string& recipient)
{
    return recipient.starts_with('\\') || recipient.starts_with('|') || recipient.starts_with('/');
}

} // namespace

namespace {

bool leads_somewhere(const wire::Routed::Delivery& route, std::size_t recipients)
{
    const bool agent = route.destination() == routing::agent_destination;
    const bool mailbox = route.destination() == routing::mailbox_destination;
    const auto is_printable = [](const std::string& text, std::size_t most) {
        return text.size() <= most && printable(text, most) == text;
    };
    return route.recipient() < recipients && (route.account() != 0) == mailbox &&
           (route.destination().empty() || routing::is_destination(route.destination())) &&
           route.destination().size() <= 400 &&
           mail::ForwardPath::parse(route.final_address()).has_value() &&
           is_printable(route.rule(), 255) && route.status().size() <= 16 &&
           is_printable(route.user(), 64) && is_printable(route.target(), 4096) &&
           (agent || (route.user().empty() && route.target().empty())) &&
           (!route.has_sender() || mail::ReversePath::parse(route.sender()).has_value());
}

} // namespace

bool makes_sense(const std::vector<wire::Routed::Delivery>& routes, const wire::Routed& last,
                 std::size_t recipients)
{
    std::set<std::uint32_t> answered;
    const bool sensible = std::ranges::all_of(routes, [&](const auto& route) {
        answered.insert(route.recipient());
        return leads_somewhere(route, recipients);
    });
    return sensible && answered.size() == recipients &&
           (!last.has_sender() || mail::ReversePath::parse(last.sender()).has_value());
}

Asked recipients_to_route(const OpenLetter& letter, const mail::Domain& hostname)
{
    Asked asked;
    if (!letter.record.routed_once())
        for (std::size_t i = 0; i < letter.recipients.size(); ++i) {
            asked.recipients.push_back(letter.recipients[i]);
            asked.from.push_back(nullptr);
            asked.own.push_back(i);
        }
    for (const auto& expansion : letter.expansions)
        for (const auto& recipient : expansion.recipients())
            if (!is_for_the_agent(recipient)) {
                asked.recipients.push_back(qualified(recipient, expansion, hostname));
                asked.from.push_back(&expansion);
                asked.own.push_back(0);
            }
    return asked;
}

namespace {

/// Names a delivery, or what a recipient is to be told of: always the same from the same.
std::string place_of(const spool::Delivery& delivery)
{
    auto place = delivery.destination();
    if (delivery.destination() == routing::agent_destination) {
        place += '\0' + delivery.user() + '\0' + delivery.target();
        if (delivery.keep())
            place += std::string_view("\0keep", 5);
    }
    return place;
}

/// In place of one recipient stand several: whom are they a matter of? RFC 3461 §5.2.7
struct Descent {
    std::uint32_t notify = 0;
    std::string original;
};

Descent descent_of(std::uint32_t notify, const std::string& original, bool several)
{
    Descent descent{notify, original};
    if (several && (notify & spool::notify_success) != 0) {
        descent.notify = notify & ~spool::notify_success;
        if (descent.notify == 0)
            descent.notify = spool::notify_never;
    }
    return descent;
}

} // namespace

RouteRows::RouteRows(OpenLetter& letter, const Terms& terms, Timestamp now)
    : letter_(letter),
      terms_(terms),
      now_(now),
      asked_(recipients_to_route(letter, terms.hostname))
{
}

void RouteRows::take(const std::vector<wire::Routed::Delivery>& routes)
{
    std::vector<std::size_t> crowd(asked_.recipients.size());
    for (const auto& route : routes)
        if (route.rule() != "copy")
            ++crowd[route.recipient()];
    std::set<std::size_t> told;
    for (const auto& route : routes) {
        const auto i = route.recipient();
        const auto* expansion = asked_.from[i];
        spool::Delivery delivery;
        auto terms = letter_.terms_of(expansion == nullptr ? asked_.own[i] : 0);
        if (expansion != nullptr) {
            terms.set_notify(expansion->notify());
            terms.set_original(expansion->original());
            *delivery.mutable_through() = expansion->through();
            delivery.set_has_sender(expansion->has_sender());
            delivery.set_sender(expansion->sender());
        }
        delivery.set_recipient(expansion == nullptr ? letter_.recipients[asked_.own[i]]
                                                    : expansion->recipient());
        delivery.set_final_address(route.final_address());
        delivery.set_destination(route.destination());
        delivery.set_account(route.account());
        delivery.set_rule(route.rule());
        delivery.set_user(route.user());
        delivery.set_target(route.target());
        if (route.has_sender()) {
            delivery.set_has_sender(true);
            delivery.set_sender(route.sender());
        }
        delivery.set_list(route.list() || (expansion != nullptr && expansion->list()));
        delivery.set_keep(route.keep());
        auto descent = descent_of(terms.notify(), terms.original(), crowd[i] > 1);
        if (route.list())
            descent = {}; // A list's own affair: its owner hears of failures.
        if (route.rule() == "copy")
            descent = {spool::notify_never, ""};
        delivery.set_notify(descent.notify);
        delivery.set_original(descent.original);
        if (route.destination().empty()) {
            delivery.set_state(spool::FAILED);
            delivery.set_status(printable(route.status(), 16));
            delivery.set_text(printable(route.text(), terms_.reply_bytes));
        }
        if ((route.list() || crowd[i] > 1) && route.rule() != "copy" && told.insert(i).second)
            tell_of_expansion(delivery, terms, route.list());
        add(std::move(delivery));
    }
    for (const auto& expansion : letter_.expansions)
        for (const auto& recipient : expansion.recipients())
            if (is_for_the_agent(recipient))
                add(for_the_agent(recipient, expansion));
}

void RouteRows::finish()
{
    std::map<std::string_view, std::size_t> crowd; // deliveries by destination
    for (const auto& [id, delivery] : deliveries)
        ++crowd[delivery.destination()];
    bool to_mailbox = letter_.record.shared_body();
    for (auto& [id, delivery] : deliveries) {
        delivery.set_priority(spool::priority_for(crowd[delivery.destination()]));
        to_mailbox = to_mailbox || delivery.account() != 0;
    }
    std::size_t all = deliveries.size();
    for (const auto& [id, open] : letter_.deliveries) {
        to_mailbox = to_mailbox || open.record.account() != 0;
        all += deliveries.contains(id) ? 0 : 1;
    }
    letter_.record.set_shared_body(letter_.record.shared_body() || (to_mailbox && all > 1));
    letter_.record.set_routed_once(true);
    for (const auto& [id, delivery] : deliveries)
        if (delivery.state() == spool::FAILED && delivery.destination().empty() &&
            !letter_.deliveries.contains(id)) // Else its notice is written, too.
            if (auto notice = spool::notice_owed(delivery, spool::ACTION_FAILED))
                failures_.emplace(id, std::move(*notice));
}

std::vector<RouteRows::Page> RouteRows::pages(std::size_t most) const
{
    std::vector<Page> pages(1);
    for (const auto& [id, delivery] : deliveries) {
        if (pages.back().deliveries.size() == most)
            pages.emplace_back();
        pages.back().deliveries.push_back(delivery);
        if (const auto failure = failures_.find(id); failure != failures_.end())
            pages.back().notices.push_back({{id}, failure->second});
    }
    for (const auto& notice : notices_) {
        if (pages.back().notices.size() == most)
            pages.emplace_back();
        pages.back().notices.push_back(notice);
    }
    return pages;
}

void RouteRows::add(spool::Delivery delivery)
{
    const auto& ids = terms_.ids;
    auto id = ids.make(letter_.id, delivery.final_address(), place_of(delivery)).value;
    if (const auto before = letter_.deliveries.find(id); before != letter_.deliveries.end()) {
        // What a routing before a crash has led to stays; one letter goes to one place once.
        // But if it would come back to where it was expanded, nobody would get it.
        const auto& through = delivery.through();
        if (before->second.record.state() != spool::EXPANDED ||
            std::ranges::find(through, delivery.final_address()) == through.end()) {
            if (!letter_.record.routed_once())
                deliveries.emplace(id, before->second.record);
            return;
        }
        delivery.clear_destination();
        delivery.set_state(spool::FAILED);
        delivery.set_status("5.4.6");
        delivery.set_text("forwarding loop: " + delivery.final_address() +
                          " had this letter before");
        id = ids.make(letter_.id, delivery.final_address(), "loop:").value;
        if (letter_.deliveries.contains(id))
            return;
    }
    delivery.set_id(id);
    // The same whenever it is routed: a row that a routing cut short has written is this one.
    delivery.set_due(letter_.record.received_at());
    if (delivery.destination() == routing::discard_destination) {
        delivery.set_state(spool::DELIVERED);
        delivery.set_status("2.0.0");
        delivery.set_text("discarded, as the rule says");
    }
    if (is_final(delivery.state()))
        delivery.set_settled_at(to_microseconds(now_));
    deliveries.emplace(id, std::move(delivery));
}

spool::Delivery RouteRows::for_the_agent(const std::string& recipient,
                                         const spool::Expansion& expansion)
{
    spool::Delivery delivery;
    const auto& through = expansion.through();
    const auto name = recipient.starts_with('\\') ? recipient.substr(1) : expansion.user();
    delivery.set_recipient(expansion.recipient());
    delivery.set_final_address(name != expansion.user()
                                   ? qualified(name, expansion, terms_.hostname)
                               : through.empty() ? expansion.recipient()
                                                 : through[through.size() - 1]);
    delivery.set_destination(std::string(routing::agent_destination));
    delivery.set_rule(".forward of " + expansion.user());
    delivery.set_user(name); // "\\name" may be another's than whose .forward it is
    delivery.set_keep(true);
    delivery.set_has_sender(expansion.has_sender());
    delivery.set_sender(expansion.sender());
    delivery.set_list(expansion.list());
    delivery.set_target(recipient.starts_with('|')   ? "program:" + recipient.substr(1)
                        : recipient.starts_with('/') ? "file:" + recipient
                                                     : "mailbox");
    delivery.set_notify(expansion.notify());
    delivery.set_original(expansion.original());
    *delivery.mutable_through() = through;
    return delivery;
}

void RouteRows::tell_of_expansion(const spool::Delivery& delivery,
                                  const spool::RecipientTerms& terms, bool list)
{
    if (!spool::is_wanted(terms.notify(), spool::ACTION_EXPANDED))
        return;
    auto about = delivery;
    about.set_final_address(delivery.recipient());
    about.set_has_sender(false);
    about.set_original(terms.original());
    about.set_status("2.0.0");
    about.set_text(list ? "given to a mailing list" : "given to several recipients");
    notices_.push_back(
        {terms_.ids.make(letter_.id, delivery.recipient(), "expanded:"),
         spool::notice_of(about, list ? spool::ACTION_DELIVERED : spool::ACTION_EXPANDED)});
}

} // namespace posthouse::keeper
