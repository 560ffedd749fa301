// SPDX-License-Identifier: Apache-2.0
// fuzzes: net
// What comes before or beside a session: a balancer's header, which must be found at every cut of
// the input or not at all, and an answer of an ident server.

#include "base/contract.hpp"
#include "net/ident.hpp"
#include "net/proxy_header.hpp"

#include <algorithm>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using posthouse::expects;
    using namespace posthouse::net;
    using State = ProxyParse::State;

    const std::string_view received(reinterpret_cast<const char*>(data), size);
    const auto whole = parse_proxy_header(received);
    if (whole.state == State::complete)
        expects(whole.header.bytes <= std::min(size, ProxyLimits::binary_bytes));
    if (whole.state == State::incomplete)
        expects(size < ProxyLimits::binary_bytes);
    bool hopeless = false;
    for (std::size_t cut = 0; cut < std::min<std::size_t>(size, 200); ++cut) {
        const auto part = parse_proxy_header(received.substr(0, cut));
        expects(!hopeless || part.state == State::malformed);
        hopeless = part.state == State::malformed;
        if (part.state == State::complete)
            expects(whole.state == State::complete && cut >= whole.header.bytes &&
                    part.header.ends == whole.header.ends);
    }
    expects(!hopeless || whole.state == State::malformed);

    if (const auto user = ident_user(received, {.theirs = 6193, .ours = 23}))
        expects(!user->empty() && user->size() <= IdentLimits::user_bytes &&
                std::ranges::all_of(*user, [](char c) { return c >= ' ' && c <= '~'; }));
    return 0;
}
