// SPDX-License-Identifier: Apache-2.0
#include "process/file_reader.hpp"

#include "process/landlock.hpp"

#include <seccomp.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

constexpr std::array allowed{"read",         "readlinkat",      "write",           "pread64",
                             "close",        "lseek",           "fstat",           "newfstatat",
                             "stat",         "lstat",           "statx",           "getdents64",
                             "brk",          "munmap",          "mremap",          "madvise",
                             "futex",        "sched_yield",     "getrandom",       "clock_gettime",
                             "gettimeofday", "rt_sigprocmask",  "rt_sigaction",    "rt_sigreturn",
                             "sigaltstack",  "getpid",          "gettid",          "exit",
                             "exit_group",   "restart_syscall", "set_robust_list", "rseq",
                             "fcntl",        "fadvise64"};

constexpr std::array for_sanitizers{"pipe",      "pipe2",     "prctl",    "tgkill",
                                    "getrlimit", "prlimit64", "readlink", "sched_getaffinity",
                                    "getppid"};

/// Root reads every user's files; that is all that is left of it.
bool keep_reading_alone()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3] = {};
    if (::geteuid() == 0)
        left[0].effective = left[0].permitted = 1U << CAP_DAC_READ_SEARCH;
    return ::syscall(SYS_capset, &header, left) == 0 &&
           ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

bool confine_calls_of_reader()
{
#ifdef POSTHOUSE_SANITIZED
    const std::uint32_t otherwise = SCMP_ACT_ERRNO(EPERM);
#else
    const std::uint32_t otherwise = SCMP_ACT_KILL_PROCESS;
#endif
    const auto filter = ::seccomp_init(otherwise);
    if (filter == nullptr)
        return false;
    bool fine = true;
    const auto allow = [&](const char* name) {
        const int call = ::seccomp_syscall_resolve_name(name);
        if (call >= 0)
            fine = fine && ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    };
    for (const auto* name : allowed)
        allow(name);
#ifdef POSTHOUSE_SANITIZED
    for (const auto* name : for_sanitizers)
        allow(name);
#else
    (void)for_sanitizers;
#endif
    const auto allow_if = [&](const char* name, unsigned argument, std::uint64_t mask) {
        const scmp_arg_cmp clear{argument, SCMP_CMP_MASKED_EQ, mask, 0};
        fine =
            fine && ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
                                             ::seccomp_syscall_resolve_name(name), 1, &clear) == 0;
    };
    allow_if("mmap", 2, PROT_EXEC);
    allow_if("mprotect", 2, PROT_EXEC);
    // To read; where, is Landlock's part.
    static_assert(O_RDONLY == 0);
    allow_if("openat", 2, O_ACCMODE | O_CREAT | O_TRUNC);
    fine = fine && ::seccomp_load(filter) == 0;
    ::seccomp_release(filter);
    return fine;
}

[[noreturn]] void run_child(int socket, const std::string& path,
                            const std::function<void(int)>& work)
{
    constexpr int place = 3;
    if (socket != place && ::dup2(socket, place) != place)
        ::_exit(1);
    // The error stream stays, as the roles have it; if there was one.
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0 || ::dup2(nowhere, STDIN_FILENO) < 0 || ::dup2(nowhere, STDOUT_FILENO) < 0 ||
        (socket == STDERR_FILENO && ::dup2(nowhere, STDERR_FILENO) < 0))
        ::_exit(1);
    ::close_range(place + 1, ~0U, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "posthouse-files");
    LandlockRules rules;
    struct stat found{};
    if (::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode))
        rules.readable_directory = path;
    else
        rules.readable_files.push_back(path);
    if (!keep_reading_alone() || !restrict_by_landlock(rules) || !confine_calls_of_reader())
        ::_exit(1);
    work(place);
    ::_exit(0); // No destructors: what they would do is the parent's.
}

} // namespace

std::expected<FileReader, std::string> fork_file_reader(const std::string& path,
                                                        const std::function<void(int)>& work)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return std::unexpected(fmt::format("no pair of sockets: {}", std::strerror(errno)));
    FileReader reader;
    reader.socket.reset(ends[0]);
    UniqueFd theirs(ends[1]);
    reader.pid = ::fork();
    if (reader.pid < 0)
        return std::unexpected(fmt::format("no further process: {}", std::strerror(errno)));
    if (reader.pid == 0)
        run_child(theirs.get(), path, work);
    return reader;
}

} // namespace posthouse::process
