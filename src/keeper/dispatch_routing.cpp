// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/dispatch.hpp"
#include "mail/address.hpp"
#include "spool/notice.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

constexpr std::size_t deliveries_a_page = 1000;
constexpr auto store_patience = std::chrono::seconds(2);

} // namespace

void Dispatch::accepted(std::shared_ptr<OpenLetter> letter)
{
    const auto id = letter->id;
    if (letters_.size() < Limits::letters_kept && unsorted_.size() < Limits::letters_kept)
        letters_.add(std::move(letter));
    accepted(id);
}

/// As much of it as routing wants to see.
Task<store::Result<std::string>> Dispatch::head_of(const OpenLetter& letter)
{
    if (!letter.body.empty())
        co_return letter.body;
    const auto blob = store::BlobId::from_bytes(letter.record.body());
    if (!blob)
        co_return std::unexpected(store::Error::corrupt);
    auto head = co_await office_.engine.blobs().read(*blob, 0, Limits::header);
    if (!head && head.error() == store::Error::not_found)
        co_return std::unexpected(store::Error::corrupt);
    co_return head;
}

void Dispatch::accepted(spool::LetterId id)
{
    if (unsorted_.size() >= Limits::unsorted_in_memory) {
        unsorted_on_disk_ = true; // Its row finds it again.
        return;
    }
    unsorted_.push_back(id);
    route_more();
}

void Dispatch::route_more()
{
    while (!draining_ && routing_ < Limits::routing_at_once && !unsorted_.empty() &&
           sorters_.capacity() > 0) {
        const auto id = unsorted_.front();
        unsorted_.pop_front();
        if (!being_routed_.insert(id.value).second)
            continue; // Found on disk a second time.
        ++routing_;
        begin();
        asio::co_spawn(office_.executor(), route(id, Workers::Company::shared), asio::detached);
    }
    if (!draining_ && !routing_suspect_ && !suspects_.empty() && sorters_.capacity() > 0) {
        const auto id = suspects_.front();
        suspects_.pop_front();
        if (being_routed_.insert(id.value).second) {
            routing_suspect_ = true;
            ++routing_;
            begin();
            asio::co_spawn(office_.executor(), route(id, Workers::Company::alone), asio::detached);
        }
    }
}

Dispatch::Withdrawal Dispatch::withdraw(spool::LetterId id)
{
    if (being_routed_.contains(id.value))
        return Withdrawal::being_routed;
    const auto taken = std::erase(unsorted_, id) + std::erase(suspects_, id);
    return taken == 0 ? Withdrawal::not_waiting : Withdrawal::done;
}

Task<void> Dispatch::route(spool::LetterId id, Workers::Company company)
{
    auto again = Again::no;
    for (;;) {
        auto done = co_await route_once(id, company);
        if (done)
            again = *done;
        if (done || done.error() == store::Error::not_found || draining_)
            break;
        if (done.error() == store::Error::corrupt) {
            log::error("letter.damaged", {{"letter", id.text()}});
            if (auto held = co_await office_.spool.hold_unsorted(id); held)
                break;
        }
        co_await sleep(store_patience); // The disk is full, most likely.
    }
    if (company == Workers::Company::alone)
        routing_suspect_ = false;
    --routing_;
    being_routed_.erase(id.value);
    if (again == Again::with_others)
        unsorted_.push_back(id);
    else if (again == Again::alone)
        suspects_.push_back(id);
    end();
    route_more();
}

namespace {

/// Every recipient has a route, each route a place that there is, each mailbox is one that we
/// said this recipient has. A sorter reads letters, and may be a letter's puppet.
bool makes_sense(const wire::Routed& routed, const wire::Route& question)
{
    std::set<std::uint32_t> recipients;
    for (const auto& route : routed.deliveries()) {
        if (route.recipient() >= static_cast<std::uint32_t>(question.recipients_size()))
            return false;
        const auto& asked = question.recipients(static_cast<int>(route.recipient()));
        const auto& destination = route.destination();
        if (destination == routing::mailbox_destination) {
            if (route.account() == 0 || (route.account() != asked.account() &&
                                         route.account() != asked.catch_all_account()))
                return false;
        } else if (!destination.empty()) {
            const auto domain = routing::domain_of(destination);
            if (route.account() != 0 || !domain || !mail::Domain::parse(*domain))
                return false;
        }
        if (!mail::ForwardPath::parse(route.final_address()) || route.rule().size() > 255 ||
            route.status().size() > 16)
            return false;
        recipients.insert(route.recipient());
    }
    return std::ssize(recipients) == question.recipients_size();
}

} // namespace

/// An error is the store's; whatever else happens, the letter is taken care of.
Task<store::Result<Dispatch::Again>> Dispatch::route_once(spool::LetterId id,
                                                          Workers::Company company)
{
    auto letter = co_await letters_.open(id);
    if (!letter)
        co_return std::unexpected(letter.error());
    if ((*letter)->routed || (*letter)->ended)
        co_return Again::no;
    auto question = co_await question_for(**letter);
    if (!question)
        co_return std::unexpected(store::Error::unavailable);
    auto head = co_await head_of(**letter);
    if (!head)
        co_return std::unexpected(head.error());
    auto place = co_await sorters_.take(company);
    auto routed = co_await place.link()->call<wire::Routed>(wire::Method::route, *question,
                                                            (*letter)->record.prefix() + *head);
    if (!routed) {
        log::warning("letter.not_routed",
                     {{"letter", id.text()}, {"reason", wire::describe(routed.error())}});
        auto loss = spool::Loss::stopped;
        if (routed.error() == wire::Failure::closed)
            loss = co_await place.loss();
        else if (routed.error() == wire::Failure::invalid)
            loss = spool::Loss::crashed;
        place = {};
        co_return co_await suspect(id, company, loss);
    }
    place = {};
    if ((*letter)->routed || (*letter)->ended)
        co_return Again::no;
    if (!makes_sense(routed->message, *question)) {
        log::error("letter.misrouted", {{"letter", id.text()}});
        co_return co_await suspect(id, company, spool::Loss::crashed);
    }
    crashes_.erase(id.value);
    auto applied = co_await apply_routes(*letter, routed->message);
    if (!applied)
        co_return std::unexpected(applied.error());
    co_return Again::no;
}

Task<wire::Result<wire::Route>> Dispatch::question_for(const OpenLetter& letter)
{
    wire::Route question;
    question.set_letter(letter.id.value);
    question.set_sender(letter.record.sender());
    question.set_hop_limit(static_cast<std::uint32_t>(office_.config().limits.hops));
    question.set_hostname(office_.config().hostname.text());
    for (const auto& address : letter.recipients) {
        auto* recipient = question.add_recipients();
        recipient->set_address(address);
        const auto path = mail::ForwardPath::parse(address);
        if (!path)
            continue; // The sorter fails it.
        const auto facts = co_await office_.facts_of(*path);
        if (!facts)
            co_return std::unexpected(facts.error());
        recipient->set_local_domain(facts->local_domain);
        recipient->set_account(facts->account);
        if (facts->catch_all)
            recipient->set_catch_all(facts->catch_all->text());
        recipient->set_catch_all_account(facts->catch_all_account);
    }
    co_return question;
}

Task<store::Result<void>> Dispatch::apply_routes(std::shared_ptr<OpenLetter> letter,
                                                 const wire::Routed& routed)
{
    const auto now = wall_clock();
    std::map<std::string, std::size_t> crowd; // deliveries by destination
    for (const auto& route : routed.deliveries())
        ++crowd[route.destination()];
    std::map<std::uint64_t, spool::Delivery> deliveries;
    bool to_mailbox = false;
    for (const auto& route : routed.deliveries()) {
        const auto id = office_.spool.delivery_ids().make(letter->id, route.final_address(),
                                                          route.destination());
        spool::Delivery delivery;
        delivery.set_id(id.value);
        delivery.set_recipient(letter->recipients[route.recipient()]);
        delivery.set_final_address(route.final_address());
        delivery.set_destination(route.destination());
        delivery.set_account(route.account());
        delivery.set_rule(route.rule());
        delivery.set_due(to_microseconds(now));
        delivery.set_priority(spool::priority_for(crowd[route.destination()]));
        if (route.destination().empty()) {
            delivery.set_state(spool::FAILED);
            delivery.set_status(route.status());
            delivery.set_text(printable(route.text(), Limits::reply_bytes));
            delivery.set_settled_at(to_microseconds(now));
        }
        to_mailbox = to_mailbox || route.account() != 0;
        // One for each place it goes to; and what a routing before a crash has led to stays.
        if (const auto before = letter->deliveries.find(id.value);
            before != letter->deliveries.end())
            delivery = before->second.record;
        deliveries.emplace(id.value, std::move(delivery));
    }
    letter->record.set_shared_body(to_mailbox && deliveries.size() > 1);

    std::vector<spool::Delivery> page;
    std::size_t left = deliveries.size();
    for (const auto& [id, delivery] : deliveries) {
        page.push_back(delivery);
        if (--left != 0 && page.size() < deliveries_a_page)
            continue;
        const auto which = left == 0 ? spool::Spool::Page::last : spool::Spool::Page::more;
        auto stored = co_await office_.spool.add_deliveries(letter->id, std::exchange(page, {}),
                                                            which, letter->record);
        if (!stored)
            co_return std::unexpected(stored.error());
    }
    letter->routed = true;
    for (auto& [id, delivery] : deliveries) {
        if (letter->deliveries.contains(id))
            continue;
        if (delivery.state() == spool::FAILED) {
            letter->notices.push_back({{id}, spool::notice_of(delivery)});
        }
        OpenLetter::Open open;
        if (delivery.state() == spool::WAITING)
            open.due_row = from_microseconds(delivery.due());
        open.record = delivery;
        letter->deliveries[id] = std::move(open);
    }
    for (const auto& [id, delivery] : deliveries)
        if (delivery.state() == spool::WAITING)
            schedule(*letter, delivery);
    pump();
    co_await settle(letter);
    co_return store::Result<void>{};
}

void Dispatch::schedule(const OpenLetter& letter, const spool::Delivery& delivery)
{
    spool::Item item;
    item.letter = letter.id;
    item.delivery = {delivery.id()};
    item.due = from_microseconds(delivery.due());
    item.accepted = from_microseconds(letter.record.received_at());
    item.attempts = delivery.attempts();
    item.priority = static_cast<std::uint8_t>(delivery.priority());
    scheduler_->added(delivery.destination(), item, wall_clock());
}

void Dispatch::waiting_again(const OpenLetter& letter, const spool::Delivery& delivery)
{
    schedule(letter, delivery);
    scheduler_->retry_now(delivery.destination());
    pump();
}

/// The sorter went away with this letter in its hands.
Task<Dispatch::Again> Dispatch::suspect(spool::LetterId id, Workers::Company company,
                                        spool::Loss loss)
{
    if (loss == spool::Loss::stopped) {
        co_return Again::with_others;
    }
    if (company == Workers::Company::alone && ++crashes_[id.value] >= Limits::crashes) {
        crashes_.erase(id.value);
        log::error("letter.poison", {{"letter", id.text()}, {"while", "routing"}});
        if (auto letter = letters_.find(id)) {
            letter->record.set_crashes(Limits::crashes);
            auto noted = co_await office_.spool.update_letter(id, letter->record);
            auto held = co_await office_.spool.hold_unsorted(id);
            letters_.close(id);
            if (noted && held)
                co_return Again::no;
        }
    }
    co_return Again::alone;
}

} // namespace posthouse::keeper
