// SPDX-License-Identifier: Apache-2.0
#include "mail/mime_parameters.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

TEST(MimeParameters, ReadsThemQuotedOrNotWithComments)
{
    EXPECT_EQ(parse_parameters("; charset=us-ascii (Plain text); Format=\"flo\\wed\" ;x=\"a;b\""),
              (ParameterList{{"charset", "us-ascii"}, {"format", "flowed"}, {"x", "a;b"}}));
    EXPECT_EQ(parse_parameters(" charset = utf-8 "), (ParameterList{{"charset", "utf-8"}}));
    EXPECT_TRUE(parse_parameters("").empty());
    EXPECT_TRUE(parse_parameters(";;; = ; x ; \"q=1\"").empty());
}

TEST(MimeParameters, ReadsWhatOldProgramsWrite)
{
    EXPECT_EQ(parse_parameters(";name=my report (1).pdf; x=y"),
              (ParameterList{{"name", "my report (1).pdf"}, {"x", "y"}}));
    EXPECT_EQ(parse_parameters(";charset=utf-8 format=flowed"), // no semicolon
              (ParameterList{{"charset", "utf-8"}, {"format", "flowed"}}));
    EXPECT_EQ(parse_parameters(";boundary==_x=y_="), (ParameterList{{"boundary", "=_x=y_="}}));
    EXPECT_EQ(parse_parameters(";name=\"never closed"), (ParameterList{{"name", "never closed"}}));
    EXPECT_EQ(parse_parameters(";name=\"a\"b; c=d"), (ParameterList{{"name", "a"}, {"c", "d"}}));
    EXPECT_EQ(parse_parameters(";a=1; A=2"), (ParameterList{{"a", "1"}}));
    EXPECT_EQ(parse_parameters(";a=;b=1"), (ParameterList{{"a", ""}, {"b", "1"}}));
}

// The examples of RFC 2231 §3, §4 and §4.1.
TEST(MimeParameters, JoinsContinuations)
{
    EXPECT_EQ(parse_parameters("; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/"
                               "bulk-mailer.tar\""),
              (ParameterList{{"url", "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"}}));
    const auto list = parse_parameters(
        "; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
        " title*2=\"isn't it!\"");
    EXPECT_EQ(list, (ParameterList{{"title*", "us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun"
                                              "%2A%2A%2A%20isn%27t%20it!"}}));
    EXPECT_EQ(parameter_text(list, "title"), "This is even more ***fun*** isn't it!");
}

TEST(MimeParameters, JoinsPiecesInTheOrderOfTheirNumbers)
{
    EXPECT_EQ(parse_parameters(";n*2=c;n*0=a;n*1=b;n*1=x"), (ParameterList{{"n", "abc"}}));
    EXPECT_EQ(parse_parameters(";n*1=b;n*3=d"), (ParameterList{{"n", "bd"}}));
    EXPECT_EQ(parse_parameters(";n*x=1;*=2;n*12345678901=3"),
              (ParameterList{{"n*x", "1"}, {"*", "2"}, {"n*12345678901", "3"}}));
}

TEST(MimeParameters, DecodesValuesAsTheyAreEncoded)
{
    const auto text = [](std::string_view field) {
        return parameter_text(parse_parameters(field), "filename");
    };
    EXPECT_EQ(text(";filename*=utf-8''%e4%b8%ad%E6%96%87.txt"), "中文.txt");
    EXPECT_EQ(text(";filename*=gb2312'zh'%D6%D0%CE%C4"), "中文");
    EXPECT_EQ(text(";filename*0*=utf-8''%e4%b8;filename*1*=%ad.txt"), "中.txt");
    EXPECT_EQ(text(";filename=\"=?gb2312?B?1tDOxA==?=\""), "中文"); // not allowed, but done
    EXPECT_EQ(text(";filename=\xd6\xd0\xce\xc4.doc"), "中文.doc");
    EXPECT_EQ(text(";filename*=plain%20name"), "plain name");
    EXPECT_EQ(text(";filename*=utf-8''100%"), "100%");
    EXPECT_EQ(text(";filename=\"a\nb\""), "a b");
    EXPECT_EQ(text(";name=x"), "");
}

TEST(MimeParameters, KeepsWithinItsLimits)
{
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += ";a*" + std::to_string(i) + "*=" + std::string(100, 'x');
    const auto list = parse_parameters(many, {.count = 50, .value_bytes = 1000});
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].value.size(), 1000U);
}

} // namespace
} // namespace posthouse::mail
