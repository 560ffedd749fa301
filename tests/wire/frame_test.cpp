// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::wire {
namespace {

std::string bytes_of(const Head& head)
{
    std::string bytes;
    head.append_to(bytes);
    return bytes;
}

TEST(Frame, HeadComesBackAsItWasWritten)
{
    EXPECT_TRUE(rc::check([](std::uint32_t id, std::uint16_t code) {
        const Head head{.message_bytes = *rc::gen::inRange(0U, FrameLimits::message_bytes + 1),
                        .raw_bytes = *rc::gen::inRange(0U, FrameLimits::raw_bytes + 1),
                        .id = id,
                        .kind = static_cast<Kind>(*rc::gen::inRange(1, 5)),
                        .method = static_cast<Method>(*rc::gen::inRange(0, 256)),
                        .code = code};
        const auto bytes = bytes_of(head);
        RC_ASSERT(bytes.size() == Head::size);
        const auto read = Head::parse(bytes);
        RC_ASSERT(read.has_value());
        RC_ASSERT(bytes_of(*read) == bytes);
    }));
}

TEST(Frame, IsRefusedBeyondItsLimits)
{
    EXPECT_TRUE(Head::parse(bytes_of({.message_bytes = FrameLimits::message_bytes})));
    EXPECT_FALSE(Head::parse(bytes_of({.message_bytes = FrameLimits::message_bytes + 1})));
    EXPECT_TRUE(Head::parse(bytes_of({.raw_bytes = FrameLimits::raw_bytes})));
    EXPECT_FALSE(Head::parse(bytes_of({.raw_bytes = FrameLimits::raw_bytes + 1})));
    EXPECT_FALSE(Head::parse(bytes_of({.message_bytes = UINT32_MAX, .raw_bytes = UINT32_MAX})));
}

TEST(Frame, OfNoKindIsNone)
{
    EXPECT_FALSE(Head::parse(bytes_of({.kind = static_cast<Kind>(0)})));
    EXPECT_FALSE(Head::parse(bytes_of({.kind = static_cast<Kind>(5)})));
    EXPECT_FALSE(Head::parse(bytes_of({.kind = static_cast<Kind>(255)})));
}

} // namespace
} // namespace posthouse::wire
