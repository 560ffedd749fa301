// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/letter_text.hpp"
#include "mail/address.hpp"
#include "spool/notice.hpp"
#include "wire/parse.hpp"

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

/// Our own fields, and as much of the letter as routing wants to see.
Task<store::Result<std::string>> Dispatch::head_of(const OpenLetter& letter)
{
    const LetterText text(letter.record);
    const auto most = letter.body.empty() ? text.prefix_bytes() + Limits::header : text.bytes();
    co_return co_await text.read(office_.engine, 0, most, letter.body);
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

/// The recipients that are to be routed now, and what became of asking.
struct Asked {
    std::vector<std::string> recipients;
    std::vector<const spool::Expansion*> from; // which led to it; nullptr: the letter's own
    std::vector<std::size_t> own;              // index in the letter, for its own
};

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

/// Each route leads to a place that there is, each address is one. A sorter reads letters, and may
/// be a letter's puppet; that an account is whose the address is, is looked up before anything is
/// filed in it.
bool makes_sense(const wire::Routed::Delivery& route, std::size_t recipients)
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

/// A page of a letter's routes, from the sorter that has it in hand.
Task<wire::Result<wire::Answer>> Dispatch::take_routes(const wire::Link* link, wire::Frame frame)
{
    const auto page = wire::parse<wire::Routes>(frame.message);
    if (!page)
        co_return std::unexpected(wire::Failure::invalid);
    const auto found = pages_.find({link, page->letter()});
    if (found == pages_.end())
        co_return std::unexpected(wire::Failure::refused);
    auto& routes = *found->second;
    if (routes.size() + static_cast<std::size_t>(page->deliveries_size()) >
        office_.config().routing.expansion_limit + office_.config().limits.recipients)
        co_return std::unexpected(wire::Failure::invalid);
    routes.insert(routes.end(), page->deliveries().begin(), page->deliveries().end());
    co_return wire::answer_with(wire::Done());
}

Task<wire::Result<wire::Answer>> Dispatch::look_up(const wire::Link* link, wire::Frame frame)
{
    const auto request = wire::parse<wire::LookUp>(frame.message);
    if (!request || request->persons_size() > Limits::persons_a_question)
        co_return std::unexpected(wire::Failure::invalid);
    if (!pages_.contains({link, request->letter()}))
        co_return std::unexpected(wire::Failure::refused);
    std::vector<routing::Person> persons;
    for (const auto& person : request->persons())
        persons.push_back(
            {person.login() ? routing::Person::Kind::login : routing::Person::Kind::account,
             printable(person.name(), 320)});
    auto standings = co_await office_.look_up(std::move(persons));
    if (!standings)
        co_return std::unexpected(standings.error());
    wire::LookedUp answer;
    for (const auto& standing : *standings) {
        auto* told = answer.add_standings();
        told->set_account(standing.account);
        told->set_exists(standing.exists);
    }
    co_return wire::answer_with(answer);
}

/// An error is the store's; whatever else happens, the letter is taken care of.
Task<store::Result<Dispatch::Again>> Dispatch::route_once(spool::LetterId id,
                                                          Workers::Company company)
{
    auto opened = co_await letters_.open(id);
    if (!opened)
        co_return std::unexpected(opened.error());
    const auto letter = std::move(*opened);
    if (letter->routed || letter->ended || letter->closing)
        co_return Again::no;
    const auto question = question_for(*letter);
    if (question.recipients().empty()) {
        auto applied = co_await apply_routes(letter, {}, {});
        if (!applied)
            co_return std::unexpected(applied.error());
        co_return Again::no;
    }
    auto head = co_await head_of(*letter);
    if (!head)
        co_return std::unexpected(head.error());
    auto place = co_await sorters_.take(company);
    std::vector<wire::Routed::Delivery> routes;
    wire::Result<wire::Typed<wire::Routed>> routed = std::unexpected(wire::Failure::closed);
    {
        const auto page = pages_.emplace(std::pair(place.link().get(), id.value), &routes).first;
        routed = co_await place.link()->call<wire::Routed>(wire::Method::route, question,
                                                           std::move(*head));
        pages_.erase(page);
    }
    if (!routed) {
        log::warning("letter.not_routed",
                     {{"letter", id.text()}, {"reason", wire::describe(routed.error())}});
        auto loss = spool::Loss::stopped;
        if (routed.error() == wire::Failure::closed)
            loss = co_await place.loss();
        else if (routed.error() == wire::Failure::invalid)
            loss = spool::Loss::crashed;
        place = {};
        if (routed.error() == wire::Failure::unavailable)
            co_await sleep(store_patience); // Somebody could not be looked up.
        co_return co_await suspect(id, company, loss);
    }
    place = {};
    if (letter->routed || letter->ended)
        co_return Again::no;
    auto& last = *routed->message.mutable_deliveries();
    routes.insert(routes.end(), last.begin(), last.end());
    const auto recipients = static_cast<std::size_t>(question.recipients_size());
    std::set<std::uint32_t> answered;
    const bool sensible = std::ranges::all_of(routes, [&](const auto& route) {
        answered.insert(route.recipient());
        return makes_sense(route, recipients);
    });
    if (!sensible || answered.size() != recipients ||
        (routed->message.has_sender() && !mail::ReversePath::parse(routed->message.sender()))) {
        log::error("letter.misrouted", {{"letter", id.text()}});
        co_return co_await suspect(id, company, spool::Loss::crashed);
    }
    crashes_.erase(id.value);
    auto applied = co_await apply_routes(letter, std::move(routes), std::move(routed->message));
    if (!applied)
        co_return std::unexpected(applied.error());
    co_return Again::no;
}

wire::Route Dispatch::question_for(const OpenLetter& letter)
{
    wire::Route question;
    const auto& record = letter.record;
    question.set_letter(letter.id.value);
    question.set_sender(record.sender());
    question.set_hop_limit(static_cast<std::uint32_t>(office_.config().limits.hops));
    question.set_generation(office_.settings().generation);
    question.set_prefix_bytes(static_cast<std::uint32_t>(record.prefix().size()));
    auto* origin = question.mutable_origin();
    origin->set_client_address(record.client_address());
    origin->set_client_name(record.client_name());
    origin->set_login(record.login());
    origin->set_local(record.local());
    const auto asked = recipients_to_route(letter, office_.config().hostname);
    for (std::size_t i = 0; i < asked.recipients.size(); ++i) {
        question.add_recipients(asked.recipients[i]);
        if (asked.from[i] == nullptr && record.notification_of() == 0)
            question.add_copies_of(static_cast<std::uint32_t>(i));
    }
    return question;
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

/// What routing made of a letter's recipients, as the queue's rows will have it.
class Dispatch::Routing {
public:
    Routing(Dispatch& dispatch, OpenLetter& letter, Timestamp now)
        : dispatch_(dispatch),
          letter_(letter),
          now_(now),
          asked_(recipients_to_route(letter, dispatch.office_.config().hostname))
    {
    }

    void take(const std::vector<wire::Routed::Delivery>& routes)
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
            }
            delivery.set_recipient(expansion == nullptr ? letter_.recipients[asked_.own[i]]
                                                        : expansion->recipient());
            delivery.set_final_address(route.final_address());
            delivery.set_destination(route.destination());
            delivery.set_account(route.account());
            delivery.set_rule(route.rule());
            delivery.set_user(route.user());
            delivery.set_target(route.target());
            delivery.set_has_sender(route.has_sender());
            delivery.set_sender(route.sender());
            delivery.set_list(route.list());
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
                delivery.set_text(printable(route.text(), Limits::reply_bytes));
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

    /// Numbers that depend on all of them together.
    void finish()
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
            if (delivery.state() == spool::FAILED && delivery.destination().empty())
                if (auto notice = spool::notice_owed(delivery, spool::ACTION_FAILED))
                    notices.push_back({{id}, std::move(*notice)});
    }

    std::map<std::uint64_t, spool::Delivery> deliveries; // new ones
    std::vector<std::pair<spool::DeliveryId, spool::NoticeDue>> notices;

private:
    void add(spool::Delivery delivery)
    {
        const auto& ids = dispatch_.office_.spool.delivery_ids();
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
        delivery.set_due(to_microseconds(now_));
        if (delivery.destination() == routing::discard_destination) {
            delivery.set_state(spool::DELIVERED);
            delivery.set_status("2.0.0");
            delivery.set_text("discarded, as the rule says");
        }
        if (is_final(delivery.state()))
            delivery.set_settled_at(to_microseconds(now_));
        deliveries.emplace(id, std::move(delivery));
    }

    spool::Delivery for_the_agent(const std::string& recipient, const spool::Expansion& expansion)
    {
        spool::Delivery delivery;
        const auto& through = expansion.through();
        delivery.set_recipient(expansion.recipient());
        delivery.set_final_address(through.empty() ? expansion.recipient()
                                                   : through[through.size() - 1]);
        delivery.set_destination(std::string(routing::agent_destination));
        delivery.set_rule(".forward of " + expansion.user());
        delivery.set_user(expansion.user());
        delivery.set_keep(true);
        delivery.set_target(recipient.starts_with('|')   ? "program:" + recipient.substr(1)
                            : recipient.starts_with('/') ? "file:" + recipient
                                                         : "mailbox");
        delivery.set_notify(expansion.notify());
        delivery.set_original(expansion.original());
        *delivery.mutable_through() = through;
        return delivery;
    }

    void tell_of_expansion(const spool::Delivery& delivery, const spool::RecipientTerms& terms,
                           bool list)
    {
        if (!spool::is_wanted(terms.notify(), spool::ACTION_EXPANDED))
            return;
        auto about = delivery;
        about.set_final_address(delivery.recipient());
        about.set_has_sender(false);
        about.set_original(terms.original());
        about.set_status("2.0.0");
        about.set_text(list ? "given to a mailing list" : "given to several recipients");
        notices.push_back(
            {dispatch_.office_.spool.delivery_ids().make(letter_.id, delivery.recipient(),
                                                         "expanded:"),
             spool::notice_of(about, list ? spool::ACTION_DELIVERED : spool::ACTION_EXPANDED)});
    }

    Dispatch& dispatch_;
    OpenLetter& letter_;
    Timestamp now_;
    Asked asked_;
};

Task<store::Result<void>> Dispatch::apply_routes(std::shared_ptr<OpenLetter> letter,
                                                 std::vector<wire::Routed::Delivery> routes,
                                                 wire::Routed rewritten)
{
    const auto before = letter->record;
    Routing routing(*this, *letter, wall_clock());
    routing.take(routes);
    if (rewritten.has_sender() && rewritten.sender() != letter->record.sender()) {
        letter->record.set_original_sender(letter->record.sender());
        letter->record.set_sender(rewritten.sender());
    }
    if (!rewritten.edits().empty() && !before.routed_once()) {
        auto text = LetterText(letter->record).text();
        // More than there is room for: then the header stays as it was written.
        if (text.apply(edits_from(rewritten.edits())))
            put_edits(text, *letter->record.mutable_edits());
        else
            log::warning("header.not_rewritten", {{"letter", letter->id.text()}});
    }
    routing.finish();

    auto last = spool::Spool::LastPage{letter->record, {}, routing.notices};
    for (const auto& expansion : letter->expansions)
        last.expansions.push_back({expansion.delivery()});
    std::vector<spool::Delivery> page;
    std::size_t left = routing.deliveries.size();
    for (const auto& [id, delivery] : routing.deliveries) {
        page.push_back(delivery);
        if (--left == 0 || page.size() < deliveries_a_page)
            continue;
        auto stored = co_await office_.spool.add_deliveries(letter->id, std::exchange(page, {}),
                                                            std::nullopt);
        if (!stored) {
            letter->record = before;
            co_return std::unexpected(stored.error());
        }
    }
    auto stored =
        co_await office_.spool.add_deliveries(letter->id, std::move(page), std::move(last));
    if (!stored) {
        letter->record = before;
        co_return std::unexpected(stored.error());
    }
    letter->routed = true;
    letter->expansions.clear();
    for (auto& [about, notice] : routing.notices)
        letter->notices.push_back({about, std::move(notice)});
    for (auto& [id, delivery] : routing.deliveries) {
        auto& open = letter->deliveries[id];
        if (open.record.id() == 0) {
            if (delivery.state() == spool::WAITING)
                open.due_row = from_microseconds(delivery.due());
            open.record = std::move(delivery);
        }
    }
    // Those that waited already while the others were being routed started nothing meanwhile.
    const auto now = to_microseconds(wall_clock());
    for (const auto& [id, open] : letter->deliveries)
        if (open.record.state() == spool::WAITING && !open.under_way && open.record.due() <= now)
            schedule(*letter, open.record);
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
