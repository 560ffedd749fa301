// SPDX-License-Identifier: Apache-2.0
#include "store/crc32c.hpp"

#include <gtest/gtest.h>
#include <string>

namespace posthouse::store {
namespace {

TEST(Crc32c, GivesTheStandardsOwnExamples) // RFC 3720 appendix B.4
{
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(Crc32c, GoesOnWhereItStopped)
{
    const std::string text = "a checksum in two parts is that of the whole";
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        EXPECT_EQ(crc32c(text.substr(cut), crc32c(text.substr(0, cut))), crc32c(text));
}

} // namespace
} // namespace posthouse::store
