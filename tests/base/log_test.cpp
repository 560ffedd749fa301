// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace posthouse::log {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

TEST(Log, WritesAnEventAndItsFields)
{
    EXPECT_EQ(line(Level::info, "letter.accepted", {{"letter", "x1"}, {"bytes", 20}}),
              "level=info event=letter.accepted letter=x1 bytes=20");
}

TEST(Log, QuotesWhatWouldLookLikeAnotherField)
{
    EXPECT_EQ(line(Level::warning, "e", {{"a", "two words"}}),
              R"(level=warning event=e a="two words")");
    EXPECT_EQ(line(Level::warning, "e", {{"a", "x=y"}}), R"(level=warning event=e a="x=y")");
    EXPECT_EQ(line(Level::warning, "e", {{"a", R"(say "\")"}}),
              R"(level=warning event=e a="say \"\\\"")");
    EXPECT_EQ(line(Level::warning, "e", {{"a", ""}}), R"(level=warning event=e a="")");
}

TEST(Log, LetsNoValueBeginALineOrObeyATerminal)
{
    EXPECT_EQ(line(Level::info, "e", {{"helo", "x\r\nlevel=error event=fake\x1b[2J\x7f\xff"}}),
              R"(level=info event=e helo="x??level=error event=fake?[2J??")");
}

TEST(Log, WritesOneLineOfAnyBytesAndNotALongOne)
{
    EXPECT_TRUE(rc::check([](const std::string& value) {
        const auto text = line(Level::info, "e", {{"a", value}});
        for (const char c : text)
            RC_ASSERT(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
        const auto quotes = std::ranges::count(text, '"') - [&] {
            std::ptrdiff_t escaped = 0;
            for (std::size_t i = 0; i < text.size(); ++i)
                if (text[i] == '\\')
                    escaped += text[++i] == '"';
            return escaped;
        }();
        RC_ASSERT(quotes == 0 || quotes == 2);
    }));
    EXPECT_LT(line(Level::info, "e", {{"a", std::string(100'000, 'x')}}).size(), 1100U);
    EXPECT_LT(line(Level::info, "e", {{"a", std::string(100'000, '"')}}).size(), 2200U);
}

TEST(Log, WritesWholeLinesToStandardErrorFromItsLevelOn)
{
    set_level(Level::warning);
    CaptureStderr();
    info("not.this", {});
    warning("but.this", {{"a", 1}});
    const auto written = GetCapturedStderr();
    set_level(Level::info);
    EXPECT_FALSE(written.contains("not.this"));
    EXPECT_TRUE(written.contains("process=posthouse level=warning event=but.this a=1\n"));
    EXPECT_TRUE(written.ends_with('\n'));
    EXPECT_EQ(std::ranges::count(written, '\n'), 1);
    EXPECT_EQ(written.substr(10, 1), "T"); // 2026-11-22T03:20:05.123Z
    EXPECT_EQ(written.substr(23, 2), "Z ");
}

} // namespace
} // namespace posthouse::log
