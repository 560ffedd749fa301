// SPDX-License-Identifier: Apache-2.0
// What the hosts said, and what it means for each recipient.
#include "base/contract.hpp"
#include "base/log.hpp"
#include "courier/delivery.hpp"
#include "mail/delivery_terms.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace posthouse::courier {
namespace {

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

Delivery::End Delivery::take(const smtp::LetterResult& result, const Connection& connection,
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
        attempted_.mutable_outcomes(static_cast<int>(open_[k]))
            ->set_result(result_at(open_[k], outcome, connection));
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

/// RFC 3461 §5.2.2: a host that does not do as was asked leaves it to us to tell the sender.
wire::Attempted::Result Delivery::result_at(std::size_t recipient, const smtp::Outcome& outcome,
                                            const Connection& connection) const
{
    const auto& terms = order_.attempt.terms();
    const bool asked = recipient < static_cast<std::size_t>(terms.size()) &&
                       (terms[static_cast<int>(recipient)].notify() & mail::notify::success) != 0;
    const bool relayed = asked && outcome.disposition == smtp::Disposition::delivered &&
                         protocol_ == smtp::ClientProtocol::smtp && !connection.capabilities().dsn;
    return relayed ? wire::Attempted::RELAYED : result_of(outcome.disposition);
}

void Delivery::note_trouble(const Place& place, const smtp::Outcome& outcome)
{
    trace(fmt::format("{}: {}", place.text_with_port(), words_of(outcome)));
    if (outcome.stage == smtp::Stage::login)
        log::warning("courier.login_failed", {{"host", place.text_with_port()},
                                              {"user", terms_->login},
                                              {"reason", words_of(outcome)}});
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
    if (!host.empty())
        verdict_ = outcome;
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
    if (!trouble_ && not_found_)
        return settle_rest(wire::Attempted::DEFERRED, not_found_->status, not_found_->text);
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
