// SPDX-License-Identifier: Apache-2.0
#include "tests/sasl/lead.hpp"

#include <gtest/gtest.h>

namespace posthouse::sasl::tests {
namespace {

using namespace std::string_literals;

const World world{.passwords = {{"tim", "tanstaaftanstaaf"}, {"Kurt", "xipj3plmq"}}};

std::string plain(std::string said)
{
    const auto dialogue = plain_dialogue();
    return end_of(hold(world, *dialogue, std::move(said)));
}

TEST(SaslPlain, TakesTheExamplesOfItsStandard) // RFC 4616 §4
{
    EXPECT_EQ(plain("\0tim\0tanstaaftanstaaf"s), "accepted tim");
    EXPECT_EQ(plain("Ursel\0Kurt\0xipj3plmq"s), "accepted Kurt as Ursel");
}

TEST(SaslPlain, AsksForAResponseWhereNoneCame)
{
    const auto dialogue = plain_dialogue();
    EXPECT_EQ(end_of(hold(world, *dialogue, std::nullopt)), "challenge ");
    EXPECT_EQ(end_of(world.lead(*dialogue, dialogue->receive("\0tim\0tanstaaftanstaaf"s))),
              "accepted tim");
}

TEST(SaslPlain, TakesNothingElse)
{
    EXPECT_EQ(plain("\0tim\0wrong"s), "wrong");
    EXPECT_EQ(plain("\0nobody\0tanstaaftanstaaf"s), "wrong");
    EXPECT_EQ(plain(""), "malformed");
    EXPECT_EQ(plain("\0tim"s), "malformed");
    EXPECT_EQ(plain("\0\0tanstaaftanstaaf"s), "malformed");
    EXPECT_EQ(plain("\0tim\0"s), "malformed");
    EXPECT_EQ(plain("\0tim\0tanstaaftanstaaf\0"s), "malformed");
    EXPECT_EQ(plain("\0tim\0"s + std::string(1025, 'x')), "malformed");
    EXPECT_EQ(plain("\0"s + std::string(321, 'x') + "\0x"s), "malformed");
    EXPECT_EQ(plain("\0\xff\0x"s), "malformed");
}

TEST(SaslLogin, AsksForNameAndPasswordOrTakesTheNameFirst)
{
    const auto asked = login_dialogue();
    EXPECT_EQ(end_of(hold(world, *asked, std::nullopt)), "challenge Username:");
    const auto whole = login_dialogue();
    EXPECT_EQ(end_of(hold(world, *whole, std::nullopt, {"tim", "tanstaaftanstaaf"})),
              "accepted tim");
    const auto named = login_dialogue();
    EXPECT_EQ(end_of(hold(world, *named, "tim")), "challenge Password:");
    const auto wrong = login_dialogue();
    EXPECT_EQ(end_of(hold(world, *wrong, "tim", {"tanstaaf"})), "wrong");
    const auto empty = login_dialogue();
    EXPECT_EQ(end_of(hold(world, *empty, "tim", {""})), "malformed");
    const auto nameless = login_dialogue();
    EXPECT_EQ(end_of(hold(world, *nameless, "")), "malformed");
}

TEST(SaslExternal, IsWhoTheCertificateSaysAndNobodyWithoutOne)
{
    const auto dialogue = external_dialogue("kurt@example.org");
    EXPECT_EQ(end_of(hold(world, *dialogue, "")), "accepted kurt@example.org");
    const auto other = external_dialogue("kurt@example.org");
    EXPECT_EQ(end_of(hold(world, *other, std::nullopt, {"ursel@example.org"})),
              "accepted kurt@example.org as ursel@example.org");
    SeededRandom random(1);
    EXPECT_EQ(start_dialogue("EXTERNAL", {.tls = true}, random), nullptr);
    EXPECT_EQ(start_dialogue("EXTERNAL", {.certificate_identity = "a@example.org"}, random) !=
                  nullptr,
              true);
}

TEST(SaslMechanisms, AreFoundInEitherCaseAndNoOthers)
{
    SeededRandom random(1);
    EXPECT_NE(start_dialogue("plain", {}, random), nullptr);
    EXPECT_NE(start_dialogue("Scram-Sha-256", {}, random), nullptr);
    EXPECT_EQ(start_dialogue("SCRAM-SHA-256-PLUS", {.tls = true}, random), nullptr);
    for (const auto* name : {"", "ANONYMOUS", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-512", "SCRAM-",
                             "SCRAM-SHA-1-PLUS-PLUS", "PLAIN "})
        EXPECT_EQ(start_dialogue(name, {}, random), nullptr) << name;
}

} // namespace
} // namespace posthouse::sasl::tests
