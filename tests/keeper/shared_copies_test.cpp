// SPDX-License-Identifier: Apache-2.0
// What is copied and moved from others' mailboxes, when the house ends meanwhile: docs/sharing.md.
#include "tests/keeper/shared_house.hpp"

#include <fmt/format.h>

namespace posthouse::keeper::tests {
namespace {

using store::Fault;

const std::string small = "Subject: small\r\n\r\ntext\r\n";
const std::string other = "Subject: another one\r\n\r\ntext\r\n";

/// The bodies in an INBOX, as a start finds it.
std::vector<std::string> bodies_of(boost::asio::io_context& io, store::Engine& engine,
                                   mailbox::AccountId id)
{
    std::vector<std::string> bodies;
    const auto account =
        posthouse::tests::run(io, mailbox::Account::open(engine, id, wall_clock())).value();
    EXPECT_TRUE(posthouse::tests::run(io, account->load(mailbox::inbox)));
    const auto span = account->entries(mailbox::inbox);
    for (const auto& entry : std::vector<mailbox::Entry>(span.begin(), span.end())) {
        const auto message = posthouse::tests::run(io, account->message(entry.email));
        const auto blob = store::BlobId::from_bytes(message->body());
        auto body = posthouse::tests::run(io, engine.blobs().read(*blob, 0, 1000));
        bodies.push_back(body.value_or("UNREADABLE"));
    }
    return bodies;
}

TEST(SharedCopies, AMoveIntoAnotherAccountThatIsBrokenOffLosesNothing)
{
    int in_both = 0;
    for (const auto fault : {Fault::power_cut_before, Fault::power_cut_after})
        for (std::uint64_t cut = 0;; ++cut) {
            ASSERT_LT(cut, 20U);
            SCOPED_TRACE(fmt::format("cut {}", cut));
            House house;
            ASSERT_FALSE(house.append(alice, "INBOX", small));
            ASSERT_FALSE(house.append(alice, "INBOX", other));
            ASSERT_FALSE(house.grant("INBOX", bob, "lrste"));
            const auto from = house.open(bob, foreign + "INBOX");
            ASSERT_TRUE(from);
            const auto hers = mailbox::AccountId{house.id_of(alice)};
            const auto his = mailbox::AccountId{house.id_of(bob)};
            house.engine.fail_commit(cut, fault);
            wire::CopyMessages move;
            move.set_handle(from->handle());
            move.set_uids("1:2");
            move.set_to("INBOX");
            move.set_move(true);
            const bool done =
                house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, move).has_value();
            store::MemoryEngine engine(house.io.get_executor(), house.engine.disk());
            const auto left = bodies_of(house.io, engine, hers);
            const auto there = bodies_of(house.io, engine, his);
            for (const auto& body : {small, other})
                EXPECT_GE(std::ranges::count(left, body) + std::ranges::count(there, body), 1)
                    << body;
            EXPECT_EQ(std::ranges::count(left, "UNREADABLE"), 0);
            EXPECT_EQ(std::ranges::count(there, "UNREADABLE"), 0);
            in_both += left.size() == 2 && there.size() == 2 ? 1 : 0;
            if (done) {
                EXPECT_TRUE(left.empty());
                EXPECT_EQ(there.size(), 2U);
                break;
            }
        }
    EXPECT_GE(in_both, 1) << "what docs/sharing.md says of a crash between the two";
}

TEST(SharedCopies, ACopyInAnothersAccountNeverHasFlagsThatTheCopierMayNotSet)
{
    House house;
    ASSERT_FALSE(house.create(alice, "Box"));
    const auto all = mail::SystemFlags(mail::SystemFlag::flagged) | mail::SystemFlag::deleted;
    ASSERT_FALSE(house.append(alice, "INBOX", small, all.bits(), {"Junk"}));
    ASSERT_FALSE(house.grant("INBOX", bob, "lr"));
    ASSERT_FALSE(house.grant("Box", bob, "lri"));
    const auto from = house.open(bob, foreign + "INBOX");
    ASSERT_TRUE(from);
    wire::CopyMessages copy;
    copy.set_handle(from->handle());
    copy.set_uids("1");
    copy.set_to(foreign + "Box");
    const auto before = house.engine.commits();
    ASSERT_TRUE(house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, copy));
    EXPECT_EQ(house.engine.commits(), before + 1) << "nobody sees anything in between";
    const auto hers = house.open(alice, "Box");
    ASSERT_TRUE(hers);
    const auto entries = house.entries(alice, hers->handle());
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_TRUE(entries[0].flags.none());
    EXPECT_EQ(entries[0].keywords, 0U);
}

} // namespace
} // namespace posthouse::keeper::tests
