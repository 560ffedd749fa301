// SPDX-License-Identifier: Apache-2.0
#include "gate/smtp_submission.hpp"

#include "base/contract.hpp"
#include "gate/smtp_translation.hpp"
#include "wire/messages.pb.h"

#include <utility>

namespace posthouse::gate {

using wire::Method;
namespace step = smtp::server_step;

Submitting::Submitting(Desk& desk, std::shared_ptr<const process::Settings> settings)
    : desk_(desk),
      settings_(std::move(settings))
{
}

Submitting::~Submitting()
{
    close_session();
}

// ---- The login ------------------------------------------------------------------------------

Task<smtp::LoginAnswer> Submitting::start(LoginSite site, step::StartLogin login)
{
    auto answer = co_await dialogue_.start(desk_.clerk, std::move(site), std::move(login.mechanism),
                                           std::move(login.initial));
    co_return co_await take(std::move(answer));
}

Task<smtp::LoginAnswer> Submitting::proceed(step::ContinueLogin response)
{
    auto answer = co_await dialogue_.proceed(std::move(response.response));
    co_return co_await take(std::move(answer));
}

void Submitting::cancel()
{
    dialogue_.cancel();
    close_session();
}

/// The ticket is redeemed at once: it lives for seconds only.
Task<smtp::LoginAnswer> Submitting::take(SaslDialogue::Answer answer)
{
    auto* accepted = std::get_if<SaslDialogue::Accepted>(&answer);
    if (accepted == nullptr)
        co_return smtp_login_answer_of(answer);
    close_session();
    keeper_ = desk_.keeper;
    const auto unavailable = smtp::Reply(454, "4.7.0 Temporary authentication failure");
    if (!keeper_)
        co_return unavailable;
    wire::OpenSession request;
    request.set_ticket(std::move(accepted->ticket));
    const auto opened = co_await keeper_->call<wire::Session>(Method::open_session, request);
    if (!opened || opened->message.session() == 0)
        co_return unavailable;
    session_ = opened->message.session();
    login_ = accepted->user;
    co_return smtp::LoginAccepted{std::move(accepted->user), std::move(accepted->last_words)};
}

void Submitting::close_session()
{
    if (session_ == 0)
        return;
    wire::Session session;
    session.set_session(std::exchange(session_, 0));
    if (keeper_->is_open())
        keeper_->notify(Method::close_session, session);
}

// ---- The letter -----------------------------------------------------------------------------

void Submitting::begin_letter()
{
    header_.emplace(settings_->config.limits.header_bytes);
}

void Submitting::feed(std::string_view bytes)
{
    header_->feed(bytes);
}

smtp::Verdict Submitting::prepare(Letter& letter)
{
    const auto header = std::exchange(header_, std::nullopt);
    expects(header.has_value());
    if (header->too_long())
        return std::unexpected(smtp::Reply(552, "5.3.4 Header too big"));
    const auto login = mail::Mailbox::parse(login_);
    if (!login)
        return std::unexpected(refusal_of(wire::Failure::invalid));
    auto prepared = prepare_header(header->text(), {.login = *login,
                                                    .host = settings_->config.hostname,
                                                    .random = random_,
                                                    .now = wall_clock()});
    if (!prepared)
        return std::unexpected(std::move(prepared.error()));
    for (auto& author : prepared->authors)
        letter.amend().add_authors(std::move(author));
    if (letter.is_kept_whole()) { // Filters are to see what will go out.
        mail::EditedText text(letter.text().size());
        expects(text.apply(prepared->edits));
        letter.rewrite(mail::read_edited(text, letter.text()));
        return {};
    }
    for (auto& edit : prepared->edits) {
        auto& added = *letter.amend().add_edits();
        added.set_offset(edit.offset);
        added.set_length(edit.length);
        added.set_text(std::move(edit.text));
    }
    return {};
}

} // namespace posthouse::gate
