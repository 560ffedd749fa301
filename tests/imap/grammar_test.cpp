// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "imap/parser.hpp"
#include "tests/imap/render.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

/// What a command is understood as, or why it is refused.
std::string understood(std::string_view text, const ParserSettings& settings = {})
{
    const auto command = parse_command(text, settings);
    if (command)
        return render(command->body);
    const auto& [tag, why] = command.error();
    return std::string(why.how == Refusal::How::bad ? "BAD " : "NO ") +
           (why.code.empty() ? "" : "[" + why.code + "] ") + why.text;
}

/// The command behind which "+:" lines were read by read_append().
std::string understood_further(const ParserSettings& settings, AppendPlace& place,
                               std::string_view text)
{
    const auto steps = read_append(text, place, settings);
    if (!steps)
        return "BAD " + steps.error().text;
    std::string result = "further";
    for (const auto& step : *steps)
        result += " " + render(step);
    return result;
}

std::string unescaped(std::string_view line)
{
    std::string text;
    while (!line.empty()) {
        const auto mark = line.find("<CRLF>");
        text += line.substr(0, mark);
        if (mark == line.npos)
            break;
        text += "\r\n";
        line.remove_prefix(mark + 6);
    }
    return text;
}

/// Files of lines: "C: " a command, "+: " what follows a message's literal in it, "=: " what that
/// is understood as, "utf8" from here on names are UTF-8, "#" a comment.
void play(const std::filesystem::path& path)
{
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    ParserSettings settings;
    AppendPlace place;
    std::string line, got;
    std::size_t number = 0, checked = 0;
    while (std::getline(file, line)) {
        ++number;
        if (line.starts_with("C: ")) {
            const auto text = unescaped(line.substr(3));
            got = understood(text, settings);
            if (const auto command = parse_command(text, settings)) {
                if (const auto* append = std::get_if<command::Append>(&command->body))
                    place = append->place;
                if (const auto* replace = std::get_if<command::Replace>(&command->body))
                    place = replace->place;
            }
        } else if (line.starts_with("+: ")) {
            got = understood_further(settings, place, unescaped(line.substr(3)));
        } else if (line.starts_with("=: ")) {
            EXPECT_EQ(got, line.substr(3)) << path.filename() << ":" << number;
            ++checked;
        } else if (line == "utf8") {
            settings.names = NameForm::utf8;
        } else {
            ASSERT_TRUE(line.empty() || line.starts_with('#')) << path << ":" << number;
        }
    }
    EXPECT_GT(checked, 0U) << path;
}

TEST(ImapGrammar, UnderstandsTheStandardsExamples)
{
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(POSTHOUSE_SOURCE "/tests/imap/grammar")) {
        play(entry.path());
        ++files;
    }
    EXPECT_GT(files, 5U);
}

TEST(ImapGrammar, TellsTheTag)
{
    EXPECT_EQ(parse_command("a1.b NOOP", {})->tag, "a1.b");
    EXPECT_EQ(parse_command("a1 XYZZY", {}).error().tag, "a1");
    EXPECT_EQ(parse_command("", {}).error().tag, "*");
    EXPECT_EQ(parse_command("+ NOOP", {}).error().tag, "*");
    EXPECT_EQ(parse_command("* NOOP", {}).error().tag, "*");
    EXPECT_EQ(parse_command("\"a\" NOOP", {}).error().tag, "*");
    EXPECT_EQ(parse_command(std::string(101, 'a') + " NOOP", {}).error().tag, "*");
    EXPECT_EQ(parse_command(std::string(100, 'a') + " NOOP", {})->tag, std::string(100, 'a'));
}

std::string repeated(std::string_view text, std::size_t times)
{
    std::string result;
    while (times-- != 0)
        result += text;
    return result;
}

TEST(ImapGrammar, RefusesAThousandDeepSearchProgramWithNo)
{
    const std::string refusal = "NO [LIMIT] The search program is too deep";
    EXPECT_EQ(understood("a SEARCH " + repeated("(", 1000) + "ALL" + repeated(")", 1000)), refusal);
    EXPECT_EQ(understood("a SEARCH " + repeated("NOT ", 1000) + "ALL"), refusal);
    EXPECT_EQ(understood("a SEARCH " + repeated("FUZZY ", 1000) + "ALL"), refusal);
    EXPECT_EQ(understood("a SEARCH " + repeated("OR (", 1000) + "ALL"), refusal);
    EXPECT_EQ(understood("a SEARCH " + repeated("OR NOT ", 1000) + "ALL"), refusal);
}

TEST(ImapGrammar, TakesSearchProgramsUpToTheLimitOnDepth)
{
    ParserSettings settings;
    settings.limits.search_depth = 3;
    EXPECT_EQ(understood("a SEARCH NOT NOT SEEN", settings), "search not(not(\\Seen))");
    EXPECT_EQ(understood("a SEARCH NOT NOT NOT SEEN", settings),
              "NO [LIMIT] The search program is too deep");
}

TEST(ImapGrammar, CountsOrsInOneAnotherAsOneLevel)
{
    EXPECT_EQ(understood("a SEARCH " + repeated("OR SEEN ", 150) + "ALL"),
              "search or(" + repeated("\\Seen ", 150) + "all)");
    EXPECT_EQ(understood("a SEARCH " + repeated("OR ", 150) + repeated("SEEN ", 150) + "ALL"),
              "search or(" + repeated("\\Seen ", 150) + "all)");
}

TEST(ImapGrammar, LimitsTheKeysOfASearchProgram)
{
    ParserSettings settings;
    settings.limits.search_keys = 5;
    EXPECT_EQ(understood("a SEARCH 1 2 3 4 5", settings), "search and(1 2 3 4 5)");
    EXPECT_EQ(understood("a SEARCH 1 2 3 4 5 6", settings),
              "NO [LIMIT] The search program has too many keys");
    EXPECT_EQ(understood("a SEARCH OR 1 OR 2 OR 3 4", settings),
              "NO [LIMIT] The search program has too many keys");
}

TEST(ImapGrammar, LimitsListsSetsAndParts)
{
    ParserSettings settings;
    settings.limits.list_items = 3;
    settings.limits.set_ranges = 3;
    settings.limits.part_depth = 3;
    EXPECT_EQ(understood("a FETCH 1,3,5 (UID FLAGS BODY[1.2.3])", settings),
              "fetch 1,3,5 [uid flags body_section<1.2.3>]");
    EXPECT_EQ(understood("a FETCH 1,3,5,7 UID", settings), "BAD Invalid message set");
    EXPECT_EQ(understood("a FETCH 1 (UID FLAGS BODY ENVELOPE)", settings),
              "NO [LIMIT] Too long a list");
    EXPECT_EQ(understood("a FETCH 1 BODY[1.2.3.4]", settings), "NO [LIMIT] Too deep a part");
    EXPECT_EQ(understood("a ENABLE A B C D", settings), "NO [LIMIT] Too long a list");
    EXPECT_EQ(understood("a STORE 1 FLAGS a b c d", settings), "NO [LIMIT] Too long a list");
    EXPECT_EQ(understood("a STORE 1 FLAGS (a b c d)", settings), "NO [LIMIT] Too long a list");
    EXPECT_EQ(understood("a LIST \"\" (a b c d)", settings), "NO [LIMIT] Too long a list");
    EXPECT_EQ(understood("a CANCELUPDATE \"a\" \"b\" \"c\" \"d\"", settings),
              "NO [LIMIT] Too long a list");
}

TEST(ImapGrammar, LimitsTheMessagesOfAnAppend)
{
    ParserSettings settings;
    settings.limits.append_messages = 2;
    auto command = parse_command("a APPEND x {1}", settings);
    ASSERT_TRUE(command);
    auto place = std::get<command::Append>(command->body).place;
    ASSERT_TRUE(read_append(" {1}", place, settings));
    const auto third = read_append(" {1}", place, settings);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, "LIMIT");
}

TEST(ImapGrammar, LimitsAKeywordsLength)
{
    EXPECT_EQ(understood("a STORE 1 FLAGS " + std::string(64, 'k')),
              "store 1 =(" + std::string(64, 'k') + ")");
    EXPECT_EQ(understood("a STORE 1 FLAGS " + std::string(65, 'k')),
              "NO [LIMIT] Too long a keyword");
}

TEST(ImapGrammar, NeverReadsBehindTheEnd)
{
    // Each command cut off anywhere is understood or refused; it never asks for what is not there.
    for (const std::string_view whole :
         {"a SELECT x (QRESYNC (1 2 3:4 (1 2)))",
          "a FETCH 1 (BODY.PEEK[1.HEADER.FIELDS (a b)]<1.2>)", "a LOGIN {3}\r\nabc \"d\\\"e\"",
          "a APPEND x (\\Seen) \" 7-Feb-1994 21:52:25 -0800\" ~{3}",
          "a SEARCH RETURN (PARTIAL 1:2) CHARSET UTF-8 OR (SEEN 1) NOT SENTON 1-Feb-1994",
          "a NOTIFY SET STATUS (selected (MessageNew (UID) MessageExpunge)) (subtree (a b) NONE)",
          "a SETMETADATA x (/private/a ~{2}\r\nab /private/b NIL)",
          "a LIST (SUBSCRIBED) \"\" (a b) RETURN (STATUS (UNSEEN) METADATA (/shared/a))"}) {
        EXPECT_TRUE(parse_command(whole, {})) << whole;
        for (std::size_t size = 0; size < whole.size(); ++size)
            (void)parse_command(std::string(whole.substr(0, size)), {});
    }
}

} // namespace
} // namespace posthouse::imap
