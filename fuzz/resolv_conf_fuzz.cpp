// SPDX-License-Identifier: Apache-2.0
// fuzzes: dns base
// Whatever the file holds, it means at least one server and bounded patience.

#include "base/contract.hpp"
#include "dns/resolv_conf.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace posthouse;
    using dns::ResolvConf;
    const auto conf = dns::parse_resolv_conf({reinterpret_cast<const char*>(data), size});
    expects(!conf.servers.empty() && conf.servers.size() <= ResolvConf::Limits::servers);
    expects(conf.ignored.size() <= ResolvConf::Limits::ignored);
    expects(conf.timeout.count() >= 1 && conf.timeout <= ResolvConf::Limits::timeout);
    expects(conf.attempts >= 1 && conf.attempts <= ResolvConf::Limits::attempts);
    for (const auto& server : conf.servers)
        expects(dns::Endpoint::parse(server.text(), 53) == server);
    for (const auto& word : conf.ignored)
        expects(std::ranges::none_of(word, [](char c) { return c == '\n' || c == '\0'; }));
    return 0;
}
