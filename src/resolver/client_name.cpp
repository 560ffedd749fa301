// SPDX-License-Identifier: Apache-2.0
#include "resolver/client_name.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace posthouse::resolver {
namespace {

bool names_a_host(const dns::Name& name)
{
    return !name.text.empty() && !name.is_root() && !name.text.contains('_');
}

} // namespace

std::string reverse_name(const dns::IpAddress& address)
{
    const auto bytes = address.bytes();
    const bool v4 = address.family() == dns::IpAddress::Family::v4;
    std::string name;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        const auto value = static_cast<unsigned char>(*byte);
        name += v4 ? fmt::format("{}.", value) : fmt::format("{:x}.{:x}.", value & 0xf, value >> 4);
    }
    return name + (v4 ? "in-addr.arpa" : "ip6.arpa");
}

Task<std::string> ClientNames::find(std::shared_ptr<ClientNames> self, std::string address,
                                    Instant now)
{
    const auto client = dns::IpAddress::parse(address);
    if (!client || !client->is_host())
        co_return std::string();
    if (const auto kept = self->kept_.find(*client);
        kept != self->kept_.end() && kept->second.until > now)
        co_return kept->second.name;
    bool certain = true;
    auto name = co_await confirm(self->lookup_, *client, certain);
    if (certain || !name.empty())
        self->keep(*client, name, now);
    co_return name;
}

Task<std::string> ClientNames::confirm(std::shared_ptr<dns::Lookup> lookup, dns::IpAddress client,
                                       bool& certain)
{
    const auto pointers = co_await lookup->lookup(reverse_name(client), dns::RecordType::ptr);
    certain = !is_temporary(pointers.status);
    auto names = dns::records_of<dns::Name>(pointers);
    names.resize(std::min(names.size(), Limits::names), dns::Name{});
    const auto type =
        client.family() == dns::IpAddress::Family::v4 ? dns::RecordType::a : dns::RecordType::aaaa;
    for (const auto& name : names) {
        if (!names_a_host(name))
            continue;
        const auto found = co_await lookup->lookup(name.text, type);
        certain = certain && !is_temporary(found.status);
        const auto addresses = dns::records_of<dns::IpAddress>(found);
        if (std::ranges::find(addresses, client) != addresses.end())
            co_return lowercase(name.text);
    }
    co_return std::string();
}

void ClientNames::keep(const dns::IpAddress& client, const std::string& name, Instant now)
{
    if (kept_.size() >= Limits::kept)
        std::erase_if(kept_, [now](const auto& entry) { return entry.second.until <= now; });
    if (kept_.size() >= Limits::kept)
        kept_.clear();
    kept_.insert_or_assign(client, Kept{name, now + Limits::keep});
}

} // namespace posthouse::resolver
