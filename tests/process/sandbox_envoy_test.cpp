// SPDX-License-Identifier: Apache-2.0
// An envoy's reach: the ports, sockets and files of its own source.
#include "tests/process/sandbox_rig.hpp"

#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace posthouse::process::testing {
namespace {

bool reads(const std::string& path)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return static_cast<bool>(fd);
}

bool makes_socket(int family, int type)
{
    return static_cast<bool>(UniqueFd(::socket(family, type | SOCK_CLOEXEC, 0)));
}

bool connects(const std::string& path)
{
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.data(), path.size());
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

Outcome outcome_in(const Confinement& confinement, const std::function<bool()>& attempt)
{
    return run_in_child([&] {
               return confine_process(confinement) && confine_calls(confinement) && attempt();
           })
        .outcome;
}

TEST(Envoy, ReadsItsOwnFileAndNoOtherAndWritesNone)
{
    const Surroundings around;
    const auto other = around.directory + "/other";
    UniqueFd(::open(other.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    auto confinement = around.confinement(Role::envoy);
    confinement.readable_files = {around.secret_file, around.directory + "/none"};
    EXPECT_EQ(outcome_in(confinement, [&] { return reads(around.secret_file); }), Outcome::allowed);
    EXPECT_EQ(outcome_in(confinement,
                         [&] {
                             return static_cast<bool>(
                                 UniqueFd(::open(around.secret_file.c_str(), O_RDWR | O_CLOEXEC)));
                         }),
              Outcome::refused);
    if (protections_of_kernel().files()) {
        EXPECT_EQ(outcome_in(confinement, [&] { return reads(other); }), Outcome::refused);
        EXPECT_EQ(outcome_in(confinement, [&] { return reads("/etc/passwd"); }), Outcome::refused);
    }
}

TEST(Envoy, ReachesUnixSocketsOnlyWhereItsSourceIsAtOneAndThenNothingElse)
{
    const Surroundings around;
    auto confinement = around.confinement(Role::envoy);
    confinement.connect_ports.clear();
    confinement.reach = Reach::unix_sockets;
    EXPECT_EQ(outcome_in(confinement, [&] { return connects(around.unix_path); }),
              Outcome::allowed);
    for (const int type : {SOCK_STREAM, SOCK_DGRAM})
        EXPECT_EQ(outcome_in(confinement, [&] { return makes_socket(AF_INET, type); }),
                  Outcome::refused);
    EXPECT_EQ(outcome_in(confinement, [] { return makes_socket(AF_UNIX, SOCK_DGRAM); }),
              Outcome::refused);
}

TEST(Envoy, ReachesNothingForAFile)
{
    const Surroundings around;
    auto confinement = around.confinement(Role::envoy);
    confinement.connect_ports.clear();
    confinement.reach = Reach::nowhere;
    for (const int family : {AF_INET, AF_INET6, AF_UNIX})
        EXPECT_EQ(outcome_in(confinement, [&] { return makes_socket(family, SOCK_STREAM); }),
                  Outcome::refused);
}

} // namespace
} // namespace posthouse::process::testing
