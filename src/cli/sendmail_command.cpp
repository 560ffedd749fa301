// SPDX-License-Identifier: Apache-2.0
// sendmail: letters from programs and users of this host.
#include "cli/commands.hpp"
#include "cli/sendmail_envelope.hpp"
#include "cli/sendmail_letter.hpp"
#include "cli/sendmail_lists.hpp"
#include "cli/sendmail_options.hpp"
#include "cli/sendmail_places.hpp"
#include "config/load.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <fmt/format.h>
#include <istream>
#include <ostream>
#include <unistd.h>

namespace posthouse::cli {
namespace {

using process::Exit;

constexpr auto patience = std::chrono::minutes(10); // RFC 5321 §4.5.3.2.6
constexpr auto data_error = static_cast<Exit>(65);  // sysexits(3)
constexpr auto no_user = static_cast<Exit>(67);

/// What of the configuration the command goes by, for callers who may not read it as well.
struct Setting {
    config::Submission submission;
    std::optional<mail::Domain> hostname;
};

std::expected<Setting, Exit> setting_for(Context& context, const SendmailCall& call)
{
    if (::access(context.config_path.c_str(), R_OK) != 0) {
        if (!call.config_path.empty())
            return std::unexpected(
                complain(context.console, Exit::config,
                         fmt::format("-C: {} cannot be read", call.config_path)));
        return Setting{};
    }
    const auto config = config::load_file(context.config_path);
    if (config)
        return Setting{config->submission, config->hostname};
    if (!call.config_path.empty())
        return std::unexpected(
            complain(context.console, Exit::config,
                     fmt::format("-C: {} is no configuration of Posthouse's; see `posthouse check`",
                                 call.config_path)));
    return Setting{}; // A fault in it, which the server tells of, keeps no letter back.
}

std::chrono::minutes zone_at(Timestamp now)
{
    const auto seconds = static_cast<std::time_t>(to_microseconds(now) / 1'000'000);
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr)
        return {};
    return std::chrono::minutes(local.tm_gmtoff / 60);
}

/// One call: from standard input to the server or the drop.
class Sending {
public:
    Sending(Context& context, const SendmailCall& call, Setting setting)
        : context_(context),
          call_(call),
          setting_(std::move(setting)),
          caller_(context.world.caller()),
          hostname_(known_hostname())
    {
    }

    Exit run()
    {
        if (call_.recipients == SendmailCall::Recipients::arguments && call_.arguments.empty())
            return complain(context_.console, Exit::usage,
                            "name recipients, or have -t take them from the letter's header");
        if (const auto code = write_sender(); code != Exit::ok)
            return code;
        if (const auto code = read_letter(); code != Exit::ok)
            return code;
        auto written = call_.arguments;
        if (call_.recipients == SendmailCall::Recipients::header_too)
            written.insert(written.end(), letter_.recipients.begin(), letter_.recipients.end());
        auto list = parse_recipients(written, hostname_);
        refused_ = std::move(list.refused);
        if (list.accepted.empty() && refused_.empty())
            return complain(context_.console, Exit::usage,
                            "the letter's header names no recipient");
        for (auto& batch : in_batches(std::move(list.accepted)))
            batches_.push_back(std::move(batch));
        while (!batches_.empty()) {
            auto batch = std::move(batches_.front());
            batches_.pop_front();
            if (const auto code = hand_in(std::move(batch)); code != Exit::ok)
                return code;
        }
        return tell();
    }

private:
    mail::Domain known_hostname() const
    {
        if (setting_.hostname)
            return *setting_.hostname;
        if (auto name = mail::Domain::parse(caller_.hostname))
            return *name;
        return *mail::Domain::parse("localhost");
    }

    /// The envelope's sender, and who stands in From where nobody does.
    Exit write_sender()
    {
        const auto login =
            caller_.login.empty() ? fmt::format("user-{}", ::getuid()) : caller_.login;
        auto own = parse_sender(login, hostname_);
        if (!own || own->is_null())
            return complain(context_.console, no_user, "this user's name makes no address");
        auto sender = call_.sender ? parse_sender(*call_.sender, hostname_) : *own;
        if (!sender)
            return complain(context_.console, Exit::usage, sender.error());
        drop_.sender = std::move(*sender);
        const bool as_other = drop_.sender.mailbox().has_value() && drop_.sender != *own;
        writer_.emplace(
            LetterWriter{.address = as_other ? *drop_.sender.mailbox() : *own->mailbox(),
                         .full_name = !call_.full_name.empty() ? call_.full_name
                                      : as_other               ? std::string()
                                                 : full_name_of(caller_.comment, caller_.login),
                         .hostname = hostname_});
        return Exit::ok;
    }

    Exit read_letter()
    {
        auto& in = context_.console.in;
        LetterIntake intake(call_.dot);
        std::array<char, 65536> buffer; // NOLINT: read() fills it.
        while (in) {
            in.read(buffer.data(), buffer.size());
            if (!intake.add({buffer.data(), static_cast<std::size_t>(in.gcount())}))
                break;
        }
        if (in.bad()) // Half a letter is none.
            return complain(context_.console, Exit::io_error, "the letter cannot be read");
        if (intake.is_too_long())
            return complain(context_.console, data_error, "the letter is too long");
        text_ = intake.finish();
        const auto now = wall_clock();
        writer_->zone = zone_at(now);
        SystemRandom random;
        auto letter = prepare_letter(text_, *writer_, random, now);
        if (!letter)
            return complain(context_.console, data_error,
                            letter.error() == LetterFault::header_too_long
                                ? "the letter's header is too long"
                                : "the letter has too many recipients");
        letter_ = std::move(*letter);
        drop_.notify = call_.notify;
        drop_.ret = call_.ret;
        drop_.envelope_id = call_.envelope_id;
        if (letter_.eight_bit || call_.body == SendmailCall::Body::eight_bit)
            drop_.body = mail::Drop::Body::eight_bit_mime;
        return Exit::ok;
    }

    std::string_view body() const { return std::string_view(text_).substr(letter_.body_offset); }

    Exit hand_in(std::vector<mail::ForwardPath> recipients)
    {
        drop_.recipients = std::move(recipients);
        drop_.smtputf8 = letter_.utf8_header || needs_utf8(drop_);
        auto socket = connect_to_server(setting_.submission.socket);
        if (!socket)
            return leave();
        const auto line = line_over(std::move(*socket), patience);
        auto result = submit(*line, {drop_, hostname_.text(), letter_.header, body()});
        switch (result.end) {
        case Submitted::End::interrupted:
            return leave();
        case Submitted::End::in_doubt:
            return complain(context_.console, Exit::temporary,
                            "the server did not say whether it has the letter");
        case Submitted::End::accepted:
            taken_ = Taken::some;
            if (call_.speech == SendmailCall::Speech::verbose)
                context_.console.out << "Sent (" << printable(result.reply.text) << ")\n";
            break;
        case Submitted::End::refused:
            return refuse(result);
        }
        if (!result.left.empty())
            batches_.push_front(std::move(result.left));
        refused_.insert(refused_.end(), result.refused.begin(), result.refused.end());
        return Exit::ok;
    }

    /// By what it said to the letter, or to each of its recipients.
    Exit refuse(const Submitted& result)
    {
        refused_.insert(refused_.end(), result.refused.begin(), result.refused.end());
        if (result.refused.size() == drop_.recipients.size())
            return Exit::ok;
        tell();
        return complain(context_.console,
                        static_cast<Exit>(exit_code_of(result.reply.code, result.reply.text)),
                        fmt::format("the server refuses the letter: {} {}", result.reply.code,
                                    result.reply.text));
    }

    Exit leave()
    {
        if (setting_.submission.drop.empty())
            return complain(context_.console, Exit::temporary, "the server does not run");
        if (auto left = leave_in_drop(setting_.submission.drop, drop_, letter_.header, body());
            !left)
            return complain(context_.console, Exit::temporary,
                            "the server does not run, and " + left.error());
        taken_ = Taken::some;
        if (call_.speech == SendmailCall::Speech::verbose)
            context_.console.out << "The server does not run; the letter waits for it.\n";
        return Exit::ok;
    }

    Exit tell()
    {
        for (const auto& one : refused_)
            complain(context_.console, no_user,
                     fmt::format("{}: {} {}", one.address, one.code, one.reason));
        return static_cast<Exit>(exit_code_of(refused_, taken_));
    }

    Context& context_;
    const SendmailCall& call_;
    Setting setting_;
    Caller caller_;
    mail::Domain hostname_;
    mail::Drop drop_;
    std::optional<LetterWriter> writer_;
    std::string text_;
    PreparedLetter letter_;
    std::deque<std::vector<mail::ForwardPath>> batches_;
    std::vector<RefusedRecipient> refused_;
    Taken taken_ = Taken::none;
};

/// -bs: a program speaks SMTP itself.
Exit converse(Context& context, const Setting& setting)
{
    auto socket = connect_to_server(setting.submission.socket);
    if (!socket) {
        context.console.out << "421 4.3.2 The server does not run\r\n" << std::flush;
        return Exit::temporary;
    }
    relay(STDIN_FILENO, STDOUT_FILENO, socket->get());
    return Exit::ok;
}

Exit verify(Context& context, const std::vector<std::string>& addresses)
{
    if (addresses.empty())
        return complain(context.console, Exit::usage, "-bv: name addresses");
    auto worst = Exit::ok;
    for (const auto& address : addresses)
        if (const auto code = explain(context, {.recipient = address, .sender = {}, .client = {}});
            code != Exit::ok)
            worst = code;
    return worst;
}

} // namespace

Exit sendmail(Context& context, std::string_view program, const std::vector<std::string>& arguments)
{
    const auto call = parse_sendmail(program, arguments);
    if (!call)
        return complain(context.console, Exit::usage, call.error());
    if (!call->config_path.empty())
        context.config_path = call->config_path;
    switch (call->mode) {
    case SendmailMode::list_queue:
        return mail_queue(context, call->patterns);
    case SendmailMode::run_queue:
        return run_queue(context, *call);
    case SendmailMode::verify:
        return verify(context, call->arguments);
    case SendmailMode::check_tables:
        return check_tables(context);
    case SendmailMode::list_aliases:
        return list_aliases(context, *call);
    case SendmailMode::statistics:
        return status(context);
    case SendmailMode::list_hosts:
        return hosts(context);
    case SendmailMode::forget_hosts:
        return hosts_forget(context, call->arguments.empty() ? "" : call->arguments.front());
    case SendmailMode::deliver:
    case SendmailMode::converse:
        break;
    }
    const auto setting = setting_for(context, *call);
    if (!setting)
        return setting.error();
    return call->mode == SendmailMode::converse ? converse(context, *setting)
                                                : Sending(context, *call, *setting).run();
}

} // namespace posthouse::cli
