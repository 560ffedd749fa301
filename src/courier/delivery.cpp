// SPDX-License-Identifier: Apache-2.0
#include "courier/delivery.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <utility>

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::courier {
namespace {

constexpr std::string_view prefix = "smtp:";

wire::Attempted::Result result_of(smtp::Disposition disposition)
{
    switch (disposition) {
    case smtp::Disposition::delivered:
        return wire::Attempted::DELIVERED;
    case smtp::Disposition::failed:
        return wire::Attempted::FAILED;
    case smtp::Disposition::deferred:
    case smtp::Disposition::retry_now:
        return wire::Attempted::DEFERRED;
    }
    std::unreachable();
}

/// The host's words as it said them; ours without the status, which stands beside them.
std::string words_of(const smtp::Outcome& outcome)
{
    return outcome.code != 0 ? outcome.summary() : outcome.text;
}

bool is_deferred(const smtp::Outcome& outcome)
{
    return outcome.disposition == smtp::Disposition::deferred;
}

/// The host is in trouble and did not get as far as perhaps having delivered it: then nobody else
/// is asked, lest the recipient has it twice.
bool is_for_next_host(const smtp::Outcome& outcome)
{
    return outcome.try_next_host() && !outcome.may_be_duplicated;
}

double seconds(Duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

} // namespace

Delivery::Delivery(Carrier& carrier, Carrier::Order order)
    : carrier_(carrier),
      order_(std::move(order))
{
    open_.resize(static_cast<std::size_t>(order_.attempt.recipients_size()));
    std::iota(open_.begin(), open_.end(), std::size_t{0});
    for (std::size_t i = 0; i < open_.size(); ++i)
        attempted_.add_outcomes();
}

Task<wire::Attempted> Delivery::run()
{
    if (parse_envelope() && co_await find_hosts()) {
        co_await by_idle_connection();
        co_await by_hosts();
        settle_rest();
    }
    attempted_.set_health_unknown(!answered_ && !attempted_.site_troubled());
    co_return std::move(attempted_);
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

Task<bool> Delivery::find_hosts()
{
    const auto& destination = order_.attempt.destination();
    if (!destination.starts_with(prefix)) {
        settle_rest(wire::Attempted::FAILED, "5.1.2", "the destination makes no sense");
        co_return false;
    }
    auto found = co_await carrier_.targets().find(destination.substr(prefix.size()));
    if (!found) {
        settle_rest(wire::Attempted::DEFERRED, "4.4.3",
                    fmt::format("the resolver cannot be asked: {}", wire::describe(found.error())));
        co_return false;
    }
    targets_ = std::move(*found);
    attempted_.set_site(targets_->site());
    if (targets_->failed()) {
        for (const auto& step : targets_->steps())
            trace(step);
        settle_rest(targets_->permanent() ? wire::Attempted::FAILED : wire::Attempted::DEFERRED,
                    targets_->status(), targets_->text());
        co_return false;
    }
    const auto port = targets_->targets().empty() ? 0 : targets_->targets(0).port();
    pool_key_ = fmt::format("{}:{}", targets_->site(), port);
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
        const auto port = target.port() != 0 ? static_cast<std::uint16_t>(target.port())
                                             : carrier_.policy()->port;
        for (const auto& text : target.addresses()) {
            boost::system::error_code error;
            const auto address = asio::ip::make_address(text, error);
            if (error)
                continue;
            if (open_.empty() || ++addresses > Limits::addresses)
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
        auto connection = carrier_.make_connection(place);
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
        order_.body.rewind();
        const auto begun = Instant::clock::now();
        auto result = co_await connection->send(outgoing(), order_.body);
        const bool reusable = result.connection == smtp::LetterResult::Connection::reusable;
        const auto end = take(std::move(result), *connection, Instant::clock::now() - begun);
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

smtp::Outgoing Delivery::outgoing() const
{
    const auto& attempt = order_.attempt;
    smtp::Outgoing letter;
    letter.sender = sender_;
    letter.recipients.reserve(open_.size());
    for (const auto i : open_)
        letter.recipients.push_back({.path = *paths_[i]});
    letter.size_bytes = order_.body.size();
    letter.body = attempt.binary()      ? smtp::BodyType::binary_mime
                  : attempt.eight_bit() ? smtp::BodyType::eight_bit_mime
                                        : smtp::BodyType::seven_bit;
    letter.header = attempt.smtputf8() ? mail::Charset::utf8 : mail::Charset::ascii;
    return letter;
}

// ---- Outcomes -------------------------------------------------------------------------------

Delivery::End Delivery::take(smtp::LetterResult result, const Connection& connection,
                             Duration duration)
{
    expects(result.outcomes.size() == open_.size());
    const auto host = connection.place().text();
    const smtp::Outcome* trouble = nullptr;
    std::vector<std::size_t> left;
    for (std::size_t k = 0; k < open_.size(); ++k) {
        const auto& outcome = result.outcomes[k];
        if (is_for_next_host(outcome))
            trouble = &outcome;
        if (outcome.disposition == smtp::Disposition::retry_now || is_for_next_host(outcome)) {
            left.push_back(open_[k]);
            continue;
        }
        if (outcome.try_next_host()) // And there will be none.
            attempted_.set_site_troubled(true);
        else if (outcome.cause != smtp::Cause::not_read) // Which is our own affair.
            answered_ = true;
        settle(open_[k], outcome, host);
    }
    if (trouble != nullptr)
        note_trouble(connection.place(), *trouble);
    if (left.size() < open_.size())
        trace_transaction(connection, result, duration);
    open_ = std::move(left);
    if (trouble != nullptr)
        return End::troubled;
    return open_.empty() ? End::done : End::again;
}

void Delivery::note_trouble(const Place& place, const smtp::Outcome& outcome)
{
    trace(fmt::format("{}: {}", place.text_with_port(), words_of(outcome)));
    if (!trouble_ || is_deferred(outcome) || !is_deferred(trouble_->outcome))
        trouble_ = Trouble{outcome, place.text()};
}

void Delivery::trace_transaction(const Connection& connection, const smtp::LetterResult& result,
                                 Duration duration)
{
    const auto told = std::ranges::find_if(result.outcomes, [](const smtp::Outcome& outcome) {
        return outcome.disposition == smtp::Disposition::delivered;
    });
    const auto tls = connection.tls_description();
    const auto taken = result.count(smtp::Disposition::delivered);
    const bool all = taken == result.outcomes.size();
    const auto& outcome = told != result.outcomes.end() ? *told : result.outcomes.front();
    trace(fmt::format(
        "{} {}, {}{:.2f} s{}: {}", connection.place().text_with_port(),
        tls.empty() ? "without TLS" : tls,
        connection.letters_done() > 1 ? "connection reused, " : "", seconds(duration),
        all ? "" : fmt::format(", {} of {} recipients taken", taken, result.outcomes.size()),
        words_of(outcome)));
}

void Delivery::trace(std::string line)
{
    if (static_cast<std::size_t>(attempted_.trace_size()) < Limits::trace_lines)
        attempted_.add_trace(std::move(line));
}

void Delivery::settle(std::size_t recipient, const smtp::Outcome& outcome, const std::string& host)
{
    auto* settled = attempted_.mutable_outcomes(static_cast<int>(recipient));
    settled->set_result(result_of(outcome.disposition));
    settled->set_status(outcome.status.text());
    settled->set_text(words_of(outcome));
    settled->set_host(host);
}

/// All hosts were tried.
void Delivery::settle_rest()
{
    if (open_.empty())
        return;
    if (!trouble_)
        return settle_rest(wire::Attempted::DEFERRED, "4.4.1", "no host took the letter");
    if (is_deferred(trouble_->outcome))
        attempted_.set_site_troubled(true);
    else
        answered_ = true;
    for (const auto i : std::exchange(open_, {}))
        settle(i, trouble_->outcome, trouble_->host);
}

/// No host had a say.
void Delivery::settle_rest(wire::Attempted::Result result, const std::string& status,
                           const std::string& text)
{
    for (const auto i : std::exchange(open_, {})) {
        auto* settled = attempted_.mutable_outcomes(static_cast<int>(i));
        settled->set_result(result);
        settled->set_status(status);
        settled->set_text(text);
    }
}

} // namespace posthouse::courier
