// SPDX-License-Identifier: Apache-2.0
#include "imap/session/session.hpp"

#include "imap/session/capabilities.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

#include <fmt/format.h>

#include <utility>

namespace posthouse::imap {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

/// Why a command is not for now.
std::optional<Reply> out_of_place(const Dialogue& dialogue, const CommandBody& body)
{
    const auto& rules = rules_of(body);
    switch (rules.when) {
    case Rules::When::any:
        break;
    case Rules::When::stranger:
        if (dialogue.backend)
            return Reply::bad(fmt::format("{} is not allowed after the login", rules.name));
        break;
    case Rules::When::known:
        if (!dialogue.backend)
            return Reply::bad("Please log in first");
        break;
    case Rules::When::selected:
        if (!dialogue.selected)
            return Reply::bad(dialogue.backend ? "No mailbox selected" : "Please log in first");
        break;
    }
    // RFC 9586 §3
    if (dialogue.enabled.uidonly && numbering_of(body) == Numbering::sequence)
        return Reply::bad("Message numbers are not allowed once UIDONLY is enabled", "UIDREQUIRED");
    return std::nullopt;
}

} // namespace

Session::Session(const SessionSettings& settings, Channel& channel, Login& login)
    : dialogue_(settings, channel, login)
{
}

Session::~Session() = default;

void Session::close(std::string_view why)
{
    dialogue_.closing = true;
    dialogue_.closing_words = why;
    dialogue_.channel.nudge();
}

Instant Session::patience() const
{
    const auto& limits = dialogue_.settings.limits;
    return dialogue_.channel.now() + (dialogue_.backend ? limits.idle : limits.login);
}

Task<void> Session::run()
{
    dialogue_.say(fmt::format("OK [CAPABILITY {}] {} ready", capabilities(dialogue_),
                              dialogue_.settings.hostname));
    // Before the login the time for it runs on, whatever the client says meanwhile.
    auto until = patience();
    while (!dialogue_.over && !dialogue_.out.gone()) {
        const bool known = dialogue_.backend != nullptr;
        auto heard = co_await dialogue_.listen(until);
        if (auto* frame = std::get_if<Frame>(&heard))
            co_await serve(std::move(*frame));
        else
            co_await hear(std::get<Sign>(heard));
        if (dialogue_.backend || known)
            until = patience();
    }
    dialogue_.leave();
    dialogue_.backend.reset();
    co_await dialogue_.out.pass();
}

Task<void> Session::hear(Sign sign)
{
    switch (sign) {
    case Sign::nudge:
        if (dialogue_.closing)
            dialogue_.say_bye(dialogue_.closing_words);
        else
            co_await tell_watched(dialogue_);
        break;
    case Sign::time:
        dialogue_.say_bye("Disconnected for inactivity");
        break;
    case Sign::end:
        dialogue_.out.give_up();
        break;
    }
    co_return;
}

Task<void> Session::serve(Frame frame)
{
    if (dialogue_.closing) {
        dialogue_.say_bye(dialogue_.closing_words);
        co_return;
    }
    if (auto* command = std::get_if<frame::Command>(&frame)) {
        co_await serve_command(command->text);
    } else if (auto* head = std::get_if<frame::MessageHead>(&frame)) {
        co_await serve_command(head->text);
    } else if (auto* refused = std::get_if<frame::Refused>(&frame)) {
        refuse(*refused);
    } else if (std::holds_alternative<frame::Continue>(frame)) {
        dialogue_.out << "+ OK\r\n";
    }
}

Task<void> Session::serve_command(std::string_view text)
{
    auto command = parse_command(text, dialogue_.parser_settings());
    if (command) {
        co_await obey(std::move(*command));
    } else {
        const auto& why = command.error().why;
        dialogue_.tag = command.error().tag;
        dialogue_.say_tagged(why.how == Refusal::How::bad ? Reply::bad(why.text, why.code)
                                                          : Reply::no(why.code, why.text),
                             {});
        if (why.how == Refusal::How::bad)
            count_bad();
    }
    if (std::exchange(dialogue_.in_message, false))
        dialogue_.framer.abandon_message(); // Whoever wanted it has taken all of it.
}

Task<void> Session::obey(Command command)
{
    dialogue_.tag = std::move(command.tag);
    dialogue_.by_uid = numbering_of(command.body) == Numbering::uid;
    auto reply = out_of_place(dialogue_, command.body);
    const auto& rules = rules_of(command.body);
    if (!reply) {
        reply = co_await std::visit([this](const auto& body) { return carry_out(dialogue_, body); },
                                    command.body);
        if (dialogue_.selected && rules.numbers != Rules::Numbers::silent) {
            const auto expunges =
                rules.numbers == Rules::Numbers::by_form && mentions_numbers(command.body)
                    ? Expunges::untold
                    : Expunges::told;
            if (dialogue_.selected->changed)
                co_await dialogue_.bring_forward(expunges);
            else
                co_await dialogue_.tell_news(expunges);
        }
    }
    dialogue_.by_uid = false;
    if (!dialogue_.metadata_changed.empty())
        tell_metadata(dialogue_);
    dialogue_.say_tagged(*reply, rules.name);
    if (reply->kind == Reply::Kind::bad)
        count_bad();
    else
        bad_commands_ = 0;
    if (dialogue_.out.full())
        co_await dialogue_.out.pass();
}

void Session::refuse(const frame::Refused& refused)
{
    using Why = frame::Refused::Why;
    dialogue_.tag = refused.tag;
    switch (refused.why) {
    case Why::line_too_long:
        dialogue_.say_tagged(Reply::bad("Line too long", "TOOBIG"), {});
        break;
    case Why::literal_too_long:
        dialogue_.say_tagged(Reply::bad("Literal too long", "TOOBIG"), {});
        break;
    case Why::message_too_long:
        dialogue_.say_tagged(Reply::no("TOOBIG", "Message too large"), {});
        return;
    case Why::literal_minus:
        dialogue_.say_tagged(Reply::bad("Such a literal must wait for leave"), {});
        break;
    case Why::line_not_text:
        dialogue_.say_tagged(Reply::bad("NUL or bare CR in a command"), {});
        break;
    }
    count_bad();
}

void Session::count_bad()
{
    if (++bad_commands_ >= dialogue_.settings.limits.bad_commands && !dialogue_.over)
        dialogue_.say_bye("Too many invalid commands");
}

} // namespace posthouse::imap
