// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/route_rows.hpp"
#include "mail/address.hpp"
#include "spool/notice.hpp"
#include "wire/parse.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

constexpr std::size_t deliveries_a_page = 800; // each a row, a due row, maybe a hint or a notice
constexpr auto store_patience = std::chrono::seconds(2);

} // namespace

void Dispatch::accepted(std::shared_ptr<OpenLetter> letter)
{
    const auto id = letter->id;
    if (letter->routed)
        return accepted_routed(std::move(letter));
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
    const auto question = co_await question_for(letter);
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
    if (!makes_sense(routes, routed->message,
                     static_cast<std::size_t>(question.recipients_size()))) {
        log::error("letter.misrouted", {{"letter", id.text()}});
        co_return co_await suspect(id, company, spool::Loss::crashed);
    }
    crashes_.erase(id.value);
    auto applied = co_await apply_routes(letter, std::move(routes), std::move(routed->message));
    if (!applied)
        co_return std::unexpected(applied.error());
    co_return Again::no;
}

Task<wire::Route> Dispatch::question_for(std::shared_ptr<const OpenLetter> letter)
{
    wire::Route question;
    const auto& record = letter->record;
    question.set_letter(letter->id.value);
    question.set_sender(record.sender());
    question.set_hop_limit(static_cast<std::uint32_t>(office_.config().limits.hops));
    question.set_generation(office_.settings().generation);
    question.set_prefix_bytes(static_cast<std::uint32_t>(record.prefix().size()));
    auto* origin = question.mutable_origin();
    origin->set_client_address(record.client_address());
    origin->set_client_name(record.client_name());
    origin->set_login(record.login());
    origin->set_local(record.local());
    // Once: what is expanded later has its copies by then.
    question.set_copies(!record.routed_once() && record.notification_of() == 0);
    // Most recipients are accounts: who they are need not be asked for.
    std::vector<routing::Person> persons;
    for (auto& recipient : recipients_to_route(*letter, office_.config().hostname).recipients) {
        const auto mailbox = mail::Mailbox::parse(recipient);
        if (mailbox && office_.is_local(mailbox->domain()) &&
            std::ssize(persons) < Limits::persons_a_question)
            persons.push_back({routing::Person::Kind::account, lowercase(mailbox->text())});
        question.add_recipients(std::move(recipient));
    }
    const auto standings = co_await office_.look_up(persons);
    for (std::size_t i = 0; standings && i < persons.size(); ++i) {
        question.add_persons()->set_name(persons[i].name);
        auto* told = question.add_standings();
        told->set_account((*standings)[i].account);
        told->set_exists((*standings)[i].exists);
    }
    co_return question;
}

/// What the routes make of a letter: its own record as it will be, and the rows of the others.
RouteRows Dispatch::rows_of(OpenLetter& letter, const std::vector<wire::Routed::Delivery>& routes,
                            const wire::Routed& rewritten)
{
    const bool first = !letter.record.routed_once();
    RouteRows rows(letter,
                   {.ids = office_.spool.delivery_ids(),
                    .hostname = office_.config().hostname,
                    .reply_bytes = Limits::reply_bytes},
                   wall_clock());
    rows.take(routes);
    if (rewritten.has_sender() && rewritten.sender() != letter.record.sender()) {
        letter.record.set_original_sender(letter.record.sender());
        letter.record.set_sender(rewritten.sender());
    }
    if (!rewritten.edits().empty() && first) {
        auto text = LetterText(letter.record).text();
        // More than there is room for: then the header stays as it was written.
        if (text.apply(edits_from(rewritten.edits())))
            put_edits(text, *letter.record.mutable_edits());
        else
            log::warning("header.not_rewritten", {{"letter", letter.id.text()}});
    }
    rows.finish();
    return rows;
}

/// The rows are written, or will be with the letter.
void Dispatch::note_routes(OpenLetter& letter, std::map<std::uint64_t, spool::Delivery> deliveries,
                           const spool::Spool::Notices& notices)
{
    letter.routed = true;
    letter.expansions.clear();
    const auto is_known = [&](spool::DeliveryId about) { // From a routing that a crash cut short.
        return std::ranges::find(letter.notices, about, &spool::Spool::Notice::delivery) !=
               letter.notices.end();
    };
    for (const auto& [about, notice] : notices)
        if (!is_known(about))
            letter.notices.push_back({about, notice});
    for (auto& [id, delivery] : deliveries) {
        auto& open = letter.deliveries[id];
        if (open.record.id() == 0) {
            if (delivery.state() == spool::WAITING)
                open.due_row = from_microseconds(delivery.due());
            open.record = std::move(delivery);
        }
    }
}

namespace {

/// Will routing leave a letter with nothing to be done, so that only its unsorted row finds it if
/// we end before it does?
bool leaves_nothing(const OpenLetter& letter,
                    const std::map<std::uint64_t, spool::Delivery>& deliveries,
                    const spool::Spool::Notices& notices)
{
    return notices.empty() && letter.notices.empty() &&
           std::ranges::all_of(
               letter.deliveries,
               [](const auto& entry) { return is_final(entry.second.record.state()); }) &&
           std::ranges::all_of(deliveries, [&](const auto& entry) {
               return letter.deliveries.contains(entry.first) || is_final(entry.second.state());
           });
}

} // namespace

Task<store::Result<void>> Dispatch::apply_routes(std::shared_ptr<OpenLetter> letter,
                                                 std::vector<wire::Routed::Delivery> routes,
                                                 wire::Routed rewritten)
{
    const auto before = letter->record;
    auto rows = rows_of(*letter, routes, rewritten);
    auto last = spool::Spool::LastPage{letter->record, {}};
    for (const auto& expansion : letter->expansions)
        last.expansions.push_back({expansion.delivery()});
    auto pages = rows.pages(deliveries_a_page);
    spool::Spool::Notices notices;
    for (auto page = pages.begin(); page != pages.end(); ++page) {
        notices.insert(notices.end(), page->notices.begin(), page->notices.end());
        const bool is_last = std::next(page) == pages.end();
        letter->last_page_under_way = is_last;
        if (is_last)
            letter->over = last.over = leaves_nothing(*letter, rows.deliveries, notices);
        auto stored = co_await office_.spool.add_deliveries(
            letter->id, std::move(page->deliveries), std::move(page->notices),
            is_last ? std::optional(last) : std::nullopt);
        letter->last_page_under_way = false;
        if (!stored) {
            letter->record = before;
            co_return std::unexpected(stored.error());
        }
    }
    note_routes(*letter, std::move(rows.deliveries), notices);
    start_waiting(*letter);
    pump();
    co_await settle(letter);
    co_return store::Result<void>{};
}

void Dispatch::start_waiting(const OpenLetter& letter)
{
    // Those that waited already while the others were being routed started nothing meanwhile.
    const auto now = to_microseconds(wall_clock());
    for (const auto& [id, open] : letter.deliveries)
        if (open.record.state() == spool::WAITING && !open.under_way && open.record.due() <= now)
            schedule(letter, open.record);
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
