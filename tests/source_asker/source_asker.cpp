// SPDX-License-Identifier: Apache-2.0
// One outside source as the clerk meets it, for tests with real servers
// (tests/town/test_sources*.py): starts the process that asks it, confined as
// in the house, and puts the questions of standard input to it.
//     source_asker KEY=VALUE…      the keys of [[login.source]],
//     connection.host and so on; of secrets, the words check alice@example.org
//     password | find alice@example.org -> a line each
#include "envoy/envoy.hpp"
#include "sources/remote.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace posthouse;
using config::LoginSource;

namespace {

void set(LoginSource& source, process::Settings& settings, std::string_view key, std::string value)
{
    static const std::map<std::string_view, LoginSource::Kind> kinds = {
        {"passwd_file", LoginSource::Kind::passwd_file},
        {"pam", LoginSource::Kind::pam},
        {"ldap", LoginSource::Kind::ldap},
        {"postgresql", LoginSource::Kind::postgresql},
        {"mariadb", LoginSource::Kind::mariadb},
    };
    const std::map<std::string_view, std::string*> texts = {
        {"pam_service", &source.pam_service},
        {"url", &source.url},
        {"ca_file", &source.ca_file},
        {"bind_dn", &source.bind_dn},
        {"base_dn", &source.base_dn},
        {"filter", &source.filter},
        {"password_attribute", &source.password_attribute},
        {"address_attribute", &source.address_attribute},
        {"alias_attribute", &source.alias_attribute},
        {"group_filter", &source.group_filter},
        {"connection.host", &source.connection.host},
        {"connection.dbname", &source.connection.dbname},
        {"connection.user", &source.connection.user},
        {"login_query", &source.login_query},
        {"address_query", &source.address_query},
    };
    if (key == "kind")
        source.kind = kinds.at(value);
    else if (key == "start_tls")
        source.start_tls = value == "true";
    else if (key == "connection.port")
        source.connection.port = static_cast<std::uint16_t>(std::stoi(value));
    else if (key == "cache")
        source.cache = std::chrono::milliseconds(std::stoi(value));
    else if (key == "secret") {
        source.bind_password_file = source.connection.password_file = "secret";
        settings.secrets.emplace("secret", Secret(std::move(value)));
    } else
        *texts.at(key) = std::move(value);
}

std::string text_of(const sources::SourcePerson& person)
{
    std::vector<std::string> aliases;
    for (const auto& alias : person.aliases)
        aliases.push_back(alias.text());
    return fmt::format("{} [{}]{}{}", person.address.text(), fmt::join(aliases, " "),
                       person.disabled ? " disabled" : "", person.scram.empty() ? "" : " scram");
}

std::string text_of(sources::SourceError error)
{
    return error == sources::SourceError::broken ? "broken" : "unavailable";
}

Task<std::string> find(sources::RemoteSource& source, mail::Mailbox who)
{
    const auto found = co_await source.find(std::move(who));
    if (!found)
        co_return text_of(found.error());
    co_return *found ? "found " + text_of(**found) : std::string("nobody");
}

Task<std::string> check(sources::RemoteSource& source, mail::Mailbox who, Secret password)
{
    const auto checked = co_await source.check(std::move(who), std::move(password));
    if (!checked)
        co_return text_of(checked.error());
    if (checked->answer == sources::Checked::Answer::right)
        co_return "right " + text_of(*checked->person);
    co_return checked->answer == sources::Checked::Answer::wrong ? "wrong" : "unknown";
}

[[noreturn]] void become_envoy(process::StartUp start, process::ControlChannel unused)
{
    (void)unused;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto end = start.name.starts_with("pam/") ? envoy::run_pam(std::move(start))
                                                    : envoy::run_envoy(std::move(start));
    ::_exit(static_cast<int>(end));
}

} // namespace

int main(int count, char** words)
{
    std::signal(SIGPIPE, SIG_IGN); // As every role does.
    process::Settings settings{.config = {.hostname = *mail::Domain::parse("mx.example.org")},
                               .dns_servers = {}};
    LoginSource source{.name = "tried"};
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const auto equals = word.find('=');
        set(source, settings, word.substr(0, equals), std::string(word.substr(equals + 1)));
    }
    settings.config.logins.sources = {source};
    auto [ours, theirs] = process::ControlChannel::make_pair();
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        return 1;
    process::StartUp start{.name =
                               source.kind == LoginSource::Kind::pam ? "pam/tried" : "envoy/tried",
                           .settings = std::make_shared<process::Settings>(std::move(settings)),
                           .listeners = {},
                           .links = {},
                           .identity = {},
                           .control = std::move(theirs)};
    start.links.push_back({"clerk", 0, UniqueFd(ends[1])});
    if (const auto* user = ::getpwnam("nobody"); user != nullptr && ::geteuid() == 0)
        start.identity = process::Identity{user->pw_uid, user->pw_gid};
    if (::fork() == 0) {
        ::close(ends[0]);
        become_envoy(std::move(start), std::move(ours));
    }
    start.links.clear();
    boost::asio::io_context context(1);
    sources::RemoteSource remote(context, "tried");
    remote.open(UniqueFd(ends[0]));
    const auto said = ours.receive(); // Ready, or why not.
    if (!said || !said->message.has_ready()) {
        fmt::print("not ready: {}\n", said ? said->message.fatal().reason() : "it ended");
        return 1;
    }
    fmt::print("ready\n");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        const auto first = line.find(' '), second = line.find(' ', first + 1);
        auto who = mail::Mailbox::parse(line.substr(first + 1, second - first - 1));
        if (!who)
            return 1;
        std::optional<std::string> answer;
        const auto take = [&](std::exception_ptr, std::string text) { answer = std::move(text); };
        if (line.starts_with("find"))
            boost::asio::co_spawn(context, find(remote, *who), take);
        else
            boost::asio::co_spawn(context, check(remote, *who, Secret(line.substr(second + 1))),
                                  take);
        context.restart();
        while (!answer)
            context.run_one();
        fmt::print("{}\n", *answer);
        std::fflush(stdout);
    }
    return 0;
}
