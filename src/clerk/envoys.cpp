// SPDX-License-Identifier: Apache-2.0
#include "clerk/envoys.hpp"

#include "process/house.hpp"

namespace posthouse::clerk {

std::shared_ptr<sources::RemoteSource> Envoys::at(const std::string& member)
{
    auto& source = sources_[member];
    if (!source)
        source = std::make_shared<sources::RemoteSource>(context_, member);
    return source;
}

std::shared_ptr<sources::Line> Envoys::line(std::string_view member)
{
    auto& line = lines_[std::string(member)];
    if (!line)
        line = std::make_shared<sources::Line>(context_, std::string(member));
    return line;
}

bool Envoys::open(process::LinkEnd& end)
{
    if (end.peer == process::issuer_envoy || end.peer == process::kerberos_envoy) {
        if (end.socket)
            line(end.peer)->open(std::move(end.socket));
        return true;
    }
    if (!end.peer.starts_with("envoy/") && !end.peer.starts_with("pam/"))
        return false;
    if (end.socket)
        at(end.peer)->open(std::move(end.socket));
    return true;
}

std::vector<PlacedSource> Envoys::placed(const config::Logins& logins)
{
    std::vector<PlacedSource> sources;
    for (const auto& source : logins.sources) {
        const auto member = process::envoy_of(source);
        auto outside = member.empty() ? nullptr : at(member);
        if (outside)
            outside->set_domains(source.domains);
        sources.push_back({source, std::move(outside)});
    }
    if (sources.empty())
        sources.emplace_back();
    return sources;
}

} // namespace posthouse::clerk
