// SPDX-License-Identifier: Apache-2.0
#include "process/call_policy.hpp"

#include "base/contract.hpp"

#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

namespace posthouse::process {

namespace {

constexpr std::initializer_list<const char*> for_every_role = {
    // descriptors it holds
    "read", "write", "readv", "writev", "pread64", "preadv", "close", "fstat", "lseek", "dup",
    "pipe2", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll", "select",
    "pselect6", "nanosleep", "clock_nanosleep", "restart_syscall",
    // sockets it holds, and descriptors passed over them
    "recvfrom", "recvmsg", "shutdown", "getsockopt", "getsockname", "getpeername",
    // memory
    "brk", "munmap", "mremap", "madvise", "mlock", "munlock",
    // threads
    "futex", "set_robust_list", "get_robust_list", "rseq", "sched_yield", "sched_getaffinity",
    // time, chance, and who it is
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "getpid", "getppid",
    "gettid", "getuid", "geteuid", "getgid", "getegid", "getcpu", "uname", "sysinfo", "getrusage",
    "times", "getrlimit",
    // signals of its own
    "rt_sigprocmask", "rt_sigaction", "rt_sigreturn", "rt_sigpending", "sigaltstack",
    // the end
    "exit", "exit_group"};

/// The data directory: RocksDB, and large bodies as files of their own. Where it lies is
/// Landlock's part; these calls name no path a filter could see.
constexpr std::initializer_list<const char*> for_files = {
    "open",      "openat",     "newfstatat", "stat",      "lstat",      "statx",
    "statfs",    "fstatfs",    "access",     "faccessat", "faccessat2", "getdents64",
    "readlink",  "readlinkat", "getcwd",     "pwrite64",  "pwritev",    "ftruncate",
    "fallocate", "fsync",      "fdatasync",  "fadvise64", "readahead",  "sync_file_range",
    "msync",     "flock",      "mkdir",      "mkdirat",   "rmdir",      "rename",
    "renameat",  "renameat2",  "link",       "linkat",    "unlink",     "unlinkat"};

/// What a role without files is asked for by its libraries: time zones, /proc, locales.
constexpr std::initializer_list<const char*> paths_refused = {
    "open",   "openat",    "openat2",    "stat",     "lstat",      "statx",
    "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd"};

/// The kernel reads only the low 32 bits of an int, and a caller may leave anything above them.
scmp_arg_cmp int_is(unsigned argument, std::uint32_t value)
{
    return {argument, SCMP_CMP_MASKED_EQ, 0xffffffffU, value};
}

scmp_arg_cmp bits_are(unsigned argument, std::uint64_t mask, std::uint64_t value)
{
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

scmp_arg_cmp null(unsigned argument)
{
    return {argument, SCMP_CMP_EQ, 0, 0};
}

void allow_values(CallPolicy& policy, const char* name, unsigned argument,
                  std::initializer_list<int> values)
{
    for (const int value : values)
        policy.conditional.push_back({name, {int_is(argument, static_cast<std::uint32_t>(value))}});
}

void allow_memory_and_threads(CallPolicy& policy)
{
    // No page is ever executable that was not when the filter came.
    policy.conditional.push_back({"mmap", {bits_are(2, PROT_EXEC, 0)}});
    policy.conditional.push_back({"mprotect", {bits_are(2, PROT_EXEC, 0)}});
    // clone3 keeps its flags in memory, where no filter can look; glibc falls back to clone.
    policy.refused.push_back({"clone3", ENOSYS});
    constexpr std::uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    policy.conditional.push_back({"clone", {bits_are(0, CLONE_THREAD | namespaces, CLONE_THREAD)}});
}

void allow_signals_to_itself(CallPolicy& policy, pid_t self)
{
    policy.conditional.push_back({"kill", {int_is(0, static_cast<std::uint32_t>(self))}});
    policy.conditional.push_back({"tgkill", {int_is(0, static_cast<std::uint32_t>(self))}});
}

void allow_questions_about_itself(CallPolicy& policy)
{
    constexpr int set_vma = 0x53564d41; // PR_SET_VMA: glibc names its arenas
    allow_values(policy, "prctl", 0,
                 {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, set_vma});
    // To read limits, not to set them.
    policy.conditional.push_back({"prlimit64", {int_is(0, 0), null(2)}});
    allow_values(policy, "ioctl", 1, {FIONBIO, FIONREAD});
}

void allow_fcntl(CallPolicy& policy, Role role)
{
    allow_values(policy, "fcntl", 1,
                 {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GET_SEALS});
    if (role == Role::agent) // Locks on mailboxes; letters in sealed memory files.
        allow_values(policy, "fcntl", 1, {F_GETLK, F_SETLK, F_SETLKW, F_ADD_SEALS});
    if (role == Role::tables) // Images, in sealed memory files.
        allow_values(policy, "fcntl", 1, {F_ADD_SEALS});
    if (role == Role::keeper) // Its lock on the data directory, and RocksDB's lifetime hints.
        allow_values(policy, "fcntl", 1,
                     {F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW,
                      F_GET_RW_HINT, F_SET_RW_HINT, F_GET_FILE_RW_HINT, F_SET_FILE_RW_HINT});
}

void allow_socket_options(CallPolicy& policy)
{
    const auto allow = [&](int level, std::initializer_list<int> options) {
        for (const int option : options)
            policy.conditional.push_back({"setsockopt",
                                          {int_is(1, static_cast<std::uint32_t>(level)),
                                           int_is(2, static_cast<std::uint32_t>(option))}});
    };
    allow(SOL_SOCKET, {SO_KEEPALIVE, SO_LINGER, SO_SNDBUF, SO_RCVBUF, SO_REUSEADDR, SO_REUSEPORT,
                       SO_RCVTIMEO, SO_SNDTIMEO, SO_PASSCRED});
    allow(IPPROTO_TCP, {TCP_NODELAY, TCP_CORK, TCP_QUICKACK, TCP_MAXSEG, TCP_KEEPIDLE,
                        TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT});
    constexpr int bind_address_no_port = 24;
    allow(IPPROTO_IP, {IP_TOS, IP_MTU_DISCOVER, bind_address_no_port});
    allow(IPPROTO_IPV6, {IPV6_V6ONLY, IPV6_MTU, IPV6_MTU_DISCOVER, IPV6_TCLASS, IPV6_DONTFRAG});
}

/// A message with an address, or with MSG_FASTOPEN, is a connect by another name, past Landlock's
/// ports. UDP needs addresses; no kind of socket needs fast open.
void allow_sending(CallPolicy& policy, Role role)
{
    policy.conditional.push_back({"sendmsg", {bits_are(2, MSG_FASTOPEN, 0)}});
    if (role == Role::resolver)
        policy.conditional.push_back({"sendto", {bits_are(3, MSG_FASTOPEN, 0)}});
    else
        policy.conditional.push_back({"sendto", {bits_are(3, MSG_FASTOPEN, 0), null(4)}});
}

/// Protocols are named, since Landlock's ports cover TCP and not its like (MPTCP, SCTP).
void allow_internet_sockets(CallPolicy& policy, std::uint32_t type, std::uint32_t protocol)
{
    constexpr std::uint64_t type_mask = 0xf; // without SOCK_NONBLOCK and SOCK_CLOEXEC
    for (const std::uint32_t family : {std::uint32_t{AF_INET}, std::uint32_t{AF_INET6}})
        for (const std::uint32_t named : {std::uint32_t{0}, protocol})
            policy.conditional.push_back(
                {"socket", {int_is(0, family), bits_are(1, type_mask, type), int_is(2, named)}});
}

/// libunbound's way to its thread, made anew when its servers change. A stream pair leads nowhere
/// else; one of datagrams could be connected to any Unix socket.
void allow_pairs(CallPolicy& policy)
{
    constexpr std::uint64_t type_mask = 0xf; // without SOCK_NONBLOCK and SOCK_CLOEXEC
    policy.conditional.push_back(
        {"socketpair", {int_is(0, AF_UNIX), bits_are(1, type_mask, SOCK_STREAM)}});
}

/// Each delivery is a process of its own, as the recipient. Whose files it then reaches is the
/// kernel's affair; it has no network and can execute nothing.
void allow_deliveries(CallPolicy& policy)
{
    policy.allowed.insert(policy.allowed.end(),
                          {"wait4",       "waitid",       "pidfd_open",      "pidfd_send_signal",
                           "close_range", "memfd_create", "getgroups",       "setgroups",
                           "setresuid",   "setresgid",    "getresuid",       "getresgid",
                           "capget",      "capset",       "umask",           "openat2",
                           "fchmod",      "utimensat",    "copy_file_range", "sendfile"});
    constexpr std::uint64_t never = CLONE_THREAD | CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_NEWNS |
                                    CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                    CLONE_NEWPID | CLONE_NEWNET;
    policy.conditional.push_back({"clone", {bits_are(0, never, 0)}});
    allow_values(policy, "prctl", 0, {PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_DUMPABLE});
}

/// Of mail stores on this host, by LMTP. Which of them, their owners' permissions say.
void allow_unix_sockets(CallPolicy& policy)
{
    constexpr std::uint64_t type_mask = 0xf; // without SOCK_NONBLOCK and SOCK_CLOEXEC
    policy.conditional.push_back(
        {"socket", {int_is(0, AF_UNIX), bits_are(1, type_mask, SOCK_STREAM)}});
}

/// What an envoy's libraries need for their way to a directory: names are looked up by the C
/// library, as the certificate's name is compared by the library that connects.
void allow_questions_outside(CallPolicy& policy, Reach reach)
{
    if (reach == Reach::nowhere) {
        policy.refused.push_back({"socket", EACCES});
        return;
    }
    policy.allowed.insert(policy.allowed.end(), {"connect", "rt_sigtimedwait"});
    if (reach == Reach::unix_sockets)
        return;
    allow_internet_sockets(policy, SOCK_STREAM, IPPROTO_TCP);
    allow_internet_sockets(policy, SOCK_DGRAM, IPPROTO_UDP);
    policy.conditional.push_back({"sendmmsg", {bits_are(3, MSG_FASTOPEN, 0)}});
}

void allow_network(CallPolicy& policy, Role role)
{
    allow_socket_options(policy);
    allow_sending(policy, role);
    switch (role) {
    case Role::gate:
    case Role::keeper: // Its control socket; both listen already when they are handed over.
        policy.allowed.insert(policy.allowed.end(), {"accept", "accept4"});
        policy.refused.push_back({"socket", EACCES});
        break;
    case Role::resolver:
        allow_internet_sockets(policy, SOCK_DGRAM, IPPROTO_UDP);
        allow_pairs(policy);
        [[fallthrough]];
    case Role::courier:
        allow_internet_sockets(policy, SOCK_STREAM, IPPROTO_TCP);
        // bind: a configured source address, libunbound's random source ports. Never listen.
        policy.allowed.insert(policy.allowed.end(), {"connect", "bind"});
        break;
    case Role::sorter:
    case Role::clerk:
    case Role::agent:
    case Role::tables:
    case Role::signer:
        policy.refused.push_back({"socket", EACCES});
        break;
    case Role::envoy: // allow_questions_outside()
    case Role::supervisor:
    case Role::runner:
    case Role::pam:
        break;
    }
}

/// An envoy's certificates and name services, which are Landlock's part. Never to write.
void allow_reading_files(CallPolicy& policy)
{
    constexpr std::uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
    policy.conditional.push_back({"openat", {bits_are(2, writing, O_RDONLY)}});
    policy.allowed.push_back("newfstatat");
    for (const char* name : paths_refused)
        if (name != std::string_view("openat"))
            policy.refused.push_back({name, EACCES});
}

void allow_files(CallPolicy& policy, Role role)
{
    if (role == Role::envoy)
        return allow_reading_files(policy);
    if (role == Role::keeper || role == Role::agent) {
        policy.allowed.insert(policy.allowed.end(), for_files);
        return;
    }
    for (const char* name : paths_refused)
        policy.refused.push_back({name, EACCES});
    // glibc's fstat() on a descriptor.
    policy.conditional.push_back({"newfstatat", {bits_are(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}});
}

#ifdef POSTHOUSE_SANITIZED
/// Reports want to start a symbolizer and are content without; the vptr check probes memory by
/// writing it into a pipe.
void allow_sanitizers(CallPolicy& policy)
{
    policy.allowed.push_back("pipe");
    policy.refused.push_back({"fork", ENOSYS});
}
#endif

} // namespace

CallPolicy call_policy(Role role, pid_t self, Reach reach)
{
    expects(role != Role::supervisor && role != Role::runner && role != Role::pam);
    CallPolicy policy{for_every_role, {}, {}};
    allow_memory_and_threads(policy);
    allow_signals_to_itself(policy, self);
    allow_questions_about_itself(policy);
    allow_fcntl(policy, role);
    allow_network(policy, role);
    allow_files(policy, role);
    if (role == Role::agent)
        allow_deliveries(policy);
    if (role == Role::tables)
        policy.allowed.push_back("memfd_create");
    if (role == Role::envoy)
        allow_questions_outside(policy, reach);
    if (reach == Reach::anywhere || reach == Reach::unix_sockets)
        allow_unix_sockets(policy);
#ifdef POSTHOUSE_SANITIZED
    allow_sanitizers(policy);
#endif
    return policy;
}

} // namespace posthouse::process
