// SPDX-License-Identifier: Apache-2.0
#include "keeper/submission.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "wire/parse.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

namespace {

wire::Verdict verdict(std::uint32_t code, std::string text)
{
    wire::Verdict made;
    made.set_code(code);
    made.set_text(std::move(text));
    return made;
}

/// Whatever the gate says of the login, this is who it is.
void put_sender(wire::Origin& origin, const Submission::Sender& sender)
{
    origin.set_login(sender.address);
    origin.set_local(false);
    origin.set_local_user(0);
}

} // namespace

Task<Submission::Reply> Submission::answer(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::open_session:
    case Method::close_session:
        co_return co_await house_.sessions(std::move(gate), std::move(frame));
    case Method::check_recipients:
        co_return co_await check_recipients(std::move(gate), std::move(frame));
    case Method::accept:
        co_return co_await accept(std::move(gate), std::move(frame));
    case Method::open_body:
    case Method::append_body:
    case Method::abandon_body:
        co_return co_await house_.intake(std::move(gate), std::move(frame));
    default:
        co_return std::unexpected(Failure::refused);
    }
}

Task<Submission::Reply> Submission::check_recipients(std::shared_ptr<wire::Link> gate,
                                                     wire::Frame frame)
{
    auto request = wire::parse<wire::CheckRecipients>(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    const auto sender = house_.sender(gate.get(), request->session());
    if (!sender)
        co_return std::unexpected(Failure::refused);
    auto refusal = co_await judge(*sender, request->sender(), "MAIL FROM:");
    if (!refusal)
        co_return std::unexpected(refusal.error());
    const auto count = static_cast<std::size_t>(request->recipients_size());
    if (!*refusal)
        *refusal = refusal_of(
            allowances_.ask(sender->account, count, house_.config(), Instant::clock::now()),
            house_.config());
    if (*refusal) {
        wire::Verdicts verdicts;
        for (std::size_t i = 0; i < count; ++i)
            *verdicts.add_verdicts() = **refusal;
        co_return wire::answer_with(verdicts);
    }
    put_sender(*request->mutable_origin(), *sender);
    frame.message = request->SerializeAsString();
    co_return co_await house_.intake(std::move(gate), std::move(frame));
}

Task<Submission::Reply> Submission::accept(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    auto request = wire::parse<wire::Accept>(frame.message);
    if (!request || request->authors_size() > Limits::authors)
        co_return std::unexpected(Failure::invalid);
    const auto sender = house_.sender(gate.get(), request->session());
    if (!sender)
        co_return std::unexpected(Failure::refused);
    const auto count = static_cast<std::size_t>(request->recipients_size());
    auto refusal = co_await judge_authors(*sender, *request);
    if (!refusal)
        co_return std::unexpected(refusal.error());
    // Nothing may come between asking and counting.
    if (!*refusal)
        *refusal = refusal_of(
            allowances_.take(sender->account, count, house_.config(), Instant::clock::now()),
            house_.config());
    if (*refusal) {
        log::info("submission.refused", {{"user", sender->address},
                                         {"from", request->sender()},
                                         {"client", request->origin().client_address()},
                                         {"reply", (*refusal)->text()}});
        wire::Accepted answer;
        *answer.mutable_refusal() = std::move(**refusal);
        co_return wire::answer_with(answer);
    }
    put_sender(*request->mutable_origin(), *sender);
    request->clear_authors();
    frame.message = request->SerializeAsString();
    auto accepted = co_await house_.intake(std::move(gate), std::move(frame));
    if (!accepted)
        allowances_.give_back(sender->account, count);
    co_return accepted;
}

/// The null sender is everyone's: receipts have it (RFC 8098 §2.1).
Task<wire::Result<std::optional<wire::Verdict>>>
Submission::judge(Sender sender, std::string address, std::string_view role)
{
    if (house_.config().senders == config::Submit::Senders::any || address.empty())
        co_return std::nullopt;
    auto mailbox = mail::Mailbox::parse(address);
    if (mailbox) {
        const auto may = co_await house_.may_send_as(sender.account, *mailbox);
        if (!may)
            co_return std::unexpected(may.error());
        if (*may)
            co_return std::nullopt;
    }
    co_return verdict(550, fmt::format("5.7.1 {} {} may not send as <{}>", role, sender.address,
                                       printable(address, 254)));
}

Task<wire::Result<std::optional<wire::Verdict>>> Submission::judge_authors(Sender sender,
                                                                           wire::Accept request)
{
    auto refusal = co_await judge(sender, request.sender(), "MAIL FROM:");
    if (!refusal || *refusal || house_.config().senders == config::Submit::Senders::any)
        co_return refusal;
    std::set<std::string> asked{request.sender()};
    if (request.authors().empty())
        co_return verdict(550, "5.6.0 The letter does not say whom it is from");
    for (const auto& author : request.authors()) {
        if (author.empty())
            co_return verdict(550, "5.6.0 From: or Sender: has no sensible address");
        if (!asked.insert(author).second)
            continue;
        refusal = co_await judge(sender, author, "From: or Sender:");
        if (!refusal || *refusal)
            co_return refusal;
    }
    co_return std::nullopt;
}

std::optional<wire::Verdict> Submission::refusal_of(Allowances::Answer answer,
                                                    const config::Submit& submit)
{
    switch (answer) {
    case Allowances::Answer::granted:
        break;
    case Allowances::Answer::letters:
        return verdict(450, fmt::format("4.7.1 You may send {} letters within an hour: try again "
                                        "later",
                                        submit.letters_per_hour));
    case Allowances::Answer::recipients:
        return verdict(452, fmt::format("4.7.1 You may send to {} recipients within a day: try "
                                        "again later",
                                        submit.recipients_per_day));
    }
    return std::nullopt;
}

} // namespace posthouse::keeper
