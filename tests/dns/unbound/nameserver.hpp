// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>

namespace posthouse::dns {

/// A real name server (nsd) on a free loopback port, for as long as it lives.
class Nameserver {
public:
    /// Zones, and the files of tests/dns/unbound/zones that they are in. Nothing if nsd is not
    /// installed; fails the test if it does not start.
    static std::unique_ptr<Nameserver> start(const std::map<std::string, std::string>& zones);
    static bool installed();

    Nameserver(const Nameserver&) = delete;
    ~Nameserver();

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    /// It is gone when this returns.
    void stop();

private:
    Nameserver() = default;
    bool run();
    bool has_started();

    std::filesystem::path directory_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    UniqueFd log_;
};

} // namespace posthouse::dns
