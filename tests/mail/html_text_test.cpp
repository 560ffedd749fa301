// SPDX-License-Identifier: Apache-2.0
#include "mail/html_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

std::string shown(std::string_view html)
{
    return html_text(html, 10000);
}

TEST(HtmlText, IsWhatIsShown)
{
    EXPECT_EQ(shown("<html><head><title>t</title><style>p > a {x:y}</style></head>"
                    "<body><p>Hello,\n  <b>dear</b> friend</p><p>Bye</p></body></html>"),
              "Hello, dear friend\nBye");
    EXPECT_EQ(shown("a<br>b<br/>c<BR />d"), "a\nb\nc\nd");
    EXPECT_EQ(shown("<table><tr><td>1</td><td>2</td></tr></table>"), "1\n2");
    EXPECT_EQ(shown("<script>if (a<b && c>d) x='</p>';</script>after"), "after");
    EXPECT_EQ(shown("<a href=\"x>y\" title='>'>link</a> <img alt=it's>!"), "link !");
    EXPECT_EQ(shown("a<!-- <b> -- > c -->d<!DOCTYPE html>e<?xml x?>f"), "adef");
    EXPECT_EQ(shown("plain text"), "plain text");
    EXPECT_EQ(shown(""), "");
}

TEST(HtmlText, ReadsCharacterReferences)
{
    EXPECT_EQ(shown("&lt;b&gt; &amp;amp; &quot;&#65;&#x4e2d;&#X6587;&quot;"),
              "<b> &amp; \"A中文\"");
    EXPECT_EQ(shown("a&nbsp;b&nbsp;&nbsp;c &eacute &unknown; & x &#0;&#99999999;&#xd800;"),
              "a b c é &unknown & x \ufffd\ufffd\ufffd");
    EXPECT_EQ(shown("x&amp"), "x&");
}

TEST(HtmlText, SwallowsNoTextThatOnlyLooksLikeTags)
{
    EXPECT_EQ(shown("1 < 2 and 3 > 2"), "1 < 2 and 3 > 2");
    EXPECT_EQ(shown("I <3 you"), "I <3 you");
    EXPECT_EQ(shown("end <"), "end <");
    EXPECT_EQ(shown("<" + std::string(31, 'a') + "中"), "<" + std::string(31, 'a'));
}

TEST(HtmlText, IsTheSameHoweverTheTextIsCut)
{
    rc::check("pieces", [] {
        std::string html;
        for (const auto& piece :
             *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                 "<p>", "<", ">", "&", "amp;", "&#65", "<!--", "-->", "\"", "'", "=", " ", "text",
                 "<style>", "</style>", "<a b=", "/", "中", "<script", "</script>")))
            html += piece;
        const auto cut = *rc::gen::inRange<std::size_t>(0, html.size() + 1);
        HtmlText reader;
        std::string text;
        reader.append(std::string_view(html).substr(0, cut), text);
        reader.append(std::string_view(html).substr(cut), text);
        reader.finish(text);
        RC_ASSERT(text == html_text(html, 1'000'000));
    });
}

TEST(HtmlText, GivesNoMoreThanAsked)
{
    EXPECT_EQ(html_text("中文中文", 7), "中文");
    EXPECT_LE(html_text(std::string(1'000'000, 'x'), 5000).size(), 5000U);
}

} // namespace
} // namespace posthouse::mail
