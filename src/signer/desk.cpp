// SPDX-License-Identifier: Apache-2.0
#include "signer/desk.hpp"

#include "base/log.hpp"
#include "signer/content.hpp"
#include "wire/parse.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace posthouse::signer {
namespace {

Task<std::expected<std::string, std::string>> compute(std::shared_ptr<const net::PrivateKey> key,
                                                      std::uint16_t scheme, std::string content)
{
    co_return key->sign(scheme, content);
}

} // namespace

wire::TicketKeys message_of(const std::vector<Secret>& keys)
{
    wire::TicketKeys message;
    for (const auto& key : keys)
        message.add_keys(std::string(key.reveal()));
    return message;
}

Desk::Desk(const Limits& limits, Random& random, Duration ticket_rotation)
    : limits_(limits),
      tickets_(random, ticket_rotation),
      threads_(limits.threads)
{
}

Desk::Counts Desk::take_counts()
{
    return std::exchange(counts_, Counts{});
}

Task<wire::Result<wire::Answer>> Desk::serve(std::string gate, wire::Frame frame, Instant now)
{
    if (frame.head.method == wire::Method::ticket_keys)
        co_return hand_tickets(gate, now);
    if (frame.head.method != wire::Method::sign)
        co_return std::unexpected(wire::Failure::refused);
    auto asked = wire::parse<wire::Sign>(frame.message);
    if (!asked)
        co_return std::unexpected(wire::Failure::invalid);
    co_return co_await sign(std::move(gate), std::move(*asked), now);
}

wire::Result<wire::Answer> Desk::hand_tickets(std::string_view gate, Instant now)
{
    const auto keys = tickets_.keys_of(gate, now);
    if (!keys)
        return std::unexpected(wire::Failure::refused);
    return wire::answer_with(message_of(*keys));
}

Task<wire::Result<wire::Answer>> Desk::sign(std::string gate, wire::Sign asked, Instant now)
{
    auto& allowance = allowances_.try_emplace(gate, limits_.signatures).first->second;
    if (!allowance.take(now) || under_way_ >= limits_.under_way) {
        ++counts_.throttled;
        co_return std::unexpected(wire::Failure::busy);
    }
    auto key = keys_.find(asked.key());
    const auto scheme = static_cast<std::uint16_t>(asked.scheme());
    if (!key || asked.scheme() > 0xffff || asked.content().size() > Limits::content_bytes ||
        !is_handshake(scheme, asked.content())) {
        ++counts_.refused;
        log::warning("signature.refused", {{"gate", gate},
                                           {"scheme", asked.scheme()},
                                           {"reason", key ? "no handshake" : "no such key"}});
        co_return std::unexpected(wire::Failure::refused);
    }
    ++under_way_;
    const auto made = co_await asio::co_spawn(
        threads_, compute(std::move(key), scheme, std::move(*asked.mutable_content())),
        asio::use_awaitable);
    --under_way_;
    if (!made) {
        ++counts_.refused;
        log::warning("signature.refused",
                     {{"gate", gate}, {"scheme", asked.scheme()}, {"reason", made.error()}});
        co_return std::unexpected(wire::Failure::refused);
    }
    ++counts_.signatures;
    wire::Signed answer;
    answer.set_signature(*made);
    co_return wire::answer_with(answer);
}

} // namespace posthouse::signer
