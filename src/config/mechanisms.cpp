// SPDX-License-Identifier: Apache-2.0
#include "config/mechanisms.hpp"

#include <algorithm>

namespace posthouse::config {
namespace {

bool is_possible(const Logins& logins, const LoginChannel& channel, const std::string& name)
{
    if (name == "PLAIN" || name == "LOGIN")
        return channel.tls || channel.clear;
    if (name == "OAUTHBEARER" || name == "XOAUTH2") // RFC 6750 §5.3: never without TLS.
        return channel.tls && logins.oauth.configured();
    if (name == "EXTERNAL")
        return channel.tls && channel.certificate;
    if (name == "GSSAPI")
        return !logins.keytab.empty();
    if (name.ends_with("-PLUS"))
        return channel.tls && channel.binding;
    return true; // SCRAM shows no password.
}

} // namespace

std::vector<std::string> offered_mechanisms(const Logins& logins, const LoginChannel& channel)
{
    std::vector<std::string> offered;
    std::ranges::copy_if(
        logins.mechanisms, std::back_inserter(offered),
        [&](const std::string& name) { return is_possible(logins, channel, name); });
    return offered;
}

bool needs_tls(const Logins& logins, const LoginChannel& channel, const std::string& mechanism)
{
    const auto has = [&](const LoginChannel& one) {
        return std::ranges::find(logins.mechanisms, mechanism) != logins.mechanisms.end() &&
               is_possible(logins, one, mechanism);
    };
    return !channel.tls && !has(channel) && has({.tls = true});
}

} // namespace posthouse::config
