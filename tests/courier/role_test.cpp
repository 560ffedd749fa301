// SPDX-License-Identifier: Apache-2.0
#include "courier/courier.hpp"
#include "tests/courier/town.hpp"
#include "tests/process/role_child.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace posthouse::courier::test {
namespace {

TEST(CourierRole, CarriesALetterForTheKeeperToWhereTheResolverSays)
{
    Town town; // For a host to go to.
    auto& host = town.host({.extensions = {"PIPELINING", "STARTTLS"}, .tls = server_tls()});
    tests::RoleChild role(run_courier, "courier");
    role.configure(fmt::format("hostname = \"mail.a.test\"\n[outbound]\nport = {}\n", host.port()),
                   {});
    auto keeper_end = role.link("keeper");
    auto resolver_end = role.link("resolver");
    ASSERT_TRUE(role.start());

    wire::Link::Options options;
    options.handler = [](auto, wire::Frame frame) -> Task<wire::Result<wire::Answer>> {
        if (frame.head.method != wire::Method::find_targets)
            co_return std::unexpected(wire::Failure::refused);
        co_return wire::answer_with(targets_at({0}));
    };
    const auto resolver =
        wire::Link::open(town.context.get_executor(), std::move(resolver_end), std::move(options));
    const auto keeper = wire::Link::open(town.context.get_executor(), std::move(keeper_end), {});

    wire::FindTargets question;
    question.set_domain("b.test");
    const auto found =
        tests::ask<wire::Targets>(town.context, keeper, wire::Method::find_targets, question);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->targets(0).host(), "mx1.test");

    const std::string letter = "Subject: x\r\n\r\nHello\r\n";
    auto order = order_for({"x@b.test"});
    order.set_bytes(letter.size());
    for (int i = 0; i < 2; ++i) {
        const auto attempted =
            tests::ask<wire::Attempted>(town.context, keeper, wire::Method::attempt, order, letter);
        ASSERT_TRUE(attempted) << wire::describe(attempted.error());
        ASSERT_EQ(attempted->outcomes_size(), 1);
        EXPECT_EQ(attempted->outcomes(0).result(), wire::Attempted::DELIVERED)
            << attempted->outcomes(0).text();
    }
    ASSERT_EQ(host.letters.size(), 2U);
    EXPECT_EQ(host.letters[1].data, letter);
    EXPECT_TRUE(host.letters[1].tls);
    EXPECT_EQ(host.clients.size(), 1U);

    role.drain();
    EXPECT_EQ(role.exit_code(), 0);
    keeper->close();
    resolver->close();
}

/// One courier in its confinement, and the keeper's and the resolver's ends.
class ConfinedCourier {
public:
    ConfinedCourier(Town& town, std::string_view config, std::uint16_t port)
        : town_(town),
          role_(run_courier, "courier")
    {
        role_.configure(config, {}, {{"/etc/secret", "pencil"}});
        auto keeper_end = role_.link("keeper");
        auto resolver_end = role_.link("resolver");
        if (!role_.start())
            return;
        wire::Link::Options options;
        options.handler = [port](auto, wire::Frame) -> Task<wire::Result<wire::Answer>> {
            co_return wire::answer_with(targets_at({port}));
        };
        resolver_ = wire::Link::open(town.context.get_executor(), std::move(resolver_end),
                                     std::move(options));
        keeper_ = wire::Link::open(town.context.get_executor(), std::move(keeper_end), {});
    }
    ~ConfinedCourier()
    {
        if (!keeper_)
            return;
        keeper_->close();
        resolver_->close();
    }

    wire::Attempted attempt(const std::string& destination)
    {
        const std::string letter = "Subject: x\r\n\r\nHello\r\n";
        auto order = order_for({"x@b.test"});
        order.set_destination(destination);
        order.set_bytes(letter.size());
        return tests::ask<wire::Attempted>(town_.context, keeper_, wire::Method::attempt, order,
                                           letter)
            .value();
    }
    wire::Verified verify(const std::string& destination)
    {
        wire::Verify question;
        question.set_destination(destination);
        question.set_recipient("x@b.test");
        return tests::ask<wire::Verified>(town_.context, keeper_, wire::Method::verify, question)
            .value();
    }

private:
    Town& town_;
    tests::RoleChild role_;
    std::shared_ptr<wire::Link> keeper_, resolver_;
};

TEST(CourierRole, LogsInAtAHostItKnowsByItsFingerprint)
{
    Town town;
    Manners manners{.extensions = {"STARTTLS", "AUTH PLAIN"}, .tls = server_tls()};
    auto& host = town.host(std::move(manners));
    ConfinedCourier courier(
        town,
        fmt::format("hostname = \"mail.a.test\"\n[outbound]\nport = {}\n[[destination]]\n"
                    "match = \"[relay.test]\"\ntls = \"fingerprint\"\nfingerprints = [\"{}\"]\n"
                    "login = {{ user = \"we\", password_file = \"/etc/secret\" }}\n",
                    host.port(), fingerprint(certificate())),
        host.port());
    const auto attempted = courier.attempt("via:[relay.test]");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED)
        << attempted.outcomes(0).text();
    EXPECT_THAT(host.lines, testing::Contains("AUTH PLAIN AHdlAHBlbmNpbA=="));
    EXPECT_EQ(courier.verify("via:[relay.test]").answer(), wire::Verified::TAKEN);
}

TEST(CourierRole, ReachesAMailStoresSocketOnlyWhereATableMayNameOne)
{
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("posthouse-store-{}", ::getpid());
    std::filesystem::remove(path);
    Town town;
    Manners manners{.path = path, .lmtp = true};
    town.host(std::move(manners));
    const std::string name = "hostname = \"mail.a.test\"\n";
    {
        ConfinedCourier courier(town, name + "[tables]\nmailertable = [\"/etc/mailertable\"]\n", 0);
        const auto attempted = courier.attempt("lmtp:unix:" + path.string());
        EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED)
            << attempted.outcomes(0).text();
    }
    {
        ConfinedCourier courier(town, name, 0);
        const auto attempted = courier.attempt("lmtp:unix:" + path.string());
        EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
        EXPECT_THAT(attempted.outcomes(0).text(), testing::HasSubstr("cannot connect"));
    }
    std::filesystem::remove(path);
}

} // namespace
} // namespace posthouse::courier::test
