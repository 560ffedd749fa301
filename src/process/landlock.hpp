// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace posthouse::process {

/// The kernel's Landlock ABI; 0 where there is none or it is switched off.
int landlock_abi();

/// What stays possible inside; all else is refused with EACCES (files, ports) or EPERM (scopes).
struct LandlockRules {
    /// A directory to read and write in; empty: no file anywhere.
    std::string writable_directory;
    /// Files are the user's affair (the agent): only executing and making links, devices, pipes
    /// and sockets is refused, everywhere.
    bool ordinary_files = false;
    std::vector<std::uint16_t> connect_ports;
    /// TCP ports to bind to. 0 stands for a port of the kernel's choice.
    std::vector<std::uint16_t> bind_ports;
    std::vector<std::string> readable_files = {}; // those that are there
    bool any_connect_port = false;                // then connect_ports says nothing
    std::string readable_directory = {};          // with all that is in it
};

/// Confines this thread and the threads and children it starts from now on, as far as the kernel's
/// ABI goes; nothing at ABI 0. no_new_privs must be set. The error is a sentence.
std::expected<void, std::string> restrict_by_landlock(const LandlockRules&);

} // namespace posthouse::process
