// SPDX-License-Identifier: Apache-2.0
#include "agent/maildir.hpp"

#include "agent/files.hpp"
#include "agent/maildir_quota.hpp"
#include "tests/agent/rig.hpp"

#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

using namespace testing;
namespace fs = std::filesystem;

class Maildir : public ::testing::Test {
protected:
    Maildir() : place(*open_directory(directory.path())) {}

    Outcome deliver(std::string_view text, std::uint64_t delivery = 7, MaildirTerms terms = {})
    {
        const auto letter = letter_file(text);
        return deliver_to_maildir(place.get(),
                                  {.file = letter.fd(),
                                   .bytes = letter.bytes(),
                                   .name = maildir_name(received, delivery, "mx.test"),
                                   .received = received},
                                  terms, clock);
    }
    std::vector<std::string> files(const std::string& part) const
    {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(directory / part))
            names.push_back(entry.path().filename());
        return names;
    }
    std::size_t letters() const { return files("new").size() + files("cur").size(); }

    TemporaryDirectory directory;
    UniqueFd place;
    Clock clock;
    Timestamp received = wall_clock();
};

TEST_F(Maildir, IsMadeForItsOwnerAlone)
{
    EXPECT_EQ(deliver("S: 1\r\n\r\nx\r\n").result(), wire::Attempted::DELIVERED);
    ASSERT_EQ(files("new").size(), 1u);
    const auto name = files("new")[0];
    EXPECT_TRUE(name.ends_with(".P0000000000000007.mx.test,S=8")) << name;
    EXPECT_EQ(read_file(directory / ("new/" + name)), "S: 1\n\nx\n");
    EXPECT_TRUE(files("tmp").empty());
    for (const auto& [path, mode] : {std::pair{std::string("new"), 0700u},
                                     {"cur", 0700u},
                                     {"tmp", 0700u},
                                     {"new/" + name, 0600u}}) {
        struct stat found{};
        ASSERT_EQ(::stat((directory / path).c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 07777 & ~02000u, mode) << path;
    }
}

TEST_F(Maildir, HoldsALetterOnceHoweverOftenItIsDelivered)
{
    deliver("S: 1\r\n\r\n");
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(letters(), 1u);
    // Its reader has seen it, and marked it.
    const auto name = files("new")[0];
    for (const auto* flags : {":2,", ":2,FS", ":2,Sabc"}) {
        fs::remove_all(directory / "cur");
        fs::create_directory(directory / "cur");
        fs::remove(directory / ("new/" + name));
        write_file(directory / ("cur/" + name + flags), "S: 1\n\n");
        EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
        EXPECT_EQ(letters(), 1u) << flags;
    }
    deliver("S: 1\r\n\r\n", 8);
    EXPECT_EQ(letters(), 2u);
}

TEST_F(Maildir, TakesALetterWhoseNameOnlyBeginsLikeAnothers)
{
    deliver("S: 1\r\n\r\n");
    const auto name = maildir_name(received, 8, "mx.test");
    write_file(directory / ("cur/" + name + ".longer,S=5:2,"), "x");
    deliver("S: 1\r\n\r\n", 8);
    EXPECT_EQ(letters(), 3u);
}

TEST_F(Maildir, WritesOverWhatACrashLeft)
{
    deliver("S: 0\r\n\r\n", 1);
    write_file(directory / ("tmp/" + maildir_name(received, 7, "mx.test") + ",S=6"), "half");
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(letters(), 2u);
    EXPECT_TRUE(files("tmp").empty());
}

TEST_F(Maildir, IsNotLeftThroughALink)
{
    TemporaryDirectory elsewhere;
    ASSERT_EQ(::symlink(elsewhere.path().c_str(), (directory / "new").c_str()), 0);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(Maildir, HasEachLetterOnceHoweverItsWriterIsKilled)
{
    const auto text = "S: 1\r\n\r\n" + std::string(2 << 20, 'y') + "\r\n";
    for (int i = 0; i < 20; ++i) {
        const pid_t writer = ::fork();
        if (writer == 0) {
            deliver(text);
            ::_exit(0);
        }
        for (int spin = 0; spin < i * 2 && ::waitpid(writer, nullptr, WNOHANG) == 0; ++spin)
            ::usleep(300);
        ::kill(writer, SIGKILL);
        ::waitpid(writer, nullptr, 0);
    }
    EXPECT_EQ(deliver(text).result(), wire::Attempted::DELIVERED);
    ASSERT_EQ(letters(), 1u);
    EXPECT_EQ(read_file(directory / ("new/" + files("new")[0])).size(), text.size() - 3);
}

TEST_F(Maildir, DefersWhatItsQuotaDoesNotHold)
{
    const MaildirTerms terms{.quota_bytes = 100};
    EXPECT_EQ(deliver(std::string(60, 'x'), 1, terms).result(), wire::Attempted::DELIVERED);
    const auto full = deliver(std::string(60, 'x'), 2, terms);
    EXPECT_EQ(full.result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(full.status(), "4.2.2");
    EXPECT_EQ(deliver(std::string(40, 'x'), 3, terms).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(letters(), 2u);
    EXPECT_TRUE(read_file(directory / "maildirsize").starts_with("100S\n"));
}

TEST_F(Maildir, IsCountedAnewOnceItsReaderHasMadeRoom)
{
    const MaildirTerms terms{.quota_bytes = 100};
    deliver(std::string(60, 'x'), 1, terms);
    deliver(std::string(40, 'x'), 2, terms);
    for (const auto& name : files("new"))
        fs::remove(directory / ("new/" + name));
    EXPECT_EQ(deliver(std::string(60, 'x'), 3, terms).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(read_file(directory / "maildirsize"), "100S\n0 0\n60 1\n");
}

TEST_F(Maildir, CountsFoldersAndNotTheTrash)
{
    for (const auto* folder : {".Work", ".Trash"})
        fs::create_directories(directory / (std::string(folder) + "/cur"));
    write_file(directory / ".Work/cur/1.a.b:2,S", std::string(30, 'x'));
    write_file(directory / ".Work/cur/2.a.b,S=50:2,S", "");
    write_file(directory / ".Work/cur/3.a.b,S=900:2,ST", "");
    write_file(directory / ".Trash/cur/4.a.b,S=900:2,S", "");
    const MaildirTerms terms{.quota_bytes = 100};
    EXPECT_EQ(deliver(std::string(21, 'x'), 1, terms).status(), "4.2.2");
    EXPECT_EQ(read_file(directory / "maildirsize"), "100S\n80 2\n");
    EXPECT_EQ(deliver(std::string(20, 'x'), 1, terms).result(), wire::Attempted::DELIVERED);
}

TEST_F(Maildir, BelievesNoCountThatMakesNoSense)
{
    const MaildirTerms terms{.quota_bytes = 100};
    deliver("x", 1);
    std::uint64_t delivery = 2;
    for (const std::string text : {"", "100S", "100S\n-50 -1\n", "100S\nmany 1\n", "99S\n5 1\n",
                                   "100S\n9223372036854775807 1\n1 1\n", "100S\n99999 1\n5 1\n"}) {
        write_file(directory / "maildirsize", text);
        EXPECT_EQ(deliver("x", delivery++, terms).result(), wire::Attempted::DELIVERED) << text;
    }
    write_file(directory / "maildirsize", "100S\n" + std::string(6000, '\n'));
    EXPECT_EQ(deliver("x", delivery++, terms).result(), wire::Attempted::DELIVERED);
}

} // namespace
} // namespace posthouse::agent
