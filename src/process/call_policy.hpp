// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/role.hpp"

#include <seccomp.h>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace posthouse::process {

/// Which system calls a role may make, as data. A call named nowhere ends the process; one that is
/// named but made with arguments no condition allows fails with EPERM.
struct CallPolicy {
    struct Conditional {
        const char* name;
        std::vector<scmp_arg_cmp> when; // All must hold. Several entries of a name: any of them.
    };
    /// What libraries try harmlessly and survive being denied.
    struct Refused {
        const char* name;
        int error;
    };

    std::vector<const char*> allowed;
    std::vector<Conditional> conditional;
    std::vector<Refused> refused;
};

/// `self` is the process the policy is for: the only one it may signal.
CallPolicy call_policy(Role, pid_t self, Reach = Reach::listed_ports);

} // namespace posthouse::process
