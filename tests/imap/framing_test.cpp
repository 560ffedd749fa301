// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/framing_rehearsal.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

using Verdict = FramingScript::Verdict;

/// The same, however the input is cut in two, and byte by byte.
void expect_frames(std::string_view input, std::string_view told, const FramingScript& script = {})
{
    EXPECT_EQ(frames_of(input, script), told);
    for (std::size_t cut = 0; cut <= input.size(); ++cut)
        ASSERT_EQ(FramingRehearsal(script).play(input, cut, input.size() + 1), told)
            << "cut at " << cut;
    ASSERT_EQ(FramingRehearsal(script).play(input, 1, 1), told) << "byte by byte";
}

FramingScript judged(Verdict verdict)
{
    FramingScript script;
    script.judge = [=](const auto&) { return verdict; };
    return script;
}

TEST(ImapFraming, CutsLinesIntoCommands)
{
    expect_frames("a NOOP\r\nb CAPABILITY\r\nc LOG", "command[a NOOP]\ncommand[b CAPABILITY]\n");
}

TEST(ImapFraming, TakesALineFeedAloneForALineEnd)
{
    expect_frames("a NOOP\n\nb NOOP\r\n", "command[a NOOP]\ncommand[]\ncommand[b NOOP]\n");
}

TEST(ImapFraming, AsksForALiteralThatWaits)
{
    // RFC 9051 §6.2.3
    expect_frames("A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\n",
                  "continue[]\ncontinue[]\n"
                  "command[A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man]\n");
}

TEST(ImapFraming, TakesALiteralThatDoesNotWait)
{
    // RFC 7888 §3
    expect_frames("A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man\r\nb NOOP\r\n",
                  "command[A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man]\ncommand[b NOOP]\n");
}

TEST(ImapFraming, NeverTakesALiteralForACommand)
{
    expect_frames("a SEARCH TEXT {17+}\r\n\r\nb DELETE INBOX\r\n\r\nc NOOP\r\n",
                  "command[a SEARCH TEXT {17+}\r\n\r\nb DELETE INBOX\r]\ncommand[]\n"
                  "command[c NOOP]\n");
}

TEST(ImapFraming, LendsAMessageInPieces)
{
    expect_frames("A003 APPEND saved-messages (\\Seen) {5}\r\na\r\nb \r\nb NOOP\r\n",
                  "head[A003 APPEND saved-messages (\\Seen) {5}]\ncontinue[]\nbytes[a\r\nb ]\n"
                  "tail[]\ncommand[b NOOP]\n");
}

TEST(ImapFraming, LendsSeveralMessages)
{
    expect_frames("A APPEND x {2+}\r\nab (\\Seen) ~{3+}\r\nc\r\n {0+}\r\n\r\nb NOOP\r\n",
                  "head[A APPEND x {2+}]\nbytes[ab]\nmore[ (\\Seen) ~{3+}]\nbytes[c\r\n]\n"
                  "more[ {0+}]\nbytes[]\ntail[]\ncommand[b NOOP]\n");
}

TEST(ImapFraming, CollectsTheNameOfAMailboxAndAUrlInAnAppend)
{
    expect_frames(
        "A APPEND {3+}\r\na b CATENATE (URL {4+}\r\n/a/b TEXT {2+}\r\nxy URL {1+}\r\n/)\r\n",
        "head[A APPEND {3+}\r\na b CATENATE (URL {4+}\r\n/a/b TEXT {2+}]\nbytes[xy]\n"
        "tail[ URL {1+}\r\n/)]\n");
    expect_frames("A UID REPLACE 4 {1+}\r\nx {2+}\r\nab\r\n",
                  "head[A UID REPLACE 4 {1+}\r\nx {2+}]\nbytes[ab]\ntail[]\n");
    expect_frames("A APPEND \"a \\\" {3}\" {1+}\r\nx\r\n",
                  "head[A APPEND \"a \\\" {3}\" {1+}]\nbytes[x]\ntail[]\n");
}

TEST(ImapFraming, GoesOnWithTheNextCommandBehindARefusedMessage)
{
    // One that waits is told NO and sends nothing; one that does not has sent it all.
    expect_frames("a APPEND x {9}\r\nb NOOP\r\n",
                  "head[a APPEND x {9}]\nrefuse[]\ncommand[b NOOP]\n", judged(Verdict::refuse));
    expect_frames("a APPEND x {8+}\r\nb NOOP\r\n (\\Seen) {4+}\r\nc \r\n\r\nd NOOP\r\n",
                  "head[a APPEND x {8+}]\nrefuse[]\ncommand[d NOOP]\n", judged(Verdict::refuse));
    // The next literal in it waits, so the command ends there.
    expect_frames("a APPEND x {1+}\r\ny {5}\r\nd NOOP\r\n",
                  "head[a APPEND x {1+}]\nrefuse[]\ncommand[d NOOP]\n", judged(Verdict::refuse));
}

TEST(ImapFraming, PassesOverTheRestOfAnAbandonedMessage)
{
    for (const auto verdict : {Verdict::abandon_at_bytes, Verdict::abandon_at_end}) {
        const std::string bytes = verdict == Verdict::abandon_at_end ? "bytes[b NOOP\r\n]\n" : "";
        expect_frames("a APPEND x {8}\r\nb NOOP\r\n {4+}\r\nc \r\n\r\nd NOOP\r\n",
                      "head[a APPEND x {8}]\ncontinue[]\n" + bytes + "abandon[]\ncommand[d NOOP]\n",
                      judged(verdict));
    }
}

TEST(ImapFraming, RefusesALineBeyondItsLimitAndReadsItToItsEnd)
{
    FramingScript script;
    script.limits.command_bytes = 20;
    expect_frames("a 345678901234567890\r\nb 3456789012345678901 c NOOP\r\nd NOOP\r\n",
                  "command[a 345678901234567890]\nrefused[line_too_long b]\ncommand[d NOOP]\n",
                  script);
}

TEST(ImapFraming, CountsAllLinesOfACommandAgainstTheLimit)
{
    FramingScript script;
    script.limits.command_bytes = 20;
    expect_frames("a LOGIN {1+}\r\nx {1+}\r\ny ab\r\nb NOOP\r\n",
                  "command[a LOGIN {1+}\r\nx {1+}\r\ny ab]\ncommand[b NOOP]\n", script);
    expect_frames("a LOGIN {1+}\r\nx {1+}\r\ny abc\r\nb NOOP\r\n",
                  "refused[line_too_long a]\ncommand[b NOOP]\n", script);
}

TEST(ImapFraming, PassesOverTheLiteralsOfARefusedLine)
{
    FramingScript script;
    script.limits.command_bytes = 20;
    expect_frames("a 3456789012345678901 {8+}\r\nb NOOP\r\n {10+}\r\n\r\nc NOOP\r\n\r\nd NOOP\r\n",
                  "refused[line_too_long a]\ncommand[d NOOP]\n", script);
    expect_frames("a 3456789012345678901 {8}\r\nb NOOP\r\n",
                  "refused[line_too_long a]\ncommand[b NOOP]\n", script);
}

TEST(ImapFraming, RefusesALiteralBeyondItsLimit)
{
    FramingScript script;
    script.limits.literal_bytes = 8;
    expect_frames("a LOGIN {8+}\r\nx NOOP\r\n y\r\n", "command[a LOGIN {8+}\r\nx NOOP\r\n y]\n",
                  script);
    expect_frames("a LOGIN {9+}\r\nxx NOOP\r\n y\r\nb NOOP\r\n",
                  "refused[literal_too_long a]\ncommand[b NOOP]\n", script);
    expect_frames("a LOGIN {9}\r\nb NOOP\r\n", "refused[literal_too_long a]\ncommand[b NOOP]\n",
                  script);
}

TEST(ImapFraming, RefusesTooManyOrTogetherTooLargeLiterals)
{
    FramingScript script;
    script.limits.literals = 2;
    expect_frames("a ID {1+}\r\nx {1+}\r\ny {1+}\r\nz\r\nb NOOP\r\n",
                  "refused[literal_too_long a]\ncommand[b NOOP]\n", script);
    script.limits.literals = 3;
    script.limits.literals_bytes = 2;
    expect_frames("a ID {1+}\r\nx {1+}\r\ny {1+}\r\nz\r\nb NOOP\r\n",
                  "refused[literal_too_long a]\ncommand[b NOOP]\n", script);
}

TEST(ImapFraming, RefusesAMessageBeyondItsLimit)
{
    FramingScript script;
    script.limits.message_bytes = 3;
    expect_frames("a APPEND x {3+}\r\nabc {4+}\r\n\r\nb \r\nc NOOP\r\n",
                  "head[a APPEND x {3+}]\nbytes[abc]\nrefused[message_too_long a]\n"
                  "command[c NOOP]\n",
                  script);
    expect_frames("a APPEND x {4}\r\nc NOOP\r\n", "refused[message_too_long a]\ncommand[c NOOP]\n",
                  script);
}

TEST(ImapFraming, NeverComesBackFromALiteralWithoutEnd)
{
    expect_frames("a LOGIN {99999999999999999999999+}\r\nb NOOP\r\nc NOOP\r\n",
                  "refused[literal_too_long a]\n");
}

TEST(ImapFraming, HoldsLiteralMinusTo4096Bytes)
{
    FramingScript script;
    script.limits.mode = LiteralMode::minus;
    const std::string bytes(4096, 'x');
    EXPECT_EQ(frames_of("a LOGIN {4096+}\r\n" + bytes + "\r\n", script),
              "command[a LOGIN {4096+}\r\n" + bytes + "]\n");
    EXPECT_EQ(frames_of("a LOGIN {4097+}\r\n" + bytes + "x\r\nb NOOP\r\n", script),
              "refused[literal_minus a]\ncommand[b NOOP]\n");
    EXPECT_EQ(frames_of("a APPEND y {4097+}\r\n" + bytes + "x\r\nb NOOP\r\n", script),
              "refused[literal_minus a]\ncommand[b NOOP]\n");
    EXPECT_EQ(frames_of("a APPEND y {4097}\r\n", script), "head[a APPEND y {4097}]\ncontinue[]\n");
}

TEST(ImapFraming, HoldsStrangersToLess)
{
    FramingScript script;
    script.trusted = false;
    script.limits.stranger_bytes = 10;
    expect_frames("a NOOP\r\nb 345678901\r\nc X {11+}\r\n12345678901\r\nd NOOP\r\n",
                  "command[a NOOP]\nrefused[line_too_long b]\nrefused[literal_too_long c]\n"
                  "command[d NOOP]\n",
                  script);
}

TEST(ImapFraming, RefusesControlCharactersThatCouldPartLines)
{
    using namespace std::literals;
    expect_frames("a NO\0OP\r\nb x\ry\r\nc NOOP\r\n"sv,
                  "refused[line_not_text a]\nrefused[line_not_text b]\ncommand[c NOOP]\n");
}

TEST(ImapFraming, ReadsTheLineThatEndsIdle)
{
    expect_frames("a IDLE\r\nDONE\r\nb NOOP\r\n", "command[a IDLE]\nline[DONE]\ncommand[b NOOP]\n");
}

TEST(ImapFraming, LimitsTheLineThatEndsIdle)
{
    expect_frames("a IDLE\r\n12345678901234567890\r\n",
                  "command[a IDLE]\nline[12345678901234567890]\n");
    expect_frames("a IDLE\r\n123456789012345678901\r\nb NOOP\r\n",
                  "command[a IDLE]\nrefused[line_too_long *]\ncommand[b NOOP]\n");
}

TEST(ImapFraming, PassesOverWhatACommandInPlaceOfDoneAnnounces)
{
    expect_frames("a IDLE\r\nb APPEND x {8+}\r\nd NOOP\r\n\r\nc NOOP\r\n",
                  "command[a IDLE]\nline[b APPEND x {8+}]\ncommand[c NOOP]\n");
}

TEST(ImapFraming, TellsNoTagThatIsNone)
{
    FramingScript script;
    script.limits.command_bytes = 10;
    expect_frames("(\"*%}{ 345678901\r\n", "refused[line_too_long *]\n", script);
}

TEST(ImapFraming, KeepsNothingOfABatchThatWasDiscarded)
{
    Framer framer{FramingLimits{}};
    framer.feed("a STARTTLS\r\nb LOGIN x y\r\n");
    EXPECT_EQ(std::get<frame::Command>(framer.next()).text, "a STARTTLS");
    EXPECT_TRUE(framer.has_input());
    framer.discard_input();
    EXPECT_FALSE(framer.has_input());
    framer.feed("c NOOP\r\n");
    EXPECT_EQ(std::get<frame::Command>(framer.next()).text, "c NOOP");
}

TEST(ImapFraming, HandsOverWhatIsBehindACommand)
{
    Framer framer{FramingLimits{}};
    framer.feed("a COMPRESS DEFLATE\r\n\x01\x02\r\nx");
    EXPECT_EQ(std::get<frame::Command>(framer.next()).text, "a COMPRESS DEFLATE");
    EXPECT_EQ(framer.take_input(), "\x01\x02\r\nx");
    EXPECT_TRUE(std::holds_alternative<frame::NeedsInput>(framer.next()));
}

} // namespace
} // namespace posthouse::imap
