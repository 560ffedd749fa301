// SPDX-License-Identifier: Apache-2.0
#include "directory/password.hpp"

#include <gtest/gtest.h>

namespace posthouse::directory {
namespace {

Secret secret(std::string text)
{
    return Secret(std::move(text));
}

std::string verifier_of(std::string password)
{
    return hash_password(secret(std::move(password)), PasswordCost::least).value();
}

TEST(Password, IsVerifiedByItsOwnVerifierOnly)
{
    const auto verifier = verifier_of("open sesame");
    EXPECT_TRUE(verifier.starts_with("$argon2id$"));
    EXPECT_LT(verifier.size(), verifier_bytes);
    EXPECT_FALSE(verifier.contains("sesame"));
    EXPECT_TRUE(verify_password(secret("open sesame"), verifier));
    for (const auto* wrong : {"", "open sesam", "open sesame ", "Open sesame"})
        EXPECT_FALSE(verify_password(secret(wrong), verifier)) << wrong;
    EXPECT_NE(verifier_of("open sesame"), verifier); // Salted.
}

TEST(Password, MayHoldAnyBytesUpToItsLimit)
{
    const std::string nul("a\0b", 3);
    EXPECT_TRUE(verify_password(secret(nul), verifier_of(nul)));
    EXPECT_FALSE(verify_password(secret("a"), verifier_of(nul)));
    const std::string longest(password_bytes, 'x');
    EXPECT_TRUE(verify_password(secret(longest), verifier_of(longest)));
    EXPECT_EQ(hash_password(secret(longest + "x"), PasswordCost::least), std::nullopt);
    EXPECT_EQ(hash_password(secret(""), PasswordCost::least), std::nullopt);
}

TEST(Password, CostsWhatLibsodiumAsksForInteractiveUse)
{
    const auto verifier = hash_password(secret("x")).value();
    EXPECT_TRUE(verifier.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << verifier;
    EXPECT_TRUE(verify_password(secret("x"), verifier));
}

TEST(Password, IsNotVerifiedByWhatIsNoVerifier)
{
    const auto good = verifier_of("x");
    for (const std::string& bad :
         {std::string(), std::string("x"), std::string("$argon2id$"), good.substr(0, 40),
          std::string("$argon2i$") + good.substr(10), std::string("{PLAIN}x"), good + "$",
          std::string(good).append(1000, 'A')})
        EXPECT_FALSE(verify_password(secret("x"), bad)) << bad;
}

TEST(Password, LooksAtNoVerifierThatCostsTooMuch)
{
    const auto tail =
        std::string("$uN3p0bEJZ2v5mMZ8cWm4fA$qk1mS0i9W5yJc3rXo2Zb7HnVtUeLdPgA4fKwQjRsT8M");
    EXPECT_TRUE(is_verifier("$argon2id$v=19$m=262144,t=2,p=1" + tail));
    EXPECT_FALSE(is_verifier("$argon2id$v=19$m=262145,t=2,p=1" + tail));
    EXPECT_TRUE(is_verifier("$argon2id$v=19$m=65536,t=16,p=1" + tail));
    EXPECT_FALSE(is_verifier("$argon2id$v=19$m=65536,t=17,p=1" + tail));
    EXPECT_FALSE(is_verifier("$argon2id$v=19$m=65536,t=2,p=2" + tail));
    EXPECT_FALSE(is_verifier("$argon2id$v=19$m=99999999999999999999,t=2,p=1" + tail));
}

TEST(Password, IsNeverThatOfTheDecoy)
{
    EXPECT_FALSE(verify_decoy(secret("x")));
    EXPECT_FALSE(verify_decoy(secret("")));
}

} // namespace
} // namespace posthouse::directory
