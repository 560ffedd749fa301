// SPDX-License-Identifier: Apache-2.0
#include "process/sandbox.hpp"

#include "base/contract.hpp"
#include "process/landlock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace posthouse::process {

namespace {

using Step = ConfinementError::Step;

std::unexpected<ConfinementError> failed(Step step, std::string_view what)
{
    return std::unexpected(
        ConfinementError{step, fmt::format("{}: {}", what, std::strerror(errno))});
}

std::unexpected<ConfinementError> refused(Step step, std::string text)
{
    return std::unexpected(ConfinementError{step, std::move(text)});
}

/// Landlock would leave older threads outside. ThreadSanitizer runs a thread of its own.
std::expected<void, ConfinementError> check_single_threaded()
{
    namespace fs = std::filesystem;
    std::error_code error;
    const auto threads = std::distance(fs::directory_iterator("/proc/self/task", error), {});
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return {};
#endif
#endif
    if (!error && threads > 1)
        return refused(Step::files,
                       fmt::format("{} threads run already and would not be confined", threads));
    return {}; // No /proc: the order is then only the caller's promise.
}

/// What is not in the bounding set no exec could bring back. Needs CAP_SETPCAP, so it comes before
/// the change of user; without it there is nothing to drop.
void empty_bounding_set()
{
    for (unsigned long capability = 0; capability < 64; ++capability)
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return;
}

std::expected<void, ConfinementError> become(const Identity& identity)
{
    const auto [user, group] = identity;
    if (user == 0 || group == 0)
        return refused(Step::identity, "a confined role never runs as root");
    if (::setgroups(0, nullptr) != 0)
        return failed(Step::identity, "setgroups");
    if (::setresgid(group, group, group) != 0)
        return failed(Step::identity, fmt::format("setresgid {}", group));
    if (::setresuid(user, user, user) != 0)
        return failed(Step::identity, fmt::format("setresuid {}", user));
    return {};
}

std::expected<void, ConfinementError> check_no_way_back(const Identity& identity)
{
    uid_t users[3];
    gid_t groups[3];
    if (::getresuid(&users[0], &users[1], &users[2]) != 0 ||
        ::getresgid(&groups[0], &groups[1], &groups[2]) != 0)
        return failed(Step::identity, "getresuid");
    const bool changed = std::ranges::all_of(users, [&](uid_t u) { return u == identity.user; }) &&
                         std::ranges::all_of(groups, [&](gid_t g) { return g == identity.group; });
    if (!changed || ::getgroups(0, nullptr) != 0)
        return refused(Step::identity, "user and groups did not change as asked");
    if (::setresuid(0, 0, 0) == 0 || ::setresgid(0, 0, 0) == 0)
        return refused(Step::identity, "the way back to root is still open");
    return {};
}

/// The agent becomes the recipient for each delivery, and ends one that takes too long. It keeps
/// no power over files that root has not as a user.
constexpr std::uint32_t kept_by(Role role)
{
    return role == Role::agent ? 1U << CAP_SETUID | 1U << CAP_SETGID | 1U << CAP_KILL : 0;
}

std::expected<void, ConfinementError> drop_capabilities(Role role)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3] = {};
    if (::geteuid() == 0)
        left[0].effective = left[0].permitted = kept_by(role);
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
        return failed(Step::privileges, "clear ambient capabilities");
    if (::syscall(SYS_capset, &header, left) != 0)
        return failed(Step::privileges, "drop capabilities");
    return {};
}

std::expected<void, ConfinementError> drop_privileges(const Confinement& confinement)
{
    const auto& identity = confinement.identity;
    int signal_at_parents_death = 0; // A change of user makes the kernel forget it.
    if (::prctl(PR_GET_PDEATHSIG, &signal_at_parents_death, 0, 0, 0) != 0)
        return failed(Step::privileges, "parent's death signal");
    empty_bounding_set();
    if (identity) {
        if (auto done = become(*identity); !done)
            return done;
        if (auto done = check_no_way_back(*identity); !done)
            return done;
    }
    // Also for a process that stays root: root without capabilities is an ordinary user who owns
    // many files, and Landlock keeps it from those.
    if (auto done = drop_capabilities(confinement.role); !done)
        return done;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(Step::privileges, "no_new_privs");
    // Others of the same user may neither trace it nor take its descriptors.
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failed(Step::privileges, "not dumpable");
    if (::prctl(PR_SET_PDEATHSIG, signal_at_parents_death, 0, 0, 0) != 0)
        return failed(Step::privileges, "parent's death signal");
    ::umask(077);
    return {};
}

LandlockRules rules_of(const Confinement& confinement)
{
    LandlockRules rules{
        confinement.data_dir, confinement.role == Role::agent, confinement.connect_ports, {}};
    rules.readable_files = confinement.readable_files;
    rules.any_connect_port = confinement.reach == Reach::anywhere;
    // A configured source address is bound to without a port.
    if (confinement.role == Role::courier || confinement.role == Role::resolver)
        rules.bind_ports.push_back(0);
    return rules;
}

} // namespace

Protections protections_of_kernel()
{
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return {landlock_abi(), ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0};
}

std::string describe(const Protections& protections)
{
    std::string text;
    const auto add = [&](bool there, std::string_view name) {
        if (there)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
    };
    add(protections.calls, "system calls");
    add(protections.files(), "files");
    add(protections.tcp_ports(), "TCP ports");
    add(protections.scopes(), "scopes");
    if (protections.files())
        text += fmt::format(" (Landlock ABI {})", protections.landlock_abi);
    return text.empty() ? "none" : text;
}

std::expected<void, ConfinementError> confine_process(const Confinement& confinement)
{
    const Role role = confinement.role;
    expects(role != Role::supervisor && role != Role::runner && role != Role::pam);
    expects(role != Role::agent || !confinement.identity);
    expects((role == Role::keeper) != confinement.data_dir.empty());
    expects(confinement.reach == Reach::listed_ports ||
            role == (confinement.reach == Reach::anywhere ? Role::courier : Role::envoy));
    expects(confinement.connect_ports.empty() || role == Role::courier || role == Role::resolver ||
            role == Role::envoy);
    expects(confinement.readable_files.empty() || role == Role::envoy);

    if (!protections_of_kernel().calls)
        return refused(Step::calls, "this kernel has no seccomp filters; Posthouse needs them");
    if (auto done = check_single_threaded(); !done)
        return done;
    const auto share = confinement.identity ? UserShare::own_user : UserShare::shared_user;
    if (auto done = apply_limits(confinement.limits, share); !done)
        return refused(Step::limits, done.error());
    if (auto done = drop_privileges(confinement); !done)
        return done;
    if (auto done = restrict_by_landlock(rules_of(confinement)); !done)
        return refused(Step::files, done.error());
    return {};
}

} // namespace posthouse::process
