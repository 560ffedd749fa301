// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace posthouse::net {
namespace {

using State = ProxyParse::State;

std::string source_in(std::string_view header)
{
    const auto parsed = parse_proxy_header(header);
    if (parsed.state != State::complete)
        return parsed.state == State::malformed ? "malformed" : "incomplete";
    if (!parsed.header.ends)
        return "own";
    return parsed.header.ends->source.address().to_string() + ' ' +
           std::to_string(parsed.header.ends->source.port());
}

std::string binary(char command, char family, std::string_view block)
{
    std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
    header += command;
    header += family;
    header += static_cast<char>(block.size() >> 8);
    header += static_cast<char>(block.size());
    return header.append(block);
}

const std::string block4("\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x00\x19", 12);
const std::string block6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\x07' +
                           std::string(16, '\x01') + std::string("\x00\x50\x00\x19", 4);

TEST(ProxyHeader, TellsTheClientOfEachForm)
{
    EXPECT_EQ(source_in("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n"), "192.0.2.1 56324");
    EXPECT_EQ(source_in("PROXY TCP6 2001:db8::7 2001:db8::1 0 25\r\nEHLO"), "2001:db8::7 0");
    EXPECT_EQ(source_in(binary('\x21', '\x11', block4)), "192.0.2.1 56324");
    EXPECT_EQ(source_in(binary('\x21', '\x21', block6)), "2001:db8::7 80");
    const auto parsed = parse_proxy_header(binary('\x21', '\x11', block4)).header;
    EXPECT_EQ(parsed.ends->destination.address().to_string(), "198.51.100.2");
    EXPECT_EQ(parsed.ends->destination.port(), 25);
}

TEST(ProxyHeader, LeavesTheConnectionsOwnEndsWhereTheBalancerNamesNone)
{
    EXPECT_EQ(source_in("PROXY UNKNOWN\r\n"), "own");
    EXPECT_EQ(source_in("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), "own");
    EXPECT_EQ(source_in(binary('\x20', '\x00', "")), "own");
    EXPECT_EQ(source_in(binary('\x20', '\x11', block4)), "own");
    EXPECT_EQ(source_in(binary('\x21', '\x00', "whatever")), "own");
    EXPECT_EQ(source_in(binary('\x21', '\x31', std::string(216, 'x'))), "own");
}

TEST(ProxyHeader, EndsWhereTheClientsBytesBegin)
{
    const std::string text = "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n";
    EXPECT_EQ(parse_proxy_header(text + "EHLO x\r\n").header.bytes, text.size());
    const auto extended = binary('\x21', '\x11', block4 + std::string("\x04\x00\x02hi", 5));
    EXPECT_EQ(source_in(extended), "192.0.2.1 56324") << "Extensions are skipped.";
    EXPECT_EQ(parse_proxy_header(extended + "EHLO x\r\n").header.bytes, extended.size());
}

TEST(ProxyHeader, IsIncompleteAtEachCut)
{
    for (const auto& header : {std::string("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n"),
                               std::string("PROXY UNKNOWN\r\n"), binary('\x21', '\x21', block6),
                               binary('\x20', '\x00', std::string(300, '\0'))})
        for (std::size_t size = 0; size < header.size(); ++size)
            EXPECT_EQ(source_in(header.substr(0, size)), "incomplete") << size << header;
}

TEST(ProxyHeader, RefusesWhatIsNone)
{
    for (const auto& header :
         {std::string("EHLO x\r\n"), std::string("PROXY\r\n"), std::string("PROXY \r\n"),
          std::string("PROXY TCP4\r\n"), std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"),
          std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"),
          std::string("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"),
          std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"),
          std::string("PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n"),
          std::string("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"),
          std::string("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"),
          std::string("PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n"),
          std::string("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"), std::string("PROXY TCP4 1\n2"),
          binary('\x11', '\x11', block4), binary('\x22', '\x11', block4),
          binary('\x21', '\x11', block4.substr(1)), binary('\x21', '\x21', block4)})
        EXPECT_EQ(source_in(header), "malformed") << header;
}

TEST(ProxyHeader, KeepsToItsLimits)
{
    const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
    ASSERT_EQ(longest.size(), ProxyLimits::text_bytes);
    EXPECT_EQ(source_in(longest), "own");
    EXPECT_EQ(source_in("PROXY UNKNOWN x" + longest.substr(14)), "malformed");
    EXPECT_EQ(source_in("PROXY UNKNOWN " + std::string(93, 'x')), "malformed");
    EXPECT_EQ(source_in(binary('\x20', '\x00', std::string(4080, 'x'))), "own");
    EXPECT_EQ(source_in(binary('\x20', '\x00', std::string(4081, 'x')).substr(0, 16)), "malformed");
}

} // namespace
} // namespace posthouse::net
