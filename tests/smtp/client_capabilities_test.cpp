// SPDX-License-Identifier: Apache-2.0
#include "smtp/client_capabilities.hpp"

#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

ClientCapabilities offered(std::vector<std::string> lines)
{
    lines.insert(lines.begin(), "mx.example greets you");
    return parse_capabilities({.code = 250, .enhanced = {}, .lines = std::move(lines)});
}

TEST(ClientCapabilities, KnowTheExtensionsInAnyCase)
{
    const auto all = offered({"pipelining", "StartTLS", "8BITMIME", "SMTPUTF8", "CHUNKING",
                              "BINARYMIME", "DSN", "SIZE 1000", "X-WHATEVER a b"});
    EXPECT_TRUE(all.pipelining && all.starttls && all.eight_bit_mime && all.smtputf8 &&
                all.chunking && all.binary_mime && all.dsn && all.size);
    EXPECT_EQ(all.largest_bytes, 1000u);
    EXPECT_EQ(offered({"XPIPELINING", "STARTTLSX", ""}), ClientCapabilities{});
}

TEST(ClientCapabilities, AreNotReadFromTheHostsName)
{
    EXPECT_FALSE(
        parse_capabilities({.code = 250, .enhanced = {}, .lines = {"PIPELINING"}}).pipelining);
}

TEST(ClientCapabilities, TakeSizeWithoutALimit)
{
    for (const char* line : {"SIZE", "SIZE 0", "SIZE x", "SIZE 99999999999999999999"}) {
        EXPECT_TRUE(offered({line}).size) << line;
        EXPECT_FALSE(offered({line}).largest_bytes) << line;
    }
}

TEST(ClientCapabilities, ReadTheLimitsOfRfc9422)
{
    const auto limits = offered({"LIMITS MAILMAX=5 RCPTMAX=20 RCPTDOMAINMAX=1 X=2"});
    EXPECT_EQ(limits.letters, 5u);
    EXPECT_EQ(limits.recipients, 20u);
    EXPECT_EQ(limits.recipient_domains, 1u);
    EXPECT_EQ(offered({"LIMITS MAILMAX=0 RCPTMAX= RCPTDOMAINMAX =x ="}), ClientCapabilities{});
}

TEST(ClientCapabilities, BelieveInBinaryOnlyWithChunking)
{
    EXPECT_FALSE(offered({"BINARYMIME"}).binary_mime);
}

} // namespace
} // namespace posthouse::smtp
