// SPDX-License-Identifier: Apache-2.0
#include "gate/milter_filtering.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/milter_translation.hpp"

#include <fmt/format.h>
#include <utility>

namespace posthouse::gate {
namespace {

namespace step = milter::chain_step;
using milter::Ruling;

constexpr auto farewell_patience = std::chrono::seconds(5);

std::string_view described(net::Channel::Failure failure)
{
    return failure == net::Channel::Failure::timed_out ? "it took nothing in time"
                                                       : "the connection was lost";
}

} // namespace

Filtering::Filtering(std::shared_ptr<const process::Settings> settings, Desk& desk, std::string session)
    : settings_(std::move(settings)),
      pool_(*desk.milters),
      session_(std::move(session)),
      chain_(filters_of(settings_->config), milter_limits_of(settings_->config)),
      channels_(chain_.size())
{
}

Filtering::~Filtering()
{
    release();
}

std::string Filtering::letter_id() const
{
    return fmt::format("{}.{}", session_, letter_);
}

// ---- Questions ------------------------------------------------------------------------------

void Filtering::meet(const wire::Origin& origin)
{
    if (!std::exchange(met_, true))
        chain_.meet(connect_question(origin, settings_->config));
    const auto greeting = origin.helo() + '\n' + origin.tls();
    if (greeting == greeting_)
        return;
    greeting_ = greeting;
    chain_.greet(helo_question(origin));
}

Task<void> Filtering::begin(std::uint32_t letter, const smtp::server_step::CheckRecipients& asked,
                            const wire::Origin& origin)
{
    if (under_way_ && letter == letter_)
        co_return;
    abort();
    letter_ = letter;
    under_way_ = true;
    meet(origin);
    chain_.ask(mail_question(asked, origin, letter_id()));
    on_sender_ = co_await settle();
}

Task<void> Filtering::ask_recipients(std::uint32_t letter, smtp::server_step::CheckRecipients asked,
                                     wire::Origin origin, std::vector<smtp::Verdict>& verdicts)
{
    expects(verdicts.size() == asked.recipients.size());
    co_await begin(letter, asked, origin);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (!on_sender_) {
            if (verdicts[i])
                verdicts[i] = on_sender_;
            continue;
        }
        const auto* refusal = verdicts[i] ? nullptr : &verdicts[i].error();
        chain_.ask(recipient_question(asked.recipients[i], asked.terms[i], refusal));
        auto verdict = co_await settle();
        if (verdicts[i])
            verdicts[i] = std::move(verdict);
    }
}

Task<smtp::Verdict> Filtering::ask_data()
{
    expects(under_way_);
    chain_.ask(milter::question::Data{{{"i", letter_id()}}});
    co_return co_await settle();
}

bool Filtering::reserve(std::uint64_t bytes)
{
    if (!pool_.reserve(bytes))
        return false;
    reserved_ += bytes;
    return true;
}

void Filtering::release()
{
    pool_.release(std::exchange(reserved_, 0));
}

Task<smtp::Verdict> Filtering::ask_letter(Letter& letter)
{
    expects(under_way_);
    under_way_ = false;
    const std::string_view text = letter.text();
    milter::Draft draft(text, milter_envelope_of(letter.envelope()),
                        milter_limits_of(settings_->config));
    body_ = text.substr(draft.body_offset());
    chain_.ask(std::move(draft), body_.size(), message_macros(letter_id(), text));
    auto verdict = co_await settle();
    body_ = {};
    release();
    if (!verdict)
        co_return verdict;
    for (const auto& note : chain_.notes())
        letter.amend().add_notes("milter " + note);
    auto rewritten = apply_draft(chain_.draft(), text, letter.amend());
    if (rewritten)
        letter.rewrite(std::move(*rewritten));
    // A letter that filters have left without a recipient is for nobody.
    if (chain_.verdict().is(Ruling::discard) || letter.envelope().recipients().empty())
        letter.amend().set_discard(true);
    co_return verdict;
}

void Filtering::abort()
{
    release();
    if (std::exchange(under_way_, false))
        chain_.abort();
}

Task<void> Filtering::leave()
{
    abort();
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        auto channel = std::move(channels_[i]);
        if (!channel)
            continue;
        auto farewell = chain_.farewell(i);
        if (farewell.bytes.empty())
            continue;
        const auto sent =
            co_await channel->write(farewell.bytes, Instant::clock::now() + farewell_patience);
        if (sent && farewell.terms)
            pool_.keep(chain_.filter(i).name, std::move(channel), std::move(*farewell.terms));
    }
}

// ---- The chain's steps ----------------------------------------------------------------------

Task<smtp::Verdict> Filtering::settle()
{
    for (;;) {
        auto next = chain_.next(Instant::clock::now());
        if (std::holds_alternative<step::Answered>(next))
            break;
        if (const auto* body = std::get_if<step::ReadBody>(&next))
            chain_.take_body(body_.substr(body->offset, body->most));
        else if (const auto* drop = std::get_if<step::Drop>(&next))
            channels_[drop->filter].reset();
        else
            co_await perform(std::move(next));
    }
    log_failures();
    if (chain_.verdict().is(Ruling::refuse))
        co_return std::unexpected(reply_of(chain_.verdict()));
    co_return smtp::Verdict();
}

Task<void> Filtering::perform(milter::ChainStep next)
{
    if (const auto* open = std::get_if<step::Connect>(&next)) {
        co_await connect(*open);
    } else if (const auto* send = std::get_if<step::Send>(&next)) {
        const auto sent = co_await channels_[send->filter]->write(send->bytes, send->until);
        if (!sent)
            chain_.lost(described(sent.error()));
    } else if (const auto* read = std::get_if<step::Read>(&next)) {
        const auto got = co_await channels_[read->filter]->read(read->until);
        if (got)
            chain_.receive(*got);
        else if (got.error() == net::Channel::Failure::lost)
            chain_.lost(described(got.error()));
    }
}

Task<void> Filtering::connect(step::Connect open)
{
    using Kind = MilterPool::Kind;
    auto connection = co_await pool_.connect(chain_.filter(open.filter).name,
                                             open.fresh ? Kind::fresh : Kind::any, open.until);
    if (!connection) {
        chain_.lost(connection.error());
        co_return;
    }
    channels_[open.filter] = std::move(connection->channel);
    chain_.connected(std::move(connection->agreed));
}

void Filtering::log_failures()
{
    for (const auto& failure : chain_.take_failures())
        log::warning(event::milter_failed, {{"session", session_},
                                            {"milter", chain_.filter(failure.filter).name},
                                            {"reason", failure.what}});
}

} // namespace posthouse::gate
