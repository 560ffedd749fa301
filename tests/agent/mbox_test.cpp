// SPDX-License-Identifier: Apache-2.0
#include "agent/mbox.hpp"

#include "agent/files.hpp"
#include "agent/limits.hpp"
#include "agent/mbox_lock.hpp"
#include "tests/agent/rig.hpp"

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

using namespace testing;

const std::string from_somebody = "From a@b.example Sun Nov 22 03:20:05 2026\n";

class Mbox : public ::testing::Test {
protected:
    Outcome deliver(std::string_view text, MboxTerms terms = {.owner = ::geteuid()})
    {
        const auto letter = letter_file(text);
        const auto place = open_directory(directory.path());
        return append_to_mbox(place->get(), "alice", {letter.fd(), from_somebody}, terms, clock);
    }
    std::string mailbox() const { return read_file(directory / "alice"); }
    bool is_locked() const { return std::filesystem::exists(directory / "alice.lock"); }

    TemporaryDirectory directory;
    FakeClock clock;
};

TEST_F(Mbox, IsMadeForItsOwnerAlone)
{
    const auto outcome = deliver("Subject: x\r\n\r\nhello\r\n");
    EXPECT_EQ(outcome.result(), wire::Attempted::DELIVERED) << outcome.text();
    EXPECT_EQ(mailbox(), from_somebody + "Subject: x\n\nhello\n\n");
    struct stat found{};
    ASSERT_EQ(::stat((directory / "alice").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u);
    EXPECT_FALSE(is_locked());
}

TEST_F(Mbox, KeepsWhatItHolds)
{
    deliver("Subject: 1\r\n\r\none");
    deliver("Subject: 2\r\n\r\ntwo\r\n");
    EXPECT_EQ(mailbox(),
              from_somebody + "Subject: 1\n\none\n\n" + from_somebody + "Subject: 2\n\ntwo\n\n");
}

TEST_F(Mbox, SeparatesALetterFromWhateverStandsBefore)
{
    for (const auto& [before, after] :
         {std::pair{"x", "x\n\n"}, {"x\n", "x\n\n"}, {"x\n\n", "x\n\n"}, {"\n", "\n"}}) {
        write_file(directory / "alice", before);
        deliver("S: 1\r\n\r\n");
        EXPECT_EQ(mailbox(), after + from_somebody + "S: 1\n\n\n");
    }
}

TEST_F(Mbox, QuotesLinesThatWouldBeginALetter)
{
    deliver(
        "S: 1\r\n\r\nFrom me\r\n>From you\r\n>>From them\r\n>Fromage\r\n from here\r\nFrom\r\n");
    EXPECT_EQ(mailbox(), from_somebody + "S: 1\n\n>From me\n>>From you\n>>>From them\n>Fromage\n"
                                         " from here\nFrom\n\n");
}

TEST(FromQuoting, IsTheSameHoweverTheLetterIsCut)
{
    rc::check([] {
        const auto words = *rc::gen::container<std::vector<std::string>>(
            rc::gen::element<std::string>("From ", "From", ">", "\n", "F", "Fr", "x"));
        std::string text;
        for (const auto& word : words)
            text += word;
        const auto quoted = [&](std::size_t piece) {
            FromQuoting quoting;
            std::string made;
            for (std::size_t at = 0; at < text.size(); at += piece)
                quoting.append(std::string_view(text).substr(at, piece), made);
            quoting.finish(made);
            return made;
        };
        const auto whole = quoted(text.size() + 1);
        RC_ASSERT(quoted(1) == whole);
        RC_ASSERT(quoted(3) == whole);
        RC_ASSERT(!whole.starts_with("From "));
        RC_ASSERT(!whole.contains("\nFrom "));
        // Nothing but the quotes was added.
        std::string without;
        for (std::size_t at = 0; at <= text.size();) {
            const auto end = std::min(text.find('\n', at), text.size());
            const auto line = text.substr(at, end - at);
            const auto mark = line.find_first_not_of('>');
            const bool is_from =
                mark != std::string::npos && line.substr(mark).starts_with("From ");
            without += (is_from ? ">" : "") + line + (end < text.size() ? "\n" : "");
            at = end + 1;
        }
        RC_ASSERT(whole.starts_with(without));
    });
}

TEST_F(Mbox, IsNeverReachedThroughALink)
{
    write_file(directory / "victim", "precious\n");
    ASSERT_EQ(::symlink((directory / "victim").c_str(), (directory / "alice").c_str()), 0);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DEFERRED);
    ASSERT_EQ(::unlink((directory / "alice").c_str()), 0);
    ASSERT_EQ(::link((directory / "victim").c_str(), (directory / "alice").c_str()), 0);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(read_file(directory / "victim"), "precious\n");
}

TEST_F(Mbox, IsNoDirectoryPipeOrOthersFile)
{
    EXPECT_EQ(deliver("S: 1\r\n\r\n", {.owner = ::geteuid() + 1}).status(), "4.2.1");
    EXPECT_EQ(mailbox(), "");
    ASSERT_EQ(::unlink((directory / "alice").c_str()), 0);
    ASSERT_EQ(::mkfifo((directory / "alice").c_str(), 0600), 0);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DEFERRED);
    ASSERT_EQ(::unlink((directory / "alice").c_str()), 0);
    ASSERT_EQ(::mkdir((directory / "alice").c_str(), 0700), 0);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DEFERRED);
}

TEST_F(Mbox, WaitsForAnothersLockButNotForEver)
{
    write_file(directory / "alice.lock", "1\n");
    const auto outcome = deliver("S: 1\r\n\r\n");
    EXPECT_EQ(outcome.result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(outcome.status(), "4.2.0");
    EXPECT_LE(clock.paused, Limits::lock_wait);
    EXPECT_GT(clock.paused, Limits::lock_wait / 2);
    EXPECT_TRUE(is_locked());
    EXPECT_EQ(mailbox(), "");

    clock.paused = {};
    clock.at_pause = [&] { ::unlink((directory / "alice.lock").c_str()); };
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
    EXPECT_FALSE(is_locked());
}

TEST_F(Mbox, TakesOverALockNobodyTendsAnyMore)
{
    write_file(directory / "alice.lock", "1\n");
    clock.advance(Limits::lock_stale - std::chrono::minutes(1));
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DEFERRED);
    clock.advance(std::chrono::minutes(2));
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
    EXPECT_FALSE(is_locked());
}

TEST_F(Mbox, RespectsTheKernelsLockOfAnotherProgram)
{
    write_file(directory / "alice", "");
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t reader = ::fork();
    if (reader == 0) {
        const int file = ::open((directory / "alice").c_str(), O_RDWR);
        struct flock whole{};
        whole.l_type = F_WRLCK;
        ::fcntl(file, F_SETLK, &whole);
        (void)!::write(ready[1], "x", 1);
        ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").status(), "4.2.0");
    EXPECT_FALSE(is_locked());
    ::kill(reader, SIGKILL);
    ::waitpid(reader, nullptr, 0);
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(Mbox, FollowsAReaderWhoPutsANewFileInItsPlace)
{
    write_file(directory / "alice.lock", "");
    write_file(directory / "alice", "old\n\n");
    clock.at_pause = [&] {
        write_file(directory / "fresh", "kept\n\n");
        ::rename((directory / "fresh").c_str(), (directory / "alice").c_str());
        ::unlink((directory / "alice.lock").c_str());
    };
    EXPECT_EQ(deliver("S: 1\r\n\r\n").result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(mailbox(), "kept\n\n" + from_somebody + "S: 1\n\n\n");
}

TEST_F(Mbox, DefersWhatItsQuotaDoesNotHold)
{
    write_file(directory / "alice", std::string(100, 'x') + "\n\n");
    const auto outcome = deliver("S: 1\r\n\r\n", {.owner = ::geteuid(), .quota_bytes = 110});
    EXPECT_EQ(outcome.result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(outcome.status(), "4.2.2");
    EXPECT_EQ(mailbox().size(), 102u);
    EXPECT_EQ(deliver("S: 1\r\n\r\n", {.owner = ::geteuid(), .quota_bytes = 1000}).result(),
              wire::Attempted::DELIVERED);
}

/// Runs it where no file can grow beyond so many bytes, as where a disk is full.
std::string status_with_file_limit(std::size_t bytes, const std::function<Outcome()>& deliver)
{
    int report[2];
    expects(::pipe(report) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{bytes, bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto status = deliver().status();
        (void)!::write(report[1], status.data(), status.size());
        ::_exit(0);
    }
    ::close(report[1]);
    std::string status(16, '\0');
    const auto got = ::read(report[0], status.data(), status.size());
    status.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    ::close(report[0]);
    ::waitpid(child, nullptr, 0);
    return status;
}

TEST_F(Mbox, IsCutBackToWhatItWasWhereItCannotBeWritten)
{
    const auto before =
        "From x Sun Nov 22 03:20:05 2026\nS: 0\n\n" + std::string(500, 'x') + "\n\n";
    write_file(directory / "alice", before);
    const auto letter = letter_file("S: 1\r\n\r\n" + std::string(2000, 'y') + "\r\n");
    const auto place = open_directory(directory.path());
    for (const std::size_t more : {0U, 1U, 20U, 60U, 1000U}) {
        const auto status = status_with_file_limit(before.size() + more, [&] {
            return append_to_mbox(place->get(), "alice", {letter.fd(), from_somebody},
                                  {.owner = ::geteuid()}, clock);
        });
        EXPECT_EQ(status, "4.2.2") << more;
        EXPECT_EQ(mailbox(), before);
        EXPECT_FALSE(is_locked());
    }
}

TEST_F(Mbox, DoesNotTakeTheSameLetterTwiceInARow)
{
    write_file(directory / "alice", "kept\n\n");
    deliver("S: 1\r\n\r\nFrom x\r\n");
    const auto once = mailbox();
    const auto again = deliver("S: 1\r\n\r\nFrom x\r\n");
    EXPECT_EQ(again.result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(mailbox(), once);
}

TEST_F(Mbox, CompletesALetterThatACrashCutAnywhere)
{
    const std::string text = "S: 1\r\n\r\nFrom x\r\nlast\r\n";
    write_file(directory / "alice", "kept\n\n");
    deliver(text);
    const auto whole = mailbox();
    // Cut within the first bytes, it is not known again; but nothing is lost.
    for (auto cut = whole.find("From ") + 5; cut <= whole.size(); ++cut) {
        write_file(directory / "alice", whole.substr(0, cut));
        EXPECT_EQ(deliver(text).result(), wire::Attempted::DELIVERED);
        ASSERT_EQ(mailbox(), whole) << cut;
    }
    write_file(directory / "alice", whole.substr(0, 8));
    deliver(text);
    EXPECT_TRUE(mailbox().ends_with(whole.substr(6)));
}

TEST_F(Mbox, TakesAnotherLetterOfTheSameSenderAndSecond)
{
    deliver("S: 1\r\n\r\none\r\n");
    deliver("S: 1\r\n\r\ntwo\r\n");
    EXPECT_EQ(mailbox(), from_somebody + "S: 1\n\none\n\n" + from_somebody + "S: 1\n\ntwo\n\n");
}

TEST_F(Mbox, LosesNothingHoweverItsWriterIsKilled)
{
    write_file(directory / "alice", "kept\n\n");
    const auto letter = letter_file("S: 1\r\n\r\n" + std::string(4 << 20, 'y') + "\r\n");
    const auto place = open_directory(directory.path());
    const MboxLetter what{letter.fd(), from_somebody};
    for (int i = 0; i < 20; ++i) {
        const pid_t writer = ::fork();
        if (writer == 0) {
            append_to_mbox(place->get(), "alice", what, {.owner = ::geteuid()}, clock);
            ::_exit(0);
        }
        for (int spin = 0; spin < i * 3 && ::waitpid(writer, nullptr, WNOHANG) == 0; ++spin)
            ::usleep(300);
        ::kill(writer, SIGKILL);
        ::waitpid(writer, nullptr, 0);
        ::unlink((directory / "alice.lock").c_str()); // Ten minutes later.
        ASSERT_TRUE(mailbox().starts_with("kept\n\n"));
    }
    EXPECT_EQ(append_to_mbox(place->get(), "alice", what, {.owner = ::geteuid()}, clock).result(),
              wire::Attempted::DELIVERED);
    const auto text = mailbox();
    EXPECT_EQ(text.size(), 6 + from_somebody.size() + letter.bytes() + 1);
}

} // namespace
} // namespace posthouse::agent
