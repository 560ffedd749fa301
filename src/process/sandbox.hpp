// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/limits.hpp"
#include "process/role.hpp"
#include "process/users.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A role confines itself before its first untrusted byte, in two steps, because one mechanism
/// binds a thread and its later children and the other can bind all threads at once:
///
///     open what is needed (TLS contexts, CA bundle, tzset(), inherited descriptors)
///     confine_process(c)      user, limits, privileges, files, ports; single-threaded
///     start threads and libraries (RocksDB, libunbound, Asio)
///     confine_calls(c)        system calls of every thread there is and will be
///     read untrusted bytes
///
/// The table of roles and what each may do is docs/confinement.md.
namespace posthouse::process {

/// What becomes of a process that makes a system call its role never needs.
enum class ForbiddenCall : std::uint8_t {
    kill,   // The kernel kills the process (SIGSYS).
    report, // The same end, but first "seccomp: role X called Y" goes to standard error.
};

#ifdef POSTHOUSE_SANITIZED
inline constexpr ForbiddenCall default_forbidden_call = ForbiddenCall::report;
#else
inline constexpr ForbiddenCall default_forbidden_call = ForbiddenCall::kill;
#endif

struct Confinement {
    Role role; // Not the supervisor.
    /// The user to become; only where the process is root.
    std::optional<Identity> identity = {};
    /// The keeper's, an existing directory; empty for every other role.
    std::string data_dir = {};
    /// TCP ports to connect to: the courier's (SMTP, LMTP as configured), the resolver's (DNS), an
    /// envoy's.
    std::vector<std::uint16_t> connect_ports = {};
    Reach reach = Reach::listed_ports;            // The courier's, an envoy's.
    std::vector<std::string> readable_files = {}; // An envoy's.
    ResourceLimits limits = default_limits(role);
    ForbiddenCall forbidden_call = default_forbidden_call;
};

struct ConfinementError {
    enum class Step : std::uint8_t { identity, limits, privileges, files, calls };
    Step step;
    std::string text; // A sentence for the log.
};

/// What this kernel offers. Without `calls` nothing starts. Without files, tcp_ports or scopes the
/// house goes on with a warning: seccomp alone still denies opening files to every role but the
/// keeper, and connecting to all but courier and resolver.
struct Protections {
    int landlock_abi = 0; // 0: none.
    bool calls = false;   // seccomp that can kill a process

    bool files() const { return landlock_abi >= 1; }
    bool tcp_ports() const { return landlock_abi >= 4; }
    /// Signals and abstract Unix sockets end at the process.
    bool scopes() const { return landlock_abi >= 6; }
    bool complete() const { return calls && scopes(); }

    friend bool operator==(const Protections&, const Protections&) = default;
};

Protections protections_of_kernel();
/// One line for the log: "system calls, files, TCP ports, scopes (Landlock ABI 7)".
std::string describe(const Protections&);

/// Step 1. Refused while other threads run, since they would stay outside. Leaves the process
/// without privileges for good: own user (if given), no capabilities, no new privileges, not
/// dumpable, umask 077, its resource limits, and Landlock as far as the kernel has it. An error
/// leaves the process half confined: it has to end.
std::expected<void, ConfinementError> confine_process(const Confinement&);

/// Step 2, after threads and libraries are up; step 1 must have been done. From now on a call the
/// role never needs ends the process, and one with arguments it may not use fails with EACCES or
/// EPERM. Covers threads that run already.
std::expected<void, ConfinementError> confine_calls(const Confinement&);

} // namespace posthouse::process
