// SPDX-License-Identifier: Apache-2.0
// What each role may never do, shown by trying it (docs/confinement.md).
#include "process/sandbox.hpp"

#include "tests/process/sandbox_rig.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace posthouse::process::testing {

namespace {

// --- attempts: true where they succeed

bool opens(const std::string& path, int flags)
{
    const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    return static_cast<bool>(fd);
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool connects(int fd, std::uint16_t port)
{
    const sockaddr_in to = loopback(port);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

bool binds(int fd, std::uint16_t port)
{
    const sockaddr_in to = loopback(port);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

bool connects_unix(int fd, const std::string& name)
{
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), length) == 0;
}

bool makes_pair(int type)
{
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, type, 0, ends.data()) != 0)
        return false;
    const UniqueFd one(ends[0]), other(ends[1]);
    return true;
}

bool makes_socket(int family, int type, int protocol)
{
    const UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, protocol));
    return static_cast<bool>(fd);
}

bool executes()
{
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    char* const environment[] = {nullptr};
    ::execve(name, arguments, environment);
    return false;
}

bool forks(pid_t child)
{
    if (child == 0)
        ::_exit(0);
    return child > 0 && ::waitpid(child, nullptr, 0) == child;
}

bool maps(int protection)
{
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

bool makes_memory_executable()
{
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

bool reads_memory_of_parent()
{
    char byte = 0;
    static char there = 'x';
    iovec here{&byte, 1};
    iovec remote{&there, 1};
    return ::process_vm_readv(::getppid(), &here, 1, &remote, 1, 0) == 1;
}

bool sends_udp(int fd, std::uint16_t port)
{
    const sockaddr_in to = loopback(port);
    return ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1;
}

bool connects_by_fast_open(const Surroundings& around)
{
    const sockaddr_in to = loopback(around.other_port);
    return ::sendto(around.loose_tcp.get(), "x", 1, MSG_FASTOPEN,
                    reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1;
}

bool connects_by_fast_open_message(const Surroundings& around)
{
    sockaddr_in to = loopback(around.other_port);
    char byte = 'x';
    iovec data{&byte, 1};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = sizeof to;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    return ::sendmsg(around.loose_tcp.get(), &message, MSG_FASTOPEN) == 1;
}

bool accepts(int listener)
{
    const UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    return static_cast<bool>(fd);
}

bool raises_a_limit()
{
    rlimit value{};
    return ::getrlimit(RLIMIT_NOFILE, &value) == 0 && ::setrlimit(RLIMIT_NOFILE, &value) == 0;
}

/// Whether it exists here or not, the very call must end the process.
bool calls(long number)
{
    return ::syscall(number, 0L, 0L, 0L, 0L, 0L, 0L) >= 0;
}

// --- the table

using Roles = std::vector<Role>;
const Roles nobody = {};

struct Row {
    const char* what;
    Attempt attempt;
    Roles may;            // All others never.
    int landlock_abi = 0; // Needed where seccomp alone does not refuse it to every role.
};

const std::vector<Row> table = {
    {"open a file", [](auto& a) { return opens(a.secret_file, O_RDONLY); }, nobody, 1},
    {"open a file for writing", [](auto& a) { return opens(a.secret_file, O_RDWR); }, nobody, 1},
    {"open the password file", [](auto&) { return opens("/etc/passwd", O_RDONLY); }, nobody, 1},
    {"create a file outside the data directory",
     [](auto& a) { return opens(a.directory + "/new", O_WRONLY | O_CREAT); }, nobody, 1},
    {"open a file below a directory held since before",
     [](auto& a) {
         return static_cast<bool>(
             UniqueFd(::openat(a.data_dir_handle.get(), "secret", O_RDONLY | O_CLOEXEC)));
     },
     nobody, 1},
    {"leave the data directory by a name with dots",
     [](auto& a) { return opens(a.data_dir + "/../secret", O_RDONLY); }, nobody, 1},
    {"remove a file outside the data directory",
     [](auto& a) { return ::unlink(a.secret_file.c_str()) == 0; }, nobody, 1},
    {"create a file in the data directory",
     [](auto& a) { return opens(a.data_dir + "/new", O_WRONLY | O_CREAT); },
     {Role::keeper}},
    {"make a directory in the data directory",
     [](auto& a) { return ::mkdir((a.data_dir + "/sub").c_str(), 0700) == 0; },
     {Role::keeper}},
    {"make a symbolic link",
     [](auto& a) { return ::symlink("/etc", (a.data_dir + "/link").c_str()) == 0; }, nobody},
    {"change a file's mode", [](auto& a) { return ::chmod(a.secret_file.c_str(), 0777) == 0; },
     nobody},
    {"execute a program", [](auto&) { return executes(); }, nobody},
    {"fork", [](auto&) { return forks(::fork()); }, nobody},
    {"fork by the older call", [](auto&) { return forks(static_cast<pid_t>(::syscall(SYS_fork))); },
     nobody},
    {"trace itself", [](auto&) { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; },
     nobody},
    {"read its parent's memory", [](auto&) { return reads_memory_of_parent(); }, nobody},
    {"signal its parent", [](auto&) { return ::kill(::getppid(), 0) == 0; }, nobody},
    {"make memory executable", [](auto&) { return makes_memory_executable(); }, nobody},
    {"map executable memory", [](auto&) { return maps(PROT_READ | PROT_EXEC); }, nobody},
    {"make a file in memory",
     [](auto&) { return static_cast<bool>(UniqueFd(::memfd_create("x", MFD_CLOEXEC))); },
     {Role::tables}},
    {"connect to a mail port",
     [](auto& a) { return connects(a.loose_tcp.get(), a.mail_port); },
     {Role::courier, Role::resolver, Role::envoy}},
    {"connect to another port", [](auto& a) { return connects(a.loose_tcp.get(), a.other_port); },
     nobody, 4},
    {"connect by fast open", connects_by_fast_open, nobody},
    {"connect by a fast open message", connects_by_fast_open_message, nobody},
    {"connect to a Unix socket",
     [](auto& a) {
         const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         return connects_unix(fd.get(), a.unix_path);
     },
     nobody},
    {"connect to an abstract Unix socket",
     [](auto& a) { return connects_unix(a.loose_unix.get(), a.abstract_name); }, nobody, 6},
    {"make a TCP socket",
     [](auto&) { return makes_socket(AF_INET, SOCK_STREAM, 0); },
     {Role::courier, Role::resolver, Role::envoy}},
    {"make a TCP socket for IPv6",
     [](auto&) { return makes_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP); },
     {Role::courier, Role::resolver, Role::envoy}},
    {"make a UDP socket",
     [](auto&) { return makes_socket(AF_INET, SOCK_DGRAM, 0); },
     {Role::resolver, Role::envoy}},
    {"make a Unix socket", [](auto&) { return makes_socket(AF_UNIX, SOCK_STREAM, 0); }, nobody},
    {"make a pair of Unix stream sockets",
     [](auto&) { return makes_pair(SOCK_STREAM | SOCK_CLOEXEC); },
     {Role::resolver}},
    {"make a pair of Unix datagram sockets", [](auto&) { return makes_pair(SOCK_DGRAM); }, nobody},
    {"make a netlink socket",
     [](auto&) { return makes_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }, nobody},
    {"send to a UDP address",
     [](auto& a) { return sends_udp(a.loose_udp.get(), a.udp_port); },
     {Role::resolver}},
    {"bind to a port of the kernel's choice",
     [](auto& a) { return binds(a.loose_tcp.get(), 0); },
     {Role::courier, Role::resolver}},
    {"listen", [](auto& a) { return ::listen(a.bound_tcp.get(), 1) == 0; }, nobody},
    {"accept", [](auto& a) { return accepts(a.listener.get()); }, {Role::gate, Role::keeper}},
    {"set a limit", [](auto&) { return raises_a_limit(); }, nobody},
    {"become dumpable", [](auto&) { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }, nobody},
    {"direct a descriptor's signals",
     [](auto& a) { return ::fcntl(a.bound_tcp.get(), F_SETOWN, ::getpid()) == 0; }, nobody},
    {"set a socket option off the list",
     [](auto& a) {
         int number = 1;
         return ::setsockopt(a.bound_tcp.get(), SOL_SOCKET, SO_TIMESTAMP, &number, sizeof number) ==
                0;
     },
     nobody},
};

class Confined : public ::testing::TestWithParam<Role> {};

} // namespace

TEST(Confinement, LeavesTheUnconfinedAlone)
{
    // The control: an attempt that fails anyway shows nothing about confinement.
    for (const Row& row : table) {
        const Surroundings around;
        EXPECT_EQ(outcome_of(Role::supervisor, Place::first_thread, around, row.attempt),
                  Outcome::allowed)
            << row.what;
    }
}

TEST_P(Confined, DoesWhatItsTableSaysAndNeverTheRest)
{
    const int abi = protections_of_kernel().landlock_abi;
    for (const Row& row : table) {
        const bool may = std::ranges::find(row.may, GetParam()) != row.may.end();
        if (!may && abi < row.landlock_abi)
            continue;
        for (const Place place : places) {
            const Surroundings around;
            const Outcome outcome = outcome_of(GetParam(), place, around, row.attempt);
            if (may)
                EXPECT_EQ(name_of(outcome), "allowed") << row.what << " " << name_of(place);
            else
                EXPECT_TRUE(outcome == Outcome::refused || outcome == Outcome::killed)
                    << row.what << " " << name_of(place) << " was " << name_of(outcome);
        }
    }
}

TEST_P(Confined, DiesOfCallsOnlyAnIntruderMakes)
{
    const Surroundings around;
    for (const long number : {SYS_execve,
                              SYS_execveat,
                              SYS_ptrace,
                              SYS_process_vm_writev,
                              SYS_listen,
                              SYS_mount,
                              SYS_unshare,
                              SYS_setns,
                              SYS_bpf,
                              SYS_io_uring_setup,
                              SYS_userfaultfd,
                              SYS_keyctl,
                              SYS_perf_event_open,
                              SYS_setuid,
                              SYS_setresuid,
                              SYS_capset,
                              SYS_chroot,
                              SYS_memfd_create,
                              SYS_personality,
                              SYS_pkey_mprotect,
                              SYS_tkill,
                              SYS_pidfd_open,
                              SYS_seccomp,
                              SYS_landlock_restrict_self,
                              SYS_init_module,
                              SYS_sendmmsg}) {
        if (number == SYS_memfd_create && GetParam() == Role::tables)
            continue; // Its images.
        if (number == SYS_sendmmsg && GetParam() == Role::envoy)
            continue; // Two questions for a name at once.
        EXPECT_EQ(outcome_of(GetParam(), Place::first_thread, around,
                             [number](auto&) { return calls(number); }),
                  Outcome::killed)
            << "call " << number;
    }
}

TEST_P(Confined, DiesSilentlyOrSaysWhatItCalled)
{
    const Surroundings around;
    for (const ForbiddenCall how : {ForbiddenCall::kill, ForbiddenCall::report}) {
        Confinement confinement = around.confinement(GetParam());
        confinement.forbidden_call = how;
        const Ending ending = run_in_child([&] {
            return confine_process(confinement) && confine_calls(confinement) &&
                   ::listen(around.bound_tcp.get(), 1) == 0;
        });
        EXPECT_EQ(ending.outcome, Outcome::killed);
        EXPECT_EQ(ending.error_output,
                  how == ForbiddenCall::kill
                      ? ""
                      : fmt::format("seccomp: role {} called listen\n", name_of(GetParam())));
    }
}

TEST_P(Confined, MakesNoSocketLandlockDoesNotTakeForTcp)
{
    // Not in the table: not every kernel has these even unconfined.
    const Surroundings around;
    for (const int protocol : {262 /* MPTCP */, int{IPPROTO_SCTP}})
        EXPECT_EQ(outcome_of(GetParam(), Place::first_thread, around,
                             [=](auto&) { return makes_socket(AF_INET, SOCK_STREAM, protocol); }),
                  Outcome::refused);
}

INSTANTIATE_TEST_SUITE_P(Role, Confined, ::testing::ValuesIn(confined_roles),
                         [](const auto& info) { return std::string(name_of(info.param)); });

} // namespace posthouse::process::testing
