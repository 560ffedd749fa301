// SPDX-License-Identifier: Apache-2.0
#include "process/house.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace posthouse::process {
namespace {

/// With nothing for the sendmail command.
config::Config bare()
{
    config::Config config{.hostname = mail::Domain::parse("mx.example.org").value()};
    config.submission.socket.clear();
    config.submission.drop.clear();
    return config;
}

bool has(const House& house, std::string_view member)
{
    return std::ranges::any_of(house.members,
                               [&](const auto& each) { return each.name == member; });
}

TEST(House, HasAMailGateForEachWayInForLetters)
{
    EXPECT_FALSE(has(plan_house(bare(), 1), mail_gate));
    for (const auto protocol : {config::Protocol::smtp, config::Protocol::lmtp}) {
        auto config = bare();
        config.listen.push_back({.protocol = protocol});
        EXPECT_TRUE(has(plan_house(config, 1), mail_gate));
        EXPECT_FALSE(has(plan_house(config, 1), reader_gate));
    }
    auto with_socket = bare(), with_drop = bare();
    with_socket.submission.socket = "/run/submit";
    with_drop.submission.drop = "/var/drop";
    EXPECT_TRUE(has(plan_house(with_socket, 1), mail_gate));
    EXPECT_TRUE(has(plan_house(with_drop, 1), mail_gate));
}

TEST(House, JoinsEachThreadOfTheMailGateWithKeeperAndResolver)
{
    auto config = bare();
    config.listen.push_back({.protocol = config::Protocol::smtp});
    const auto house = plan_house(config, 3);
    for (const std::string_view other : {"keeper", "resolver"})
        EXPECT_TRUE(std::ranges::any_of(house.joins, [&](const Join& join) {
            return join.one == mail_gate && join.other == other && join.count == 3;
        })) << other;
}

TEST(House, HasAGateForEachKindOfClient)
{
    const auto gates_of = [](config::Protocol protocol) {
        auto config = bare();
        config.listen.push_back({.protocol = protocol});
        const auto house = plan_house(config, 1);
        std::string gates;
        for (const auto gate : {mail_gate, submission_gate, reader_gate})
            if (has(house, gate))
                gates += std::string(gate) + ' ';
        return gates;
    };
    EXPECT_EQ(gates_of(config::Protocol::submission), "gate.submission ");
    EXPECT_EQ(gates_of(config::Protocol::pop3), "gate.readers ");
    EXPECT_EQ(gates_of(config::Protocol::imap), "gate.readers ");
    for (const auto protocol :
         {config::Protocol::smtp, config::Protocol::lmtp, config::Protocol::pop3,
          config::Protocol::imap, config::Protocol::submission})
        EXPECT_EQ(gates_of(protocol), std::string(gate_for(protocol)) + ' ');
}

TEST(House, JoinsGatesWithWhomTheyAskAndNobodyElse)
{
    auto config = bare();
    for (const auto protocol :
         {config::Protocol::smtp, config::Protocol::submission, config::Protocol::imap})
        config.listen.push_back({.protocol = protocol});
    const auto house = plan_house(config, 2);
    const auto partners = [&](std::string_view gate) {
        std::string all;
        for (const auto& join : house.joins)
            if (join.one == gate && join.count == 2)
                all += join.other + ' ';
        return all;
    };
    EXPECT_EQ(partners(mail_gate), "keeper resolver signer ");
    EXPECT_EQ(partners(submission_gate), "keeper clerk resolver signer ");
    EXPECT_EQ(partners(reader_gate), "keeper clerk signer ");
    // The signer knows gates only.
    for (const auto& join : house.joins)
        EXPECT_TRUE(join.other != signer || join.one.starts_with("gate.")) << join.one;
}

} // namespace
} // namespace posthouse::process
