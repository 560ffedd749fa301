// SPDX-License-Identifier: Apache-2.0
#include "dns/rdata.hpp"
#include "tests/dns/fake_lookup.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace posthouse::dns {
namespace {

using namespace std::string_literals;

std::optional<Record> mx(const std::string& rdata)
{
    return parse_rdata(RecordType::mx, rdata);
}
std::optional<Record> ptr(const std::string& rdata)
{
    return parse_rdata(RecordType::ptr, rdata);
}
std::optional<Record> txt(const std::string& rdata)
{
    return parse_rdata(RecordType::txt, rdata);
}

TEST(Rdata, ReadsAddresses)
{
    EXPECT_EQ(parse_rdata(RecordType::a, "\xc0\x00\x02\x01"s), Record(ip("192.0.2.1")));
    EXPECT_EQ(parse_rdata(RecordType::aaaa, ip("2001:db8::1").bytes()), Record(ip("2001:db8::1")));
    EXPECT_EQ(parse_rdata(RecordType::a, "\xc0\x00\x02"s), std::nullopt);
    EXPECT_EQ(parse_rdata(RecordType::a, std::string(16, '\1')), std::nullopt);
    EXPECT_EQ(parse_rdata(RecordType::aaaa, "\xc0\x00\x02\x01"s), std::nullopt);
}

TEST(Rdata, ReadsMailExchanges)
{
    EXPECT_EQ(mx("\x01\x02\x02Mx\x04TEST\x00"s), Record(MailExchange{258, {"mx.test"}}));
    EXPECT_EQ(mx("\x00\x00\x00"s), Record(MailExchange{0, {"."}}));
}

TEST(Rdata, RefusesNamesThatAreNone)
{
    EXPECT_TRUE(ptr("\x01x\x00"s));
    EXPECT_FALSE(ptr(""s));
    EXPECT_FALSE(ptr("\x01x"s));            // No end.
    EXPECT_FALSE(ptr("\x05x\x00"s));        // A label longer than what is there.
    EXPECT_FALSE(ptr("\x01x\x00y"s));       // Something behind the end.
    EXPECT_FALSE(ptr("\xc0\x00"s));         // Compression.
    EXPECT_FALSE(ptr("\x03x.y\x00"s));      // A dot within a label.
    EXPECT_FALSE(ptr("\x03x\r\n\x00"s));    // Bytes that would forge a line of a log.
    EXPECT_FALSE(ptr("\x02x\x00\x00"s));    // NUL
    EXPECT_FALSE(ptr("\x02\xc3\xa9\x00"s)); // Not ASCII
    EXPECT_FALSE(mx("\x00\x0a"s));
    EXPECT_FALSE(mx("\x00"s));
}

TEST(Rdata, TakesNamesUpToTheLimitAndNotOneByteMore)
{
    const auto name = [](std::size_t last) {
        const auto label = [](std::size_t n) {
            return std::string(1, static_cast<char>(n)) + std::string(n, 'a');
        };
        return label(63) + label(63) + label(63) + label(last) + "\0"s;
    };
    EXPECT_TRUE(ptr(name(61)));
    EXPECT_FALSE(ptr(name(62)));
    EXPECT_FALSE(ptr("\x40" + std::string(64, 'a') + "\0"s));
}

TEST(Rdata, JoinsTheStringsOfAText)
{
    EXPECT_EQ(txt("\x03v=s\x00\x03pf1"s), Record(Text{"v=spf1"}));
    EXPECT_EQ(txt("\x00"s), Record(Text{""}));
    EXPECT_FALSE(txt(""s));
    EXPECT_FALSE(txt("\x04v=s"s));
}

TEST(Rdata, TakesATextUpToTheLimitAndNotOneByteMore)
{
    const auto rdata = [](std::size_t bytes) { return to_rdata(Text{std::string(bytes, 'x')}); };
    EXPECT_TRUE(txt(rdata(RdataLimits::text_bytes)));
    EXPECT_FALSE(txt(rdata(RdataLimits::text_bytes + 1)));
}

TEST(Rdata, CountsWhatItDrops)
{
    Answer answer;
    add_rdata(answer, RecordType::a, "\xc0\x00\x02"s);
    for (std::size_t i = 0; i < RdataLimits::records + 5; ++i)
        add_rdata(answer, RecordType::a, "\xc0\x00\x02\x01"s);
    EXPECT_EQ(answer.records.size(), RdataLimits::records);
    EXPECT_EQ(answer.dropped, 6u);
}

TEST(Rdata, RefusesATypeThatIsNone)
{
    EXPECT_EQ(parse_rdata(static_cast<RecordType>(250), "x"), std::nullopt);
}

RC_GTEST_PROP(Rdata, WritesWhatItReads, (std::uint16_t preference, std::string text))
{
    const auto label = *rc::gen::nonEmpty(
        rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcxyz0189-_"))));
    const auto name = parse_name(label.substr(0, 63) + ".example.org.");
    RC_ASSERT(name.has_value());
    const Record exchange = MailExchange{preference, *name};
    RC_ASSERT(mx(to_rdata(exchange)) == exchange);
    RC_ASSERT(ptr(to_rdata(*name)) == Record(*name));
    RC_ASSERT(txt(to_rdata(Text{text})) == Record(Text{text}));
}

TEST(ParseName, KeepsNamesInOneForm)
{
    EXPECT_EQ(parse_name("MX.Example.org."), Name{"mx.example.org"});
    EXPECT_EQ(parse_name("_dmarc.example.org"), Name{"_dmarc.example.org"});
    for (const auto* text : {"", ".", "..", "a..b", ".a", "a b", "a/b", "bücher.test"})
        EXPECT_FALSE(parse_name(text)) << text;
    EXPECT_TRUE(parse_name(std::string(63, 'a')));
    EXPECT_FALSE(parse_name(std::string(64, 'a')));
}

} // namespace
} // namespace posthouse::dns
