// SPDX-License-Identifier: Apache-2.0
#include "moving/maildir.hpp"
#include "tests/moving/tree.hpp"

#include <gtest/gtest.h>

namespace posthouse::moving::tests {
namespace {

std::map<std::string, Folder> folders_of(Source& source)
{
    std::map<std::string, Folder> folders;
    for (auto& folder : source.folders().value_or(std::vector<Folder>()))
        folders[folder.name] = folder;
    return folders;
}

std::size_t number_of(Source& source, const std::string& name)
{
    const auto folders = source.folders().value();
    return static_cast<std::size_t>(std::ranges::find(folders, name, &Folder::name) -
                                    folders.begin());
}

TEST(Maildir, OfDovecotGivesUidsFlagsKeywordsDatesAndUidls)
{
    Tree tree;
    tree.files["cur/1.a,S=4:2,FSb"] = {.text = "a\n\nb\n", .changed = 42};
    tree.files["cur/2.b:2,RTDP"] = {.text = "c"};
    tree.files["new/3.c"] = {.text = "d"};
    tree.files["tmp/4.d"] = {.text = "unfinished"};
    tree.files["dovecot-uidlist"] = {.text = "3 V77 N20\n11 :1.a,S=4\n9 Pkept :2.b\n"};
    tree.files["dovecot-keywords"] = {.text = "0 zero\n1 one\n"};
    auto source = source_of(tree);
    ASSERT_TRUE(source);
    const auto told = told_by(*source, number_of(*source, "INBOX"));
    EXPECT_EQ(told.contents.uid_validity, 77U);
    EXPECT_EQ(told.contents.uid_next, 20U);
    ASSERT_EQ(told.letters.size(), 3U);
    EXPECT_EQ(told.letters[0].uid, 9U);
    EXPECT_EQ(told.letters[0].uidl, "kept");
    EXPECT_EQ(mail::text_of(told.letters[0].flags), "\\Answered \\Deleted \\Draft $Forwarded");
    EXPECT_EQ(told.letters[1].uid, 11U);
    EXPECT_EQ(told.letters[1].uidl, "0000000b0000004d"); // What it tells where nothing is noted.
    EXPECT_EQ(mail::text_of(told.letters[1].flags), "\\Flagged \\Seen one");
    EXPECT_EQ(told.texts[1], "a\r\n\r\nb\r\n");
    EXPECT_EQ(told.dates[1], 42);
    EXPECT_EQ(told.letters[2].uid, 0U);
    EXPECT_EQ(told.texts[2], "d");
    EXPECT_TRUE(told.contents.remarks.empty());
}

TEST(Maildir, FoldersAreDottedOrNested)
{
    Tree tree;
    for (const auto* path : {"cur/1", ".Work/cur/1", ".Work.2024/cur/1", ".Entw&APw-rfe/new/1",
                             ".Entw&APw-rfe/cur/1", "Nested/cur/1", "Nested/Deeper/cur/1"})
        tree.files[path] = {};
    tree.files["subscriptions"] = {.text = "V\t2\n\nWork\t2024\nINBOX\n"};
    auto source = source_of(tree);
    ASSERT_TRUE(source);
    const auto folders = folders_of(*source);
    EXPECT_EQ(folders.size(), 6U);
    for (const auto* name : {"INBOX", "Work", "Work/2024", "Entwürfe", "Nested", "Nested/Deeper"})
        EXPECT_TRUE(folders.contains(name)) << name;
    EXPECT_TRUE(folders.at("Work/2024").subscribed);
    EXPECT_TRUE(folders.at("INBOX").subscribed);
    EXPECT_FALSE(folders.at("Work").subscribed);
}

TEST(Maildir, OfCourierGivesUidsKeywordsAndUidls)
{
    Tree tree;
    tree.files["cur/10.a:2,S"] = {.text = "a"};
    tree.files["cur/11.b:2,"] = {.text = "b"};
    tree.files["cur/12.c:2,"] = {.text = "c"};
    tree.files["courierimapuiddb"] = {.text = "1 1166459811 8\n5 10.a\n7 11.b\n"};
    tree.files["courierpop3dsizelist"] = {
        .text = "/3 9 1166459811\n10.a:2,S 3 1:1166459811:0\n11.b 4 2:1166459811:0\n"};
    tree.files["courierimapkeywords/:list"] = {.text = "$Label1\nOld\n\n10.a:0 1\n11.b:1\n"};
    tree.files["courierimapkeywords/.3.11.b"] = {.text = "Wrong\n"};
    tree.files["courierimapkeywords/.12.11.b"] = {.text = "Newer\nTwo\n"};
    tree.files["courierimapkeywords/12.c"] = {.text = "Own\n"};
    tree.files["courierimapkeywords/.99.12.c"] = {.text = "Wrong\n"};
    tree.files["courierimapsubscribed"] = {.text = "INBOX\nINBOX.Work\n"};
    tree.files[".Work/cur/1.x"] = {.text = "x"};
    auto source = source_of(tree);
    ASSERT_TRUE(source);
    EXPECT_TRUE(folders_of(*source).at("Work").subscribed);
    const auto told = told_by(*source, number_of(*source, "INBOX"));
    EXPECT_EQ(told.contents.uid_validity, 1166459811U);
    EXPECT_EQ(told.contents.uid_next, 8U);
    ASSERT_EQ(told.letters.size(), 3U);
    EXPECT_EQ(told.letters[0].uid, 5U);
    EXPECT_EQ(told.letters[0].uidl, "UID1-1166459811");
    EXPECT_EQ(mail::text_of(told.letters[0].flags), "\\Seen $Label1 Old");
    EXPECT_EQ(told.letters[1].uid, 7U);
    EXPECT_EQ(mail::text_of(told.letters[1].flags), "Newer Two");
    EXPECT_EQ(told.letters[2].uid, 0U);
    EXPECT_EQ(told.letters[2].uidl, "");
    EXPECT_EQ(mail::text_of(told.letters[2].flags), "Own");
}

TEST(Maildir, KnowsALetterAgainWhateverItsFlags)
{
    Tree before, after;
    before.files["new/1.a,S=3"] = {.text = "a"};
    before.files["cur/x"] = {.text = "a"};
    after.files["cur/1.a,S=3:2,RS"] = {.text = "a"};
    auto first = source_of(before), second = source_of(after);
    const auto a = told_by(*first, number_of(*first, "INBOX"));
    const auto b = told_by(*second, number_of(*second, "INBOX"));
    ASSERT_EQ(a.letters.size(), 2U);
    ASSERT_EQ(b.letters.size(), 1U);
    EXPECT_TRUE(a.letters[0].identity == b.letters[0].identity ||
                a.letters[1].identity == b.letters[0].identity);
}

TEST(Maildir, BringsLettersWithoutUidsInTheOrderTheyCame)
{
    Tree tree;
    for (const auto* path : {"cur/100.a", "cur/99.b", "new/1000.c"})
        tree.files[path] = {.text = path};
    auto source = source_of(tree);
    const auto told = told_by(*source, number_of(*source, "INBOX"));
    EXPECT_EQ(told.texts, (std::vector<std::string>{"cur/99.b", "cur/100.a", "new/1000.c"}));
}

TEST(Maildir, RemarksWhatDoesNotMakeSense)
{
    Tree tree;
    tree.files["cur/1.a:2,z"] = {.text = "a"};
    tree.files["dovecot-uidlist"] = {.text = "3 V77 N20\nnonsense\n"};
    auto source = source_of(tree);
    const auto told = told_by(*source, number_of(*source, "INBOX"));
    EXPECT_EQ(told.contents.remarks.size(), 2U);
    EXPECT_EQ(told.letters.size(), 1U);
}

TEST(Maildir, MakesUidlsByAFormatOrNone)
{
    Tree tree;
    tree.files["cur/1.a:2,"] = {.text = "a"};
    tree.files["dovecot-uidlist"] = {.text = "3 V77 N20\n3 Pnoted :1.a\n"};
    SourceOptions options;
    options.uidls = UidlForm::formatted;
    options.uidl_format = "%v.%u";
    auto source = source_of(tree, options);
    EXPECT_EQ(told_by(*source, number_of(*source, "INBOX")).letters.at(0).uidl, "77.3");
    options.uidls = UidlForm::none;
    source = source_of(tree, options);
    EXPECT_EQ(told_by(*source, number_of(*source, "INBOX")).letters.at(0).uidl, "");
}

} // namespace
} // namespace posthouse::moving::tests
