// SPDX-License-Identifier: Apache-2.0
#include "moving/lists.hpp"

#include "moving/folder_names.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::moving {
namespace {

TEST(Lists, ReadDovecotsUidlistOfVersionThree)
{
    const auto list =
        read_dovecot_uidlist("3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n"
                             "25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394:2,\n"
                             "25017 W2481 Pother-uidl :1276533073.M242911P3632.host,S=2412\n");
    EXPECT_EQ(list.uid_validity, 1275660208U);
    EXPECT_EQ(list.uid_next, 25022U);
    EXPECT_EQ(list.entries.at("1276528487.M364837P9451.kurkku,S=1355,W=1394").uid, 25006U);
    const auto& other = list.entries.at("1276533073.M242911P3632.host,S=2412");
    EXPECT_EQ(other.uid, 25017U);
    EXPECT_EQ(other.uidl, "other-uidl");
    EXPECT_EQ(list.wrong_lines, 0U);
}

TEST(Lists, ReadDovecotsUidlistOfVersionOne)
{
    const auto list = read_dovecot_uidlist("1 1173189136 20221\n20218 a.b.c\n20219 d.e.f,S=3\n");
    EXPECT_EQ(list.uid_validity, 1173189136U);
    EXPECT_EQ(list.uid_next, 20221U);
    EXPECT_EQ(list.entries.at("d.e.f,S=3").uid, 20219U);
}

TEST(Lists, GiveNoUidTwice)
{
    const auto list = read_dovecot_uidlist("3 V5 N10\n3 :a\n3 :b\n4 :c\n");
    EXPECT_EQ(list.entries.size(), 1U);
    EXPECT_EQ(list.entries.at("c").uid, 4U);
    EXPECT_EQ(list.wrong_lines, 2U);
}

TEST(Lists, TellTheNextUidBehindAllThatThereAre)
{
    EXPECT_EQ(read_dovecot_uidlist("3 V5 N2\n8 :a\n").uid_next, 9U);
}

TEST(Lists, PassOverWhatMakesNoSense)
{
    const auto list = read_dovecot_uidlist("3 V5 N2\nx :a\n0 :b\n4294967295 :c\n2\n7 :d\n");
    EXPECT_EQ(list.entries.size(), 1U);
    EXPECT_EQ(list.wrong_lines, 4U);
    EXPECT_TRUE(read_dovecot_uidlist("9 V5\n1 :a\n").entries.empty());
    EXPECT_EQ(read_dovecot_uidlist("").uid_validity, 0U);
}

TEST(Lists, KeepTheirBounds)
{
    const std::string line(Limits::line_bytes + 1, 'x');
    EXPECT_EQ(read_dovecot_uidlist("3 V5 N2\n7 :" + line + "\n8 :a\n").entries.size(), 1U);
    EXPECT_EQ(read_dovecot_uidlist("3 V5 N2\n7 P" + line.substr(0, 200) + " :a\n")
                  .entries.at("a")
                  .uidl.size(),
              Limits::uidl_bytes);
    std::string names, words;
    for (std::size_t i = 0; i < Limits::keywords + 9; ++i) {
        names += "k" + std::to_string(i) + "\n";
        words += " " + std::to_string(i);
    }
    std::size_t wrong = 0;
    EXPECT_EQ(read_courier_keywords(names + "\na:" + words.substr(1) + "\n", wrong).at("a").size(),
              Limits::letter_keywords);
    EXPECT_EQ(read_courier_keyword_file(names).size(), Limits::letter_keywords);
    EXPECT_TRUE(read_dovecot_keywords(std::to_string(Limits::keywords) + " x\n").empty());
    std::string many;
    for (std::size_t i = 0; i < Limits::subscriptions + 9; ++i)
        many += "m" + std::to_string(i) + "\n";
    EXPECT_EQ(read_dovecot_subscriptions(many, '.').size(), Limits::subscriptions);
    EXPECT_EQ(read_courier_subscriptions(many).size(), Limits::subscriptions);
}

TEST(Lists, ReadCouriersUidsAndUidls)
{
    const auto list =
        read_courier_uiddb("1 1166459811 5\n2 1166459811.M1P2.host\n4 1166459812.M3P4.host,S=5\n");
    EXPECT_EQ(list.uid_validity, 1166459811U);
    EXPECT_EQ(list.uid_next, 5U);
    EXPECT_EQ(list.entries.at("1166459812.M3P4.host,S=5").uid, 4U);

    std::size_t wrong = 0;
    const auto uidls = read_courier_sizes("/2 14 1166459811\n"
                                          "1166459811.M1P2.host:2,S 344 11:1166459811\n"
                                          "1166459812.M3+P4.host 1000 0:0\n"
                                          "1166459813.M5P6.host 20 13:0:1\n"
                                          "nonsense\n",
                                          wrong);
    EXPECT_EQ(uidls.at("1166459811.M1P2.host"), "UID11-1166459811");
    EXPECT_EQ(uidls.at("1166459812.M3+P4.host"), "1166459812.M3+2BP4.host");
    EXPECT_EQ(uidls.at("1166459813.M5P6.host"), "UID13");
    EXPECT_EQ(wrong, 1U);
    EXPECT_EQ(read_courier_sizes("a.b 7\n", wrong).at("a.b"), "UID7");
}

TEST(Lists, ReadKeywordsOfBoth)
{
    const auto names = read_dovecot_keywords("0 $Junk\n1 Work\nx y\n25 Last\n");
    EXPECT_EQ(names.size(), 3U);
    EXPECT_EQ(names.at(25), "Last");

    std::size_t wrong = 0;
    const auto files =
        read_courier_keywords("$Label1\nNonJunk\n\n123.a:0 1\n456.b:1\n:7\nzzz\n", wrong);
    EXPECT_EQ(files.at("123.a"), (std::vector<std::string>{"$Label1", "NonJunk"}));
    EXPECT_EQ(files.at("456.b"), (std::vector<std::string>{"NonJunk"}));
    EXPECT_EQ(wrong, 2U);
}

TEST(Lists, ReadSubscriptionsOfBoth)
{
    EXPECT_EQ(read_dovecot_subscriptions("INBOX\nWork.2024\nEntw&APw-rfe\n", '.'),
              (std::set<std::string>{"INBOX", "Work/2024", "Entwürfe"}));
    EXPECT_EQ(read_dovecot_subscriptions("V\t2\n\nINBOX\nWork\t2024\n", '.'),
              (std::set<std::string>{"INBOX", "Work/2024"}));
    EXPECT_EQ(read_courier_subscriptions("INBOX\nINBOX.Sent\nINBOX.Work.2024\n"),
              (std::set<std::string>{"INBOX", "Sent", "Work/2024"}));
}

TEST(Lists, MakeUidlsByDovecotsFormats)
{
    const UidlParts parts{0x1f, 0x5000000a, "123.a:2,S"};
    EXPECT_EQ(formatted_uidl("%08Xu%08Xv", parts), "0000001f5000000a");
    EXPECT_EQ(formatted_uidl("%v.%u", parts), "1342177290.31");
    EXPECT_EQ(formatted_uidl("UID%u-%v", parts), "UID31-1342177290");
    EXPECT_EQ(formatted_uidl("%f", parts), "123.a");
    EXPECT_EQ(formatted_uidl("100%%", parts), "100%");
    EXPECT_LE(formatted_uidl("%999999u%999999u%999999u", parts).size(), Limits::uidl_bytes);
}

TEST(FolderNames, AreDecodedFromUtf7AndTakenAsUtf8)
{
    EXPECT_EQ(dotted_name("Work.2024"), "Work/2024");
    EXPECT_EQ(dotted_name("Entw&APw-rfe"), "Entwürfe");
    EXPECT_EQ(dotted_name("Entwürfe"), "Entwürfe");
    EXPECT_EQ(dotted_name("a&AC4-b"), "a.b");
    EXPECT_EQ(dotted_name("R&D"), "R&D"); // No modified UTF-7: as it stands.
    EXPECT_EQ(slashed_name("inbox/x"), "INBOX/x");
    EXPECT_EQ(dotted_name("a..b"), std::nullopt);
    EXPECT_EQ(dotted_name("\xff\xfe"), std::nullopt);
    EXPECT_EQ(dotted_name(""), std::nullopt);
}

TEST(FolderNames, HidePointsBesideOtherCharactersInOneRun)
{
    EXPECT_EQ(maildir_name("a..ü.b/c"), ".a&AC4ALgD8AC4-b.c");
    EXPECT_EQ(maildir_name("INBOX"), "");
    EXPECT_EQ(maildir_name("😀&"), ".&2D3eAA-&-");
    for (const auto* name : {"a..ü.b/c", "😀&", ".x", "x.sbd/y.mbox", "mbox", "Entwürfe"}) {
        EXPECT_EQ(dotted_name(maildir_name(name).substr(1)), name);
        EXPECT_FALSE(file_name(name).starts_with('.'));
        EXPECT_EQ(slashed_name(file_name(name)), name);
    }
}

RC_GTEST_PROP(FolderNames, ComeBackFromFiles, ())
{
    const auto levels = *rc::gen::resize(
        4,
        rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty(
            rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ..&-~ 0_")))))));
    std::string name;
    for (const auto& level : levels)
        name += (name.empty() ? "x" : "/x") + level + "x";
    RC_ASSERT(dotted_name(maildir_name(name).substr(1)) == name);
    RC_ASSERT(slashed_name(file_name(name)) == name);
}

} // namespace
} // namespace posthouse::moving
