// SPDX-License-Identifier: Apache-2.0
// The first step: who a confined process is, and that it cannot go back.
#include "process/landlock.hpp"
#include "process/sandbox.hpp"
#include "process/users.hpp"
#include "tests/process/sandbox_rig.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <future>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace posthouse::process::testing {

namespace {

constexpr Identity somebody{65534, 65534};

bool holds_no_capability()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held{};
    if (::syscall(SYS_capget, &header, held.data()) != 0)
        return false;
    return std::ranges::all_of(
        held, [](const auto& h) { return (h.effective | h.permitted | h.inheritable) == 0; });
}

bool bounding_set_is_empty()
{
    for (unsigned long capability = 0; capability < 64; ++capability)
        if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
            return false;
    return true;
}

bool is_only(const Identity& identity)
{
    uid_t users[3];
    gid_t groups[3];
    return ::getresuid(&users[0], &users[1], &users[2]) == 0 &&
           ::getresgid(&groups[0], &groups[1], &groups[2]) == 0 &&
           std::ranges::all_of(users, [&](uid_t u) { return u == identity.user; }) &&
           std::ranges::all_of(groups, [&](gid_t g) { return g == identity.group; }) &&
           ::getgroups(0, nullptr) == 0;
}

/// Every step must hold; says on standard error which did not.
bool all_hold(std::initializer_list<std::pair<const char*, bool>> claims)
{
    bool all = true;
    for (const auto& [claim, holds] : claims)
        if (!holds) {
            all = false;
            (void)!::write(STDERR_FILENO, claim, std::char_traits<char>::length(claim));
            (void)!::write(STDERR_FILENO, "\n", 1);
        }
    return all;
}

#define EXPECT_HOLDS_IN_CHILD(...)                                                                 \
    do {                                                                                           \
        const Ending ending = run_in_child(__VA_ARGS__);                                           \
        EXPECT_EQ(name_of(ending.outcome), "allowed") << ending.error_output;                      \
    } while (false)

bool we_are_root()
{
    return ::geteuid() == 0;
}

} // namespace

TEST(ConfinedIdentity, IsTakenForGood)
{
    if (!we_are_root())
        GTEST_SKIP() << "only root can change its user";
    for (const Role role : confined_roles) {
        const Surroundings around;
        ASSERT_EQ(::chown(around.directory.c_str(), somebody.user, somebody.group), 0);
        ASSERT_EQ(::chown(around.data_dir.c_str(), somebody.user, somebody.group), 0);
        Confinement confinement = around.confinement(role);
        confinement.identity = somebody;
        EXPECT_HOLDS_IN_CHILD([&] {
            const gid_t group = 4;
            (void)::setgroups(1, &group);
            (void)::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
            const auto done = confine_process(confinement);
            int at_parents_death = 0;
            (void)::prctl(PR_GET_PDEATHSIG, &at_parents_death, 0, 0, 0);
            return all_hold({{"confined", done.has_value()},
                             {"still dies with its parent", at_parents_death == SIGTERM},
                             {"is nobody else", is_only(somebody)},
                             {"cannot become root", ::setuid(0) != 0 && ::seteuid(0) != 0},
                             {"cannot join root's group", ::setgid(0) != 0 && ::setegid(0) != 0},
                             {"cannot take groups", ::setgroups(1, &group) != 0},
                             {"has no capability", holds_no_capability()},
                             {"has an empty bounding set", bounding_set_is_empty()}});
        });
    }
}

TEST(ConfinedIdentity, HasNoPrivilegesEvenWhereItStaysRoot)
{
    const Surroundings around;
    EXPECT_HOLDS_IN_CHILD([&] {
        const auto done = confine_process(around.confinement(Role::sorter));
        return all_hold(
            {{"confined", done.has_value()},
             {"has no capability", holds_no_capability()},
             {"cannot change its user", ::getuid() != 0 || ::setuid(65534) != 0},
             {"gains no privileges by exec", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1},
             {"cannot be dumped", ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0},
             {"keeps its files to itself", ::umask(0) == 077}});
    });
}

TEST(ConfinedIdentity, MayNotBeRoot)
{
    for (const Identity identity : {Identity{0, 65534}, Identity{65534, 0}}) {
        const Ending ending = run_in_child([&] {
            const auto done = confine_process({.role = Role::sorter, .identity = identity});
            return !done && done.error().step == ConfinementError::Step::identity;
        });
        EXPECT_EQ(ending.outcome, Outcome::allowed);
    }
}

TEST(ConfinedIdentity, IsAnErrorWhereItCannotBeTaken)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        if (we_are_root() && ::setresuid(65533, 65533, 65533) != 0)
            return false;
        const auto done = confine_process({.role = Role::sorter, .identity = somebody});
        return !done && done.error().step == ConfinementError::Step::identity;
    });
}

TEST(ConfineProcess, WorksWithoutRoot)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        if (we_are_root() && ::setresuid(65533, 65533, 65533) != 0)
            return false;
        const Confinement confinement{.role = Role::sorter};
        return all_hold({{"first step", confine_process(confinement).has_value()},
                         {"second step", confine_calls(confinement).has_value()}});
    });
}

TEST(ConfineProcess, RefusesWhileAnotherThreadRuns)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        std::promise<void> go;
        std::thread other([&] { go.get_future().wait(); });
        const auto done = confine_process({.role = Role::sorter});
        go.set_value();
        other.join();
        return !done && done.error().step == ConfinementError::Step::files;
    });
}

TEST(ConfineProcess, RefusesADataDirectoryThatIsNotThere)
{
    if (landlock_abi() == 0)
        GTEST_SKIP() << "this kernel has no Landlock";
    EXPECT_HOLDS_IN_CHILD([&] {
        const auto done = confine_process({.role = Role::keeper, .data_dir = "/does/not/exist"});
        return !done && done.error().step == ConfinementError::Step::files &&
               done.error().text.find("/does/not/exist") != std::string::npos;
    });
}

TEST(ConfineCalls, RefusesBeforeTheFirstStep)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        const auto done = confine_calls({.role = Role::sorter});
        return !done && done.error().step == ConfinementError::Step::calls;
    });
}

TEST(ConfinedLimits, AreSetSoftAndHard)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        Confinement confinement{.role = Role::sorter};
        confinement.limits.descriptors = 77;
        const auto done = confine_process(confinement);
        rlimit core{1, 1};
        rlimit descriptors{};
        (void)::getrlimit(RLIMIT_CORE, &core);
        (void)::getrlimit(RLIMIT_NOFILE, &descriptors);
        return all_hold(
            {{"confined", done.has_value()},
             {"no core", core.rlim_cur == 0 && core.rlim_max == 0},
             {"descriptors", descriptors.rlim_cur == 77 && descriptors.rlim_max == 77}});
    });
}

TEST(ConfinedLimits, AreCutToWhatIsAllowed)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        const rlimit few{100, 100};
        if (::setrlimit(RLIMIT_NOFILE, &few) != 0 ||
            (we_are_root() && ::setresuid(65533, 65533, 65533) != 0))
            return false;
        const auto done = apply_limits({.descriptors = 5000}, UserShare::shared_user);
        rlimit now{};
        (void)::getrlimit(RLIMIT_NOFILE, &now);
        return all_hold({{"applied", done.has_value()}, {"cut", now.rlim_cur == 100}});
    });
}

TEST(Users, AreFoundByName)
{
    const auto nobody = look_up_user("nobody");
    ASSERT_TRUE(nobody);
    EXPECT_NE(nobody->user, 0U);
}

TEST(Users, ThatDoNotExistAreNamedInTheError)
{
    const auto unknown = look_up_user("no-such-user-here");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().find("no-such-user-here"), std::string::npos);
}

TEST(Users, AreNeverRoot)
{
    EXPECT_FALSE(look_up_user("root"));
}

TEST(Users, AreNotAskedForByThoseWhoCannotChange)
{
    EXPECT_HOLDS_IN_CHILD([&] {
        if (we_are_root() && ::setresuid(65533, 65533, 65533) != 0)
            return false;
        const auto identity = identity_of("no-such-user-here");
        return identity.has_value() && !identity->has_value();
    });
}

TEST(Roles, AreFoundByTheirNames)
{
    for (const Role role : confined_roles) {
        EXPECT_EQ(role_named(name_of(role)), role);
        EXPECT_NE(default_user(role), "");
    }
    EXPECT_EQ(role_named("supervisor"), Role::supervisor);
    EXPECT_EQ(role_named("janitor"), std::nullopt);
}

TEST(Protections, AreDescribedInALine)
{
    EXPECT_EQ(describe({7, true}), "system calls, files, TCP ports, scopes (Landlock ABI 7)");
    EXPECT_EQ(describe({1, true}), "system calls, files (Landlock ABI 1)");
    EXPECT_EQ(describe({0, true}), "system calls");
    EXPECT_EQ(describe({0, false}), "none");
    EXPECT_TRUE((Protections{6, true}.complete()));
    EXPECT_FALSE((Protections{5, true}.complete()));
}

} // namespace posthouse::process::testing
