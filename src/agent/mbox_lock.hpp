// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/clock.hpp"

#include <cstdint>
#include <expected>
#include <string>

namespace posthouse::agent {

/// NAME.lock beside a mailbox: how programs that share mailboxes keep each other out, also over
/// NFS. Erased when this goes.
class DotLock {
public:
    enum class Taken : std::uint8_t {
        yes,
        no,         // somebody has it
        impossible, // no file can be made there; the kernel's lock has to do
    };
    DotLock(int directory, const std::string& name) : directory_(directory), name_(name + ".lock")
    {
    }
    DotLock(const DotLock&) = delete;
    ~DotLock() { drop(); }

    /// Does not wait. One older than Limits::lock_stale is taken over. The error is an errno.
    std::expected<Taken, int> take(Clock&);
    void drop();

private:
    bool remove_if_stale(Clock&) const;

    int directory_;
    std::string name_;
    bool held_ = false;
};

} // namespace posthouse::agent
