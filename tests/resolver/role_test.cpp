// SPDX-License-Identifier: Apache-2.0
#include "resolver/resolver.hpp"
#include "tests/process/role_child.hpp"
#include "wire/messages.pb.h"

#include <gtest/gtest.h>

namespace posthouse::resolver {
namespace {

constexpr std::string_view configuration = R"(
hostname = "mail.a.test"
[outbound]
port = 2525
)";

TEST(ResolverRole, AnswersTheCourierAlsoAfterItsServersChanged)
{
    tests::RoleChild role(run_resolver, "resolver");
    role.configure(configuration, {"127.0.0.1:5399"});
    auto end = role.link("courier");
    ASSERT_TRUE(role.start());

    boost::asio::io_context context(1);
    const auto link = wire::Link::open(context.get_executor(), std::move(end), {});
    wire::FindTargets question;
    question.set_domain("localhost"); // libunbound knows it without a server.
    for (const auto* server : {"", "127.0.0.1:5398"}) {
        if (*server != '\0')
            role.configure(configuration, {server});
        const auto found =
            tests::ask<wire::Targets>(context, link, wire::Method::find_targets, question);
        ASSERT_TRUE(found) << wire::describe(found.error());
        ASSERT_EQ(found->targets_size(), 1) << found->text();
        EXPECT_EQ(found->targets(0).host(), "localhost");
    }
    EXPECT_EQ(tests::ask<wire::Done>(context, link, wire::Method::attempt, question).error(),
              wire::Failure::refused);
    role.drain();
    EXPECT_EQ(role.exit_code(), 0);
    link->close();
    context.restart();
    context.run();
}

TEST(ResolverRole, SaysWhyItCannotStart)
{
    tests::RoleChild role(run_resolver, "resolver");
    role.configure(configuration, {});
    EXPECT_FALSE(role.start());
    EXPECT_EQ(role.exit_code(), static_cast<int>(process::Exit::config));
}

} // namespace
} // namespace posthouse::resolver
