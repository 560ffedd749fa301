// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "process/sandbox.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>

/// Confines a forked child as a role and tries something in it.
namespace posthouse::process::testing {

enum class Outcome : std::uint8_t {
    allowed, // the attempt succeeded
    refused, // it failed with an error
    killed,  // the kernel ended the process for it
    broken,  // the attempt never took place, or the child ended in another way
};
std::string name_of(Outcome);

/// Which thread tries.
enum class Place : std::uint8_t {
    first_thread,
    thread_from_before, // started between the two steps
    thread_from_after,  // started after both
};
inline constexpr std::array places = {Place::first_thread, Place::thread_from_before,
                                      Place::thread_from_after};
std::string name_of(Place);

/// What surrounds the children: made by the test, inherited by them, as the supervisor hands
/// descriptors to a role.
class Surroundings {
public:
    Surroundings();
    ~Surroundings();
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;

    Confinement confinement(Role) const;

    std::string directory;   // holds data_dir and the two below
    std::string data_dir;    // the keeper's
    std::string secret_file; // outside data_dir
    std::string unix_path;   // where somebody listens
    std::string abstract_name;
    UniqueFd unix_listener, abstract_listener;
    UniqueFd listener;       // TCP, with a connection waiting
    UniqueFd waiting_client; // that connection
    std::uint16_t mail_port; // of listener; the one courier and resolver may connect to
    UniqueFd other_listener;
    std::uint16_t other_port; // which nobody may connect to
    UniqueFd udp_receiver;
    std::uint16_t udp_port;
    UniqueFd loose_tcp; // neither bound nor connected
    UniqueFd loose_udp;
    UniqueFd bound_tcp; // bound, not listening
    UniqueFd loose_unix;
    UniqueFd data_dir_handle; // O_PATH of `directory`
};

using Attempt = std::function<bool(const Surroundings&)>;

/// In a child, confined as the role or, for Role::supervisor, not at all.
Outcome outcome_of(Role, Place, const Surroundings&, const Attempt&);

struct Ending {
    Outcome outcome;
    int status;               // of waitpid
    std::string error_output; // what the child wrote to standard error
};
Ending run_in_child(const std::function<bool()>& attempt);

} // namespace posthouse::process::testing
