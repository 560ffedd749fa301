// SPDX-License-Identifier: Apache-2.0
// .forward files, command lines, and properties of aliases.
#include "mail/lexical.hpp"
#include "tables/formats.hpp"
#include "tables/image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace posthouse::tables {
namespace {

using testing::ElementsAre;
using One = Targets::One;
using Arguments = std::optional<std::vector<std::string>>;

TEST(Forward, HoldsTargetsByCommasAndByLines)
{
    const auto targets = parse_targets("# Me, elsewhere.\n"
                                       "\\bob, bob@Example.org\r\n"
                                       "\n"
                                       "  \"|/usr/bin/vacation bob\"\n"
                                       "/home/bob/archive\n"
                                       "carol",
                                       "/home/bob/.forward");
    EXPECT_TRUE(targets.problems.empty());
    EXPECT_THAT(targets.targets,
                ElementsAre(One{Target::keep, "bob", 2}, One{Target::address, "bob@example.org", 2},
                            One{Target::program, "/usr/bin/vacation bob", 4},
                            One{Target::file, "/home/bob/archive", 5},
                            One{Target::local, "carol", 6}));
}

TEST(Forward, TellsWhatItCannotRead)
{
    const auto targets = parse_targets("bob@@example.org\n:include:/etc/passwd\nbob\n", "f");
    EXPECT_THAT(targets.targets, ElementsAre(One{Target::local, "bob", 3}));
    ASSERT_EQ(targets.problems.size(), 2u);
    EXPECT_EQ(targets.problems[0].line, 1u);
    EXPECT_EQ(targets.problems[1], (Problem{"f", 2, ":include: is for aliases only"}));
}

TEST(Forward, HasAsManyTargetsAsAnAliasAtMost)
{
    std::string text;
    for (std::size_t i = 0; i <= Limits::items; ++i)
        text += "a\n";
    const auto targets = parse_targets(text, "f");
    EXPECT_EQ(targets.targets.size(), Limits::items);
    EXPECT_EQ(targets.problems.size(), 1u);
}

TEST(Forward, TakesNoTimeForManySpacesAndOpenQuotes)
{
    // Each is near the longest line; quadratic time would be minutes.
    const auto most = Limits::line_bytes - 10;
    for (const auto c : {' ', '(', ',', '"', '<', '\\'})
        parse_targets("a" + std::string(most, c) + "b", "f");
    std::string quotes;
    while (quotes.size() < most)
        quotes += "\"a\",";
    parse_targets(quotes, "f");
}

TEST(ArgumentVectors, AreSplitAtWhiteSpace)
{
    EXPECT_EQ(split_arguments("  /bin/prog  -x\tb "), (Arguments{{"/bin/prog", "-x", "b"}}));
}

TEST(ArgumentVectors, KeepWhatIsQuoted)
{
    EXPECT_EQ(split_arguments(R"(/bin/prog 'a "b' "c 'd" e\ f "g\"h" 'i\')"),
              (Arguments{{"/bin/prog", "a \"b", "c 'd", "e f", "g\"h", "i\\"}}));
    EXPECT_EQ(split_arguments("a '' \"\""), (Arguments{{"a", "", ""}}));
    EXPECT_EQ(split_arguments("a'b'c"), (Arguments{{"abc"}}));
}

TEST(ArgumentVectors, KnowNothingOfTheShell)
{
    EXPECT_EQ(split_arguments("a; b $C `d` | e > f && *"),
              (Arguments{{"a;", "b", "$C", "`d`", "|", "e", ">", "f", "&&", "*"}}));
}

TEST(ArgumentVectors, AreNoneOfWhatIsUnbalancedEmptyOrHoldsControlCharacters)
{
    for (const std::string text :
         {"", "  ", "a 'b", "a \"b", "a\\", "''", "a\nb", "a\x01", "a\x7f"})
        EXPECT_FALSE(split_arguments(text)) << text;
    EXPECT_FALSE(split_arguments(std::string("a\0b", 3)));
}

/// Names that alias files may hold, plain and quoted ones.
rc::Gen<std::string> name()
{
    return rc::gen::resize(20, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(
                                   std::string("abcdefghij0123456789-_+.,:#|/ \\\"<>()")))));
}

std::string written(const std::string& name)
{
    return mail::is_dot_atom(name) && !name.starts_with('|') && !name.starts_with('/') &&
                   !name.starts_with('#')
               ? name
               : mail::quoted(name);
}

bool is_plain(const std::string& name)
{
    return !name.starts_with('|') && !name.starts_with('/') && !name.starts_with(':') &&
           !name.starts_with(' ') && !name.starts_with('#');
}

RC_GTEST_PROP(Aliases, ReadBackAsTheyWereWritten, ())
{
    std::map<std::string, std::vector<std::string>> model;
    for (const auto& key : *rc::gen::container<std::vector<std::string>>(name()))
        if (is_plain(key))
            for (const auto& to :
                 *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(name())))
                if (is_plain(to))
                    model[key].push_back(to + "@elsewhere"); // So that there are no loops.
    std::string text;
    for (const auto& [key, targets] : model) {
        text += written(key) + ":";
        for (const auto& to : targets)
            text += "\n\t" + written(to.substr(0, to.find('@'))) + "@elsewhere,";
        text += "\n\n# next\n";
    }
    const std::array<Source, 1> sources = {Source{"f", text}};
    const auto compiled = compile(Table::aliases, sources);
    for (const auto& problem : compiled.problems)
        RC_FAIL(std::to_string(problem.line) + ": " + problem.what + "\n" + text);
    const auto image = Image::open(compiled.image);
    RC_ASSERT(image->size() == model.size());
    for (const auto& [key, targets] : model) {
        const auto entry = image->find(key);
        RC_ASSERT(entry.has_value());
        RC_ASSERT(entry->size() == targets.size());
        for (std::size_t i = 0; i < targets.size(); ++i) {
            RC_ASSERT(entry->item(i).kind == static_cast<std::uint8_t>(Target::address));
            const auto to = targets[i].substr(0, targets[i].find('@'));
            RC_ASSERT(entry->item(i).text ==
                      (mail::is_dot_atom(to) ? to : mail::quoted(to)) + "@elsewhere");
        }
    }
}

} // namespace
} // namespace posthouse::tables
