// SPDX-License-Identifier: Apache-2.0
// Answers routing questions, a line each, from a folder of tables in their classic formats:
//   route ADDRESS                    -> deliveries, parted by tabs
//   check ADDRESS CLIENT NAME SENDER -> what is said at RCPT ("-": no name; "<>": no sender)
//   sender ADDRESS                   -> how it is seen outside
#include "tests/routing/house.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace posthouse;
using namespace posthouse::routing;

namespace {

std::string content(const std::filesystem::path& path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void furnish(house::House& host, const std::filesystem::path& folder)
{
    using tables::Table;
    const std::pair<Table, const char*> tables[] = {{Table::aliases, "aliases"},
                                                    {Table::virtusers, "virtusertable"},
                                                    {Table::mailers, "mailertable"},
                                                    {Table::access, "access"},
                                                    {Table::generics, "genericstable"},
                                                    {Table::generics_domains, "generics-domains"},
                                                    {Table::local_hosts, "local-host-names"},
                                                    {Table::relay_domains, "relay-domains"}};
    for (const auto& [which, name] : tables)
        host.table(which, content(folder / name));
    host.rules.domains.clear();
    host.rules.domains[host.rules.hostname] = {.catch_all = {}, .users = Users::system};
    host.rules.trusted_networks = {"127.0.0.0/8", "::1"};
    host.rules.programs_allowed = {"/etc/mail/smrsh/"};
    host.rules.masquerade.as = house::domain("example.net");
    host.rules.masquerade.exposed_users = {"root"};
    std::istringstream logins(content(folder / "logins"));
    for (std::string login; logins >> login;)
        host.people.login(login);
}

std::string routed(const house::House& host, const std::string& address)
{
    std::string line;
    for (const auto& one : host.route({address}).deliveries)
        line += fmt::format("{}{} {} {} {}", line.empty() ? "" : "\t",
                            one.destination.empty() ? "refused:" + one.status : one.destination,
                            one.final_address, one.user.empty() ? "-" : one.user,
                            one.target.empty() ? "-" : one.target);
    return line;
}

std::string checked(const house::House& host, std::istream& words)
{
    std::string address, client, name, sender;
    words >> address >> client >> name >> sender;
    const auto path = mail::ForwardPath::parse(address);
    if (!path)
        return "no address";
    const auto verdict =
        host.check(address, sender == "<>" ? "" : sender,
                   {.address = client, .name = name == "-" ? "" : name, .login = {}});
    using Kind = Verdict::Kind;
    if (verdict.kind != Kind::refuse)
        return verdict.kind == Kind::accept    ? "accepted"
               : verdict.kind == Kind::discard ? "discarded"
                                               : "quarantined";
    // Who exists is not what check_rcpt is asked.
    const bool by_table = verdict.rule.starts_with("access") || verdict.rule == "relaying";
    return by_table ? fmt::format("{} {}", verdict.code, verdict.text) : "accepted";
}

std::string seen(const house::House& host, const std::string& address)
{
    const auto mailbox = mail::Mailbox::parse(address);
    if (!mailbox)
        return "no address";
    const auto outside = rewrite_sender(*mailbox, host.rules, host.tables);
    return outside ? outside->text() : mailbox->text();
}

} // namespace

int main(int count, char** words)
{
    if (count != 2)
        return 64;
    house::House host;
    furnish(host, words[1]);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream question(line);
        std::string what, address;
        question >> what;
        if (what == "check") {
            std::cout << checked(host, question) << '\n';
            continue;
        }
        question >> address;
        std::cout << (what == "route" ? routed(host, address) : seen(host, address)) << '\n';
    }
    return 0;
}
