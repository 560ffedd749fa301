// SPDX-License-Identifier: Apache-2.0
#include "agent/forward.hpp"

#include "agent/limits.hpp"
#include "tests/agent/rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class Forwarding : public ::testing::Test {
protected:
    Forwarding() { expects(::chmod(home.path().c_str(), 0755) == 0); }

    Forward read(std::string detail = "")
    {
        owner.detail = std::move(detail);
        auto forward = read_forward(owner);
        expects(forward.has_value());
        return std::move(*forward);
    }

    TemporaryDirectory home;
    ForwardOwner owner{.user = "alice",
                       .address = "alice@example.org",
                       .home = home.path(),
                       .id = ::geteuid(),
                       .detail = {}};
};

TEST_F(Forwarding, IsNoneWithoutAFileOrAHome)
{
    EXPECT_THAT(read().recipients, IsEmpty());
    EXPECT_THAT(read().warnings, IsEmpty());
    owner.home = home / "gone";
    EXPECT_THAT(read().recipients, IsEmpty());
    owner.home = "";
    EXPECT_THAT(read().recipients, IsEmpty());
}

TEST_F(Forwarding, NamesAddressesFilesProgramsAndOneself)
{
    write_file(home / ".forward", "# mine\nbob@example.net, \\alice\n\"|/usr/bin/vacation alice\"\n"
                                  "/home/alice/copy\ncarol\nAlice\n");
    const auto forward = read();
    EXPECT_THAT(forward.recipients,
                ElementsAre("bob@example.net", "\\alice", "|/usr/bin/vacation alice",
                            "/home/alice/copy", "carol"));
    EXPECT_FALSE(only_keeps(forward, owner));
}

TEST_F(Forwarding, OfOnlyOneselfIsNone)
{
    for (const auto* text : {"", "\n# nothing\n", "\\alice\n", "alice\n", "ALICE@example.org\n"}) {
        write_file(home / ".forward", text);
        EXPECT_TRUE(only_keeps(read(), owner)) << text;
    }
}

TEST_F(Forwarding, LooksForTheDetailFirst)
{
    write_file(home / ".forward", "all@example.net\n");
    write_file(home / ".forward+lists", "lists@example.net\n");
    EXPECT_THAT(read("lists").recipients, ElementsAre("lists@example.net"));
    EXPECT_THAT(read("other").recipients, ElementsAre("all@example.net"));
    EXPECT_THAT(read().recipients, ElementsAre("all@example.net"));
    EXPECT_THAT(read("../.forward").recipients, ElementsAre("all@example.net"));
    EXPECT_THAT(read(std::string(300, 'x')).recipients, ElementsAre("all@example.net"));
}

TEST_F(Forwarding, IsNotTakenFromAFileOthersMayWrite)
{
    for (const mode_t mode : {0660U, 0606U, 0666U}) {
        write_file(home / ".forward", "bob@example.net\n", mode);
        const auto forward = read();
        EXPECT_THAT(forward.recipients, IsEmpty());
        EXPECT_THAT(forward.warnings, ElementsAre(".forward: it is writable by others"));
    }
}

TEST_F(Forwarding, IsNotTakenFromAHomeOthersMayWrite)
{
    write_file(home / ".forward", "bob@example.net\n");
    ASSERT_EQ(::chmod(home.path().c_str(), 0777), 0);
    const auto forward = read();
    EXPECT_THAT(forward.recipients, IsEmpty());
    EXPECT_THAT(forward.warnings, Not(IsEmpty()));
}

TEST_F(Forwarding, IsNotTakenFromAnothersFile)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can make another's file";
    write_file(home / ".forward", "bob@example.net\n");
    ASSERT_EQ(::chown((home / ".forward").c_str(), 12345, 12345), 0);
    EXPECT_THAT(read().recipients, IsEmpty());
    EXPECT_THAT(read().warnings, Not(IsEmpty()));
}

TEST_F(Forwarding, FollowsNoLinkPipeOrDirectory)
{
    write_file(home / "other", "bob@example.net\n");
    ASSERT_EQ(::symlink("other", (home / ".forward").c_str()), 0);
    EXPECT_THAT(read().recipients, IsEmpty());
    EXPECT_THAT(read().warnings, ElementsAre(".forward: it is a symbolic link"));
    ASSERT_EQ(::unlink((home / ".forward").c_str()), 0);
    ASSERT_EQ(::mkfifo((home / ".forward").c_str(), 0600), 0);
    EXPECT_THAT(read().recipients, IsEmpty());
    ASSERT_EQ(::unlink((home / ".forward").c_str()), 0);
    ASSERT_EQ(::mkdir((home / ".forward").c_str(), 0700), 0);
    EXPECT_THAT(read().recipients, IsEmpty());
}

TEST_F(Forwarding, IsBounded)
{
    write_file(home / ".forward", std::string(Limits::forward_bytes + 1, '#'));
    EXPECT_THAT(read().warnings, ElementsAre(".forward: it is too long"));
    std::string many;
    for (std::size_t i = 0; i < Limits::forward_targets + 5; ++i)
        many += "u" + std::to_string(i) + "@a.example\n";
    EXPECT_EQ(parse_forward(many, owner).recipients.size(), Limits::forward_targets);
}

TEST_F(Forwarding, LeavesOutWhatItCannotReadAndSaysSo)
{
    write_file(home / ".forward", "bob@example.net\nno such @ address\n");
    const auto forward = read();
    EXPECT_THAT(forward.recipients, ElementsAre("bob@example.net"));
    EXPECT_THAT(forward.warnings, Not(IsEmpty()));
    write_file(home / ".forward", "no such @ address\n");
    EXPECT_TRUE(only_keeps(read(), owner)); // To the mailbox, rather than to nobody.
}

} // namespace
} // namespace posthouse::agent
