// SPDX-License-Identifier: Apache-2.0
#include "sasl/bearer_message.hpp"
#include "tests/sasl/lead.hpp"

#include <gtest/gtest.h>

namespace posthouse::sasl::tests {
namespace {

using namespace std::string_literals;
using Finding = TokenVerdict::Finding;

const World world{
    .passwords = {},
    .tokens = {
        {"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
         {.finding = Finding::right, .user = "user@example.com"}},
        {"old", {.finding = Finding::expired, .scope = "mail", .discovery_url = "https://x/"}},
        {"weak", {.finding = Finding::lacks_scope, .scope = "mail"}},
        {"nobody", {.finding = Finding::right, .user = ""}}}};

TEST(SaslOAuthBearer, HoldsTheDialogueOfItsStandard) // RFC 7628 §4.1
{
    const auto dialogue = bearer_dialogue(Bearer::oauthbearer);
    EXPECT_EQ(end_of(hold(world, *dialogue,
                          "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
                          "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01")),
              "accepted user@example.com as user@example.com");
}

TEST(SaslOAuthBearer, TellsWhyAndThenRefusesWhateverIsSaid) // RFC 7628 §4.3
{
    for (const auto* reply :
         {"\x01", "", "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="}) {
        const auto dialogue = bearer_dialogue(Bearer::oauthbearer);
        EXPECT_EQ(
            end_of(hold(world, *dialogue,
                        "n,,\x01"
                        "auth=Bearer old\x01\x01")),
            R"(challenge {"status":"invalid_token","scope":"mail","openid-configuration":"https://x/"})");
        EXPECT_EQ(end_of(dialogue->receive(reply)), "wrong");
    }
    const auto weak = bearer_dialogue(Bearer::oauthbearer);
    EXPECT_EQ(end_of(hold(world, *weak,
                          "n,,\x01"
                          "auth=Bearer weak\x01\x01")),
              R"(challenge {"status":"insufficient_scope","scope":"mail"})");
}

TEST(SaslOAuthBearer, TakesNoTokenThatNamesNobody)
{
    const auto dialogue = bearer_dialogue(Bearer::oauthbearer);
    EXPECT_TRUE(end_of(hold(world, *dialogue,
                            "n,,\x01"
                            "auth=Bearer nobody\x01\x01"))
                    .starts_with("challenge {"));
}

TEST(SaslOAuthBearer, TakesNoOtherForm)
{
    const std::string good = "n,,\x01"
                             "auth=Bearer old\x01\x01";
    ASSERT_TRUE(parse_oauthbearer(good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(parse_oauthbearer(std::string_view(good).substr(0, size))) << size;
    for (const auto& text : {"p=tls-exporter,,\x01"s
                             "auth=Bearer old\x01\x01",
                             good + "x",
                             "n,,\x01"s
                             "auth=Bearer old\x01"
                             "auth=Bearer weak\x01\x01",
                             "n,,\x01\x01"s,
                             "n,,\x01"s
                             "auth=Basic old\x01\x01",
                             "n,,\x01"s
                             "auth=Bearer o ld\x01\x01",
                             "n,,\x01"s
                             "=x\x01"
                             "auth=Bearer old\x01\x01",
                             "n,,\x01"s
                             "auth=Bearer " +
                                 std::string(13 << 10, 'x') + "\x01\x01"})
        EXPECT_FALSE(parse_oauthbearer(text)) << text.substr(0, 60);
}

TEST(SaslXOAuth2, TakesTheFormOfItsInventors)
{
    const auto dialogue = bearer_dialogue(Bearer::xoauth2);
    EXPECT_EQ(end_of(hold(world, *dialogue,
                          "user=user@example.com\x01"
                          "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01")),
              "accepted user@example.com as user@example.com");
    const auto old = bearer_dialogue(Bearer::xoauth2);
    EXPECT_EQ(end_of(hold(world, *old,
                          "user=a\x01"
                          "auth=Bearer old\x01\x01")),
              R"(challenge {"status":"401","schemes":"bearer","scope":"mail"})");
    EXPECT_EQ(end_of(old->receive("")), "wrong");
    for (const auto& text : {""s, "user=a\x01"s,
                             "user=a\x01"s
                             "auth=Bearer old\x01",
                             "auth=Bearer old\x01"s
                             "user=a\x01\x01"})
        EXPECT_FALSE(parse_xoauth2(text)) << text;
}

} // namespace
} // namespace posthouse::sasl::tests
