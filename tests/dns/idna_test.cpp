// SPDX-License-Identifier: Apache-2.0
#include "dns/idna.hpp"

#include <gtest/gtest.h>

namespace posthouse::dns {
namespace {

TEST(Idna, TurnsULabelsIntoALabels)
{
    EXPECT_EQ(to_ascii("bücher.example"), "xn--bcher-kva.example");
    EXPECT_EQ(to_ascii("BÜCHER.Example"), "xn--bcher-kva.example");
    EXPECT_EQ(to_ascii("faß.example"), "xn--fa-hia.example"); // Not fass.example.
    EXPECT_EQ(to_ascii("例え.テスト"), "xn--r8jz45g.xn--zckzah");
    EXPECT_EQ(to_ascii("例え。テスト"), "xn--r8jz45g.xn--zckzah"); // The ideographic full stop.
}

TEST(Idna, LeavesAsciiAsItIs)
{
    EXPECT_EQ(to_ascii("Example.ORG"), "example.org");
    EXPECT_EQ(to_ascii("_dmarc.example.org"), "_dmarc.example.org");
    EXPECT_EQ(to_ascii("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(Idna, RefusesWhatIsNoName)
{
    EXPECT_FALSE(to_ascii("b\xfc"
                          "cher.example"));
    EXPECT_FALSE(to_ascii("\u0301a.example"));        // Begins with a combining mark.
    EXPECT_FALSE(to_ascii("\u05d0a1\u0661.example")); // Mixes directions.
    EXPECT_FALSE(to_ascii("xn--a.bücher.example"));   // No A-label.
    std::string longer;
    for (int i = 0; i < 300; ++i)
        longer += "ü";
    EXPECT_FALSE(to_ascii(longer));
    for (int i = 0; i < 9; ++i)
        longer += longer.substr(0, 200);
    EXPECT_FALSE(to_ascii(longer));
}

} // namespace
} // namespace posthouse::dns
