// SPDX-License-Identifier: Apache-2.0
#include "mail/sasl_response.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

TEST(SaslResponse, IsBase64OrAStar)
{
    EXPECT_EQ(parse_sasl_response("dGVzdA==")->reveal(), "test");
    EXPECT_EQ(parse_sasl_response("")->reveal(), "");
    EXPECT_EQ(parse_sasl_response("*").error(), SaslFault::cancelled);
    for (const auto* text : {"=", "dGVzdA", "dGVz dA==", "**", "dGVzdA==\n", "\xc3\xbc"})
        EXPECT_EQ(parse_sasl_response(text).error(), SaslFault::malformed) << text;
}

TEST(SaslResponse, TellsAnEmptyInitialOneFromNone)
{
    EXPECT_EQ(parse_initial_sasl_response("=")->reveal(), "");
    EXPECT_EQ(parse_initial_sasl_response("dGVzdA==")->reveal(), "test");
    for (const auto* text : {"", "*", "==", "dGVzdA"})
        EXPECT_FALSE(parse_initial_sasl_response(text)) << text;
}

TEST(SaslResponse, KnowsWhatMayBeAMechanism)
{
    for (const auto* name : {"PLAIN", "plain", "SCRAM-SHA-256-PLUS", "A_1", "ABCDEFGHIJKLMNOPQRST"})
        EXPECT_TRUE(is_sasl_mechanism(name)) << name;
    for (const auto* name : {"", "PLAIN ", "A.B", "ABCDEFGHIJKLMNOPQRSTU", "\xc3\xbc"})
        EXPECT_FALSE(is_sasl_mechanism(name)) << name;
}

} // namespace
} // namespace posthouse::mail
