// SPDX-License-Identifier: Apache-2.0
#include "mailbox/account.hpp"

#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace posthouse::mailbox {
namespace {

constexpr AccountId ada{7};

Timestamp at(int seconds)
{
    return Timestamp(std::chrono::seconds(1'700'000'000 + seconds));
}

Task<> open_into(store::Engine& engine, Timestamp now, std::shared_ptr<Account>& to)
{
    to = *co_await Account::open(engine, ada, now);
}

// Found by killing processes under load: the second INBOX began at uid 1 again, so that after a
// crash the next message took the place of the first one.
TEST(AccountOpening, MakesOneInboxHoweverManyOpenItAtOnce)
{
    boost::asio::io_context io;
    store::MemoryEngine engine(io.get_executor());
    std::shared_ptr<Account> one, other;
    boost::asio::co_spawn(io, open_into(engine, at(0), one), boost::asio::detached);
    boost::asio::co_spawn(io, open_into(engine, at(1), other), boost::asio::detached);
    io.run();
    ASSERT_TRUE(one && other);
    const auto later = tests::run(io, Account::open(engine, ada, at(2)));
    const auto made = (*later)->mailbox(inbox)->uid_validity();
    EXPECT_EQ(one->mailbox(inbox)->uid_validity(), made);
    EXPECT_EQ(other->mailbox(inbox)->uid_validity(), made);
}

} // namespace
} // namespace posthouse::mailbox
