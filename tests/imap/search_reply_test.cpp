// SPDX-License-Identifier: Apache-2.0
#include "imap/parser.hpp"
#include "imap/search_reply.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

command::SearchReturn wanted(std::string_view options)
{
    const auto command = parse_command("a SEARCH RETURN (" + std::string(options) + ") ALL", {});
    EXPECT_TRUE(command) << options;
    return *std::get<command::Search>(command->body).want;
}

std::string told(EsearchReply reply)
{
    reply.tag = "A1";
    std::string text;
    append_esearch(text, reply, NameForm::modified_utf7);
    EXPECT_TRUE(text.ends_with("\r\n"));
    return text.substr(0, text.size() - 2);
}

std::string found(std::string_view options, std::string_view set)
{
    return told(
        esearch_reply(wanted(options), set.empty() ? mail::UidSet{} : *mail::UidSet::parse(set)));
}

TEST(ImapSearchReply, TellsWhatWasAskedFor)
{
    // RFC 9051 §6.4.4
    EXPECT_EQ(found("MIN COUNT", "2,10:11"), "* ESEARCH (TAG \"A1\") MIN 2 COUNT 3");
    EXPECT_EQ(found("", "2,10:11"), "* ESEARCH (TAG \"A1\") ALL 2,10:11");
    EXPECT_EQ(found("MIN MAX ALL COUNT", "4"), "* ESEARCH (TAG \"A1\") MIN 4 MAX 4 COUNT 1 ALL 4");
    EXPECT_EQ(found("SAVE", "4"), "* ESEARCH (TAG \"A1\")");
}

TEST(ImapSearchReply, TellsNoMinMaxAndAllOfNothing)
{
    EXPECT_EQ(found("MIN MAX ALL COUNT", ""), "* ESEARCH (TAG \"A1\") COUNT 0");
}

TEST(ImapSearchReply, CutsPartialResults)
{
    // RFC 9394 §3.1
    EXPECT_EQ(found("PARTIAL 2:4", "1:3,7,9"), "* ESEARCH (TAG \"A1\") PARTIAL (2:4 2:3,7)");
    EXPECT_EQ(found("PARTIAL 4:2", "1:3,7,9"), "* ESEARCH (TAG \"A1\") PARTIAL (4:2 2:3,7)");
    EXPECT_EQ(found("PARTIAL -1:-2", "1:3,7,9"), "* ESEARCH (TAG \"A1\") PARTIAL (-1:-2 7,9)");
    EXPECT_EQ(found("PARTIAL -2:-100", "1:3,7,9"),
              "* ESEARCH (TAG \"A1\") PARTIAL (-2:-100 1:3,7)");
    EXPECT_EQ(found("PARTIAL 5:100", "1:3,7,9"), "* ESEARCH (TAG \"A1\") PARTIAL (5:100 9)");
    EXPECT_EQ(found("PARTIAL 6:100", "1:3,7,9"), "* ESEARCH (TAG \"A1\") PARTIAL (6:100 NIL)");
    EXPECT_EQ(found("PARTIAL -6:-100", "1:3,7,9"), "* ESEARCH (TAG \"A1\") PARTIAL (-6:-100 NIL)");
    EXPECT_EQ(found("PARTIAL 1:1", ""), "* ESEARCH (TAG \"A1\") PARTIAL (1:1 NIL)");
}

TEST(ImapSearchReply, KeepsTheOrderOfASort)
{
    const std::vector<std::uint32_t> sorted{5, 3, 4, 2, 1};
    EXPECT_EQ(told(esearch_reply(wanted("ALL MIN MAX COUNT"), sorted)),
              "* ESEARCH (TAG \"A1\") MIN 5 MAX 1 COUNT 5 ALL 5,3:4,2,1");
    EXPECT_EQ(told(esearch_reply(wanted("PARTIAL 2:3"), sorted)),
              "* ESEARCH (TAG \"A1\") PARTIAL (2:3 3:4)");
    EXPECT_EQ(told(esearch_reply(wanted("PARTIAL -1:-2"), sorted)),
              "* ESEARCH (TAG \"A1\") PARTIAL (-1:-2 2,1)");
    EXPECT_EQ(ordered_set_text({}), "");
}

TEST(ImapSearchReply, TellsWhoseItIsAndHowItChanged)
{
    EsearchReply reply;
    reply.by = Numbering::uid;
    reply.mailbox_and_uid_validity.emplace(MailboxName{"folder ü"}, 1U);
    reply.all = "4,17";
    reply.mod_seq = 917162500;
    reply.relevancy = {4, 99};
    // RFC 7377 §2.1, RFC 4731 §3.2, RFC 6203 §4
    EXPECT_EQ(told(reply), "* ESEARCH (TAG \"A1\" MAILBOX \"folder &APw-\" UIDVALIDITY 1) UID"
                           " ALL 4,17 RELEVANCY (4 99) MODSEQ 917162500");
    EsearchReply change;
    change.by = Numbering::uid;
    change.added = {{1, "2733"}, {1, "2731:2732"}};
    change.removed = {{0, "32768"}};
    // RFC 5267 §4.3.3
    EXPECT_EQ(told(change), "* ESEARCH (TAG \"A1\") UID ADDTO (1 2733 1 2731:2732)"
                            " REMOVEFROM (0 32768)");
}

TEST(ImapSearchReply, AnswersOldClients)
{
    std::string text;
    append_search_response(text, *mail::UidSet::parse("2,84,882:883"), 0);
    append_search_response(text, *mail::UidSet::parse("2,5:7"), 917162500);
    append_search_response(text, {}, 917162500);
    append_sort_response(text, std::vector<std::uint32_t>{5, 3, 4}, 17);
    append_sort_response(text, {}, 17);
    EXPECT_EQ(text, "* SEARCH 2 84 882 883\r\n* SEARCH 2 5 6 7 (MODSEQ 917162500)\r\n* SEARCH\r\n"
                    "* SORT 5 3 4 (MODSEQ 17)\r\n* SORT\r\n");
}

TEST(ImapSearchReply, SavesWhatTheOptionsSay)
{
    const auto saved = [](std::string_view options) {
        return saved_by(wanted(options), *mail::UidSet::parse("1:3,7,9")).text();
    };
    // RFC 9051 §6.4.4.4, RFC 9394 §3.2
    EXPECT_EQ(saved("SAVE"), "1:3,7,9");
    EXPECT_EQ(saved("SAVE ALL MIN"), "1:3,7,9");
    EXPECT_EQ(saved("SAVE COUNT MAX"), "1:3,7,9");
    EXPECT_EQ(saved("SAVE MIN"), "1");
    EXPECT_EQ(saved("SAVE MAX"), "9");
    EXPECT_EQ(saved("SAVE MIN MAX"), "1,9");
    EXPECT_EQ(saved("SAVE PARTIAL 2:3"), "2:3");
    EXPECT_EQ(saved("SAVE PARTIAL 2:3 MAX"), "2:3,9");
    EXPECT_EQ(saved("SAVE PARTIAL 2:3 COUNT MIN"), "1:3,7,9");
    EXPECT_TRUE(saved_by(wanted("SAVE MIN"), {}).empty());
}

} // namespace
} // namespace posthouse::imap
