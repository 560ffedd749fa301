// SPDX-License-Identifier: Apache-2.0
#include "envoy/pam_desk.hpp"

#include "envoy/pam_child.hpp"
#include "sources/remote.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace posthouse::envoy {
namespace {

namespace asio = boost::asio;

class Pam : public ::testing::Test {
protected:
    void open(const PamDesk::Limits& limits = {})
    {
        config::LoginSource source{.name = "system", .kind = config::LoginSource::Kind::pam};
        source.pam_service = "posthouse-no-such-service";
        desk_ = std::make_unique<PamDesk>(context_, source, limits);
        remote_ = std::make_unique<sources::RemoteSource>(context_, "system");
        std::array<int, 2> ends{};
        ASSERT_EQ(
            ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()),
            0);
        desk_->open(UniqueFd(ends[0]));
        remote_->open(UniqueFd(ends[1]));
    }
    auto find(std::string_view who)
    {
        using Found = directory::SourceResult<std::optional<directory::SourcePerson>>;
        std::optional<Found> result;
        asio::co_spawn(context_, remote_->find(*mail::Mailbox::parse(who)),
                       [&](std::exception_ptr, Found found) { result = std::move(found); });
        context_.restart();
        while (!result)
            context_.run_one();
        return std::move(*result);
    }
    asio::io_context context_;
    std::unique_ptr<PamDesk> desk_;
    std::unique_ptr<sources::RemoteSource> remote_;
};

TEST_F(Pam, KnowsTheUsersOfThisHostButNotRoot)
{
    open();
    const auto found = find("Daemon@example.org");
    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->address, *mail::Mailbox::parse("daemon@example.org"));
    for (const char* nobody : {"root@example.org", "no.such.user@example.org",
                               "\"../daemon\"@example.org", "\"daemon \"@example.org"}) {
        const auto none = find(nobody);
        ASSERT_TRUE(none.has_value()) << nobody;
        EXPECT_FALSE(none->has_value()) << nobody;
    }
    EXPECT_EQ(desk_->processes(), 0u);
}

TEST_F(Pam, IsUnavailableBeyondItsProcessesAndItsTime)
{
    open({.processes = 0});
    EXPECT_EQ(find("daemon@example.org").error(), directory::SourceError::unavailable);
}

TEST(PamNames, AreThoseThatAUserCanHave)
{
    for (const char* user : {"alice", "a.b", "a_b-c", "www-data", "x+y", "A9"})
        EXPECT_TRUE(is_askable(user)) << user;
    for (const char* user : {"", "-alice", ".", "..", "a/b", "a b", "a\nb", "a:b", "\xc3\xbc"})
        EXPECT_FALSE(is_askable(user)) << user;
    EXPECT_FALSE(is_askable(std::string(65, 'a')));
}

} // namespace
} // namespace posthouse::envoy
