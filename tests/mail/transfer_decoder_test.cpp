// SPDX-License-Identifier: Apache-2.0
#include "mail/transfer_decoder.hpp"

#include "mail/base64.hpp"
#include "mail/content_encoding.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

std::string decoded(TransferEncoding encoding, std::string_view text, std::size_t cut = 0)
{
    TransferDecoder decoder(encoding);
    std::string content;
    decoder.decode(text.substr(0, cut), content);
    decoder.decode(text.substr(cut), content);
    decoder.finish(content);
    return content;
}

TEST(TransferDecoder, TakesBase64OffWhateverStandsInIt)
{
    using enum TransferEncoding;
    EXPECT_EQ(decoded(base64, "Zm9v\r\nYmFy\r\n"), "foobar");
    EXPECT_EQ(decoded(base64, "Zm9vYg=="), "foob");
    EXPECT_EQ(decoded(base64, "Zm9vYg"), "foob");          // no padding
    EXPECT_EQ(decoded(base64, "Zm9vYg==Zm9v"), "foobfoo"); // two, one behind the other
    EXPECT_EQ(decoded(base64, "Z!m*9-v"), "foo");
    EXPECT_EQ(decoded(base64, "Z"), "");
    EXPECT_EQ(decoded(base64, "===="), "");
}

TEST(TransferDecoder, TakesQuotedPrintableOffAndLeavesWhatIsNone)
{
    using enum TransferEncoding;
    EXPECT_EQ(decoded(quoted_printable, "a=3Db=\r\nc=  \r\nd"), "a=bcd");
    EXPECT_EQ(decoded(quoted_printable, "a  \t\r\nb \n"), "a\r\nb\n"); // space that was added
    EXPECT_EQ(decoded(quoted_printable, "=e9=E9"), "\xe9\xe9");
    EXPECT_EQ(decoded(quoted_printable, "=G1 =1G = x =="), "=G1 =1G = x =");
    EXPECT_EQ(decoded(quoted_printable, "a\rb"), "a\rb");
    EXPECT_EQ(decoded(quoted_printable, "end="), "end");
    EXPECT_EQ(decoded(quoted_printable, "end=A"), "end=A");
    EXPECT_EQ(decoded(quoted_printable, "end  "), "end");
}

TEST(TransferDecoder, TakesUuencodeOff)
{
    EXPECT_EQ(decoded(TransferEncoding::uuencode, "text\nbegin 644 cat.txt\n#0V%T\n`\nend\nmore\n"),
              "Cat");
    EXPECT_EQ(decoded(TransferEncoding::uuencode, "begin 644 x\r\n&9F]O8F%R\r\n"), "foobar");
}

TEST(TransferDecoder, PassesTheRestThrough)
{
    EXPECT_EQ(decoded(TransferEncoding::eight_bit, "a=3D\xff"), "a=3D\xff");
    EXPECT_EQ(decoded(TransferEncoding::unknown, "x"), "x");
}

TEST(TransferDecoder, ReadsWhatWeWriteHoweverItIsCut)
{
    rc::check("round trip", [] {
        const auto bytes = *rc::gen::container<std::string>(
            rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string(" =\tx\r"))));
        for (const auto& [encoding, text] :
             {std::pair(TransferEncoding::base64, base64_lines(bytes)),
              std::pair(TransferEncoding::quoted_printable, encode_quoted_printable(bytes))}) {
            const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
            RC_ASSERT(decoded(encoding, text, cut) == bytes);
        }
    });
    rc::check("any text at any cut", [] {
        const auto text = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string("=3D \t\r\nabegin 64#0V%T")));
        const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
        for (const auto encoding : {TransferEncoding::base64, TransferEncoding::quoted_printable,
                                    TransferEncoding::uuencode})
            RC_ASSERT(decoded(encoding, text, cut) == decoded(encoding, text));
    });
}

} // namespace
} // namespace posthouse::mail
