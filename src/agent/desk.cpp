// SPDX-License-Identifier: Apache-2.0
#include "agent/desk.hpp"

#include "agent/delivery_process.hpp"
#include "agent/limits.hpp"
#include "agent/maildir.hpp"
#include "agent/names.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/address.hpp"
#include "mail/received.hpp"
#include "wire/parse.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

enum class Kind : std::uint8_t { mailbox, file, program };

struct Target {
    Kind kind = Kind::mailbox;
    std::string what; // the path, the command
};

std::optional<Target> parse_target(std::string_view text)
{
    constexpr std::string_view file = "file:", program = "program:";
    if (text == "mailbox")
        return Target{};
    if (text.starts_with(file))
        return Target{Kind::file, std::string(text.substr(file.size()))};
    if (text.starts_with(program))
        return Target{Kind::program, std::string(text.substr(program.size()))};
    return std::nullopt;
}

/// The address that a letter was delivered to: what Delivered-To: names. Where the rules led to no
/// address (a program), the recipient's own.
std::optional<mail::Mailbox> address_of(const wire::Deliver& request, const std::string& user,
                                        const mail::Domain& host)
{
    for (const auto& text :
         {request.final_address(), request.recipient(), fmt::format("{}@{}", user, host.text())})
        if (auto mailbox = mail::Mailbox::parse(text))
            return std::move(*mailbox);
    return std::nullopt;
}

/// The fields that stand before a letter that has arrived.
std::string fields_before(const wire::Deliver& request, const mail::ReversePath& sender,
                          const mail::Mailbox& address)
{
    auto fields = mail::return_path_field(sender);
    const auto original = mail::ForwardPath::parse(request.recipient());
    if (original && original->text() != address.text())
        fields += fmt::format("X-Original-To: {}\r\n", original->text());
    return fields + mail::delivered_to_field(address);
}

/// A letter that was too large for the request.
Task<wire::Result<void>> read_on(std::shared_ptr<wire::Link> keeper, const wire::Deliver& request,
                                 LetterFile& letter)
{
    for (std::uint64_t at = 0; at < request.bytes();) {
        wire::ReadLetter question;
        question.set_letter(request.letter());
        question.set_offset(at);
        question.set_length(static_cast<std::uint32_t>(
            std::min<std::uint64_t>(request.bytes() - at, Limits::piece)));
        auto piece = co_await keeper->call<wire::Piece>(wire::Method::read_letter, question);
        if (!piece)
            co_return std::unexpected(piece.error());
        if (piece->raw.empty() || piece->raw.size() > question.length() ||
            !letter.append(piece->raw))
            co_return std::unexpected(wire::Failure::unavailable);
        at += piece->raw.size();
    }
    co_return wire::Result<void>();
}

Outcome outcome_of_job(const JobEnd& job, const Command& command)
{
    switch (job.how) {
    case JobEnd::How::not_started:
        return job.never ? failed("5.7.1", "this program is not allowed here")
                         : deferred("4.3.0", "the program cannot be started: " + job.reason);
    case JobEnd::How::timed_out:
        return with_output(deferred("4.3.0", "the program took too long"), job.output);
    case JobEnd::How::flooded:
        return deferred("4.3.0", "the program wrote too much");
    case JobEnd::How::ended:
        break;
    }
    if (WIFSIGNALED(job.status))
        return with_output(deferred("4.3.0", fmt::format("the program was ended by signal {}",
                                                         WTERMSIG(job.status))),
                           job.output);
    const int code = WEXITSTATUS(job.status);
    return outcome_of_exit(code != 0 ? command.exit_on_failure.value_or(code) : 0, job.output);
}

} // namespace

struct Desk::Delivery {
    Settings settings;
    config::LocalDelivery terms; // the settings', or what is right for this user
    wire::Deliver request;
    std::string raw;
    Target target;
    mail::ReversePath sender;
    Login login = {};
    std::optional<mail::Mailbox> address = {};
    std::optional<LetterFile> letter = {};
    std::uint64_t own_bytes = 0; // of `letter`, before the sender's own

    bool for_program() const
    {
        return target.kind == Kind::program ||
               (target.kind == Kind::mailbox &&
                terms.format == config::LocalDelivery::Format::program);
    }
    Timestamp received() const { return from_microseconds(request.received_at()); }
    std::string first_line() const { return from_line(sender.text(), received()); }
    Envelope envelope() const
    {
        return {.user = login.name,
                .home = login.home,
                .sender = sender.text(),
                .recipient = address->text(),
                .detail = request.detail()};
    }
    std::shared_ptr<const Errand> errand() const
    {
        const bool in_mailbox = target.kind == Kind::mailbox;
        const auto id = request.delivery() != 0 ? request.delivery() : request.letter();
        return std::make_shared<const Errand>(
            Errand{.target = in_mailbox ? Errand::Target::mailbox : Errand::Target::file,
                   .file = target.what,
                   .reads_forward = terms.forward && !request.keep() && in_mailbox,
                   .login = login,
                   .address = address->text(),
                   .detail = request.detail(),
                   .letter = request.letter(),
                   .letter_file = letter->fd(),
                   .letter_bytes = letter->bytes(),
                   .own_bytes = own_bytes,
                   .from_line = first_line(),
                   .maildir_name = maildir_name(received(), id, settings->config.hostname.text()),
                   .received = received()});
    }
};

Desk::Desk(boost::asio::io_context& context, Settings settings)
    : runner_(context),
      turnstile_(context, {settings->config.local_delivery.concurrency}),
      settings_(std::move(settings))
{
}

void Desk::configure(Settings settings)
{
    settings_ = std::move(settings);
    turnstile_.set_terms({settings_->config.local_delivery.concurrency});
}

Task<wire::Result<wire::Answer>> Desk::serve(std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    switch (frame.head.method) {
    case wire::Method::find_users:
        co_return co_await find_users(std::move(frame));
    case wire::Method::deliver:
        co_return co_await deliver(std::move(keeper), std::move(frame));
    default:
        co_return std::unexpected(wire::Failure::refused);
    }
}

Task<wire::Result<wire::Answer>> Desk::find_users(wire::Frame frame)
{
    const auto request = wire::parse<wire::FindUsers>(frame.message);
    if (!request)
        co_return std::unexpected(wire::Failure::invalid);
    std::vector<std::string> names;
    for (const auto& name : request->names())
        if (is_plain_login(name))
            names.push_back(name);
    std::vector<std::expected<Login, LookupError>> logins;
    for (std::size_t at = 0; at < names.size(); at += Limits::names) {
        const auto first = names.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min<std::size_t>(names.size() - at, Limits::names);
        auto some = co_await runner_.find({first, first + static_cast<std::ptrdiff_t>(count)});
        std::ranges::move(some, std::back_inserter(logins));
    }
    wire::FoundUsers found;
    auto next = logins.begin();
    for (const auto& name : request->names()) {
        if (!is_plain_login(name)) {
            found.add_answers(wire::FoundUsers::NONE);
            continue;
        }
        const auto& login = *next++;
        found.add_answers(login                                ? wire::FoundUsers::FOUND
                          : login.error() == LookupError::none ? wire::FoundUsers::NONE
                                                               : wire::FoundUsers::UNAVAILABLE);
    }
    co_return wire::answer_with(found);
}

Task<wire::Result<wire::Answer>> Desk::deliver(std::shared_ptr<wire::Link> keeper,
                                               wire::Frame frame)
{
    auto request = wire::parse<wire::Deliver>(frame.message);
    if (!request || (!frame.raw.empty() && frame.raw.size() != request->bytes()))
        co_return std::unexpected(wire::Failure::invalid);
    auto target = parse_target(request->target());
    auto sender = mail::ReversePath::parse(request->sender());
    if (!target || !sender || (!request->user().empty() && !is_plain_login(request->user())))
        co_return std::unexpected(wire::Failure::invalid);
    auto delivery = std::make_shared<Delivery>(Delivery{.settings = settings_,
                                                        .terms = settings_->config.local_delivery,
                                                        .request = std::move(*request),
                                                        .raw = std::move(frame.raw),
                                                        .target = std::move(*target),
                                                        .sender = std::move(*sender)});
    const auto outcome = co_await deliver_to(std::move(keeper), delivery);
    if (!outcome)
        co_return std::unexpected(outcome.error());
    log::debug("agent.delivery", {{"letter", base32_encode(delivery->request.letter())},
                                  {"user", delivery->login.name},
                                  {"status", outcome->status()},
                                  {"reply", outcome->text()}});
    wire::Delivered delivered;
    *delivered.mutable_outcome() = *outcome;
    co_return wire::answer_with(delivered);
}

Task<wire::Result<Outcome>> Desk::deliver_to(std::shared_ptr<wire::Link> keeper,
                                             std::shared_ptr<Delivery> delivery)
{
    const auto& request = delivery->request;
    const auto user = request.user().empty() ? delivery->terms.default_user : request.user();
    const bool in_mailbox = delivery->target.kind == Kind::mailbox;
    const auto place =
        co_await turnstile_.enter({.key = (in_mailbox ? "mailbox " : "other ") + user,
                                   .of_key = in_mailbox ? 1 : Limits::per_user,
                                   .deadline = Instant::clock::now() + Limits::turn});
    if (!place)
        co_return deferred("4.3.2", "too much is being delivered");
    if (auto refusal = co_await find_login(delivery, user))
        co_return std::move(*refusal);
    delivery->address = address_of(request, user, delivery->settings->config.hostname);
    auto held = co_await hold_letter(std::move(keeper), delivery);
    if (!held)
        co_return std::unexpected(held.error());
    if (!*held || !delivery->address)
        co_return deferred("4.3.1", "the letter cannot be held");

    std::expected<Command, Outcome> command;
    if (delivery->target.kind == Kind::program) {
        auto parsed = parse_command(delivery->target.what);
        if (!parsed)
            co_return failed("5.3.5", "this program cannot be run: " + parsed.error());
        command = std::move(*parsed);
    } else {
        const auto terms = std::shared_ptr<const config::LocalDelivery>(delivery, &delivery->terms);
        auto outcome = co_await run_in_process(delivery->errand(), terms);
        if (outcome)
            co_return std::move(*outcome);
        command = expand_command(terms->program, delivery->envelope());
    }
    if (!command)
        co_return std::move(command.error());
    co_return co_await run_program(delivery, std::move(*command));
}

/// Sets delivery->login; an outcome says why there is none.
Task<std::optional<Outcome>> Desk::find_login(std::shared_ptr<Delivery> delivery, std::string user)
{
    using Format = config::LocalDelivery::Format;
    auto& terms = delivery->terms;
    auto logins = co_await runner_.find({user});
    if (!logins.front() && logins.front().error() == LookupError::unavailable)
        co_return deferred("4.3.0", "users cannot be looked up now");
    if (!logins.front() && delivery->request.user().empty())
        co_return deferred("4.3.5", fmt::format("there is no user {} (local_delivery.default_user)",
                                                printable(user, 64)));
    if (!logins.front())
        co_return failed("5.1.1", "no such user");
    // What a letter starts is never root: its mailbox is a file, and what its .forward names is
    // run as the default user.
    if (logins.front()->user == 0 && ::geteuid() == 0) {
        if (terms.format == Format::program)
            terms.format = Format::mbox;
        if (delivery->target.kind == Kind::program)
            logins = co_await runner_.find({terms.default_user});
        if (!logins.front() ||
            (delivery->target.kind == Kind::program && logins.front()->user == 0))
            co_return deferred("4.3.5", "root runs no programs, and there is no default user");
    }
    delivery->login = std::move(*logins.front());
    if (::geteuid() != 0 && delivery->login.user != ::geteuid())
        co_return deferred("4.3.5", "the server was started without root: it can deliver only to "
                                    "the user that started it");
    co_return std::nullopt;
}

/// With what stands before it. False: memory is short.
Task<wire::Result<bool>> Desk::hold_letter(std::shared_ptr<wire::Link> keeper,
                                           std::shared_ptr<Delivery> delivery)
{
    auto letter = LetterFile::create();
    if (!letter || !delivery->address)
        co_return false;
    const auto before = (delivery->for_program() ? delivery->first_line() : std::string()) +
                        fields_before(delivery->request, delivery->sender, *delivery->address);
    if (!letter->append(before))
        co_return false;
    delivery->own_bytes = letter->bytes();
    if (delivery->raw.empty()) {
        auto all = co_await read_on(std::move(keeper), delivery->request, *letter);
        if (!all)
            co_return std::unexpected(all.error());
    } else if (!letter->append(std::exchange(delivery->raw, {}))) {
        co_return false;
    }
    if (!letter->finish())
        co_return false;
    delivery->letter = std::move(*letter);
    co_return true;
}

Task<Outcome> Desk::run_program(std::shared_ptr<Delivery> delivery, Command command)
{
    const auto& terms = delivery->terms;
    const auto job = std::make_shared<const Job>(
        Job{.user = delivery->login.name,
            .arguments = command.arguments,
            .environment = environment_of(delivery->envelope()),
            .letter = delivery->letter->fd(),
            .timeout = terms.program_timeout,
            .output_bytes = static_cast<std::size_t>(terms.program_output)});
    std::size_t bytes = 0;
    for (const auto& argument : job->arguments)
        bytes += argument.size() + 1;
    if (bytes > Limits::command_bytes)
        co_return failed("5.3.5", "this program has too many arguments");
    const auto ending = co_await runner_.run(job);
    auto outcome = outcome_of_job(ending, command);
    log::info("agent.program", {{"letter", base32_encode(delivery->request.letter())},
                                {"user", delivery->login.name},
                                {"program", command.arguments.front()},
                                {"status", outcome.status()},
                                {"reply", outcome.text()}});
    co_return outcome;
}

} // namespace posthouse::agent
