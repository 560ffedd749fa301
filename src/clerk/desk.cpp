// SPDX-License-Identifier: Apache-2.0
#include "clerk/desk.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "clerk/desk_words.hpp"
#include "config/mechanisms.hpp"
#include "directory/accounts.hpp"
#include "wire/parse.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace posthouse::clerk {

using End = Finding::End;
using wire::Failure;
using wire::Method;
using wire::SaslAnswer;

namespace {

Brake::Limits brake_of(const config::Logins& logins)
{
    return {.failures = static_cast<std::uint32_t>(logins.failures_per_client),
            .window = logins.failure_window,
            .account_failures = static_cast<std::uint32_t>(logins.failures_per_account),
            .first_delay = logins.failure_delay,
            .longest_delay = logins.failure_delay_maximum};
}

/// The texts are for the log and for comparing: none needs to be long.
bool is_sound(const wire::SaslStart& request)
{
    const auto fits = [](const std::string& text) {
        return text.size() <= Desk::Limits::text_bytes;
    };
    return fits(request.mechanism()) && fits(request.protocol()) && fits(request.hostname()) &&
           fits(request.session()) && fits(request.listener()) &&
           fits(request.certificate_identity()) &&
           request.client_address().size() <= Desk::Limits::client_bytes &&
           request.channel_binding_exporter().size() <= Desk::Limits::binding_bytes &&
           request.channel_binding_end_point().size() <= Desk::Limits::binding_bytes;
}

/// As Kerberos registers services.
std::string service_of(std::string_view protocol)
{
    return protocol == "pop3" ? "pop" : protocol == "imap" ? "imap" : "smtp";
}

sasl::Channel channel_of(const wire::SaslStart& request)
{
    return {.tls = request.tls(),
            .exporter = request.tls() ? request.channel_binding_exporter() : std::string(),
            .end_point = request.tls() ? request.channel_binding_end_point() : std::string(),
            .certificate_identity = request.tls() ? request.certificate_identity() : std::string()};
}

Attempt attempt_of(const wire::SaslStart& request)
{
    return {.user = {},
            .mechanism = uppercase(request.mechanism()),
            .protocol = request.protocol(),
            .client = request.client_address(),
            .session = request.session(),
            .listener = request.listener(),
            .tls = request.tls()};
}

SaslAnswer refusal(SaslAnswer::Reason reason)
{
    SaslAnswer answer;
    answer.set_what(SaslAnswer::REFUSED);
    answer.set_reason(reason);
    return answer;
}

} // namespace

Desk::Desk(const Checker::Limits& checks, Terms terms)
    : terms_(std::move(terms)),
      checker_(checks),
      brake_(brake_of(terms_.logins)),
      examiner_(register_, checker_, {.lasts = terms_.logins.remember})
{
    examiner_.set_sources(terms_.sources);
}

void Desk::configure(Terms terms)
{
    terms_ = std::move(terms);
    examiner_.set_sources(terms_.sources);
    examiner_.remembered().forget_all();
}

void Desk::set_keeper(std::shared_ptr<wire::Link> keeper)
{
    examiner_.remembered().forget_all();
    register_.set_keeper(std::move(keeper));
}

Task<wire::Result<wire::Answer>> Desk::serve(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::sasl_start:
        co_return co_await sasl_start(std::move(gate), std::move(frame));
    case Method::sasl_continue:
        co_return co_await sasl_continue(std::move(gate), std::move(frame));
    case Method::sasl_abort:
        if (const auto request = wire::parse<wire::SaslAbort>(frame.message))
            (void)dialogues_.take(gate.get(), request->dialogue(), Instant::clock::now());
        co_return wire::answer_with(wire::Done());
    case Method::authenticate:
        co_return co_await authenticate(std::move(frame));
    default:
        wipe(frame.message);
        co_return std::unexpected(Failure::refused);
    }
}

Task<wire::Result<wire::Answer>> Desk::serve_keeper(wire::Frame frame)
{
    if (frame.head.method == Method::find_person)
        co_return co_await find_person(std::move(frame));
    if (frame.head.method != Method::login_changed)
        co_return std::unexpected(Failure::refused);
    if (const auto notice = wire::parse<wire::LoginChanged>(frame.message))
        examiner_.remembered().forget(notice->account());
    co_return wire::answer_with(wire::Done());
}

Task<wire::Result<wire::Answer>> Desk::find_person(wire::Frame frame)
{
    const auto request = wire::parse<wire::FindPerson>(frame.message);
    const auto address =
        request ? mail::Mailbox::parse(request->address()) : std::unexpected(mail::AddressError());
    if (!address)
        co_return std::unexpected(Failure::invalid);
    const auto found = co_await examiner_.find_outside(*address);
    if (!found)
        co_return std::unexpected(found.error());
    wire::FoundPerson answer;
    answer.set_found(found->has_value());
    if (*found) {
        answer.set_address((*found)->person.address.text());
        answer.set_source((*found)->source);
        for (const auto& alias : (*found)->person.aliases)
            answer.add_aliases(alias.text());
    }
    co_return wire::answer_with(answer);
}

// ---- dialogues ------------------------------------------------------------------------------

Task<wire::Result<wire::Answer>> Desk::sasl_start(std::shared_ptr<wire::Link> gate,
                                                  wire::Frame frame)
{
    auto request = wire::parse<wire::SaslStart>(frame.message);
    wipe(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    auto initial = std::move(*request->mutable_initial());
    if (!is_sound(*request)) {
        wipe(initial);
        co_return std::unexpected(Failure::invalid);
    }
    const auto now = Instant::clock::now();
    OpenDialogue open{.gate = gate.get(),
                      .sasl = nullptr,
                      .attempt = attempt_of(*request),
                      .until = now + dialogues_.limits().lasts,
                      .asked = now,
                      .password = {},
                      .keys = {}};
    auto channel = channel_of(*request);
    const config::LoginChannel kind{.tls = request->tls(),
                                    .binding =
                                        !channel.exporter.empty() || !channel.end_point.empty(),
                                    .certificate = !channel.certificate_identity.empty(),
                                    .clear = request->clear()};
    const auto offered = config::offered_mechanisms(terms_.logins, kind);
    channel.plus_offered = std::ranges::any_of(
        offered, [](const std::string& name) { return name.ends_with("-PLUS"); });
    const auto& name = open.attempt.mechanism;
    if (std::ranges::find(offered, name) != offered.end())
        open.sasl = sasl::start_dialogue(name, std::move(channel), random_);
    const bool too_long = initial.size() > sasl::Limits::response_bytes;
    if (!open.sasl || too_long || brake_.holds(open.attempt.client, now)) {
        wipe(initial);
        if (open.sasl && !too_long)
            co_return wire::answer_with(
                co_await refuse(std::move(open), SaslAnswer::BRAKED, "braked"));
        if (open.sasl)
            co_return wire::answer_with(
                co_await refuse(std::move(open), SaslAnswer::MALFORMED, "malformed"));
        if (config::needs_tls(terms_.logins, kind, name))
            co_return wire::answer_with(
                co_await refuse(std::move(open), SaslAnswer::NEEDS_TLS, "needs_tls"));
        co_return wire::answer_with(
            co_await refuse(std::move(open), SaslAnswer::NO_MECHANISM, "no_mechanism"));
    }
    auto step =
        open.sasl->begin(request->has_initial() ? std::optional(std::move(initial)) : std::nullopt);
    co_return wire::answer_with(co_await advance(std::move(open), std::move(step)));
}

Task<wire::Result<wire::Answer>> Desk::sasl_continue(std::shared_ptr<wire::Link> gate,
                                                     wire::Frame frame)
{
    auto request = wire::parse<wire::SaslContinue>(frame.message);
    wipe(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    auto response = std::move(*request->mutable_response());
    const auto now = Instant::clock::now();
    auto open = dialogues_.take(gate.get(), request->dialogue(), now);
    if (!open) {
        wipe(response);
        co_return wire::answer_with(refusal(SaslAnswer::ABORTED));
    }
    open->asked = now;
    if (request->cancel() || response.size() > sasl::Limits::response_bytes) {
        wipe(response);
        const bool cancel = request->cancel();
        co_return wire::answer_with(
            co_await refuse(std::move(*open), cancel ? SaslAnswer::ABORTED : SaslAnswer::MALFORMED,
                            cancel ? "aborted" : "malformed"));
    }
    auto step = open->sasl->receive(std::move(response));
    co_return wire::answer_with(co_await advance(std::move(*open), std::move(step)));
}

/// Does what the dialogue asks for, until it needs the client again or is over.
Task<SaslAnswer> Desk::advance(OpenDialogue open, sasl::Step step)
{
    auto& attempt = open.attempt;
    for (;;) {
        if (auto* challenge = std::get_if<sasl::Challenge>(&step)) {
            SaslAnswer answer;
            answer.set_what(SaslAnswer::CHALLENGE);
            answer.set_data(std::move(challenge->data));
            const auto copy = attempt;
            const auto name = dialogues_.keep(std::move(open), random_);
            if (name == 0) {
                log_login(copy, {}, "busy");
                SaslAnswer busy;
                busy.set_reason(SaslAnswer::BUSY);
                co_return busy;
            }
            answer.set_dialogue(name);
            co_return answer;
        }
        if (auto* wanted = std::get_if<sasl::FindKeys>(&step)) {
            attempt.user = completed(wanted->user);
            if (brake_.holds({attempt.client, attempt.user}, open.asked))
                co_return co_await refuse(std::move(open), SaslAnswer::BRAKED, "braked");
            auto keys = co_await examiner_.find_keys(attempt, wanted->hash);
            if (!keys)
                co_return unavailable(open, "unavailable");
            open.keys = std::move(*keys);
            step = open.sasl->supply(open.keys->supplied);
        } else if (auto* asked = std::get_if<sasl::CheckPassword>(&step)) {
            attempt.user = completed(asked->user);
            if (brake_.holds({attempt.client, attempt.user}, open.asked))
                co_return co_await refuse(std::move(open), SaslAnswer::BRAKED, "braked");
            open.password = co_await examiner_.check_password(attempt, std::move(asked->password));
            if (open.password->end != End::right && open.password->end != End::wrong) {
                auto finding = *open.password;
                co_return co_await fail(std::move(open), std::move(finding));
            }
            step = open.sasl->judge(open.password->end == End::right ? sasl::Verdict::right
                                                                     : sasl::Verdict::wrong);
        } else if (auto* token = std::get_if<sasl::CheckToken>(&step)) {
            attempt.user = completed(token->user);
            const auto tokens = terms_.tokens;
            if (!tokens)
                co_return co_await refuse(std::move(open), SaslAnswer::NO_MECHANISM,
                                          "no_mechanism");
            auto verdict = co_await tokens->judge(std::move(token->token));
            if (!verdict)
                co_return unavailable(open, "unavailable");
            open.expired = verdict->finding == sasl::TokenVerdict::Finding::expired;
            step = open.sasl->judge_token(std::move(*verdict));
        } else if (auto* response = std::get_if<sasl::AskAcceptor>(&step)) {
            const auto acceptor = terms_.acceptor;
            if (!acceptor)
                co_return co_await refuse(std::move(open), SaslAnswer::NO_MECHANISM,
                                          "no_mechanism");
            while (open.kerberos.dialogue == 0)
                open.kerberos.dialogue = random_.next();
            open.kerberos.service = service_of(attempt.protocol);
            open.kerberos.data = std::move(response->response);
            auto said = co_await acceptor->take(open.kerberos);
            if (!said)
                co_return unavailable(open, "unavailable");
            step = open.sasl->hear_acceptor(std::move(*said));
        } else if (auto* accepted = std::get_if<sasl::Accepted>(&step)) {
            auto copy = std::move(*accepted);
            co_return co_await succeed(std::move(open), std::move(copy));
        } else {
            const auto why = std::get<sasl::Refused>(step).why;
            if (why == sasl::Refusal::malformed)
                co_return co_await refuse(std::move(open), SaslAnswer::MALFORMED, "malformed");
            if (why == sasl::Refusal::aborted)
                co_return co_await refuse(std::move(open), SaslAnswer::ABORTED, "aborted");
            const Finding finding{open.expired ? End::expired : End::wrong};
            co_return co_await fail(std::move(open), finding);
        }
    }
}

/// The client has shown who it is; may it, and is there such an account?
Task<SaslAnswer> Desk::succeed(OpenDialogue open, sasl::Accepted accepted)
{
    Finding finding;
    if (open.password) {
        finding = std::move(*open.password);
    } else if (open.keys) {
        finding = co_await examiner_.accept(open.attempt, std::move(*open.keys), accepted.key);
    } else {
        open.attempt.user = open.attempt.mechanism == "GSSAPI"
                                ? user_of_principal(accepted.user, terms_.logins)
                                : completed(accepted.user);
        finding = co_await examiner_.check_identity(open.attempt);
    }
    if (finding.end != End::right)
        co_return co_await fail(std::move(open), std::move(finding));
    if (!accepted.as.empty()) {
        auto as = completed(accepted.as);
        if (as != open.attempt.user) {
            const auto same = co_await examiner_.is_same(finding.who, std::move(as));
            if (!same)
                co_return unavailable(open, "unavailable");
            if (!*same)
                co_return co_await fail(std::move(open), Finding{});
        }
    }
    co_return co_await welcome(std::move(open), std::move(finding), std::move(accepted.data));
}

Task<SaslAnswer> Desk::welcome(OpenDialogue open, Finding finding, std::string data)
{
    const auto& attempt = open.attempt;
    wire::VouchLogin vouch;
    vouch.set_account(finding.who.account);
    vouch.set_address(finding.who.address);
    vouch.set_protocol(attempt.protocol);
    vouch.set_client_address(attempt.client);
    auto ticket = co_await register_.vouch(std::move(vouch));
    if (!ticket)
        co_return unavailable(open, "unavailable");
    brake_.succeeded({attempt.client, attempt.user}, open.asked);
    log_login(attempt, finding, {});
    SaslAnswer answer;
    answer.set_what(SaslAnswer::ACCEPTED);
    answer.set_data(std::move(data));
    answer.set_ticket(std::move(*ticket));
    answer.set_user(finding.who.address);
    co_return answer;
}

Task<SaslAnswer> Desk::fail(OpenDialogue open, Finding finding)
{
    switch (finding.end) {
    case End::busy:
        co_return unavailable(open, "busy");
    case End::unavailable:
        co_return unavailable(open, "unavailable");
    case End::disabled:
        co_return co_await refuse(std::move(open), SaslAnswer::DISABLED, "disabled");
    case End::not_allowed:
        co_return co_await refuse(std::move(open), SaslAnswer::PROTOCOL_NOT_ALLOWED,
                                  "protocol_not_allowed");
    case End::expired:
        co_return co_await refuse(std::move(open), SaslAnswer::EXPIRED, "expired");
    case End::right:
    case End::wrong:
        break;
    }
    co_return co_await refuse(std::move(open), SaslAnswer::WRONG, "wrong");
}

Task<SaslAnswer> Desk::refuse(OpenDialogue open, SaslAnswer::Reason reason, std::string_view word)
{
    const Brake::Try who{open.attempt.client, open.attempt.user};
    log_login(open.attempt, {}, word);
    auto answer = refusal(reason);
    if (reason == SaslAnswer::BRAKED) {
        const auto left = brake_.left(who, open.asked);
        answer.set_wait_milliseconds(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(left).count()));
    } else if (reason == SaslAnswer::WRONG || reason == SaslAnswer::EXPIRED) {
        const auto delay = brake_.failed(who, Instant::clock::now());
        co_await wait_until(open.asked + delay);
    }
    co_return answer;
}

SaslAnswer Desk::unavailable(const OpenDialogue& open, std::string_view word) const
{
    log_login(open.attempt, {}, word);
    SaslAnswer answer;
    answer.set_reason(word == "busy" ? SaslAnswer::BUSY : SaslAnswer::NONE);
    return answer;
}

/// Counted from the question on, so that the time tells nothing of what was done meanwhile.
Task<void> Desk::wait_until(Instant until)
{
    if (until <= Instant::clock::now() || delayed_ >= Limits::delayed)
        co_return;
    ++delayed_;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until);
    co_await timer.async_wait(boost::asio::use_awaitable);
    --delayed_;
}

/// In the form that names are compared by.
std::string Desk::completed(std::string_view user) const
{
    return completed_user(user, terms_.logins);
}

// ---- the older request ----------------------------------------------------------------------

/// A name and a password: PLAIN in other words.
Task<wire::Result<wire::Answer>> Desk::authenticate(wire::Frame frame)
{
    auto request = wire::parse<wire::Authenticate>(frame.message);
    wipe(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    Secret password(request->password());
    wipe(*request->mutable_password());
    if (request->client_address().size() > Limits::client_bytes ||
        request->protocol().size() > Limits::text_bytes)
        co_return std::unexpected(Failure::invalid);
    OpenDialogue open{.sasl = sasl::plain_dialogue(),
                      .attempt = {.user = {},
                                  .mechanism = "PLAIN",
                                  .protocol = request->protocol(),
                                  .client = request->client_address(),
                                  .session = {},
                                  .listener = {}},
                      .until = {},
                      .asked = Instant::clock::now(),
                      .password = {},
                      .keys = {}};
    SaslAnswer told;
    if (brake_.holds(open.attempt.client, open.asked)) {
        open.attempt.user = completed(request->user());
        told = co_await refuse(std::move(open), SaslAnswer::BRAKED, "braked");
    } else {
        std::string said;
        said.reserve(request->user().size() + password.reveal().size() + 2);
        said.append(1, '\0').append(request->user()).append(1, '\0').append(password.reveal());
        auto step = open.sasl->begin(std::move(said));
        if (std::holds_alternative<sasl::Refused>(step))
            open.attempt.user = completed(request->user().substr(0, Limits::text_bytes));
        told = co_await advance(std::move(open), std::move(step));
    }
    if (told.what() == SaslAnswer::UNAVAILABLE)
        co_return std::unexpected(told.reason() == SaslAnswer::BUSY ? Failure::busy
                                                                    : Failure::unavailable);
    wire::Authenticated answer;
    answer.set_ok(told.what() == SaslAnswer::ACCEPTED);
    answer.set_ticket(told.ticket());
    if (!answer.ok())
        answer.set_reason(told.reason() == SaslAnswer::BRAKED ? "braked" : "wrong");
    co_return wire::answer_with(answer);
}

} // namespace posthouse::clerk
