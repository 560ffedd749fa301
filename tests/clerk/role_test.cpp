// SPDX-License-Identifier: Apache-2.0
#include "clerk/clerk.hpp"

#include "directory/password.hpp"
#include "tests/sorter/role_child.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/login.pb.h"

#include <gtest/gtest.h>

namespace posthouse::clerk {
namespace {

Task<wire::Result<wire::Answer>> keeper(std::shared_ptr<wire::Link>, wire::Frame frame)
{
    if (frame.head.method == wire::Method::vouch) {
        wire::Ticket ticket;
        ticket.set_ticket("the ticket");
        co_return wire::answer_with(ticket);
    }
    wire::Login found;
    found.set_found(true);
    found.set_account(12);
    found.set_address("alice@example.org");
    found.set_salt("0123456789abcdef");
    found.set_verifier(*directory::hash_password(Secret("correct horse")));
    co_return wire::answer_with(found);
}

TEST(ClerkRole, ChecksRealPasswordsInItsConfinementForSeveralGates)
{
    tests::RoleChild child(run_clerk, "clerk", {"keeper", "gate.readers", "gate.readers"});
    ASSERT_TRUE(child.becomes_ready());
    boost::asio::io_context io(1);
    const auto to_keeper = wire::Link::open(io.get_executor(), std::move(child.ends[0]),
                                            {.handler = keeper, .closed = {}});
    for (std::size_t gate = 1; gate <= 2; ++gate) {
        const auto link = wire::Link::open(io.get_executor(), std::move(child.ends[gate]), {});
        wire::Authenticate request;
        request.set_user("alice@example.org");
        request.set_client_address("192.0.2.1");
        request.set_password("correct horse");
        const auto right =
            tests::run(io, link->call<wire::Authenticated>(wire::Method::authenticate, request));
        ASSERT_TRUE(right);
        EXPECT_EQ(right->message.ticket(), "the ticket");
        request.set_password("wrong horse");
        const auto wrong =
            tests::run(io, link->call<wire::Authenticated>(wire::Method::authenticate, request));
        ASSERT_TRUE(wrong);
        EXPECT_FALSE(wrong->message.ok());
    }
    EXPECT_EQ(child.end(), 0);
}

} // namespace
} // namespace posthouse::clerk
