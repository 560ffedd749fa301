// SPDX-License-Identifier: Apache-2.0
#include "directory/app_password.hpp"
#include "directory/totp.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace posthouse::directory {
namespace {

constexpr std::string_view key = "12345678901234567890";

Timestamp at(std::int64_t seconds)
{
    return Timestamp(std::chrono::seconds(seconds));
}

TEST(Totp, GivesTheCodesOfItsStandard) // RFC 6238 appendix B, the last six digits
{
    const std::pair<std::int64_t, const char*> codes[] = {
        {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (const auto& [seconds, code] : codes)
        EXPECT_EQ(totp_code(key, totp_step(at(seconds))), code);
}

TEST(Totp, TakesTheCodeOfNowAndItsNeighboursAndSaysWhich)
{
    const auto now = at(1'700'000'000);
    const auto step = totp_step(now);
    for (const auto near : {step - 1, step, step + 1})
        EXPECT_EQ(find_totp_step(key, totp_code(key, near), now), near);
    EXPECT_EQ(find_totp_step(key, totp_code(key, step - 2), now), std::nullopt);
    EXPECT_EQ(find_totp_step(key, totp_code(key, step + 2), now), std::nullopt);
    EXPECT_EQ(find_totp_step(key, "", now), std::nullopt);
    EXPECT_EQ(find_totp_step("", totp_code("", step), now), std::nullopt);
}

TEST(Totp, StandsBehindThePassword)
{
    const auto split = split_totp(Secret("pass word123456"));
    ASSERT_TRUE(split);
    EXPECT_EQ(split->password.reveal(), "pass word");
    EXPECT_EQ(split->code, "123456");
    for (const auto* text : {"", "123456", "password", "password12345", "password12345x"})
        EXPECT_FALSE(split_totp(Secret(text))) << text;
}

TEST(Totp, HasASecretThatAuthenticatorsTake)
{
    SeededRandom random(1);
    EXPECT_EQ(make_totp_secret(random).size(), 20u);
    EXPECT_EQ(base32_text("foobar"), "MZXW6YTBOI"); // RFC 4648 §10
    EXPECT_EQ(totp_uri("foobar", "a b@example.org"),
              "otpauth://totp/a%20b@example.org?secret=MZXW6YTBOI&issuer=Posthouse");
}

TEST(AppPassword, IsRandomAndLongAndReadable)
{
    SeededRandom random(1);
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto password = make_app_password(random);
        EXPECT_EQ(password.reveal().size(), 29u);
        EXPECT_EQ(plain_app_password(password).reveal().size(), 25u);
        EXPECT_TRUE(seen.emplace(password.reveal()).second);
    }
}

TEST(AppPassword, FitsHoweverItIsTypedAndNothingElse)
{
    const std::string salt = "0123456789abcdef";
    const auto digest = app_password_digest(Secret("k7mz2-9q4xt-00000-11111-22222"), salt);
    EXPECT_TRUE(fits_app_password(Secret("k7mz2-9q4xt-00000-11111-22222"), salt, digest));
    EXPECT_TRUE(fits_app_password(Secret("K7MZ2 9q4xt0000011111 22222"), salt, digest));
    for (const auto* other : {"", "k7mz2-9q4xt-00000-11111-22223", "k7mz2-9q4xt-00000-11111-2222",
                              "k7mz2-9q4xt-00000-11111-222222", "k7mz2-9q4xt-00000-11111-2222!"})
        EXPECT_FALSE(fits_app_password(Secret(other), salt, digest)) << other;
    EXPECT_FALSE(
        fits_app_password(Secret("k7mz2-9q4xt-00000-11111-22222"), "fedcba9876543210", digest));
    EXPECT_FALSE(fits_app_password(Secret(""), salt, ""));
    EXPECT_FALSE(fits_app_password(Secret("k7mz2-9q4xt-00000-11111-22222"), "", digest));
}

} // namespace
} // namespace posthouse::directory
