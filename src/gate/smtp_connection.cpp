// SPDX-License-Identifier: Apache-2.0
#include "gate/smtp_connection.hpp"

#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/smtp_translation.hpp"
#include "mail/received.hpp"

#include <utility>

namespace posthouse::gate {

using wire::Failure;
using wire::Method;
namespace step = smtp::server_step;

SmtpConnection::SmtpConnection(Visitor visitor, Desk& desk)
    : Connection(std::move(visitor), desk),
      caller_(desk, terms(), party()),
      session_(terms().smtp)
{
    if (!terms().settings->config.milters.empty())
        filtering_ = std::make_unique<Filtering>(terms().settings, desk, session_id());
    if (terms().submission)
        submitting_ = std::make_unique<Submitting>(desk, terms().settings);
}

void SmtpConnection::drain()
{
    session_.drain();
    wake();
}

Task<void> SmtpConnection::converse()
{
    caller_.begin();
    offer_logins();
    for (;;) {
        auto next = session_.next(Instant::clock::now());
        if (std::holds_alternative<step::Close>(next))
            break;
        if (!perform_at_once(next))
            co_await perform(std::move(next));
    }
    if (filtering_)
        co_await filtering_->leave();
}

bool SmtpConnection::perform_at_once(smtp::ServerStep& next)
{
    if (auto* append = std::get_if<step::AppendToMessage>(&next)) {
        append_to_letter(std::move(append->bytes));
        return !letter_->is_full();
    }
    if (auto* open = std::get_if<step::OpenMessage>(&next); open != nullptr && !filtering_) {
        session_.answer_open(open_letter(*open));
        return true;
    }
    if (std::holds_alternative<step::DiscardMessage>(next)) {
        letter_.reset();
        if (filtering_)
            filtering_->abort();
        return true;
    }
    return false;
}

Task<void> SmtpConnection::perform(smtp::ServerStep next)
{
    if (const auto* reading = std::get_if<step::Read>(&next)) {
        const auto got = co_await read(reading->until);
        if (got.how == Reading::bytes)
            session_.receive(got.bytes);
        else if (got.how == Reading::lost)
            session_.disconnected();
    } else if (const auto* send = std::get_if<step::Send>(&next)) {
        const bool sent = co_await write(send->bytes, send->until);
        if (!sent)
            session_.disconnected();
    } else if (const auto* start = std::get_if<step::StartTls>(&next)) {
        const bool shaken = co_await start_tls(start->until);
        if (shaken) {
            session_.tls_established();
            offer_logins();
        } else {
            session_.disconnected();
        }
    } else if (auto* login = std::get_if<step::StartLogin>(&next)) {
        auto answer = co_await submitting_->start(login_site("submission"), std::move(*login));
        session_.answer_login(std::move(answer));
    } else if (auto* response = std::get_if<step::ContinueLogin>(&next)) {
        auto answer = co_await submitting_->proceed(std::move(*response));
        session_.answer_login(std::move(answer));
    } else if (std::holds_alternative<step::CancelLogin>(next)) {
        submitting_->cancel();
    } else if (auto* check = std::get_if<step::CheckRecipients>(&next)) {
        co_await check_recipients(std::move(*check));
    } else if (auto* etrn = std::get_if<step::Etrn>(&next)) {
        co_await start_queue(std::move(*etrn));
    } else if (auto* open = std::get_if<step::OpenMessage>(&next)) {
        co_await open_filtered_letter(std::move(*open));
    } else if (std::holds_alternative<step::AppendToMessage>(next)) {
        co_await letter_->unload();
    } else if (std::holds_alternative<step::CommitMessage>(next)) {
        co_await commit_letter();
    }
}

// ---- Whoever has logged in ------------------------------------------------------------------

void SmtpConnection::offer_logins()
{
    if (submitting_)
        session_.offer_mechanisms(config::offered_mechanisms(terms().settings->config.logins,
                                                             login_site("submission").channel()));
}

/// A session's handle counts on the link that it was opened on.
const std::shared_ptr<wire::Link>& SmtpConnection::keeper()
{
    return submitting_ ? submitting_->keeper() : desk().keeper;
}

/// The keeper that has a session's handle may be gone, or have closed it: then the login is over.
smtp::Reply SmtpConnection::trouble(Failure failure) const
{
    if (submitting_ && (failure == Failure::closed || failure == Failure::refused))
        return {421, "4.3.2 The login has ended: log in again"};
    return refusal_of(failure);
}

// ---- Recipients -----------------------------------------------------------------------------

Task<void> SmtpConnection::check_recipients(step::CheckRecipients question)
{
    co_await caller_.known();
    const auto count = question.recipients.size();
    std::vector<smtp::Verdict> verdicts;
    verdicts.reserve(count);
    while (verdicts.size() < count) {
        wire::CheckRecipients request;
        request.set_sender(question.sender.text());
        *request.mutable_origin() = origin_of(question.peer, question.parameters);
        request.set_session(submitting_ ? submitting_->session() : 0);
        for (auto i = verdicts.size();
             i < count && request.recipients_size() < Limits::recipients_a_question; ++i)
            request.add_recipients(question.recipients[i].text());
        const auto asked = static_cast<std::size_t>(request.recipients_size());
        auto answer = co_await ask_for_verdicts(std::move(request));
        if (answer)
            note_fate(*answer);
        for (std::size_t i = 0; i < asked; ++i)
            verdicts.push_back(answer ? verdict_of(answer->verdicts(static_cast<int>(i)))
                                      : std::unexpected(trouble(answer.error())));
    }
    if (filtering_)
        co_await filtering_->ask_recipients(
            session_.letters(), question, origin_of(question.peer, question.parameters), verdicts);
    for (std::size_t i = 0; i < count; ++i)
        if (!verdicts[i])
            log::info(event::recipient_refused, {{"session", session_id()},
                                                 {"client", client()},
                                                 {"from", question.sender.text()},
                                                 {"to", question.recipients[i].text()},
                                                 {"code", verdicts[i].error().code},
                                                 {"reason", verdicts[i].error().lines.front()}});
    session_.answer_recipients(std::move(verdicts));
}

/// What the access rules say of the letter when they let its recipient pass.
void SmtpConnection::note_fate(const wire::Verdicts& verdicts)
{
    if (fate_.letter != session_.letters())
        fate_ = {.letter = session_.letters()};
    for (const auto& verdict : verdicts.verdicts()) {
        fate_.discard = fate_.discard || verdict.what() == wire::Verdict::DISCARD;
        if (verdict.what() == wire::Verdict::QUARANTINE && fate_.quarantine.empty())
            fate_.quarantine = verdict.text().empty() ? "access" : verdict.text();
    }
}

Task<wire::Result<wire::Verdicts>> SmtpConnection::ask_for_verdicts(wire::CheckRecipients request)
{
    const auto asked = keeper();
    if (!asked)
        co_return std::unexpected(Failure::closed);
    auto answer = co_await asked->call<wire::Verdicts>(Method::check_recipients, request);
    if (!answer)
        co_return std::unexpected(answer.error());
    if (answer->message.verdicts_size() != request.recipients_size())
        co_return std::unexpected(Failure::invalid);
    co_return std::move(answer->message);
}

Task<void> SmtpConnection::start_queue(step::Etrn question)
{
    co_await caller_.known();
    wire::Etrn request;
    request.set_domain(question.domain);
    *request.mutable_origin() = origin_of(question.peer, {});
    const auto asked = keeper();
    if (!asked) {
        session_.answer_etrn(refusal_of(Failure::closed));
        co_return;
    }
    const auto answer = co_await asked->call<wire::EtrnAnswer>(Method::etrn, request);
    session_.answer_etrn(answer ? etrn_reply_of(answer->message) : refusal_of(answer.error()));
}

// ---- The letter -----------------------------------------------------------------------------

wire::Origin SmtpConnection::origin_of(const smtp::ServerPeer& peer,
                                       const smtp::MailParameters& parameters) const
{
    wire::Origin origin;
    origin.set_client_address(party().address);
    origin.set_client_name(caller_.name());
    origin.set_ident(caller_.ident());
    if (terms().local_submission && party().user) {
        origin.set_local(true);
        origin.set_local_user(*party().user);
    }
    origin.set_helo(peer.helo);
    origin.set_protocol(mail::protocol_name(transmission_of(peer, parameters)));
    if (peer.tls)
        origin.set_tls(tls_description());
    origin.set_listener(terms().listener);
    origin.set_login(peer.login);
    return origin;
}

smtp::Verdict SmtpConnection::open_letter(step::OpenMessage& question)
{
    if (!keeper() || !keeper()->is_open())
        return std::unexpected(trouble(Failure::closed));
    const auto& envelope = question.envelope;
    wire::Accept accept;
    accept.set_sender(envelope.sender.text());
    for (const auto& recipient : envelope.recipients)
        accept.add_recipients(recipient.text());
    *accept.mutable_origin() = origin_of(question.peer, envelope.parameters);
    add_terms(accept, envelope);
    if (fate_.letter == session_.letters()) {
        accept.set_discard(fate_.discard);
        accept.set_quarantine(fate_.quarantine);
    }
    accept.set_smtputf8(envelope.parameters.smtputf8);
    accept.set_body_type(std::string(body_type_name(envelope.parameters.body)));

    if (submitting_) {
        accept.set_session(submitting_->session());
        submitting_->begin_letter();
    }
    auto field = received_field(question.peer, envelope, accept.origin());
    if (const auto at = field.find(desk().id_mark); at != field.npos) {
        field.erase(at, desk().id_mark.size());
        accept.set_id_offset(static_cast<std::uint32_t>(at));
    }
    accept.set_prefix(std::move(field));
    letter_ = std::make_unique<Letter>(keeper(), std::move(accept));
    return {};
}

std::string SmtpConnection::received_field(const smtp::ServerPeer& peer,
                                           const smtp::ServerEnvelope& envelope,
                                           const wire::Origin& origin)
{
    // What a client says of itself tells where it is, too.
    const bool hide = submitting_ && terms().settings->config.submit.hide_client;
    mail::Arrival arrival{.greeted_as = hide ? std::string() : peer.helo,
                          .client_address = hide ? std::string() : origin.client_address(),
                          .client_name = hide ? std::string() : origin.client_name(),
                          .ident = hide ? std::string() : origin.ident(),
                          .local_user =
                              origin.local() ? std::optional(origin.local_user()) : std::nullopt,
                          .transmission = transmission_of(peer, envelope.parameters),
                          .tls = origin.tls(),
                          .host = terms().settings->config.hostname,
                          .id = desk().id_mark,
                          .only_recipient = {},
                          .at = wall_clock()};
    if (envelope.recipients.size() == 1)
        arrival.only_recipient = envelope.recipients.front();
    return mail::received_field(arrival);
}

// ---- Filters --------------------------------------------------------------------------------

Task<void> SmtpConnection::open_filtered_letter(step::OpenMessage question)
{
    auto verdict = co_await filtering_->ask_data();
    if (verdict)
        verdict = open_letter(question);
    if (verdict)
        letter_->keep_whole();
    session_.answer_open(std::move(verdict));
}

void SmtpConnection::append_to_letter(std::string bytes)
{
    if (filtering_ && !letter_->has_failed() && !filtering_->reserve(bytes.size()))
        letter_->fail(Failure::no_space);
    if (submitting_)
        submitting_->feed(bytes);
    letter_->append(std::move(bytes));
}

/// False: its header will not do, and the session knows.
bool SmtpConnection::prepare_letter(Letter& letter)
{
    auto verdict = submitting_->prepare(letter);
    if (verdict)
        return true;
    if (filtering_)
        filtering_->abort();
    note_refusal(letter, verdict.error());
    session_.answer_commit(std::unexpected(std::move(verdict.error())));
    return false;
}

void SmtpConnection::note_refusal(const Letter& letter, const smtp::Reply& reply) const
{
    log::info(event::letter_refused, {{"session", session_id()},
                                      {"client", client()},
                                      {"from", letter.envelope().sender()},
                                      {"bytes", letter.bytes()},
                                      {"reason", reply.lines.front()}});
}

/// False: they refuse it, and the session knows.
Task<bool> SmtpConnection::filter_letter(Letter& letter)
{
    if (letter.has_failed()) {
        filtering_->abort();
        co_return true;
    }
    auto verdict = co_await filtering_->ask_letter(letter);
    if (verdict)
        co_return true;
    log::info(event::milter_refused, {{"session", session_id()},
                                      {"client", client()},
                                      {"from", letter.envelope().sender()},
                                      {"bytes", letter.bytes()},
                                      {"code", verdict.error().code},
                                      {"reason", verdict.error().lines.front()}});
    session_.answer_commit(std::unexpected(std::move(verdict.error())));
    co_return false;
}

// ---- The letter's end -----------------------------------------------------------------------

Task<void> SmtpConnection::commit_letter()
{
    const auto letter = std::move(letter_);
    if (submitting_ && !letter->has_failed() && !prepare_letter(*letter))
        co_return;
    if (filtering_) {
        const bool wanted = co_await filter_letter(*letter);
        if (!wanted)
            co_return;
    }
    auto id = co_await letter->commit();
    const auto& envelope = letter->envelope();
    if (id) {
        log::info(event::letter_accepted, {{"session", session_id()},
                                           {"letter", *id},
                                           {"client", client()},
                                           {"from", envelope.sender()},
                                           {"recipients", envelope.recipients_size()},
                                           {"bytes", letter->bytes()}});
        session_.answer_commit(smtp::Queued{std::move(*id)});
        co_return;
    }
    if (const auto refusal = letter->refusal()) {
        auto verdict = verdict_of(*refusal);
        auto reply = verdict ? refusal_of(Failure::invalid) : std::move(verdict.error());
        note_refusal(*letter, reply);
        session_.answer_commit(std::unexpected(std::move(reply)));
        co_return;
    }
    const bool fault = id.error() == Failure::invalid || id.error() == Failure::refused;
    log::write(fault ? log::Level::error : log::Level::warning, event::letter_refused,
               {{"session", session_id()},
                {"client", client()},
                {"from", envelope.sender()},
                {"bytes", letter->bytes()},
                {"reason", wire::describe(id.error())}});
    session_.answer_commit(std::unexpected(trouble(id.error())));
}

} // namespace posthouse::gate
