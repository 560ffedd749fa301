// SPDX-License-Identifier: Apache-2.0
// What holds for the lines of every table.
#include "tables/formats.hpp"
#include "tables/image.hpp"
#include "tables/lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace posthouse::tables {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;

constexpr std::array every_table = {
    Table::aliases,          Table::virtusers,   Table::mailers,       Table::access,
    Table::generics,         Table::local_hosts, Table::relay_domains, Table::sender_relays,
    Table::generics_domains, Table::callers,     Table::copies};

struct Lines {
    std::vector<std::string> texts;
    std::vector<std::uint32_t> numbers;
    std::vector<Problem> problems;
};

Lines lines_of(std::string_view text, Layout layout = Layout::listed)
{
    Report report;
    report.begin_file("f");
    LineReader reader(text, layout, report);
    Lines lines;
    while (const auto line = reader.next()) {
        lines.texts.emplace_back(line->text);
        lines.numbers.push_back(line->number);
    }
    lines.problems = report.problems;
    return lines;
}

TEST(TableLines, HaveTheirNumbersWhateverStandsBetween)
{
    const auto lines = lines_of("# one\n\ntwo\r\n  \n three \nfour");
    EXPECT_THAT(lines.texts, ElementsAre("two", "three", "four"));
    EXPECT_THAT(lines.numbers, ElementsAre(3u, 5u, 6u));
    EXPECT_TRUE(lines.problems.empty());
}

TEST(TableLines, MayBeginWithAByteOrderMark)
{
    EXPECT_THAT(lines_of("\xef\xbb\xbfone\n").texts, ElementsAre("one"));
    EXPECT_THAT(lines_of("\xef\xbb\xbf# one\n").texts, ElementsAre());
}

TEST(TableLines, WithControlCharactersAreToldAndLeftOut)
{
    const auto lines = lines_of("one\nt\0wo\nthree\x7f\n# fo\x1bur\nfi\rve\nsix\tsix\n"sv);
    EXPECT_THAT(lines.texts, ElementsAre("one", "six\tsix"));
    ASSERT_EQ(lines.problems.size(), 4u);
    for (std::uint32_t i = 0; i < 4; ++i)
        EXPECT_EQ(lines.problems[i], (Problem{"f", i + 2, "the line holds a control character"}));
}

TEST(TableLines, OfOtherCharacterSetsAreToldUnlessTheyAreComments)
{
    const auto lines = lines_of("# gr\xfc\xdf\ngr\xc3\xbc\xc3\x9f\ngr\xfc\xdf\n");
    EXPECT_THAT(lines.texts, ElementsAre("gr\xc3\xbc\xc3\x9f"));
    EXPECT_THAT(lines.problems,
                ElementsAre(Problem{"f", 3, "the line holds bytes that are no UTF-8"}));
}

TEST(TableLines, WithAControlCharacterInTheContinuationAreLeftOutAsAWhole)
{
    const auto lines = lines_of("one: a,\n b\x01,\n c\ntwo: d\n", Layout::continued);
    EXPECT_THAT(lines.texts, ElementsAre("two: d"));
    EXPECT_THAT(lines.problems, ElementsAre(Problem{"f", 1, "the line holds a control character"}));
}

TEST(TableLines, AreBoundedWithTheirContinuation)
{
    const auto longest = std::string(Limits::line_bytes, 'a');
    EXPECT_THAT(lines_of(longest + "\nb\n").texts, ElementsAre(longest, "b"));
    const auto longer = lines_of(longest + "a\nb\n");
    EXPECT_THAT(longer.texts, ElementsAre("b"));
    EXPECT_THAT(longer.problems,
                ElementsAre(Problem{"f", 1, "the line is longer than 1048576 bytes"}));

    const auto half = std::string(Limits::line_bytes / 2, 'a');
    const auto escaped = lines_of(half + "\\\n" + half + "\\\nb\\\nc\nd\n", Layout::continued);
    EXPECT_THAT(escaped.texts, ElementsAre("d"));
    const auto joined = lines_of(half + "\n " + half + "\n b\nc\n", Layout::continued);
    EXPECT_THAT(joined.texts, ElementsAre("c"));
    EXPECT_THAT(joined.problems,
                ElementsAre(Problem{"f", 1, "the line is longer than 1048576 bytes"}));
}

TEST(TableLines, OfAFileThatIsTooLargeAreNotRead)
{
    const auto lines = lines_of(std::string(Limits::file_bytes - 1, '\n') + "a");
    EXPECT_THAT(lines.texts, ElementsAre("a"));
    const auto larger = lines_of(std::string(Limits::file_bytes, '\n') + "a");
    EXPECT_THAT(larger.texts, ElementsAre());
    EXPECT_THAT(larger.problems,
                ElementsAre(Problem{"f", 0, "the file is larger than 64 MiB and was left out"}));
}

TEST(TableLines, WithNulMatchNothingInAnyTable)
{
    for (const auto table : every_table) {
        const std::array<Source, 1> sources = {
            Source{"f", std::string("a\0b: c d\na\0b@example.org c\n"sv)}};
        const auto compiled = compile(table, sources);
        EXPECT_EQ(compiled.entries, 0u) << name_of(table);
        EXPECT_EQ(compiled.problems.size(), 2u) << name_of(table);
    }
}

TEST(TableProblems, AreToldUpToALimitAndCountedBeyond)
{
    std::string text;
    for (std::size_t i = 0; i < Limits::problems + 17; ++i)
        text += "no alias\n";
    const std::array<Source, 1> sources = {Source{"f", text}};
    const auto compiled = compile(Table::aliases, sources);
    EXPECT_EQ(compiled.problems.size(), Limits::problems);
    EXPECT_EQ(compiled.untold, 17u);
}

TEST(TableProblems, OfEachFileBearItsName)
{
    const std::array<Source, 2> sources = {Source{"one", "bad\n"}, Source{"two", "ok: a\nbad\n"}};
    const auto compiled = compile(Table::aliases, sources);
    ASSERT_EQ(compiled.problems.size(), 2u);
    EXPECT_EQ(compiled.problems[0].file, "one");
    EXPECT_EQ(compiled.problems[1].file, "two");
    EXPECT_EQ(compiled.problems[1].line, 2u);
    const auto image = Image::open(compiled.image);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->find("ok")->file(), "two");
}

TEST(Aliases, WithTooManyTargetsMakeSendersTryAgain)
{
    std::string list;
    for (std::size_t i = 0; i <= Limits::items; ++i)
        list += "a\n";
    const std::array<Source, 1> sources = {Source{"f", "all: :include:/all\nok: b\n"}};
    const auto includer = [&](const std::string&) { return std::optional(list); };
    auto compiled = compile(Table::aliases, sources, includer);
    auto image = Image::open(compiled.image);
    EXPECT_EQ(image->find("all")->size(), 1u);
    EXPECT_EQ(image->find("all")->item(0).kind, static_cast<std::uint8_t>(Target::error));
    EXPECT_TRUE(image->find("all")->item(0).text.starts_with("4.3.0 451 "));
    EXPECT_TRUE(image->find("ok"));
    ASSERT_EQ(compiled.problems.size(), 1u);

    list.resize(list.size() - 2);
    compiled = compile(Table::aliases, sources, includer);
    image = Image::open(compiled.image);
    EXPECT_EQ(image->find("all")->size(), Limits::items);
    EXPECT_TRUE(compiled.problems.empty());
}

} // namespace
} // namespace posthouse::tables
