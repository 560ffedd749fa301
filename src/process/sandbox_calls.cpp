// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"
#include "process/call_policy.hpp"
#include "process/sandbox.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <sys/prctl.h>
#include <unistd.h>

namespace posthouse::process {

namespace {

using FilterPointer = std::unique_ptr<void, decltype(&seccomp_release)>;

std::unexpected<ConfinementError> failed(std::string_view what, int code)
{
    return std::unexpected(
        ConfinementError{ConfinementError::Step::calls,
                         fmt::format("seccomp: {}: {}", what, std::strerror(std::abs(code)))});
}

/// One seccomp filter in the making; remembers the first thing that went wrong.
class Filter {
public:
    explicit Filter(std::uint32_t otherwise) : context_(seccomp_init(otherwise), &seccomp_release)
    {
        if (!context_) {
            note("create a filter", -ENOMEM);
            return;
        }
        note("attributes", seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
        note("attributes", seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_NNP, 0));
        note("attributes", seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
        note("attributes",
             seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    }

    void rule(std::uint32_t action, const char* name, const std::vector<scmp_arg_cmp>& when = {})
    {
        if (code_ != 0)
            return;
        const int call = seccomp_syscall_resolve_name(name);
        if (call == __NR_SCMP_ERROR)
            return note(name, -ENOSYS);
        if (call < 0) // Does not exist on this machine's architecture: open and its like.
            return;
        note(name, seccomp_rule_add_array(context_.get(), action, call,
                                          static_cast<unsigned>(when.size()), when.data()));
    }

    /// Binds all threads of the process. Fails if one of them has a filter of its own.
    std::expected<void, ConfinementError> load()
    {
        if (code_ == 0)
            note("load the filter", seccomp_load(context_.get()));
        if (code_ != 0)
            return failed(what_, code_);
        return {};
    }

private:
    void note(const char* what, int code)
    {
        if (code_ != 0 || code >= 0)
            return;
        code_ = code;
        what_ = what;
    }

    FilterPointer context_;
    int code_ = 0;
    const char* what_ = "";
};

/// Whatever is named at all passes; the rest ends the process.
Filter names_filter(const CallPolicy& policy, std::uint32_t otherwise)
{
    Filter filter(otherwise);
    for (const char* name : policy.allowed)
        filter.rule(SCMP_ACT_ALLOW, name);
    const char* before = "";
    for (const auto& [name, when] : policy.conditional) {
        if (std::strcmp(before, name) != 0)
            filter.rule(SCMP_ACT_ALLOW, name);
        before = name;
    }
    for (const auto& [name, error] : policy.refused)
        filter.rule(SCMP_ACT_ALLOW, name);
    return filter;
}

/// Looks at arguments; what does not fit fails without harm. Of two filters the kernel takes the
/// stricter answer, so what is named nowhere still ends the process.
Filter arguments_filter(const CallPolicy& policy)
{
    Filter filter(SCMP_ACT_ERRNO(EPERM));
    for (const char* name : policy.allowed)
        filter.rule(SCMP_ACT_ALLOW, name);
    for (const auto& [name, when] : policy.conditional)
        filter.rule(SCMP_ACT_ALLOW, name, when);
    for (const auto& [name, error] : policy.refused)
        filter.rule(SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), name);
    filter.rule(SCMP_ACT_ALLOW, "seccomp"); // To load the other filter, which no longer allows it.
    return filter;
}

// --- the report, made of what a signal handler may touch

std::array<std::array<char, 32>, 512> call_names;
std::array<char, 64> report_start;

void copy_to(std::span<char> place, std::string_view text)
{
    const std::size_t length = std::min(text.size(), place.size() - 1);
    std::memcpy(place.data(), text.data(), length);
    place[length] = '\0';
}

void report_and_die(int, siginfo_t* info, void*)
{
    std::array<char, 128> line{};
    const auto number = static_cast<std::size_t>(info->si_syscall);
    const char* name = number < call_names.size() ? call_names[number].data() : "?";
    std::size_t length = 0;
    for (const char* part : {static_cast<const char*>(report_start.data()), name, "\n"})
        for (; *part != '\0' && length < line.size(); ++part)
            line[length++] = *part;
    (void)!::write(STDERR_FILENO, line.data(), length);
    ::raise(SIGSYS); // SA_RESETHAND: the default action now, as soon as this returns.
}

std::expected<void, ConfinementError> prepare_report(Role role)
{
    for (std::size_t number = 0; number < call_names.size(); ++number) {
        char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number));
        copy_to(call_names[number], name != nullptr ? name : "?");
        std::free(name);
    }
    copy_to(report_start, fmt::format("seccomp: role {} called ", name_of(role)));
    struct sigaction action{};
    action.sa_sigaction = report_and_die;
    action.sa_flags = static_cast<int>(SA_SIGINFO | SA_RESETHAND);
    if (::sigaction(SIGSYS, &action, nullptr) != 0)
        return failed("sigaction", errno);
    return {};
}

#ifdef POSTHOUSE_SANITIZED
std::atomic<bool> calls_confined = false;
#endif

} // namespace

std::expected<void, ConfinementError> confine_calls(const Confinement& confinement)
{
    expects(confinement.role != Role::supervisor);
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return failed("confine_process comes first", EPERM);
    std::uint32_t otherwise = SCMP_ACT_KILL_PROCESS;
    if (confinement.forbidden_call == ForbiddenCall::report) {
        otherwise = SCMP_ACT_TRAP;
        if (auto done = prepare_report(confinement.role); !done)
            return done;
    }
    const CallPolicy policy = call_policy(confinement.role, ::getpid(), confinement.reach);
    Filter arguments = arguments_filter(policy);
    Filter names = names_filter(policy, otherwise);
    if (auto done = arguments.load(); !done)
        return done;
    if (auto done = names.load(); !done)
        return done;
#ifdef POSTHOUSE_SANITIZED
    calls_confined = true;
#endif
    return {};
}

} // namespace posthouse::process

#ifdef POSTHOUSE_SANITIZED
/// LeakSanitizer traces its own process at exit, which a confined one cannot let happen.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __lsan_is_turned_off()
{
    return posthouse::process::calls_confined ? 1 : 0;
}
#endif
