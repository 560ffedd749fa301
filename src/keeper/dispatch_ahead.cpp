// SPDX-License-Identifier: Apache-2.0
// Routing before a letter is accepted. For most letters the commit that accepts them then has their
// deliveries too, and one that goes to a mailbox need not be sent to a sorter again.
#include "keeper/dispatch.hpp"
#include "keeper/letter_text.hpp"
#include "mail/address.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// A client waits meanwhile for its 250.
constexpr auto patience = std::chrono::seconds(1);

} // namespace

/// What a sorter is asked, and what it has said so far.
struct Dispatch::Ahead {
    Ahead(const asio::any_io_executor& executor, Workers::Place at, wire::Route question)
        : place(std::move(at)),
          route(std::move(question)),
          all_said(executor, patience)
    {
    }
    Workers::Place place;
    wire::Route route;
    std::optional<wire::File> file;
    std::string whole; // the letter
    std::vector<wire::Routed::Delivery> routes;
    std::optional<wire::Routed> routed;
    std::unique_ptr<wire::Filed> filed;
    int unanswered = 1;
    asio::steady_timer all_said;

    void answered()
    {
        if (--unanswered == 0)
            all_said.cancel();
    }
};

Task<void> Dispatch::ask_routes(std::shared_ptr<Ahead> ahead)
{
    const std::pair key(ahead->place.link().get(), ahead->route.letter());
    if (pages_.emplace(key, &ahead->routes).second) {
        auto routed = co_await ahead->place.link()->call<wire::Routed>(wire::Method::route,
                                                                       ahead->route, ahead->whole);
        pages_.erase(key);
        if (routed)
            ahead->routed = std::move(routed->message);
    }
    ahead->answered();
}

Task<void> Dispatch::ask_filed(std::shared_ptr<Ahead> ahead)
{
    auto filed = co_await ahead->place.link()->call<wire::Filed>(wire::Method::file, *ahead->file,
                                                                 ahead->whole);
    if (filed)
        ahead->filed = std::make_unique<wire::Filed>(std::move(filed->message));
    ahead->answered();
}

Task<bool> Dispatch::route_ahead(std::shared_ptr<OpenLetter> letter)
{
    if (draining_ || letter->body.empty() || letter->recipients.empty() ||
        letter->recipients.size() > Limits::routed_ahead)
        co_return false;
    auto place = sorters_.try_take(Workers::Company::shared);
    if (!place)
        co_return false;
    const LetterText text(letter->record);
    auto whole = co_await text.read(office_.engine, 0, text.bytes(), letter->body);
    if (!whole)
        co_return false;
    auto question = co_await question_for(letter);
    const auto ahead =
        std::make_shared<Ahead>(office_.executor(), std::move(*place), std::move(question));
    ahead->whole = std::move(*whole);
    // No letter's id: should we not wait for the answer, the letter will be asked about again.
    ahead->route.set_letter(~letter->id.value);
    const auto& only = letter->recipients.front();
    const auto mailbox = mail::Mailbox::parse(only);
    if (letter->recipients.size() == 1 && mailbox && ahead->route.standings_size() == 1 &&
        ahead->route.standings(0).account() != 0) {
        auto& order = ahead->file.emplace();
        order.set_letter(~letter->id.value);
        order.set_sender(letter->record.sender());
        order.set_recipient(only);
        order.set_final_address(mailbox->text());
        order.set_bytes(text.bytes());
        order.set_received_at(letter->record.received_at());
        ++ahead->unanswered;
    }
    asio::co_spawn(office_.executor(), ask_routes(ahead), asio::detached);
    if (ahead->file)
        asio::co_spawn(office_.executor(), ask_filed(ahead), asio::detached);
    while (ahead->unanswered != 0 &&
           ahead->all_said.expiry() > asio::steady_timer::clock_type::now())
        co_await ahead->all_said.async_wait(as_result);
    if (!ahead->routed)
        co_return false;
    auto& last = *ahead->routed->mutable_deliveries();
    ahead->routes.insert(ahead->routes.end(), last.begin(), last.end());
    if (ahead->routes.size() > Limits::routed_ahead ||
        !makes_sense(ahead->routes, *ahead->routed, letter->recipients.size()))
        co_return false;
    auto rows = rows_of(*letter, ahead->routes, *ahead->routed);
    auto page = std::move(rows.pages(2 * Limits::routed_ahead).front());
    // As it would be asked for in file().
    if (ahead->filed && rows.deliveries.size() == 1) {
        const auto& delivery = rows.deliveries.begin()->second;
        if (delivery.account() != 0 && !delivery.has_sender() && !ahead->routed->has_sender() &&
            ahead->routed->edits().empty() &&
            delivery.final_address() == ahead->file->final_address()) {
            letter->filed_ahead = std::move(ahead->filed);
            letter->filed_ahead_for = delivery.id();
        }
    }
    note_routes(*letter, std::move(rows.deliveries), page.notices);
    letter->over = letter->has_nothing_left();
    co_return true;
}

/// It is ours, and its deliveries are written.
void Dispatch::accepted_routed(std::shared_ptr<OpenLetter> letter)
{
    // Its rows may have been found, and the letter opened, before we came here.
    const auto known = letters_.find(letter->id);
    if (known)
        letter = known;
    const bool done = letter->settled() || !letter->notices.empty();
    if (!known && (done || letters_.size() < Limits::letters_kept))
        letters_.add(letter);
    start_waiting(*letter);
    if (done)
        asio::co_spawn(office_.executor(), settle(letter), asio::detached);
    pump();
}

} // namespace posthouse::keeper
