// SPDX-License-Identifier: Apache-2.0
#include "config/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::config {

namespace {

constexpr std::size_t most_sites = 1000;
constexpr std::size_t most_names_of_site = 1000;

bool is_taken(const std::vector<TlsSite>& sites, const std::string& name)
{
    return std::ranges::any_of(sites, [&](const auto& site) {
        return std::ranges::find(site.names, name) != site.names.end();
    });
}

TlsSite read_site(const Section& section, const std::vector<TlsSite>& others)
{
    TlsSite site;
    for (const std::string_view name : {"names", "certificate", "key"})
        section.require(name);
    section.read("names", site.names);
    section.read("certificate", site.certificate);
    section.read("key", site.key);
    section.read("ocsp_response", site.ocsp_response);
    if (section.find("names") && !section.says("names"))
        section.problem("names", "are none", "at least one name");
    if (site.names.size() > most_names_of_site)
        section.problem("names", "are too many", fmt::format("at most {}", most_names_of_site));
    for (const auto& name : site.names)
        if (is_taken(others, name))
            section.problem("names", fmt::format("{} has another certificate already", name),
                            "each name once");
    return site;
}

} // namespace

void read_tls(const Section& root, Config& config)
{
    auto& tls = config.tls;
    const auto section = root.section("tls");
    section.read("certificate", tls.certificate);
    section.read("key", tls.key);
    section.read_choice("minimum", tls.minimum);
    section.read("ocsp_response", tls.ocsp_response);
    section.read("client_authorities", tls.client_authorities);
    section.read("ticket_rotation", tls.ticket_rotation);
    section.together("certificate", "key");
    const auto sites = section.tables("site");
    if (sites.size() > most_sites)
        return section.problem("site", "are too many", fmt::format("at most {}", most_sites));
    for (const auto& site : sites)
        tls.sites.push_back(read_site(site, tls.sites));
    for (const std::string_view name : {"site", "ocsp_response", "client_authorities"})
        if (section.find(name) && !section.find("certificate"))
            section.problem(name, "needs a certificate for clients that ask for no name",
                            "certificate and key under [tls]");
}

} // namespace posthouse::config
