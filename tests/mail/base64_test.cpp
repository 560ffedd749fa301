// SPDX-License-Identifier: Apache-2.0
#include "mail/base64.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mail {
namespace {

TEST(Base64, IsThatOfTheStandard) // RFC 4648 §10
{
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64(bytes), text);
        EXPECT_EQ(decode_base64(text), bytes);
    }
}

TEST(Base64, RefusesWhatIsNone)
{
    for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "Z===", "====", "Zm9 ",
                             "Zm9v\r\n", "Zm\xc3\xa9", "Zm9_"})
        EXPECT_FALSE(decode_base64(text)) << text;
}

TEST(Base64, KeepsItsLinesShort)
{
    EXPECT_EQ(base64_lines(""), "");
    EXPECT_EQ(base64_lines("foo"), "Zm9v\r\n");
    EXPECT_EQ(base64_lines(std::string(57, 'x')).find("\r\n"), 76u);
    EXPECT_EQ(base64_lines(std::string(58, 'x')).size(), 78u + 6);
}

RC_GTEST_PROP(Base64, ComesBackAsItWas, (const std::string& bytes))
{
    RC_ASSERT(decode_base64(base64(bytes)) == bytes);
    auto lines = base64_lines(bytes);
    for (auto at = lines.find("\r\n"); at != lines.npos; at = lines.find("\r\n"))
        lines.erase(at, 2);
    RC_ASSERT(lines == base64(bytes));
}

} // namespace
} // namespace posthouse::mail
