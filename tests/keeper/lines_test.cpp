// SPDX-License-Identifier: Apache-2.0
#include "keeper/lines.hpp"

#include <gtest/gtest.h>

namespace posthouse::keeper {
namespace {

TEST(PrintableLines, KeepTheirEndsAndNothingElseThatIsNotText)
{
    EXPECT_EQ(printable_lines("one\r\ntwo\x1b\n\nthree\rfour\xff", 100),
              "one\ntwo?\n\nthree?four?");
    EXPECT_EQ(printable_lines("one\n", 100), "one\n");
    EXPECT_EQ(printable_lines("", 100), "");
}

TEST(PrintableLines, AreCutAtTheirLimit)
{
    EXPECT_EQ(printable_lines("one\ntwo", 3), "one");
    EXPECT_EQ(printable_lines("one\ntwo", 4), "one\n");
    EXPECT_EQ(printable_lines("one\ntwo", 5), "one\nt");
}

} // namespace
} // namespace posthouse::keeper
