// SPDX-License-Identifier: Apache-2.0
// The envelope, and whom to ask in which order. See delivery_outcomes.cpp for what they say.
#include "courier/delivery.hpp"

#include "base/log.hpp"
#include "mail/delivery_terms.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <utility>

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::courier {
namespace {

Letter::Declared declared(const wire::Attempt& attempt)
{
    return attempt.binary()      ? Letter::Declared::binary
           : attempt.eight_bit() ? Letter::Declared::eight_bit
                                 : Letter::Declared::seven_bit;
}

/// A parameter of MAIL or RCPT behind those before it.
void append_parameter(std::string& to, std::string_view name, std::string_view value)
{
    if (!value.empty())
        to += fmt::format("{}{}={}", to.empty() ? "" : " ", name, value);
}

/// RFC 3461 §5.2.1: what was asked for is passed on.
std::string dsn_parameters(const wire::RecipientTerms& terms)
{
    std::string text;
    append_parameter(text, "NOTIFY", mail::notify_text(static_cast<std::uint8_t>(terms.notify())));
    if (!terms.original().empty())
        append_parameter(text, "ORCPT",
                         mail::original_recipient_text(terms.original(), mail::Charset::ascii));
    return text;
}

Carrier::Order order_of(const wire::Verify& question)
{
    Carrier::Order order{.attempt = {}, .body = Body(std::string())};
    order.attempt.set_destination(question.destination());
    order.attempt.add_recipients(question.recipient());
    return order;
}

std::string words_of(const smtp::Outcome& outcome)
{
    return outcome.code != 0 ? outcome.summary() : outcome.text;
}

} // namespace

Delivery::Delivery(Carrier& carrier, Carrier::Order order)
    : carrier_(carrier),
      order_(std::move(order)),
      letter_(carrier, std::move(order_.body), declared(order_.attempt))
{
    open_.resize(static_cast<std::size_t>(order_.attempt.recipients_size()));
    std::iota(open_.begin(), open_.end(), std::size_t{0});
    for (std::size_t i = 0; i < open_.size(); ++i)
        attempted_.add_outcomes();
}

Delivery::Delivery(Carrier& carrier, wire::Verify question) : Delivery(carrier, order_of(question))
{
    extent_ = smtp::Outgoing::Extent::envelope;
}

Task<wire::Attempted> Delivery::run()
{
    co_await by_route();
    attempted_.set_health_unknown(!answered_ && !attempted_.site_troubled());
    co_return std::move(attempted_);
}

Task<wire::Verified> Delivery::verify()
{
    co_await by_route();
    wire::Verified verified;
    const auto& outcome = attempted_.outcomes(0);
    verified.set_text(outcome.text());
    // Of the recipient, that is; a host that refuses us, or questions, has said nothing.
    if (verdict_ && verdict_->stage == smtp::Stage::rcpt) {
        if (verdict_->disposition == smtp::Disposition::delivered)
            verified.set_answer(wire::Verified::TAKEN);
        else if (verdict_->disposition == smtp::Disposition::failed)
            verified.set_answer(wire::Verified::REFUSED);
    }
    co_return verified;
}

Task<void> Delivery::by_route()
{
    if (!parse_envelope())
        co_return;
    auto route = parse_destination(order_.attempt.destination());
    if (!route)
        co_return settle_rest(wire::Attempted::FAILED, "5.1.2", "the destination makes no sense");
    protocol_ = route->protocol;
    for (const auto& hop : route->hops)
        if (!open_.empty())
            co_await by_hop(hop);
    const auto fallback = carrier_.policy()->fallback();
    if (fallback && route->hops[0].kind == Hop::Kind::domain && may_fall_back())
        co_await by_hop(*fallback);
    settle_rest();
}

/// All hosts of the domain are in trouble, and none of them for good.
bool Delivery::may_fall_back() const
{
    if (open_.empty() || extent_ == smtp::Outgoing::Extent::envelope || !is_wanted())
        return false;
    return trouble_ ? trouble_->outcome.disposition == smtp::Disposition::deferred
                    : not_found_.has_value();
}

// ---- Before a host is asked ------------------------------------------------------------------

bool Delivery::parse_envelope()
{
    auto sender = mail::ReversePath::parse(order_.attempt.sender());
    if (!sender) {
        settle_rest(wire::Attempted::FAILED, "5.1.7", "the sender's address makes no sense");
        return false;
    }
    sender_ = std::move(*sender);
    std::vector<std::size_t> sound;
    for (const auto i : open_) {
        auto path = mail::ForwardPath::parse(order_.attempt.recipients(static_cast<int>(i)));
        paths_.push_back(path ? std::optional(std::move(*path)) : std::nullopt);
        if (paths_.back())
            sound.push_back(i);
        else
            settle(i,
                   smtp::outcome_of(smtp::Stage::rcpt, smtp::Cause::not_supported, {5, 1, 3},
                                    "the address makes no sense"),
                   {});
    }
    open_ = std::move(sound);
    return !open_.empty();
}

Task<void> Delivery::by_hop(const Hop& hop)
{
    terms_ = std::make_shared<const Terms>(carrier_.policy()->terms_for(hop, protocol_));
    if (!co_await find_hosts(hop))
        co_return;
    co_await by_idle_connection();
    if (hop.kind != Hop::Kind::socket)
        co_await by_hosts();
    else if (!open_.empty())
        co_await by_place({.host = "localhost", .endpoint = {}, .path = hop.name});
}

Task<bool> Delivery::find_hosts(const Hop& hop)
{
    targets_.reset();
    if (hop.kind == Hop::Kind::socket) {
        attempted_.set_site(hop.text());
        pool_key_ = hop.text();
        co_return true;
    }
    auto found = co_await carrier_.targets().find(hop);
    if (!found) {
        not_found_ =
            not_found_.value_or(NotFound{"4.4.3", fmt::format("the resolver cannot be asked: {}",
                                                              wire::describe(found.error()))});
        co_return false;
    }
    targets_ = std::move(*found);
    if (attempted_.site().empty()) // The first hop's: what stands behind it is its stand-in.
        attempted_.set_site(targets_->site());
    if (targets_->failed()) {
        for (const auto& step : targets_->steps())
            trace(step);
        if (targets_->permanent())
            settle_rest(wire::Attempted::FAILED, targets_->status(), targets_->text());
        else
            not_found_ = not_found_.value_or(NotFound{targets_->status(), targets_->text()});
        co_return false;
    }
    const auto port = targets_->targets().empty() ? 0 : targets_->targets(0).port();
    pool_key_ = fmt::format("{}:{} {}", targets_->site(), port, terms_->name);
    co_return true;
}

// ---- Hosts ----------------------------------------------------------------------------------

/// One at most: if the host has closed it meanwhile, it has closed the others too.
Task<void> Delivery::by_idle_connection()
{
    if (!is_wanted())
        co_return;
    if (auto connection = carrier_.take_idle(pool_key_))
        co_await converse(std::move(connection));
}

Task<void> Delivery::by_hosts()
{
    std::size_t hosts = 0;
    std::size_t addresses = 0;
    for (const auto& target : targets_->targets()) {
        if (++hosts > Limits::hosts)
            co_return;
        const auto port =
            target.port() != 0 ? static_cast<std::uint16_t>(target.port()) : terms_->port;
        for (const auto& text : target.addresses()) {
            boost::system::error_code error;
            const auto address = asio::ip::make_address(text, error);
            if (error)
                continue;
            if (open_.empty() || ++addresses > Limits::addresses ||
                ++addresses_ > Limits::addresses_in_all)
                co_return;
            co_await by_place({target.host(), tcp::endpoint(address, port)});
        }
    }
}

Task<Delivery::End> Delivery::by_place(Place place)
{
    while (!open_.empty() && is_wanted()) {
        auto connection = co_await connect(place);
        if (!connection)
            co_return End::troubled;
        const auto left = open_.size();
        const auto end = co_await converse(std::move(connection));
        if (end != End::again)
            co_return end;
        // A host that neither takes nor refuses is not asked for ever.
        rounds_for_nothing_ = open_.size() < left ? 0 : rounds_for_nothing_ + 1;
        if (rounds_for_nothing_ >= Limits::idle_rounds)
            co_return End::troubled;
    }
    co_return End::done;
}

/// A connection that is ready for a letter, or null.
Task<std::unique_ptr<Connection>> Delivery::connect(Place place)
{
    using Security = Connection::Security;
    auto security = carrier_.is_without_tls(place.host) ? Security::in_clear : Security::by_policy;
    for (;;) {
        auto connection = carrier_.make_connection(place, terms_);
        const auto opened = co_await connection->open(security);
        if (opened)
            co_return connection;
        if (!opened.error().works_in_clear || security == Security::in_clear) {
            note_trouble(place, opened.error().outcome);
            co_return nullptr;
        }
        trace(fmt::format("{}: {}; going on without TLS", place.text_with_port(),
                          words_of(opened.error().outcome)));
        carrier_.remember_without_tls(place.host);
        security = Security::in_clear;
    }
}

/// One connection, as many transactions as are needed.
Task<Delivery::End> Delivery::converse(std::unique_ptr<Connection> connection)
{
    for (;;) {
        const auto left = open_.size();
        const auto form = co_await letter_.for_host(connection->capabilities());
        if (!form) {
            for (const auto i : std::exchange(open_, {}))
                settle(i, form.error(), {});
            carrier_.give_back(pool_key_, std::move(connection));
            co_return End::done;
        }
        auto letter = outgoing(*connection);
        letter.body = form->type;
        letter.size_bytes = form->body->size();
        const auto begun = Instant::clock::now();
        const auto result = co_await connection->send(std::move(letter), *form->body);
        const bool reusable = result.connection == smtp::LetterResult::Connection::reusable;
        const auto end = take(result, *connection, Instant::clock::now() - begun);
        if (!reusable) {
            carrier_.dismiss(std::move(connection));
            co_return end;
        }
        if (end != End::again || open_.size() == left) {
            carrier_.give_back(pool_key_, std::move(connection));
            co_return end;
        }
    }
}

smtp::Outgoing Delivery::outgoing(const Connection& connection) const
{
    const auto& attempt = order_.attempt;
    smtp::Outgoing letter;
    letter.extent = extent_;
    letter.sender = sender_;
    letter.header = attempt.smtputf8() ? mail::Charset::utf8 : mail::Charset::ascii;
    // A letter that was looked through says so itself.
    letter.eight_bit_to_7bit_host = smtp::EightBitTo7BitHost::send_anyway;
    // Behind LMTP is the mailbox: what is to be told of it, we tell (RFC 3461 §5.2.3).
    const bool dsn = connection.capabilities().dsn && protocol_ == smtp::ClientProtocol::smtp;
    if (dsn) {
        append_parameter(letter.dsn_parameters, "RET", attempt.ret());
        append_parameter(letter.dsn_parameters, "ENVID", mail::encode_xtext(attempt.envelope_id()));
    }
    letter.recipients.reserve(open_.size());
    for (const auto i : open_) {
        const auto at = static_cast<int>(i);
        letter.recipients.push_back({.path = *paths_[i],
                                     .dsn_parameters = dsn && at < attempt.terms_size()
                                                           ? dsn_parameters(attempt.terms(at))
                                                           : std::string()});
    }
    return letter;
}

} // namespace posthouse::courier
