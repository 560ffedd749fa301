// SPDX-License-Identifier: Apache-2.0
#include "gate/collecting.hpp"

#include "base/log.hpp"
#include "gate/events.hpp"
#include "gate/letter.hpp"
#include "gate/party.hpp"
#include "mail/drop.hpp"
#include "mail/received.hpp"
#include "smtp/chunk_checker.hpp"

#include <cerrno>
#include <expected>
#include <string>
#include <unistd.h>

namespace posthouse::gate {
namespace {

using Collected = wire::Control::Collected;

Collected ended(Collected::End end, std::string reason = {})
{
    Collected collected;
    collected.set_end(end);
    collected.set_reason(std::move(reason));
    return collected;
}

/// Whether it ends well or not, it is not asked again at once: that is a later round's affair.
Collected ended(wire::Failure failure)
{
    return ended(Collected::LATER, std::string(wire::describe(failure)));
}

/// The next bytes of a file; nothing at its end, false if it cannot be read.
bool read_on(const UniqueFd& file, std::string& to, std::size_t most)
{
    const auto before = to.size();
    to.resize(before + most);
    const auto got = ::read(file.get(), to.data() + before, most);
    to.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    return got >= 0;
}

/// The head, and in `text` what was read behind it.
std::expected<mail::Drop, Collected> read_head(const UniqueFd& file, std::string& text)
{
    for (;;) {
        const auto before = text.size();
        if (!read_on(file, text, Letter::Limits::piece_bytes))
            return std::unexpected(ended(Collected::LATER, "it cannot be read"));
        auto parsed = mail::parse_drop(text);
        if (parsed) {
            text.erase(0, parsed->head_bytes);
            return std::move(parsed->drop);
        }
        if (parsed.error() != mail::DropFault::incomplete || text.size() == before)
            return std::unexpected(ended(Collected::UNFIT, "its head makes no sense"));
    }
}

wire::Origin origin_of(std::uint32_t user)
{
    wire::Origin origin;
    origin.set_local(true);
    origin.set_local_user(user);
    origin.set_listener("drop");
    return origin;
}

wire::Accept envelope_of(const mail::Drop& drop, std::uint32_t user)
{
    wire::Accept accept;
    accept.set_sender(drop.sender.text());
    for (const auto& recipient : drop.recipients) {
        accept.add_recipients(recipient.text());
        if (drop.notify != 0)
            accept.add_terms()->set_notify(drop.notify);
    }
    *accept.mutable_origin() = origin_of(user);
    accept.set_ret(std::string(mail::return_text(drop.ret)));
    accept.set_envelope_id(drop.envelope_id);
    accept.set_smtputf8(drop.smtputf8);
    accept.set_body_type(drop.body == mail::Drop::Body::eight_bit_mime ? "8BITMIME" : "7BIT");
    return accept;
}

void add_received(wire::Accept& accept, const mail::Drop& drop, const config::Config& config,
                  const std::string& id_mark)
{
    mail::Arrival arrival{.greeted_as = {},
                          .client_address = {},
                          .client_name = {},
                          .local_user = accept.origin().local_user(),
                          .transmission = {.greeting = mail::Transmission::Greeting::none},
                          .tls = {},
                          .host = config.hostname,
                          .id = id_mark,
                          .only_recipient = {},
                          .at = wall_clock()};
    if (drop.recipients.size() == 1)
        arrival.only_recipient = drop.recipients.front();
    auto field = mail::received_field(arrival);
    if (const auto at = field.find(id_mark); at != field.npos) {
        field.erase(at, id_mark.size());
        accept.set_id_offset(static_cast<std::uint32_t>(at));
    }
    accept.set_prefix(std::move(field));
}

/// The envelope, with what the access rules make of it. Only that it is too early keeps a letter
/// waiting.
Task<wire::Result<wire::Accept>> ask_for_leave(std::shared_ptr<wire::Link> keeper,
                                               wire::Accept envelope)
{
    wire::CheckRecipients question;
    question.set_sender(envelope.sender());
    *question.mutable_recipients() = envelope.recipients();
    *question.mutable_origin() = envelope.origin();
    const auto answer =
        co_await keeper->call<wire::Verdicts>(wire::Method::check_recipients, question);
    if (!answer)
        co_return std::unexpected(answer.error());
    for (const auto& verdict : answer->message.verdicts()) {
        if (verdict.code() / 100 == 4)
            co_return std::unexpected(wire::Failure::unavailable);
        if (verdict.what() == wire::Verdict::DISCARD)
            envelope.set_discard(true);
        if (verdict.what() == wire::Verdict::QUARANTINE)
            envelope.set_quarantine(verdict.text().empty() ? "access" : verdict.text());
    }
    co_return envelope;
}

} // namespace

Task<Collected> collect(Desk& desk, std::shared_ptr<const process::Settings> settings,
                        Dropped dropped)
{
    const auto& config = settings->config;
    const auto keeper = desk.keeper;
    if (!keeper || !keeper->is_open())
        co_return ended(wire::Failure::closed);
    std::string text;
    const auto drop = read_head(dropped.file, text);
    if (!drop)
        co_return drop.error();
    auto envelope = co_await ask_for_leave(keeper, envelope_of(*drop, dropped.user));
    if (!envelope)
        co_return ended(envelope.error());
    add_received(*envelope, *drop, config, desk.id_mark);

    Letter letter(keeper, std::move(*envelope));
    smtp::ChunkChecker checker(config.limits.line_bytes);
    while (!text.empty()) {
        checker.feed(text);
        letter.append(std::move(text));
        text.clear();
        if (checker.malformed() || checker.line_too_long())
            co_return ended(Collected::UNFIT, "its lines do not end in CR LF, or are too long");
        if (config.limits.message_bytes != 0 && letter.bytes() > config.limits.message_bytes)
            co_return ended(Collected::UNFIT, "it is too big");
        if (letter.is_full())
            co_await letter.unload();
        if (!read_on(dropped.file, text, Letter::Limits::piece_bytes))
            co_return ended(Collected::LATER, "it cannot be read");
    }
    checker.finish();
    if (checker.malformed())
        co_return ended(Collected::UNFIT, "its lines do not end in CR LF");
    const auto id = co_await letter.commit();
    if (!id && (id.error() == wire::Failure::invalid || id.error() == wire::Failure::refused))
        co_return ended(Collected::UNFIT, std::string(wire::describe(id.error())));
    if (!id)
        co_return ended(id.error());
    log::info(event::letter_accepted,
              {{"session", "drop"},
               {"letter", *id},
               {"client", Party{.address = {}, .user = dropped.user}.label()},
               {"from", letter.envelope().sender()},
               {"recipients", letter.envelope().recipients_size()},
               {"bytes", letter.bytes()}});
    co_return ended(Collected::TAKEN);
}

} // namespace posthouse::gate
