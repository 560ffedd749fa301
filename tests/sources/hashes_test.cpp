// SPDX-License-Identifier: Apache-2.0
#include "sources/hashes.hpp"

#include "sources/scram.hpp"

#include <gtest/gtest.h>

namespace posthouse::sources {
namespace {

const std::string password = "Pelikan-77 \xc3\xbc";

HashAnswer verify(std::string_view stored, std::string_view tried = password,
                  Bare bare = Bare::crypt)
{
    return verify_hash(Secret(std::string(tried)), stored, bare);
}

/// As Dovecot's, OpenLDAP's and the C library's own tools made them of `password`.
class Hashes : public ::testing::TestWithParam<const char*> {};

TEST_P(Hashes, TakeThePasswordAndNoOther)
{
    EXPECT_EQ(verify(GetParam()), HashAnswer::right);
    EXPECT_EQ(verify(GetParam(), "pelikan-77 \xc3\xbc"), HashAnswer::wrong);
    EXPECT_EQ(verify(GetParam(), "Pelikan"), HashAnswer::wrong);
    EXPECT_EQ(verify(GetParam(), ""), HashAnswer::wrong);
    EXPECT_EQ(verify(GetParam(), password + std::string(1, '\0')), HashAnswer::wrong);
}

TEST_P(Hashes, TakeNothingOnceCutShort)
{
    std::string stored = GetParam();
    stored.erase(stored.find_last_not_of('=') + 1); // Padding may be missing.
    for (std::size_t size = 0; size < stored.size(); size += 7)
        EXPECT_NE(verify(stored.substr(0, size)), HashAnswer::right) << size;
}

INSTANTIATE_TEST_SUITE_P(
    Inherited, Hashes,
    ::testing::Values(
        "{MD5-CRYPT}$1$a2D5Y/QI$LADAadBjUN1uSUuY68ss4/", "{MD5}$1$a2D5Y/QI$LADAadBjUN1uSUuY68ss4/",
        "$1$a2D5Y/QI$LADAadBjUN1uSUuY68ss4/",
        "{SHA256-CRYPT}$5$G/7Yia6WyG2/dJax$eFF6JuUtK5krm2jQEgTEKbqVdITrENJw9ILF7ck0aW.",
        "{SHA512-CRYPT}$6$KtG6QfLRdYxnkaFK$aQNvt1QUk4Os05e8nimRUmojyvFWERRGAfI8xlS1.D."
        "vln2H2G6LiqSX/QMq/izy9pW20YEKnd0paPWvNdF6N/",
        "{BLF-CRYPT}$2y$05$W/B1tXd0ia8foXygsB35KO0ExVJ1/E6adti0srnCPP4CjdaGCBV86",
        "{CRYPT}$2y$05$atFyUKc09ketshMEaKsDFe1dB0xwLiZySDvnfBjcnEIPKJRhxmM3K",
        "$6$rounds=7000$saltsalt$HdoUJI5J2uvytrSYC5anbsbqNf2A2Fxj1LwJ2KSXT0P9XvxbxiyO90WX0FT4PsVQ"
        "oB4WzsUPwvy2YlyzHeJA3.",
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$DhYY95AWw.8DJc10CEIBKN7hvP7hJqsG6KP7t4Axng1",
        "$gy$j9T$F5Jx5fExrKuPp53xLKQ..1$xqrJGycyM56YnvZUqlG.XJXAhU9HzPK85/vJGWbayOB",
        "$7$CU..../....mysalt$vw4VqaVWICh4z/UxP3.Y8P95JlPLosR2VArnGE80QL.",
        "{SSHA}UHgyebZfctBuHE0pZj6Gu3sic9MzmIqb", "{ssha}05ynnKp2TZiJYs/5zokdtuQ1mzIqJqak",
        "{SSHA256}+5n7NVjpsFqEdq4/+iSyXGWeI2uSzLI5WYCQt7x76Cn7c/M6",
        "{SSHA512}FdDR7xQdbaJb9pSECiHqPJb3h127oZWn0dF8Pwj2U+52ZLYVCpNjMBC/3M1866XV7HgUrWT4mTxjpM85"
        "kmRkMd+x9fA=",
        "{SHA}axHA0MSz5gdRKRx8aFQ2oagjCHk=", "{SHA1}axHA0MSz5gdRKRx8aFQ2oagjCHk=",
        "{SHA256}L+tCJnGhBcvx9Ja1nI5LtzAiT1JaiGe3aLOUZ6NjVCY=",
        "{SHA256}L+tCJnGhBcvx9Ja1nI5LtzAiT1JaiGe3aLOUZ6NjVCY",
        "{SHA512}LzBKnnIrssUcRYL85u69deIgrIY396zkW3tHo6j/EIN0TYOQengM4POQX3+xa9ChUY+0Ewhrt3UwK1KNDP"
        "Fqsg==",
        "{SMD5}7XgUTbYj/XmeHHOe/N8WiuwqHjk=", "{PLAIN-MD5}433f1e0e92beed968b2e5a79f7cfe89d",
        "{MD5}Qz8eDpK+7ZaLLlp598/onQ==", "{LDAP-MD5}Qz8eDpK+7ZaLLlp598/onQ==",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$kaxtPm/PThuMmvL0mitMuQ$iElxlT57xsif7gidC5HXUXkcS5"
        "ndz5Ey6rJoSLg6HTw",
        "$argon2i$v=19$m=32768,t=4,p=1$gaxioqyJ87WEUWIz+PM17w$pIv1SM6xd+cqNIT7Tev9E4pPDdQ+V6RmFApcw"
        "hFqKKo",
        "{SCRAM-SHA-256}4096,f/9cgIqRbSrD1UHepXxXWA==,Xjt6My+HUisET57g9w4g32emt907w829hYzIlhs5GFw=,"
        "6d6V9qtNPCJBe9iYdSeL/l0+wBdx3PE/sAQSWfDdD8I=",
        "{SCRAM-SHA-1}4096,YCg1aBImizDAyAJWH7D5LQ==,R+yTnhLsHcfZw2sbqpe1NVI4Xds=,"
        "LggdvxIB8hYYizu803nsWFzi79c=",
        "{PBKDF2}$1$ZUKzkIOCh6XxEfch$5000$13aa725d15e7aa0892f6bdd42b94b70f2a492138",
        "{PBKDF2}10000$MDEyMzQ1Njc4OWFiY2RlZg$6BNL7na2djvq5uR0GYbBMqAkovs",
        "{PBKDF2-SHA256}10000$MDEyMzQ1Njc4OWFiY2RlZg$QGiTY7.CG0J8FjO4iIN.zOmZ3xpPlJIfzsTMlPiuLcg",
        "{PBKDF2-SHA512}10000$MDEyMzQ1Njc4OWFiY2RlZg$14POKKINS.i/zldVE5FRP.c9lw0pblnx.YW1fY9FaFte76"
        "mi7e5kW8HlAgJAdMJfpWUZaueLvNtetG9wT5W2Bw",
        "{PLAIN}Pelikan-77 \xc3\xbc", "{CLEARTEXT}Pelikan-77 \xc3\xbc",
        "{SSHA256.HEX}6c7e76124b39f0c7bd9016814759c4380c5c97c1fdd21f853e3b1059553c90ee7def387e",
        "{SHA512-CRYPT.B64}"
        "JDYkN000UXJlSmVPYWxRWkVKUCRqcG9YbEZyNWNFcDE2a2k2RUVYak9mL0ZBQURndDBGZTFpZ"
        "EpiREN2cFV3UzdPdWpNUm9KdG5meVQzbDlKa3picUliaWdHaHAyRzBwRHE0UWtnODJLMQ==",
        "{PLAIN.HEX}50656c696b616e2d373720c3bc",
        "{PLAIN.B64}UGVsaWthbi03NyDDvA==", "{SHA.HEX}6b11c0d0c4b3e60751291c7c685436a1a8230879"));

TEST(Hash, OfTheOldestKindLooksAtEightCharacters)
{
    EXPECT_EQ(verify("{DES-CRYPT}2xCJiueky0GJc"), HashAnswer::right);
    EXPECT_EQ(verify("absHyVGOdh2tc"), HashAnswer::right);
    EXPECT_EQ(verify("absHyVGOdh2tc", "Pelikan"), HashAnswer::wrong);
}

TEST(Hash, OfAnUnknownSchemeIsNeverRight)
{
    for (const char* stored :
         {"{CRAM-MD5}8038f6f2e7978a3eccdc8f010cb579a2d51209b5300ffd1dadbfd14f11f990a5", "{NTLM}x",
          "{}Pelikan", "{SASL}alice@example.org", "{PLAIN.UTF7}x", "!", "*", "x", "*LK*",
          "$2x$05$W/B1tXd0ia8foXygsB35KO0ExVJ1/E6adti0srnCPP4CjdaGCBV86", "_J9..rasmBYk8r9AiWNc",
          "$sha1$1$abc$xyz", "$3$$8846f7eaee8fb117ad06bdd830b7586c"})
        EXPECT_EQ(verify(stored), HashAnswer::unknown_scheme) << stored;
    EXPECT_EQ(verify(""), HashAnswer::malformed);
}

TEST(Hash, MalformedIsNeverRight)
{
    for (const char* stored :
         {"{SSHA}", "{SSHA}!!!!", "{SHA}axHA", "{SHA512-CRYPT}Pelikan", "{BLF-CRYPT}$2y$05$short",
          "{ARGON2ID}$argon2id$v=19$m=1,t=1", "{PBKDF2}$1$x$0$",
          "{SCRAM-SHA-256}4096,AA==,AA==", "{PLAIN.HEX}5", "{PLAIN.HEX}zz"})
        EXPECT_EQ(verify(stored), HashAnswer::malformed) << stored;
}

TEST(Hash, BeyondALimitIsNotComputed)
{
    for (const char* stored :
         {"$6$rounds=1000001$saltsalt$x", "$5$rounds=999999999$saltsalt$x",
          "$2y$15$W/B1tXd0ia8foXygsB35KO0ExVJ1/E6adti0srnCPP4CjdaGCBV86",
          "$y$jFT$F5Jx5fExrKuPp53xLKQ..1$x", "$y$jzzz$F5Jx5fExrKuPp53xLKQ..1$x",
          "$y$jD5./..$F5Jx5fExrKuPp53xLKQ..1$x", "$7$KU..../....mysalt$x", "$7$CU....zzzzzmysalt$x",
          "{ARGON2ID}$argon2id$v=19$m=262145,t=3,p=1$kaxtPm/PThuMmvL0mitMuQ$iElx",
          "{ARGON2ID}$argon2id$v=19$m=65536,t=17,p=1$kaxtPm/PThuMmvL0mitMuQ$iElx",
          "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=17$kaxtPm/PThuMmvL0mitMuQ$iElx",
          "{PBKDF2}$1$ZUKzkIOCh6XxEfch$1000001$13aa725d15e7aa0892f6bdd42b94b70f2a492138",
          "{SCRAM-SHA-1}1000001,YCg1aBImizDAyAJWH7D5LQ==,R+yTnhLsHcfZw2sbqpe1NVI4Xds=,"
          "LggdvxIB8hYYizu803nsWFzi79c="})
        EXPECT_EQ(verify(stored), HashAnswer::too_costly) << stored;
    EXPECT_EQ(verify("{PLAIN}" + std::string(HashLimits::stored_bytes, 'x')),
              HashAnswer::malformed);
    const std::string longest(HashLimits::password_bytes + 1, 'x');
    EXPECT_EQ(verify("{SHA}axHA0MSz5gdRKRx8aFQ2oagjCHk=", longest), HashAnswer::wrong);
}

TEST(Hash, WithoutASchemeIsThePasswordItselfOnlyInADirectory)
{
    EXPECT_EQ(verify("Pelikan", "Pelikan", Bare::plain), HashAnswer::right);
    EXPECT_EQ(verify("Pelikan", "pelikan", Bare::plain), HashAnswer::wrong);
    EXPECT_EQ(verify("Pelikan", "Pelikan", Bare::crypt), HashAnswer::unknown_scheme);
    const char* crypted = "$1$a2D5Y/QI$LADAadBjUN1uSUuY68ss4/";
    EXPECT_EQ(verify(crypted, password, Bare::plain), HashAnswer::right);
    EXPECT_EQ(verify(crypted, crypted, Bare::plain), HashAnswer::wrong);
}

TEST(Hash, OfScramOrThePasswordItselfGivesScramItsKeys)
{
    const auto kept = scram_keys_of(
        "{SCRAM-SHA-256}4096,f/9cgIqRbSrD1UHepXxXWA==,Xjt6My+HUisET57g9w4g32emt907w829hYzIlhs5GFw=,"
        "6d6V9qtNPCJBe9iYdSeL/l0+wBdx3PE/sAQSWfDdD8I=",
        Bare::crypt, "");
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0], sasl::make_scram_keys(Secret(password), sasl::ScramHash::sha_256,
                                             kept[0].salt, 4096));
    const auto made = scram_keys_of("{PLAIN}" + password, Bare::crypt, "sixteen bytes it");
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(made[0].salt, "sixteen bytes it");
    EXPECT_TRUE(
        scram_keys_of("{SSHA}UHgyebZfctBuHE0pZj6Gu3sic9MzmIqb", Bare::plain, "salt").empty());
    EXPECT_TRUE(scram_keys_of("$1$a2D5Y/QI$LADAadBjUN1uSUuY68ss4/", Bare::plain, "salt").empty());
}

} // namespace
} // namespace posthouse::sources
