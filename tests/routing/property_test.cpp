// SPDX-License-Identifier: Apache-2.0
#include "tests/routing/house.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace posthouse::routing {
namespace {

using house::House;
using tables::Table;

/// Names few enough to meet one another in tables and questions.
rc::Gen<std::string> local_part()
{
    return rc::gen::element<std::string>("a", "b", "c", "a+x", "b+y", "owner-a", "postmaster",
                                         "abuse", "list", "root", "\"x y\"", "a%b", "A");
}
rc::Gen<std::string> domain()
{
    return rc::gen::element<std::string>("example.org", "unix.example", "mx.example.net",
                                         "virtual.example", "else.example", "sub.else.example",
                                         "[192.0.2.1]");
}
rc::Gen<std::string> address()
{
    return rc::gen::apply(
        [](const std::string& local, const std::string& at) { return local + '@' + at; },
        local_part(), domain());
}
rc::Gen<std::string> plain_name()
{
    return rc::gen::element<std::string>("a", "b", "c", "list", "owner-a", "owner-list", "root");
}
rc::Gen<std::string> target()
{
    return rc::gen::oneOf(plain_name(), plain_name(),
                          rc::gen::map(plain_name(), [](auto name) { return '\\' + name; }),
                          rc::gen::element<std::string>("x@else.example", "a@example.org",
                                                        "b@unix.example", "/var/f", "|/bin/p x",
                                                        "\"|/usr/bin/vacation a\""));
}

std::set<std::string> any_of(const rc::Gen<std::string>& names)
{
    const auto some = *rc::gen::container<std::vector<std::string>>(names);
    return {some.begin(), some.end()};
}

std::string any_aliases()
{
    std::string text;
    for (const auto& name : any_of(plain_name())) {
        text += name + ": ";
        const auto targets =
            *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(target()));
        for (std::size_t i = 0; i < targets.size(); ++i)
            text += (i ? ", " : "") + targets[i];
        text += '\n';
    }
    return text;
}

std::string any_virtusers()
{
    std::string text;
    const auto keys = any_of(rc::gen::element<std::string>(
        "a@example.org", "a+*@example.org", "@example.org", "b@virtual.example", "@virtual.example",
        "@unix.example", "list@else.example"));
    for (const auto& key : keys)
        text += key + ' ' +
                *rc::gen::element<std::string>("a", "list", "%1@example.org", "%1%2@else.example",
                                               "error:nouser no", "error:5.7.1:550 no", "!",
                                               "a@example.org", "c@unix.example") +
                '\n';
    return text;
}

/// Tables as they may be, and then some.
void furnish(House& house)
{
    house.table(Table::aliases, any_aliases());
    house.table(Table::virtusers, any_virtusers());
    if (*rc::gen::arbitrary<bool>())
        house.table(Table::mailers, "else.example error:5.1.2 no\n.else.example local:list\n");
    if (*rc::gen::arbitrary<bool>())
        house.rules.copies = {house::mailbox("list@example.org")};
    if (*rc::gen::arbitrary<bool>())
        house.rules.domains[house::domain("example.org")].catch_all = house::mailbox(*address());
    if (*rc::gen::arbitrary<bool>())
        house.rules.verp_lists = {"list", "a"};
    house.rules.expansion_limit = *rc::gen::inRange<std::size_t>(1, 8);
    for (const auto& name : any_of(plain_name()))
        house.people.account(name + "@example.org").login(name);
}

std::string key_of(const Delivery& delivery)
{
    return delivery.final_address + '\n' + delivery.destination + '\n' + delivery.user + '\n' +
           delivery.target;
}

bool is_clean(const std::string& text)
{
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

RC_GTEST_PROP(Routing, AnswersForEachRecipientWithinItsLimits, ())
{
    House house;
    furnish(house);
    const auto recipients = *rc::gen::container<std::vector<std::string>>(address());
    const auto outcome = house.route(recipients);
    RC_ASSERT(outcome.unknown.empty());
    RC_ASSERT(outcome.deliveries.size() <=
              std::max(recipients.size(), house.rules.expansion_limit) + recipients.size());
    std::set<std::size_t> answered;
    std::set<std::string> places;
    for (const auto& delivery : outcome.deliveries) {
        answered.insert(delivery.recipient);
        RC_ASSERT(delivery.recipient < recipients.size());
        RC_ASSERT(delivery.rule == "duplicate" || places.insert(key_of(delivery)).second);
        RC_ASSERT(mail::ForwardPath::parse(delivery.final_address).has_value());
        RC_ASSERT(!delivery.rule.empty() && delivery.rule.size() <= 255);
        RC_ASSERT((delivery.destination.empty() ? !delivery.status.empty()
                                                : is_destination(delivery.destination)));
        RC_ASSERT((delivery.destination == mailbox_destination) == (delivery.account != 0));
        RC_ASSERT((delivery.destination == agent_destination) == !delivery.target.empty());
        for (const auto* text : {&delivery.final_address, &delivery.rule, &delivery.text,
                                 &delivery.target, &delivery.user, &delivery.status})
            RC_ASSERT(is_clean(*text));
    }
    RC_ASSERT(answered.size() == recipients.size());
    RC_ASSERT(house.route(recipients).deliveries == outcome.deliveries);
}

RC_GTEST_PROP(Routing, ComesToTheSameWhateverIsKnownAtFirst, ())
{
    House house;
    furnish(house);
    const Question question{.sender = house::from(*address()),
                            .recipients = *rc::gen::container<std::vector<std::string>>(address()),
                            .client = {},
                            .copies = true};
    const auto at_once = route(question, house.rules, house.tables, house.people);
    house::Told told(house.people);
    for (int round = 0;; ++round) {
        RC_ASSERT(round < 30);
        const auto outcome = route(question, house.rules, house.tables, told);
        if (outcome.unknown.empty()) {
            RC_ASSERT(outcome.deliveries == at_once.deliveries);
            break;
        }
        RC_ASSERT(outcome.deliveries.empty());
        for (const auto& person : outcome.unknown) {
            RC_ASSERT(told.find(person) == nullptr); // never asked again
            told.learn(person);
        }
    }
}

RC_GTEST_PROP(Routing, AcceptsWhatItDeliversAndRefusesWhatItRefuses, ())
{
    House house;
    furnish(house);
    house.rules.copies.clear();
    house.rules.expansion_limit = 1000;
    const auto recipient = *address();
    auto client = House::stranger();
    client.local = true;
    const auto verdict = house.check(recipient, "a@remote.example", client);
    const auto outcome = house.route({recipient});
    const bool delivered = std::ranges::any_of(
        outcome.deliveries, [](const auto& delivery) { return !delivery.destination.empty(); });
    RC_ASSERT((verdict.kind == Verdict::Kind::accept) == delivered);
    if (!delivered)
        RC_ASSERT(verdict.text == outcome.deliveries[0].status + ' ' + outcome.deliveries[0].text);
}

RC_GTEST_PROP(Routing, RelaysForNoStrangerWhateverTheAddress, ())
{
    House house;
    const auto local = *rc::gen::container<std::string>(
        rc::gen::element('a', '%', '!', '@', ':', '.', ' ', '+', '<', '>', ',', '|', '/'));
    const auto path = mail::ForwardPath::parse(
        '"' + local.substr(0, 30) + (*rc::gen::arbitrary<bool>() ? "@else.example" : "") + "\"@" +
        *domain());
    RC_ASSERT(path.has_value());
    const auto verdict = check(house::from("a@remote.example"), *path, House::stranger(),
                               house.rules, house.tables, house.people);
    RC_ASSERT(verdict.kind == Verdict::Kind::refuse);
}

} // namespace
} // namespace posthouse::routing
