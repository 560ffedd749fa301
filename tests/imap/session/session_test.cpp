// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/session/support/rehearsal.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::imap::rehearsal {

namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

class ImapSession : public testing::Test {
protected:
    Rehearsal& begin(SessionSettings settings = usual_settings())
    {
        client_ = std::make_unique<Rehearsal>(context, account, std::move(settings));
        client_->heard();
        return *client_;
    }
    Rehearsal& log_in(SessionSettings settings = usual_settings())
    {
        begin(std::move(settings)).say("a LOGIN user secret\r\n");
        return *client_;
    }
    Rehearsal& select(SessionSettings settings = usual_settings())
    {
        log_in(std::move(settings)).say("b SELECT INBOX\r\n");
        return *client_;
    }

    boost::asio::io_context context;
    FakeAccount account;

private:
    std::unique_ptr<Rehearsal> client_;
};

TEST_F(ImapSession, GreetsLogsInAndLeaves)
{
    Rehearsal client(context, account);
    EXPECT_THAT(client.heard(), StartsWith("* OK [CAPABILITY IMAP4rev2 IMAP4rev1 "));
    EXPECT_THAT(client.say("a LOGIN user secret\r\n"), HasSubstr("a OK [CAPABILITY "));
    EXPECT_EQ(client.session.user(), "user@example.org");
    EXPECT_EQ(client.say("b LOGOUT\r\n"), "* BYE Logging out\r\nb OK LOGOUT completed\r\n");
    EXPECT_TRUE(client.done());
}

TEST_F(ImapSession, AnswersPipelinedCommandsInTheirOrder)
{
    auto& client = log_in();
    EXPECT_EQ(client.say("1 NOOP\r\n2 CREATE x\r\n3 DELETE x\r\n4 LOGOUT\r\n5 NOOP\r\n"),
              "1 OK NOOP completed\r\n2 OK [MAILBOXID (F2)] CREATE completed\r\n"
              "3 OK DELETE completed\r\n* BYE Logging out\r\n4 OK LOGOUT completed\r\n");
}

TEST_F(ImapSession, SendsAwayWhoIsSilent)
{
    auto& client = log_in();
    client.channel.pass_time(29min);
    EXPECT_EQ(client.heard(), "");
    client.channel.pass_time(61s);
    EXPECT_THAT(client.heard(), StartsWith("* BYE "));
    EXPECT_TRUE(client.done());
}

TEST_F(ImapSession, GivesStrangersThreeMinutesWhateverTheySay)
{
    auto& client = begin();
    for (int i = 0; i < 3; ++i) {
        client.channel.pass_time(55s);
        EXPECT_EQ(client.say("a NOOP\r\n"), "a OK NOOP completed\r\n");
    }
    client.channel.pass_time(20s);
    EXPECT_THAT(client.heard(), StartsWith("* BYE "));
}

TEST_F(ImapSession, SendsAwayWhoSaysNonsense)
{
    auto& client = log_in();
    std::string heard;
    for (int i = 0; i < 25; ++i)
        heard += client.say("x FROBNICATE\r\n");
    EXPECT_THAT(heard, EndsWith("* BYE Too many invalid commands\r\n"));
    EXPECT_EQ(std::ranges::count(heard, '\n'), 21);
}

TEST_F(ImapSession, ForgivesNonsenseBetweenRightCommands)
{
    auto& client = log_in();
    for (int i = 0; i < 50; ++i)
        EXPECT_THAT(client.say("x FROBNICATE\r\ny NOOP\r\n"), HasSubstr("y OK"));
}

TEST_F(ImapSession, SendsAwayWhoGuessesPasswords)
{
    auto& client = begin();
    client.say("a LOGIN user wrong\r\n");
    client.say("a LOGIN user wrong\r\n");
    EXPECT_THAT(client.say("a LOGIN user wrong\r\n"), EndsWith("* BYE Too many failed logins\r\n"));
    EXPECT_TRUE(client.done());
}

TEST_F(ImapSession, TakesNobodyForAGuesserWhoAsksForMechanismsThatThereAreNot)
{
    auto& client = begin();
    for (const std::string name : {"GSSAPI", "NTLM", "CRAM-MD5", "DIGEST-MD5"})
        EXPECT_THAT(client.say("a AUTHENTICATE " + name + "\r\n"), StartsWith("a NO [CANNOT]"));
    EXPECT_THAT(client.say("b LOGIN user secret\r\n"), StartsWith("b OK"));
}

TEST_F(ImapSession, TakesNothingSaidBehindStarttls)
{
    auto& client = begin();
    EXPECT_THAT(client.say("a STARTTLS\r\nb LOGIN user secret\r\n"), Not(HasSubstr("b OK")));
    EXPECT_TRUE(client.done());
    EXPECT_FALSE(client.channel.tls());
}

TEST_F(ImapSession, HandsOnWhatIsCompressedAlready)
{
    auto& client = log_in();
    EXPECT_EQ(client.say("a COMPRESS DEFLATE\r\nb NOOP\r\n"),
              "a OK DEFLATE active\r\nb OK NOOP completed\r\n");
    EXPECT_TRUE(client.channel.compressed());
    EXPECT_THAT(client.say("c COMPRESS DEFLATE\r\n"), StartsWith("c NO [COMPRESSIONACTIVE]"));
    EXPECT_THAT(client.say("d UNAUTHENTICATE\r\n"), StartsWith("d BAD"));
}

TEST_F(ImapSession, RefusesLongLinesAndLiteralsAndGoesOn)
{
    auto& client = log_in();
    EXPECT_THAT(client.say("a NOOP " + std::string(200'000, 'x') + "\r\nb NOOP\r\n"),
                EndsWith("b OK NOOP completed\r\n"));
    EXPECT_THAT(
        client.say("c CREATE {200000+}\r\n" + std::string(200'000, '\n') + "\r\nd NOOP\r\n"),
        EndsWith("d OK NOOP completed\r\n"));
    EXPECT_FALSE(account.mailboxes.contains(std::string(200'000, '\n')));
}

TEST_F(ImapSession, ReadsARefusedMessageToItsEnd)
{
    auto settings = usual_settings();
    settings.append_limit = 10;
    auto& client = log_in(settings);
    EXPECT_EQ(client.say("a APPEND INBOX {30+}\r\nx LOGOUT\r\ny LOGOUT\r\nz NOOP...\r\nb NOOP\r\n"),
              "a NO [TOOBIG] Message too large\r\nb OK NOOP completed\r\n");
    EXPECT_EQ(client.say("c APPEND INBOX {30}\r\n"), "c NO [TOOBIG] Message too large\r\n");
    EXPECT_EQ(client.say("d NOOP\r\n"), "d OK NOOP completed\r\n");
    EXPECT_EQ(client.login.backend->uploads(), 0U);
    EXPECT_TRUE(account.mailboxes.at("INBOX").messages.empty());
}

TEST_F(ImapSession, AbandonsAMessageThatBreaksOff)
{
    auto& client = log_in();
    client.say("a APPEND INBOX {30+}\r\nabc");
    EXPECT_EQ(client.login.backend->uploads(), 1U);
    client.channel.hang_up();
    client.proceed();
    EXPECT_TRUE(client.done());
    EXPECT_TRUE(account.mailboxes.at("INBOX").messages.empty());
    EXPECT_TRUE(account.sessions.empty());
}

TEST_F(ImapSession, StoresNothingBeyondTheQuota)
{
    account.quota_bytes = 100;
    auto& client = log_in();
    EXPECT_EQ(client.say("a APPEND INBOX {200+}\r\n" + std::string(200, 'x') + "\r\nb NOOP\r\n"),
              "a NO [OVERQUOTA] Quota exceeded\r\nb OK NOOP completed\r\n");
}

TEST_F(ImapSession, KeepsNulsOfLettersAndSendsThemInBinaryLiteralsAlone)
{
    using namespace std::string_literals;
    auto& client = log_in();
    EXPECT_THAT(client.say("a APPEND INBOX {3+}\r\na\0b\r\n"s), StartsWith("a OK"));
    EXPECT_THAT(client.say("b APPEND INBOX ~{3+}\r\na\0b\r\n"s), StartsWith("b OK"));
    client.say("c SELECT INBOX\r\n");
    EXPECT_THAT(client.say("d FETCH 1 BODY.PEEK[]\r\n"), HasSubstr("{3}\r\na\x80"));
    EXPECT_THAT(client.say("e FETCH 1 BINARY.PEEK[]\r\n"), HasSubstr("~{3}\r\na\0b)"s));
}

TEST_F(ImapSession, HoldsLittleForAClientThatReadsSlowly)
{
    for (int i = 0; i < 40; ++i)
        account.deliver("INBOX", "Subject: x\r\n\r\n" + std::string(1'000'000, 'x'));
    auto& client = select();
    client.channel.read_slowly(64 * 1024);
    client.channel.say("c FETCH 1:* (FLAGS BODY.PEEK[])\r\n");
    std::size_t read = 0;
    for (int i = 0; i < 100'000 && read < 40'000'000; ++i) {
        client.proceed();
        read += client.channel.take(50'000).size();
    }
    EXPECT_GE(read, 40'000'000U);
    EXPECT_LE(client.channel.most_held(), 500'000U);
}

TEST_F(ImapSession, HoldsLittleOfLongListsToo)
{
    for (int i = 0; i < 3000; ++i)
        account.deliver("INBOX", "Subject: " + std::string(200, 'x') + "\r\n\r\n");
    auto& client = select();
    client.channel.read_slowly(64 * 1024);
    client.channel.say("c FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)\r\n");
    client.proceed();
    EXPECT_LE(client.channel.largest_write(), 70'000U);
    EXPECT_LE(client.channel.most_held(), 200'000U);
    std::string all;
    for (int i = 0; i < 1000 && !all.ends_with("c OK FETCH completed\r\n"); ++i) {
        all += client.channel.take();
        client.proceed();
    }
    EXPECT_EQ(std::ranges::count(all, '\n'), 3001);
}

TEST_F(ImapSession, EndsAFetchWhoseClientIsGone)
{
    for (int i = 0; i < 40; ++i)
        account.deliver("INBOX", "Subject: x\r\n\r\n" + std::string(1'000'000, 'x'));
    auto& client = select();
    client.channel.read_slowly(64 * 1024);
    client.channel.say("c FETCH 1:* BODY.PEEK[]\r\n");
    client.proceed();
    client.channel.hang_up();
    client.proceed();
    EXPECT_TRUE(client.done());
    EXPECT_LT(client.channel.written(), 2'000'000U);
}

TEST_F(ImapSession, GivesLettersInPiecesWhole)
{
    std::string letter = "Subject: x\r\n\r\n";
    for (int i = 0; i < 100'000; ++i)
        letter += fmt::format("line {}\r\n", i);
    account.deliver("INBOX", letter);
    account.most_read = 100'000;
    auto settings = usual_settings();
    settings.limits.piece_bytes = 100'000;
    auto& client = select(settings);
    EXPECT_EQ(client.say("c FETCH 1 BODY.PEEK[]\r\n"),
              fmt::format("* 1 FETCH (BODY[] {{{}}}\r\n{})\r\nc OK FETCH completed\r\n",
                          letter.size(), letter));
    EXPECT_EQ(client.say("d FETCH 1 BODY.PEEK[]<150000.5>\r\n"),
              fmt::format("* 1 FETCH (BODY[]<150000> {{5}}\r\n{})\r\nd OK FETCH completed\r\n",
                          letter.substr(150'000, 5)));
}

TEST_F(ImapSession, ReportsADamagedLetterAlone)
{
    for (int i = 0; i < 3; ++i)
        account.deliver("INBOX", fmt::format("Subject: {}\r\n\r\n", i));
    account.damaged = {2};
    auto& client = select();
    auto heard = client.say("c FETCH 1:3 (ENVELOPE)\r\n");
    EXPECT_THAT(heard, HasSubstr("* 1 FETCH"));
    EXPECT_THAT(heard, Not(HasSubstr("* 2 FETCH")));
    EXPECT_THAT(heard, HasSubstr("* 3 FETCH"));
    EXPECT_THAT(heard, EndsWith("c NO [SERVERBUG] Some messages could not be read\r\n"));
    heard = client.say("d FETCH 1:3 (BODY.PEEK[])\r\n");
    EXPECT_THAT(heard, Not(HasSubstr("* 2 FETCH")));
    EXPECT_THAT(heard, HasSubstr("* 3 FETCH"));
    EXPECT_THAT(heard, EndsWith("d NO [SERVERBUG] Some messages could not be read\r\n"));
}

TEST_F(ImapSession, TakesSummariesInPages)
{
    for (int i = 0; i < 20; ++i)
        account.deliver("INBOX", fmt::format("Subject: {}\r\n\r\n", i));
    account.page = 3;
    auto settings = usual_settings();
    settings.limits.page_messages = 7;
    auto& client = select(settings);
    const auto heard = client.say("c FETCH 1:* (UID ENVELOPE)\r\n");
    for (int i = 0; i < 20; ++i)
        EXPECT_THAT(heard, HasSubstr(fmt::format("* {} FETCH (UID {} ENVELOPE (NIL \"{}\"", i + 1,
                                                 i + 1, i)));
    EXPECT_THAT(client.say("d SORT (REVERSE SUBJECT) UTF-8 7:9\r\n"), StartsWith("* SORT 9 8 7"));
}

TEST_F(ImapSession, KeepsIdlersInformed)
{
    auto& client = select();
    EXPECT_EQ(client.say("c IDLE\r\n"), "+ idling\r\n");
    account.deliver("INBOX", "Subject: x\r\n\r\n");
    EXPECT_EQ(client.heard(), "* 1 EXISTS\r\n* 1 RECENT\r\n");
    client.channel.pass_time(121s);
    EXPECT_EQ(client.heard(), "* OK Still here\r\n");
    EXPECT_EQ(client.say("done\r\n"), "c OK IDLE completed\r\n");
    client.say("d IDLE\r\n");
    EXPECT_EQ(client.say("e NOOP\r\n"), "d BAD Expected DONE\r\n");
}

TEST_F(ImapSession, SaysGoodbyeWhenItIsClosed)
{
    auto& client = select();
    client.say("c IDLE\r\n");
    client.login.backend->kick("The server goes down");
    EXPECT_EQ(client.heard(), "* BYE The server goes down\r\n");
    EXPECT_TRUE(client.done());
}

TEST_F(ImapSession, SaysGoodbyeWhenTheMailboxIsDeleted)
{
    account.make("x");
    auto& client = log_in();
    client.say("b SELECT x\r\n");
    account.mailboxes.erase("x");
    account.tell("x");
    EXPECT_THAT(client.say("c NOOP\r\n"), StartsWith("* BYE "));
}

TEST_F(ImapSession, EchoesNoSilentChangeOfItsOwn)
{
    account.deliver("INBOX", "Subject: x\r\n\r\n");
    auto& client = select();
    EXPECT_EQ(client.say("c STORE 1 +FLAGS.SILENT (\\Seen)\r\n"), "c OK STORE completed\r\n");
    EXPECT_EQ(client.say("d NOOP\r\n"), "d OK NOOP completed\r\n");
}

TEST_F(ImapSession, TakesOpenRangesBeyondTheLastMessageForTheLast)
{
    auto& client = select();
    EXPECT_EQ(client.say("c FETCH 1:* (FLAGS)\r\n"), "c OK FETCH completed\r\n");
    EXPECT_THAT(client.say("d FETCH 1 (FLAGS)\r\n"), StartsWith("d BAD"));
    account.deliver("INBOX", "Subject: x\r\n\r\n");
    client.say("e NOOP\r\n");
    EXPECT_THAT(client.say("f FETCH 5:* (UID)\r\n"), StartsWith("* 1 FETCH (UID 1)"));
    EXPECT_THAT(client.say("g FETCH 1:5 (UID)\r\n"), StartsWith("g BAD"));
}

TEST_F(ImapSession, SaysGoodbyeInTheMiddleOfAnAppend)
{
    auto& client = log_in();
    client.say("a APPEND INBOX {30+}\r\nabc");
    client.session.close("The server goes down");
    EXPECT_EQ(client.heard(), "* BYE The server goes down\r\n");
    EXPECT_TRUE(client.done());
}

TEST_F(ImapSession, LimitsMessagesByOneCommandWhereItIsTold)
{
    for (int i = 0; i < 5; ++i)
        account.deliver("INBOX", "Subject: x\r\n\r\n");
    auto settings = usual_settings();
    settings.message_limit = 2;
    auto& client = select(settings);
    EXPECT_EQ(client.say("c UID FETCH 1:* (FLAGS)\r\n"),
              "* 4 FETCH (UID 4 FLAGS (\\Recent))\r\n* 5 FETCH (UID 5 FLAGS (\\Recent))\r\n"
              "c OK [MESSAGELIMIT 2 4] FETCH completed\r\n");
}

TEST_F(ImapSession, TellsOfLongSearches)
{
    for (int i = 0; i < 4; ++i)
        account.deliver("INBOX", "Subject: x\r\n\r\n");
    auto settings = usual_settings();
    settings.limits.searched_messages = 2;
    settings.limits.progress = Duration(0);
    auto& client = select(settings);
    EXPECT_EQ(client.say("c SEARCH SUBJECT x\r\n"),
              "* OK [INPROGRESS (\"c\" 2 4)] Searching\r\n* SEARCH 1 2 3 4\r\n"
              "c OK SEARCH completed\r\n");
}

TEST_F(ImapSession, KeepsOnlySoManyContexts)
{
    auto settings = usual_settings();
    settings.limits.contexts = 1;
    auto& client = select(settings);
    EXPECT_THAT(client.say("c SEARCH RETURN (UPDATE COUNT) SEEN\r\n"), Not(HasSubstr("NOUPDATE")));
    EXPECT_THAT(client.say("d SEARCH RETURN (UPDATE COUNT) SEEN\r\n"),
                HasSubstr("* NO [NOUPDATE \"d\"]"));
}

TEST_F(ImapSession, SortsNoMoreThanItCanHold)
{
    account.deliver("INBOX", "Subject: x\r\n\r\n");
    account.deliver("INBOX", "Subject: x\r\n\r\n");
    auto settings = usual_settings();
    settings.limits.sorted_messages = 1;
    auto& client = select(settings);
    EXPECT_THAT(client.say("c SORT (SUBJECT) UTF-8 ALL\r\n"), StartsWith("c NO [LIMIT]"));
}

TEST_F(ImapSession, WatchesNoMoreMailboxesThanItMay)
{
    account.make("x");
    auto settings = usual_settings();
    settings.limits.watched_mailboxes = 1;
    auto& client = log_in(settings);
    EXPECT_THAT(client.say("c NOTIFY SET (personal (MessageNew MessageExpunge))\r\n"),
                StartsWith("c NO [NOTIFICATIONOVERFLOW]"));
}

TEST_F(ImapSession, TakesMetadataUpToItsLimit)
{
    auto settings = usual_settings();
    settings.limits.metadata_bytes = 3;
    auto& client = log_in(settings);
    EXPECT_THAT(client.say("a SETMETADATA INBOX (/private/x \"1234\")\r\n"),
                StartsWith("a NO [METADATA MAXSIZE 3]"));
    EXPECT_THAT(client.say("b SETMETADATA INBOX (/private/x \"123\")\r\n"), StartsWith("b OK"));
}

TEST_F(ImapSession, AnswersEveryAnnouncedCapabilityThatCanBeEnabled)
{
    auto settings = usual_settings();
    settings.without = {"QRESYNC"};
    auto& client = log_in(settings);
    EXPECT_THAT(client.say("a CAPABILITY\r\n"), Not(HasSubstr("QRESYNC")));
    EXPECT_EQ(client.say("b ENABLE QRESYNC CONDSTORE UTF8=ACCEPT\r\n"),
              "* ENABLED CONDSTORE UTF8=ACCEPT\r\nb OK ENABLE completed\r\n");
}

} // namespace

} // namespace posthouse::imap::rehearsal
