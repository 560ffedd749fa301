// SPDX-License-Identifier: Apache-2.0
#include "tests/gate/fake_signer.hpp"

#include "tests/gate/rig.hpp"
#include "wire/parse.hpp"
#include "wire/signing.pb.h"

#include <sys/socket.h>

namespace posthouse::gate {

FakeSigner::FakeSigner()
    : key_(net::PrivateKey::parse(self_signed().key, self_signed().certificate).value())
{
}

UniqueFd FakeSigner::connect(boost::asio::io_context& context)
{
    hang_up();
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return {};
    link_ =
        wire::Link::open(context.get_executor(), UniqueFd(ends[0]),
                         {.handler = [this](std::shared_ptr<wire::Link>,
                                            wire::Frame frame) { return answer(std::move(frame)); },
                          .closed = nullptr});
    return UniqueFd(ends[1]);
}

void FakeSigner::hang_up()
{
    if (link_)
        link_->close();
}

Task<wire::Result<wire::Answer>> FakeSigner::answer(wire::Frame frame)
{
    if (frame.head.method == wire::Method::ticket_keys) {
        wire::TicketKeys keys;
        keys.add_keys(std::string(80, 'k'));
        co_return wire::answer_with(keys);
    }
    const auto order = wire::parse<wire::Sign>(frame.message);
    if (frame.head.method != wire::Method::sign || !order || order->key() != key_.name())
        co_return std::unexpected(wire::Failure::refused);
    ++signatures;
    const auto made = key_.sign(static_cast<std::uint16_t>(order->scheme()), order->content());
    wire::Signed answer;
    answer.set_signature(made.value_or(""));
    co_return wire::answer_with(answer);
}

} // namespace posthouse::gate
