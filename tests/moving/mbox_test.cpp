// SPDX-License-Identifier: Apache-2.0
#include "moving/mbox_scan.hpp"
#include "tests/moving/tree.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::moving::tests {
namespace {

const std::string from = "From ann@example.org Sat Nov 21 10:00:00 2026\n";

Told read(const std::string& mbox, const SourceOptions& options = {})
{
    Tree tree;
    tree.files[""] = {.text = mbox};
    auto source = source_of(tree, options);
    if (!source || !source->folders())
        return {};
    return told_by(*source, 0);
}

TEST(Mbox, IsPartedAtFromLines)
{
    const auto told =
        read(from + "Subject: one\n\nFirst.\n\n" + from + "Subject: two\n\nSecond.\n");
    ASSERT_EQ(told.texts.size(), 2U);
    EXPECT_EQ(told.texts[0], "Subject: one\r\n\r\nFirst.\r\n");
    EXPECT_EQ(told.texts[1], "Subject: two\r\n\r\nSecond.\r\n");
    EXPECT_EQ(told.dates[0], 1'795'255'200'000'000);
}

TEST(Mbox, IsNotPartedWhereALetterSpeaksOfFrom)
{
    const auto told =
        read(from + "Subject: x\n\nFrom here on\nFrom Paris to Rome 1999\n>From me\n");
    ASSERT_EQ(told.texts.size(), 1U);
    EXPECT_EQ(told.texts[0],
              "Subject: x\r\n\r\nFrom here on\r\nFrom Paris to Rome 1999\r\nFrom me\r\n");
}

TEST(Mbox, TakesWhatDovecotAndUwNoteOutOfTheLetter)
{
    const auto told = read(from +
                           "X-IMAPbase: 1275660208 0000000017 $Junk Work\n"
                           "Subject: one\n"
                           "X-UID: 12\n"
                           "Status: RO\n"
                           "X-Status: AF\n"
                           "X-Keywords: $Junk Work                \n"
                           "Content-Length: 3\n"
                           "X-UIDL: abc123\n"
                           "To: x\n\nhi\n\n" +
                           from + "X-UID: 15\nStatus: O\nX-Status: DT\nSubject: two\n\nho\n");
    EXPECT_EQ(told.contents.uid_validity, 1275660208U);
    EXPECT_EQ(told.contents.uid_next, 18U);
    ASSERT_EQ(told.letters.size(), 2U);
    EXPECT_EQ(told.texts[0], "Subject: one\r\nTo: x\r\n\r\nhi\r\n");
    EXPECT_EQ(told.letters[0].uid, 12U);
    EXPECT_EQ(told.letters[0].uidl, "abc123");
    EXPECT_EQ(mail::text_of(told.letters[0].flags), "\\Answered \\Flagged \\Seen $Junk Work");
    EXPECT_EQ(told.letters[1].uid, 15U);
    EXPECT_EQ(mail::text_of(told.letters[1].flags), "\\Deleted \\Draft");
}

TEST(Mbox, LeavesOutTheLetterThatIsNone)
{
    const auto told = read("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"
                           "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
                           "X-IMAP: 1275660208 0000000017\nStatus: RO\n\nText.\n\n" +
                           from + "X-UID: 17\nSubject: one\n\nhi\n");
    ASSERT_EQ(told.texts.size(), 1U);
    EXPECT_EQ(told.contents.uid_validity, 1275660208U);
    EXPECT_EQ(told.letters[0].uid, 17U);
}

TEST(Mbox, HeedsALengthThatEndsAtALetter)
{
    const std::string body = "From ben Sat Nov 21 10:00:00 2026\n>From x\n";
    const auto length = "Content-Length: " + std::to_string(body.size()) + "\n";
    const auto told = read(from + length + "\n" + body + "\n" + from + "Subject: two\n\nho\n");
    ASSERT_EQ(told.texts.size(), 2U);
    EXPECT_EQ(told.texts[0],
              "\r\nFrom ben Sat Nov 21 10:00:00 2026\r\n>From x\r\n"); // Not quoted: mboxcl2.
    // A wrong length is not heeded.
    EXPECT_EQ(read(from + "Content-Length: 3\n\n" + "abcdef\n\n" + from + "\nho\n").texts.size(),
              2U);
    EXPECT_EQ(read(from + "Content-Length: 99999\n\nab\n\n" + from + "\nho\n").texts.size(), 2U);
}

TEST(Mbox, IsUnquotedAsItIsSaidToBeQuoted)
{
    const auto text = from + "\n>From a\n>>From b\n";
    SourceOptions options;
    EXPECT_EQ(read(text, options).texts.at(0), "\r\nFrom a\r\n>From b\r\n");
    options.quoting = SourceOptions::Quoting::mboxo;
    EXPECT_EQ(read(text, options).texts.at(0), "\r\nFrom a\r\n>>From b\r\n");
    options.quoting = SourceOptions::Quoting::mboxcl2;
    EXPECT_EQ(read(text, options).texts.at(0), "\r\n>From a\r\n>>From b\r\n");
}

TEST(Mbox, KnowsALetterAgainWhenOthersWentAndFlagsChanged)
{
    const auto before = read(from + "Subject: one\n\na\n\n" + from + "Subject: two\n\nb\n");
    const auto after = read(from + "Status: RO\nX-UID: 5\nSubject: two\n\nb\n");
    ASSERT_EQ(after.letters.size(), 1U);
    EXPECT_EQ(after.letters[0].identity, before.letters[1].identity);
}

TEST(Mbox, TellsLettersThatSayTheSameApart)
{
    const auto told = read(from + "\nx\n\n" + from + "\nx\n\n" + from + "\nx\n");
    ASSERT_EQ(told.letters.size(), 3U);
    EXPECT_NE(told.letters[0].identity, told.letters[1].identity);
    EXPECT_NE(told.letters[1].identity, told.letters[2].identity);
}

TEST(Mbox, NamesWrongLetters)
{
    const auto told =
        read(from + "\n" + from + std::string(50, '\0') + "\n\n" + from +
             std::string(Limits::header_bytes, 'x') + "\n" + std::string(9, 'y') + "\n");
    ASSERT_EQ(told.letters.size(), 3U);
    EXPECT_EQ(told.letters[1].trouble, "it is filled with zeros");
    EXPECT_EQ(told.letters[2].trouble, "its header has no end");
}

TEST(Mbox, DoesNotCountUidsThatDoNotAscend)
{
    const auto told = read(from + "X-IMAPbase: 5 9\nX-UID: 4\n\na\n\n" + from + "X-UID: 3\n\nb\n");
    EXPECT_EQ(told.contents.uid_validity, 0U);
    EXPECT_EQ(told.letters.at(0).uid, 0U);
    EXPECT_EQ(told.contents.remarks.size(), 1U);
}

TEST(Mbox, ReadsFromLinesOfManyPrograms)
{
    for (const auto* line :
         {"From ann@example.org Sat Nov 21 10:00:00 2026", "From - Sat Nov 21 10:00:00 2026",
          "From \"ann b\"@example.org  Sat Nov 21 10:00 2026",
          "From MAILER-DAEMON Sat Nov 21 10:00:00 UTC 2026",
          "From ann Sat Nov 21 11:00:00 2026 +0100", "From ann Sat Nov 21 11:00:00 +0100 2026",
          "From ann Sat Nov 21 10:00:00 2026 remote from host"})
        EXPECT_EQ(parse_from_line(line), 1'795'255'200'000'000) << line;
    for (const auto* line :
         {"From here on", "From ann Sat Nov 31 10:00:00 2026", "from ann Sat Nov 21 10:00:00 2026",
          "From ann Sat Nov 21 25:00:00 2026", "From ann Sat 21 Nov 2026", "From "})
        EXPECT_EQ(parse_from_line(line), std::nullopt) << line;
}

TEST(Mbox, TreesAreNamedByTheirFiles)
{
    Tree tree;
    for (const auto* path : {"inbox", "Work.sbd/2024", "Work", "Old.mbox", "x/Entw&APw-rfe"})
        tree.files[path] = {.text = from + "\nx\n"};
    tree.files["notes.txt"] = {.text = "no mbox"};
    tree.files[".imap/Work/dovecot.index"] = {.text = ""};
    tree.files[".subscriptions"] = {.text = "Work\n"};
    auto source = source_of(tree);
    ASSERT_TRUE(source);
    std::map<std::string, bool> names;
    for (const auto& folder : source->folders().value())
        names[folder.name] = folder.subscribed;
    EXPECT_EQ(names, (std::map<std::string, bool>{{"INBOX", false},
                                                  {"Old", false},
                                                  {"Work", true},
                                                  {"Work/2024", false},
                                                  {"x/Entwürfe", false}}));
}

/// However the file is read: what is in a letter is not changed by where pieces end.
RC_GTEST_PROP(Mbox, GivesBackLettersOfAnyLines, ())
{
    const auto lines = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("", "x", ">", "From", "From ", ">From ", ">>From a",
                                      " Status: x", "Status: y", std::string(70'000, 'z')));
    std::string body, quoted;
    for (const auto& line : lines) {
        body += line + "\r\n";
        const auto front = line.find_first_not_of('>');
        quoted += (front != line.npos && line.substr(front).starts_with("From ") ? ">" : "") +
                  line + "\n";
    }
    SourceOptions options;
    options.quoting = SourceOptions::Quoting::mboxrd;
    const auto told = read(from + "Subject: x\n\n" + quoted + "\n" + from + "\nend\n", options);
    RC_ASSERT(told.texts.size() == 2U);
    RC_ASSERT(told.texts[0] == "Subject: x\r\n\r\n" + body);
}

} // namespace
} // namespace posthouse::moving::tests
