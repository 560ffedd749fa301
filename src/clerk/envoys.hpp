// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/examiner.hpp"
#include "process/start_up.hpp"
#include "sources/remote.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::clerk {

/// The processes that ask outside sources (docs/login-sources.md), as sources
/// of the clerk's.
class Envoys {
public:
    explicit Envoys(boost::asio::io_context& context) : context_(context) {}

    /// False: it is not from one of them.
    bool open(process::LinkEnd&);
    /// The sources of a configuration in their order; our own accounts where it
    /// names none. One whose process does not run yet, or not before the house is
    /// started again, is unavailable.
    std::vector<PlacedSource> placed(const config::Logins&);
    /// By process::issuer_envoy, process::kerberos_envoy: those that are no sources.
    std::shared_ptr<sources::Line> line(std::string_view member);

private:
    std::shared_ptr<sources::RemoteSource> at(const std::string& member);

    boost::asio::io_context& context_;
    std::map<std::string, std::shared_ptr<sources::RemoteSource>> sources_;    // by member
    std::map<std::string, std::shared_ptr<sources::Line>, std::less<>> lines_; // likewise
};

} // namespace posthouse::clerk
