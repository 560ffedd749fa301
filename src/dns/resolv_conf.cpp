// SPDX-License-Identifier: Apache-2.0
#include "dns/resolv_conf.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace posthouse::dns {
namespace {

constexpr std::uint16_t dns_port = 53;

/// The next word of a line, which loses it; empty at the end.
std::string_view next_word(std::string_view& line)
{
    constexpr std::string_view spaces = " \t\r\f\v";
    line.remove_prefix(std::min(line.find_first_not_of(spaces), line.size()));
    const auto word = line.substr(0, line.find_first_of(spaces));
    line.remove_prefix(word.size());
    return word;
}

std::optional<std::uint64_t> value_of(std::string_view option, std::string_view name)
{
    if (!option.starts_with(name))
        return std::nullopt;
    return parse_number(option.substr(name.size()));
}

void add_server(ResolvConf& conf, std::string_view text)
{
    const auto address = IpAddress::parse(text);
    if (address && conf.servers.size() < ResolvConf::Limits::servers)
        conf.servers.push_back({*address, dns_port});
    else if (conf.ignored.size() < ResolvConf::Limits::ignored)
        conf.ignored.push_back(printable(text, 64));
}

void add_option(ResolvConf& conf, std::string_view option)
{
    if (const auto seconds = value_of(option, "timeout:"))
        conf.timeout = std::chrono::seconds(std::clamp<std::uint64_t>(
            *seconds, 1, static_cast<std::uint64_t>(ResolvConf::Limits::timeout.count())));
    if (const auto times = value_of(option, "attempts:"))
        conf.attempts = static_cast<unsigned>(
            std::clamp<std::uint64_t>(*times, 1, ResolvConf::Limits::attempts));
}

void read_line(ResolvConf& conf, std::string_view line)
{
    if (line.starts_with('#') || line.starts_with(';'))
        return;
    const auto keyword = next_word(line);
    if (keyword == "nameserver")
        add_server(conf, next_word(line)); // What follows it is a comment.
    else if (keyword == "options")
        for (auto option = next_word(line); !option.empty(); option = next_word(line))
            add_option(conf, option);
}

} // namespace

ResolvConf parse_resolv_conf(std::string_view text)
{
    ResolvConf conf;
    text = text.substr(0, ResolvConf::Limits::bytes);
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        read_line(conf, line);
    }
    if (conf.servers.empty())
        conf.servers.push_back({*IpAddress::parse("127.0.0.1"), dns_port});
    return conf;
}

} // namespace posthouse::dns
