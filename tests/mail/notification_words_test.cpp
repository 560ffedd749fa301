// SPDX-License-Identifier: Apache-2.0
#include "mail/notification_words.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

PlaceholderValues values()
{
    PlaceholderValues values;
    values[Placeholder::hostname] = "mx.example.org";
    values[Placeholder::recipient] = "bob@example.net";
    values[Placeholder::reason] = "550 no\r\n\r\n550 never \n";
    return values;
}

NotificationWords words(std::string_view file)
{
    auto words = parse_words(file);
    EXPECT_TRUE(words) << words.error().line << ": " << words.error().what;
    return words.value_or(NotificationWords());
}

WordsProblem problem(std::string_view file, const WordsLimits& limits = {})
{
    const auto words = parse_words(file, words_of(Language::english), limits);
    EXPECT_FALSE(words);
    return words ? WordsProblem() : words.error();
}

TEST(NotificationWords, HaveEveryPassageInEveryLanguage)
{
    for (const auto language : {Language::english, Language::chinese})
        for (std::size_t i = 0; i < passages; ++i) {
            const auto passage = static_cast<Passage>(i);
            const bool may_be_empty = i > 3 && i != 26 && (i % 4 == 3 || i == 27); // closings
            auto all = values();
            for (std::size_t each = 0; each < placeholders; ++each)
                all[static_cast<Placeholder>(each)] = "value";
            EXPECT_TRUE(may_be_empty || !words_of(language).text(passage, all).empty()) << i;
        }
}

TEST(NotificationWords, AreReadFromTheFilesThatShipThem)
{
    for (const auto language : {Language::english, Language::chinese}) {
        EXPECT_TRUE(parse_words(words_file(language), NotificationWords()));
        EXPECT_TRUE(is_utf8(words_file(language)));
    }
}

TEST(NotificationWords, AreReadFromTheExampleOfTheManual)
{
    std::ifstream manual(POSTHOUSE_SOURCE "/docs/notifications.md");
    std::string example;
    bool inside = false;
    for (std::string line; std::getline(manual, line);) {
        inside = inside || line == "    [letter from]";
        if (inside && !line.empty() && !line.starts_with("    "))
            break;
        if (inside)
            example += line.empty() ? "\n" : line.substr(4) + '\n';
    }
    const auto own = words(example);
    EXPECT_EQ(own.line(Passage::letter_from, values()), "Posteingang der G\xc3\xa4rtnerei");
    EXPECT_EQ(own.text(Passage::failed_recipient, values()),
              "* bob@example.net\r\n  550 no\r\n  550 never\r\n");
}

TEST(NotificationWords, FillPlaceholders)
{
    const auto own = words("[letter opening]\nThis is ${hostname}; $${hostname}.\n");
    EXPECT_EQ(own.text(Passage::letter_opening, values()),
              "This is mx.example.org; ${hostname}.\r\n");
}

TEST(NotificationWords, KeepLinesAndDropThoseAtTheEnds)
{
    const auto own = words("\xef\xbb\xbf# words\r\n[letter opening]\r\n\r\n one  \r\n\r\n$#two\r\n"
                           "# no\r\n$[x]\r\n\r\n\r\n");
    EXPECT_EQ(own.text(Passage::letter_opening, values()), " one\r\n\r\n#two\r\n[x]\r\n");
}

TEST(NotificationWords, LeaveOutALineThatHasNothingToSay)
{
    const auto own = words("[failed recipient]\n<${recipient}>\n  ${host} said:\n"
                           "  ${output}${status}\n  ${status} ${recipient}\n");
    EXPECT_EQ(own.text(Passage::failed_recipient, values()),
              "<bob@example.net>\r\n   bob@example.net\r\n");
}

TEST(NotificationWords, SetInEachLineOfAValue)
{
    const auto own = words("[failed recipient]\n  > ${reason} <\n");
    EXPECT_EQ(own.text(Passage::failed_recipient, values()), "  > 550 no\r\n  550 never <\r\n");
}

TEST(NotificationWords, BreakWhatAValueMadeTooLong)
{
    auto all = values();
    for (int i = 0; i < 20; ++i)
        all[Placeholder::reason] = all[Placeholder::reason] + " word " + std::to_string(i);
    const auto own = words("[failed recipient]\n  ${reason}\n");
    const auto text = own.text(Passage::failed_recipient, all);
    EXPECT_TRUE(text.starts_with("  550 no\r\n  550 never\r\n   word 0 word 1") ||
                text.starts_with("  550 no\r\n  550 never\r\n  word 0 word 1"))
        << text;
    for (std::string_view rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        EXPECT_LE(line.size(), 76u);
        EXPECT_TRUE(line.starts_with("  "));
        rest.remove_prefix(line.size() + 2);
    }
}

TEST(NotificationWords, AreOnOneLineInAHeader)
{
    const auto own = words("[failed subject]\nFrom ${hostname}:\tlost\n");
    auto all = values();
    all[Placeholder::hostname] = "a\r\nBcc: everyone@example.org";
    EXPECT_EQ(own.line(Passage::failed_subject, all), "From a??Bcc: everyone@example.org: lost");
}

TEST(NotificationWords, TakeWhatIsMissingFromTheLanguage)
{
    const auto own = parse_words("[failed subject]\nWeg\n", words_of(Language::chinese));
    ASSERT_TRUE(own);
    EXPECT_EQ(own->line(Passage::failed_subject, values()), "Weg");
    EXPECT_EQ(own->line(Passage::delayed_subject, values()),
              words_of(Language::chinese).line(Passage::delayed_subject, values()));
}

TEST(NotificationWords, TellWhereAFileIsWrong)
{
    EXPECT_EQ(problem("\nHello\n"),
              (WordsProblem{2, "text before the first passage; one begins with a line such as "
                               "[failed subject]"}));
    EXPECT_EQ(problem("[bounced subject]\n"),
              (WordsProblem{1, "no passage has the name \"bounced subject\"; one is "
                               "[failed subject]"}));
    EXPECT_EQ(problem("[failed subject\n").line, 1u);
    EXPECT_EQ(problem("# x\n[letter more]\n[letter more]\n"),
              (WordsProblem{3, "[letter more] is there twice"}));
    EXPECT_EQ(problem("[letter more]\nx ${mroe}\n"),
              (WordsProblem{2, "there is no placeholder ${mroe}"}));
    EXPECT_EQ(problem("[letter more]\nx ${more\n").line, 2u);
    EXPECT_EQ(problem("[letter more]\n$5\n").line, 2u);
    EXPECT_EQ(problem("[letter more]\n$").line, 2u);
    EXPECT_EQ(problem("[failed introduction]\n${recipient}\n"),
              (WordsProblem{2, "${recipient} has a meaning only in a passage of a recipient, such "
                               "as [failed recipient]"}));
    EXPECT_EQ(problem("\n[failed subject]\n\n[letter more]\n"),
              (WordsProblem{2, "[failed subject] is one line of text"}));
    EXPECT_EQ(problem("[failed subject]\none\ntwo\n").line, 1u);
    EXPECT_EQ(problem("[letter from]\none\n\ntwo").line, 1u);
}

TEST(NotificationWords, HoldNoControlCharacters)
{
    for (const auto* hostile : {"[letter more]\na\rb\n", "[letter more]\n\x1b[2J\n",
                                "[letter more]\n\xff\n", "[letter more]\n\xc2\x85\n"})
        EXPECT_EQ(problem(hostile),
                  (WordsProblem{2, "a control character, or a byte that is no UTF-8"}));
    EXPECT_EQ(problem(std::string_view("[letter more]\n\0\n", 16)).line, 2u);
}

TEST(NotificationWords, MayNotBeWrittenOtherThanFromLeftToRightByAHost)
{
    const auto own = words("[failed recipient]\n${host}\n");
    auto all = values();
    all[Placeholder::host] = "a\xe2\x80\xae"
                             "b\xe2\x80\xa8"
                             "c\xe2\x81\xa6";
    EXPECT_EQ(own.text(Passage::failed_recipient, all), "a?b?c?\r\n");
}

TEST(NotificationWords, HaveLimits)
{
    const auto line = "[letter more]\n" + std::string(20, 'x') + "\n";
    EXPECT_TRUE(parse_words(line, NotificationWords(), {.bytes = 35, .line_bytes = 20}));
    EXPECT_EQ(problem(line, {.bytes = 34}).what, "the file has more than 34 bytes");
    EXPECT_EQ(problem(line, {.line_bytes = 19}),
              (WordsProblem{2, "the line has more than 19 bytes"}));
    EXPECT_EQ(problem(line, {.passage_bytes = 21}),
              (WordsProblem{2, "[letter more] has more than 21 bytes"}));
    EXPECT_EQ(problem("[letter more]\n${more}${more}\n", {.passage_placeholders = 1}),
              (WordsProblem{2, "[letter more] has more than 1 placeholders"}));
    EXPECT_EQ(problem("[failed recipient]\nxxxx\n", {.recipient_bytes = 5}),
              (WordsProblem{2, "[failed recipient] has more than 5 bytes"}));
    EXPECT_EQ(problem("[failed recipient]\n${more}${host}\n", {.recipient_placeholders = 1}),
              (WordsProblem{2, "[failed recipient] has more than 1 placeholders"}));
}

TEST(NotificationWords, SayNothingThatIsNoText)
{
    EXPECT_TRUE(rc::check("UTF-8 without control characters in whole lines", [] {
        const auto piece = rc::gen::element<std::string>(
            "a", " ", "\r\n", "\n", "\r", "\xff", "\xc3\xbc", "\xc2\x85", "\t", "\x1b", "${host}",
            std::string(1, '\0'), "\xe2\x80\xae", std::string(200, 'l'));
        const auto text = [&] {
            std::string together;
            for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece))
                together += part;
            return together;
        };
        PlaceholderValues hostile;
        for (std::size_t i = 0; i < placeholders; ++i)
            hostile[static_cast<Placeholder>(i)] = text();
        const auto& own = words_of(*rc::gen::element(Language::english, Language::chinese));
        const auto passage = static_cast<Passage>(*rc::gen::inRange<std::size_t>(0, passages));
        const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
        const auto one = own.line(passage, hostile);
        RC_ASSERT(is_utf8(one) && std::ranges::none_of(one, is_control));
        auto several = own.text(passage, hostile);
        for (auto at = several.find("\r\n"); at != several.npos; at = several.find("\r\n"))
            several.erase(at, 2);
        std::erase(several, '\t');
        RC_ASSERT(is_utf8(several) && std::ranges::none_of(several, is_control));
    }));
}

} // namespace
} // namespace posthouse::mail
