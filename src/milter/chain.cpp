// SPDX-License-Identifier: Apache-2.0
#include "milter/chain.hpp"

#include "base/contract.hpp"
#include "milter/describe.hpp"

#include <utility>

namespace posthouse::milter {
namespace {

Verdict verdict_on_failure(Filter::OnFailure what)
{
    if (what == Filter::OnFailure::reject)
        return {Ruling::refuse, 554, {"5.3.0 A mail filter is not available"}};
    return {Ruling::refuse, 451, {"4.3.0 A mail filter is not available, try again later"}};
}

} // namespace

Chain::Chain(std::vector<Filter> filters, const Limits& limits) : limits_(limits)
{
    for (auto& filter : filters)
        places_.push_back({.filter = std::move(filter)});
}

// ---- What the driver calls ------------------------------------------------------------------

void Chain::meet(question::Connect client)
{
    client_ = std::move(client);
}

void Chain::greet(question::Helo greeting)
{
    greeting_ = std::move(greeting);
    for (auto& place : places_) {
        place.greeted = false;
        place.on_greeting.reset();
    }
}

void Chain::ask(question::Mail mail)
{
    expects(stage_ == Stage::none && client_);
    draft_.reset();
    notes_.clear();
    discarded_ = false;
    question_ = std::move(mail);
    begin(Stage::mail);
}

void Chain::ask(question::Recipient recipient)
{
    expects(stage_ != Stage::none);
    question_ = std::move(recipient);
    begin(Stage::recipient);
}

void Chain::ask(question::Data data)
{
    expects(stage_ != Stage::none);
    question_ = std::move(data);
    begin(Stage::data);
}

void Chain::ask(Draft draft, std::uint64_t body_bytes, Macros macros)
{
    expects(stage_ != Stage::none);
    draft_ = std::move(draft);
    body_bytes_ = body_bytes;
    message_macros_ = std::move(macros);
    begin(Stage::message);
}

ChainStep Chain::next(Instant now)
{
    for (;;) {
        if (to_drop_)
            return chain_step::Drop{*std::exchange(to_drop_, std::nullopt)};
        if (answered_) {
            if (stage_ == Stage::message)
                end_letter();
            return chain_step::Answered{};
        }
        if (asked_ == Asked::nothing && !connecting_) {
            ask_next();
            continue;
        }
        auto& place = places_[at_];
        if (connecting_)
            return chain_step::Connect{at_, place.fresh, now + place.filter.connect};
        auto step = place.session->next(now);
        if (auto* send = std::get_if<session_step::Send>(&step))
            return chain_step::Send{at_, std::move(send->bytes), send->until};
        if (const auto* read = std::get_if<session_step::Read>(&step))
            return chain_step::Read{at_, read->until};
        if (const auto* body = std::get_if<session_step::ReadBody>(&step)) {
            if (!draft_->body())
                return chain_step::ReadBody{body->offset, body->most};
            place.session->take_body(own_body(body->offset, body->most));
            continue;
        }
        take_answer(place);
    }
}

void Chain::connected(std::optional<Terms> agreed)
{
    expects(connecting_);
    connecting_ = false;
    auto& place = places_[at_];
    place.reused = agreed.has_value();
    place.met = place.greeted = false;
    if (agreed)
        place.session.emplace(place.filter.patience, limits_, std::move(*agreed));
    else
        place.session.emplace(place.filter.patience, limits_);
}

void Chain::receive(std::string_view bytes)
{
    places_[at_].session->receive(bytes);
}

void Chain::lost(std::string_view why)
{
    if (std::exchange(connecting_, false))
        return failed(places_[at_], std::string(why));
    places_[at_].session->lost(why);
}

void Chain::take_body(std::string_view bytes)
{
    places_[at_].session->take_body(bytes);
}

void Chain::abort()
{
    expects(answered_);
    if (stage_ != Stage::none)
        end_letter();
}

Chain::Farewell Chain::farewell(std::size_t filter)
{
    auto& session = places_[filter].session;
    if (!session)
        return {};
    Farewell farewell{session->farewell(), std::nullopt};
    if (session->can_be_reused())
        farewell.terms = session->terms();
    session.reset();
    return farewell;
}

// ---- One question, from filter to filter ----------------------------------------------------

void Chain::begin(Stage stage)
{
    expects(answered_);
    stage_ = stage;
    at_ = 0;
    asked_ = Asked::nothing;
    answered_ = false;
    verdict_ = {};
    if (discarded_)
        answer({.ruling = Ruling::discard, .code = 0, .lines = {}});
}

void Chain::answer(Verdict verdict)
{
    verdict_ = std::move(verdict);
    answered_ = true;
}

/// Goes on to whoever is to be asked next, with whatever it has to hear first.
void Chain::ask_next()
{
    for (; at_ < places_.size(); ++at_) {
        auto& place = places_[at_];
        if (place.out || place.out_of_letter)
            continue;
        for (const auto* refusal : {&place.on_letter, &place.on_client, &place.on_greeting})
            if (*refusal)
                return answer(**refusal);
        if (!place.session) {
            connecting_ = true;
            return;
        }
        if (!std::exchange(place.met, true)) {
            asked_ = Asked::meeting;
            return place.session->ask(*client_);
        }
        if (greeting_ && !std::exchange(place.greeted, true)) {
            asked_ = Asked::greeting;
            return place.session->ask(*greeting_);
        }
        return put_question(place);
    }
    answer({});
}

void Chain::put_question(Place& place)
{
    asked_ = Asked::question;
    if (stage_ != Stage::message)
        return place.session->ask(*question_);
    place.session->ask(
        question::Message{.fields = draft_->show(),
                          .body_bytes = draft_->body() ? draft_->body()->size() : body_bytes_,
                          .macros = message_macros_});
}

void Chain::take_answer(Place& place)
{
    const auto asked = std::exchange(asked_, Asked::nothing);
    if (const auto fault = place.session->fault()) {
        to_drop_ = at_;
        // What was kept may have been closed meanwhile by the filter.
        const bool stale = place.reused && !place.session->heard() && stage_ == Stage::mail;
        place.session.reset();
        if (stale) {
            place.fresh = true;
            return;
        }
        return failed(place, fault->what);
    }
    const auto& verdict = place.session->verdict();
    if (asked != Asked::question) {
        auto& on = asked == Asked::meeting ? place.on_client : place.on_greeting;
        if (verdict.is(Ruling::accept))
            place.out = true;
        else if (verdict.is(Ruling::refuse))
            on = verdict;
        return; // A letter cannot be discarded before there is one.
    }
    take_ruling(place, verdict);
}

void Chain::take_ruling(Place& place, const Verdict& verdict)
{
    const bool message = stage_ == Stage::message;
    if (message && (verdict.is(Ruling::proceed) || verdict.is(Ruling::accept))) {
        const auto& modifications = place.session->modifications();
        if (const auto applied = draft_->apply(modifications); !applied) {
            // Its connection is in order; what it wants is not.
            return failed(place, applied.error().what);
        }
        const auto changes = describe(modifications);
        note(place, changes.empty() ? "accepted" : changes);
    }
    switch (verdict.ruling) {
    case Ruling::proceed:
        break;
    case Ruling::accept:
        place.out_of_letter = true;
        break;
    case Ruling::discard:
        discarded_ = true;
        note(place, "discarded");
        return answer(verdict);
    case Ruling::refuse:
        if (stage_ != Stage::recipient)
            place.on_letter = verdict;
        return answer(verdict);
    }
    ++at_;
}

void Chain::failed(Place& place, const std::string& what)
{
    failures_.push_back({at_, what});
    note(place, "failed: " + what);
    asked_ = Asked::nothing;
    if (place.filter.on_failure == Filter::OnFailure::accept) {
        place.out = true;
        ++at_;
        return;
    }
    place.on_letter = verdict_on_failure(place.filter.on_failure);
    answer(*place.on_letter);
}

void Chain::note(const Place& place, std::string_view what)
{
    notes_.push_back(place.filter.name + ": " + std::string(what));
}

/// A filter that has failed is tried again with the next letter, unless it is left out.
void Chain::end_letter()
{
    stage_ = Stage::none;
    question_.reset();
    for (auto& place : places_) {
        if (place.session)
            place.session->abort();
        place.out_of_letter = false;
        place.on_letter.reset();
        place.fresh = false;
    }
}

std::string_view Chain::own_body(std::uint64_t offset, std::size_t most) const
{
    return std::string_view(*draft_->body()).substr(offset, most);
}

} // namespace posthouse::milter
