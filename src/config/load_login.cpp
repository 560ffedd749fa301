// SPDX-License-Identifier: Apache-2.0
#include "config/mechanisms.hpp"
#include "config/sections.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace posthouse::config {

namespace {

constexpr std::size_t most_sources = 32;

void read_oauth(const Section& section, OAuth& oauth)
{
    section.read("issuer", oauth.issuer);
    section.read("audiences", oauth.audiences);
    section.read("user_claim", oauth.user_claim);
    section.read("scopes", oauth.scopes);
    section.read("keys_file", oauth.keys_file);
    section.read("introspection_url", oauth.introspection_url);
    section.read("introspection_client", oauth.introspection_client);
    section.read("introspection_secret_file", oauth.introspection_secret_file);
    section.read("ca_file", oauth.ca_file);
    section.read("discovery_url", oauth.discovery_url);
    section.read("leeway", oauth.leeway);
    if (section.table() == nullptr)
        return;
    section.require("audiences");
    if (oauth.introspection_url.empty()) {
        section.require("issuer");
        section.require("keys_file");
    } else {
        section.together("introspection_client", "introspection_secret_file");
        if (!oauth.keys_file.empty())
            section.problem("keys_file", "is there beside introspection_url", "one of the two");
    }
    // A token for somebody else would open our mailboxes too.
    if (section.find("audiences") != nullptr && !section.says("audiences"))
        section.problem("audiences", "are none", "for whom tokens have to be");
}

/// What a kind of source cannot do without.
void require_for(const Section& section, const LoginSource& source)
{
    using Kind = LoginSource::Kind;
    switch (source.kind) {
    case Kind::accounts:
    case Kind::pam:
        return;
    case Kind::passwd_file:
        return section.require("path");
    case Kind::ldap:
        section.require("url");
        section.require("base_dn");
        return section.together("bind_dn", "bind_password_file");
    case Kind::postgresql:
    case Kind::mariadb:
        section.require("login_query");
        return section.section("connection").require("dbname");
    }
}

LoginSource read_source(const Section& section)
{
    LoginSource source;
    section.require("name");
    section.read("name", source.name);
    section.read_choice("kind", source.kind);
    section.read("domains", source.domains);
    section.read("path", source.path);
    section.read("pam_service", source.pam_service);
    section.read("url", source.url);
    section.read("start_tls", source.start_tls);
    section.read("ca_file", source.ca_file);
    section.read("bind_dn", source.bind_dn);
    section.read("bind_password_file", source.bind_password_file);
    section.read("base_dn", source.base_dn);
    section.read("filter", source.filter);
    section.read("password_attribute", source.password_attribute);
    section.read("address_attribute", source.address_attribute);
    section.read("alias_attribute", source.alias_attribute);
    section.read("group_filter", source.group_filter);
    section.read("login_query", source.login_query);
    section.read("address_query", source.address_query);
    section.read("cache", source.cache);
    const auto connection = section.section("connection");
    connection.read("host", source.connection.host);
    connection.read("port", source.connection.port);
    connection.read("dbname", source.connection.dbname);
    connection.read("user", source.connection.user);
    connection.read("password_file", source.connection.password_file);
    const auto& url = source.url;
    if (!url.empty() && !url.starts_with("ldap://") && !url.starts_with("ldaps://") &&
        !url.starts_with("ldapi://"))
        section.problem("url", "will not do", "ldap://host or ldaps://host");
    require_for(section, source);
    return source;
}

} // namespace

void read_login(const Section& root, Config& config)
{
    auto& logins = config.logins;
    const auto section = root.section("login");
    section.read("default_domain", logins.default_domain);
    section.read("mechanisms", logins.mechanisms);
    section.read("remember", logins.remember);
    section.read("failures_per_client", logins.failures_per_client);
    section.read("failures_per_account", logins.failures_per_account);
    section.read("failure_window", logins.failure_window);
    section.read("failure_delay", logins.failure_delay);
    section.read("failure_delay_maximum", logins.failure_delay_maximum);
    const auto& known = Logins().mechanisms;
    for (const auto& name : logins.mechanisms)
        if (std::ranges::find(known, name) == known.end())
            section.problem("mechanisms", fmt::format("{} is not known", name),
                            fmt::format("some of {}", fmt::join(known, ", ")));
    section.read("keytab", logins.keytab);
    section.read("realm", logins.realm);
    if (!logins.keytab.empty())
        section.require("realm");
    read_oauth(section.section("oauth"), logins.oauth);
    const auto sources = section.tables("source");
    if (sources.size() > most_sources)
        return section.problem("source", "are too many", fmt::format("at most {}", most_sources));
    for (const auto& one : sources) {
        auto source = read_source(one);
        if (std::ranges::find(logins.sources, source.name, &LoginSource::name) !=
            logins.sources.end())
            one.problem("name", "is another source's already", "a name of its own");
        logins.sources.push_back(std::move(source));
    }
}

} // namespace posthouse::config
