// SPDX-License-Identifier: Apache-2.0
// What the agent may and may not, shown by trying it (docs/confinement.md).
#include "agent/login.hpp"
#include "process/sandbox.hpp"
#include "tests/agent/rig.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

constexpr int succeeded = 0, refused = 1, not_confined = 2;

/// How a confined agent ends that tries this: its exit code, or minus the signal.
int trying(const std::function<bool()>& attempt)
{
    const pid_t child = ::fork();
    if (child == 0) {
        const process::Confinement confinement{.role = process::Role::agent,
                                               .forbidden_call = process::ForbiddenCall::kill};
        if (!process::confine_process(confinement) || !process::confine_calls(confinement))
            ::_exit(not_confined);
        ::_exit(attempt() ? succeeded : refused);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(ConfinedAgent, MakesNoSocketAndExecutesNothing)
{
    for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK})
        EXPECT_EQ(trying([=] { return ::socket(family, SOCK_STREAM, 0) >= 0; }), refused);
    EXPECT_EQ(trying([] {
                  char* const nothing[] = {nullptr};
                  ::execve("/bin/true", nothing, nothing);
                  return false;
              }),
              -SIGSYS);
    EXPECT_EQ(trying([] { return ::mount("x", "/", "tmpfs", 0, nullptr) == 0; }), -SIGSYS);
    EXPECT_EQ(trying([] { return ::kill(::getppid(), 0) == 0; }), refused);
}

TEST(ConfinedAgent, ForksAndUsesFiles)
{
    const testing::TemporaryDirectory directory;
    const auto path = directory / "file", other = directory / "other";
    EXPECT_EQ(trying([&] {
                  const pid_t child = ::fork();
                  if (child == 0) {
                      testing::write_file(path, "x");
                      ::_exit(::rename(path.c_str(), other.c_str()) == 0 ? 0 : 1);
                  }
                  int status = -1;
                  return ::waitpid(child, &status, 0) == child && status == 0;
              }),
              succeeded);
    EXPECT_EQ(testing::read_file(other), "x");
}

TEST(ConfinedAgent, BecomesAnotherAndCannotComeBack)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root becomes another";
    const Login somebody{.name = "x", .home = "/", .user = 54321, .group = 54321, .groups = {}};
    EXPECT_EQ(trying([&] {
                  return become(somebody, 54322) && ::geteuid() == 54321 && ::setuid(0) != 0 &&
                         ::setegid(0) != 0 && ::setegid(54322) == 0;
              }),
              succeeded);
    EXPECT_EQ(trying([&] { return become(somebody, 54321) && ::setegid(54322) == 0; }), refused);
}

TEST(ConfinedAgent, HasNoPowerOverOthersFiles)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root could have it";
    const testing::TemporaryDirectory directory;
    testing::write_file(directory / "others", "x");
    ASSERT_EQ(::chown((directory / "others").c_str(), 54321, 54321), 0);
    const auto path = directory / "others";
    EXPECT_EQ(trying([&] { return ::open(path.c_str(), O_RDONLY) >= 0; }), refused);
}

TEST(ConfinedAgent, MakesNoLinksDevicesOrPipes)
{
    if (process::protections_of_kernel().landlock_abi < 2)
        GTEST_SKIP() << "this kernel's Landlock cannot say so";
    const testing::TemporaryDirectory directory;
    const auto path = directory / "made";
    EXPECT_EQ(trying([&] { return ::symlink("x", path.c_str()) == 0; }), -SIGSYS);
    EXPECT_EQ(trying([&] { return ::mkfifo(path.c_str(), 0600) == 0; }), -SIGSYS);
}

} // namespace
} // namespace posthouse::agent
