// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/rehearsal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::milter {
namespace {

TEST(MilterPacket, IsALengthACodeAndWhatBelongsToIt)
{
    EXPECT_EQ(packet('H', texts({"mx"})), std::string("\0\0\0\4Hmx\0", 8));
}

RC_GTEST_PROP(MilterPacket, ComesBackAsItWasSentWhereverItIsCut, ())
{
    const auto payloads = *rc::gen::arbitrary<std::vector<std::string>>();
    const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
    std::string wire;
    for (const auto& payload : payloads)
        wire += packet('x', payload);
    InputBuffer buffer;
    std::vector<std::string> read;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        buffer.append(std::string_view(wire).substr(at, piece));
        for (;;) {
            auto got = take_packet(buffer, 1 << 20);
            RC_ASSERT(got.has_value());
            if (!*got)
                break;
            RC_ASSERT((*got)->code == 'x');
            read.push_back((*got)->payload);
        }
    }
    RC_ASSERT(read == payloads);
}

TEST(MilterPacket, OverTheLimitIsRefusedBeforeItHasCome)
{
    InputBuffer buffer;
    buffer.append(u32(101));
    EXPECT_FALSE(take_packet(buffer, 100).has_value());
    EXPECT_TRUE(take_packet(buffer, 101).has_value());
    InputBuffer empty;
    empty.append(u32(0));
    EXPECT_FALSE(take_packet(empty, 100).has_value());
}

TEST(MilterPacket, PayloadsEndWhereTheyEnd)
{
    PayloadReader reader(std::string_view("\0\0\1\2ab\0cd", 9));
    EXPECT_EQ(reader.u32(), 258U);
    EXPECT_EQ(reader.text(), "ab");
    EXPECT_EQ(reader.text(), "cd");
    EXPECT_FALSE(reader.text());
    EXPECT_FALSE(reader.u32());
}

TEST(MilterNegotiation, TakesWhatAFilterSays)
{
    const Limits limits;
    const auto terms = read_terms(u32(6) + u32(0x11) + u32(protocol::no_body | protocol::data_1m) +
                                      u32(0) + texts({"j {client_addr},v"}) + u32(5) + texts({"i"}),
                                  limits);
    ASSERT_TRUE(terms);
    EXPECT_EQ(terms->version, 6U);
    EXPECT_TRUE(terms->can_be_reused());
    EXPECT_TRUE(terms->has(protocol::no_body));
    EXPECT_EQ(terms->chunk_bytes, 1048575U);
    EXPECT_EQ(terms->macros[0], (std::vector<std::string>{"j", "{client_addr}", "v"}));
    EXPECT_EQ(terms->macros[5], std::vector<std::string>{"i"});
    EXPECT_EQ(terms->macros[1], usual_macros()[1]);
}

TEST(MilterNegotiation, TellsOldFiltersNothingThatTheyDoNotKnow)
{
    const auto terms = read_terms(u32(2) + u32(0) + u32(0), {});
    ASSERT_TRUE(terms);
    EXPECT_TRUE(terms->has(protocol::no_data));
    EXPECT_FALSE(terms->can_be_reused());
    EXPECT_EQ(terms->chunk_bytes, 65535U);
    EXPECT_EQ(read_terms(u32(6) + u32(0) + u32(protocol::data_256k), {})->chunk_bytes, 262143U);
}

TEST(MilterNegotiation, RefusesWhatWasNotOffered)
{
    EXPECT_FALSE(read_terms(u32(7) + u32(0) + u32(0), {}));
    EXPECT_FALSE(read_terms(u32(1) + u32(0) + u32(0), {}));
    EXPECT_FALSE(read_terms(u32(6) + u32(0x200) + u32(0), {}));
    EXPECT_FALSE(read_terms(u32(6) + u32(0) + u32(0x80000000), {}));
    EXPECT_FALSE(read_terms(u32(6) + u32(0), {}));
    EXPECT_FALSE(read_terms(u32(6) + u32(0) + u32(0) + u32(7) + texts({"j"}), {}));
    EXPECT_FALSE(read_terms(u32(6) + u32(0) + u32(0) + u32(1), {}));
}

TEST(MilterNegotiation, LimitsTheMacrosOfAStage)
{
    std::string list;
    for (int i = 0; i < 64; ++i)
        list += "m" + std::to_string(i) + ' ';
    EXPECT_TRUE(read_terms(u32(6) + u32(0) + u32(0) + u32(0) + texts({list}), {}));
    EXPECT_FALSE(read_terms(u32(6) + u32(0) + u32(0) + u32(0) + texts({list + "x"}), {}));
}

} // namespace
} // namespace posthouse::milter
