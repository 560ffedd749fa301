// SPDX-License-Identifier: Apache-2.0
#include "imap/index_message.hpp"

#include "imap/body_structure.hpp"
#include "imap/part_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::imap {
namespace {

using mail::MessageIndex;
using ::testing::ElementsAre;

/// "section type holds|-"
std::vector<std::string> sections(const MessageIndex& index)
{
    std::vector<std::string> found;
    for (const auto& part : index.parts)
        found.push_back(part.section + ' ' + part.type + (part.holds_letter ? " letter" : ""));
    return found;
}

// The example of RFC 9051 §6.4.5.1.
const std::string numbered =
    "Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    "--a\r\nContent-Type: text/plain\r\n\r\none\r\n"
    "--a\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n"
    "--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: three\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\n\r\n3.1\r\n--b\r\nContent-Type: application/x\r\n\r\n3.2\r\n--b--\r\n"
    "--a\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
    "--c\r\nContent-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\n4.1\r\n"
    "--c\r\nContent-Type: message/rfc822\r\n\r\nSubject: four\r\n"
    "Content-Type: multipart/mixed; boundary=d\r\n\r\n"
    "--d\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n4.2.1\r\n"
    "--d\r\nContent-Type: multipart/alternative; boundary=e\r\n\r\n"
    "--e\r\n\r\n4.2.2.1\r\n--e\r\nContent-Type: text/richtext\r\n\r\n4.2.2.2\r\n--e--\r\n"
    "--d--\r\n--c--\r\n--a--\r\n";

TEST(IndexMessage, NumbersPartsAsTheStandardDoes)
{
    EXPECT_THAT(sections(index_message(numbered)),
                ElementsAre(" multipart/mixed letter", "1 text/plain", "2 application/octet-stream",
                            "3 message/rfc822 letter", "3.1 text/plain", "3.2 application/x",
                            "4 multipart/mixed", "4.1 image/gif", "4.2 message/rfc822 letter",
                            "4.2.1 text/plain", "4.2.2 multipart/alternative", "4.2.2.1 text/plain",
                            "4.2.2.2 text/richtext"));
}

TEST(IndexMessage, SaysWhereEachSectionStands)
{
    const auto index = index_message(numbered);
    const auto part = [&](std::string_view section) { return *find_part(index.parts, section); };
    for (const char* leaf : {"3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"})
        EXPECT_EQ(part(leaf).body.of(numbered), leaf);
    EXPECT_EQ(part("").body.of(numbered), numbered);
    EXPECT_EQ(part("").header.of(numbered), "Content-Type: multipart/mixed; boundary=a\r\n\r\n");
    EXPECT_TRUE(part("").text.of(numbered).starts_with("--a\r\n"));
    EXPECT_EQ(part("3").mime.of(numbered), "Content-Type: message/rfc822\r\n\r\n");
    EXPECT_TRUE(part("3").header.of(numbered).starts_with("Subject: three\r\n"));
    EXPECT_TRUE(part("3").header.of(numbered).ends_with("boundary=b\r\n\r\n"));
    EXPECT_EQ(part("3").body.of(numbered), std::string(part("3").header.of(numbered)) +
                                               std::string(part("3").text.of(numbered)));
    EXPECT_EQ(part("4.1").encoding, mail::TransferEncoding::base64);
    EXPECT_EQ(part("4.2.1").charset, "koi8-r");
    EXPECT_EQ(find_part(index.parts, "5"), nullptr);
}

TEST(IndexMessage, TakesALetterThatIsNoMultipartForItsOwnPartOne)
{
    const std::string letter = "Subject: x\r\n\r\nbody";
    const auto index = index_message(letter);
    EXPECT_THAT(sections(index), ElementsAre(" text/plain letter", "1 text/plain"));
    EXPECT_EQ(index.parts[1].mime.of(letter), "Subject: x\r\n\r\n");
    EXPECT_EQ(index.parts[1].body.of(letter), "body");
    EXPECT_THAT(sections(index_message("Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx")),
                ElementsAre(" message/rfc822 letter", "1 message/rfc822 letter", "1.1 text/plain"));
    EXPECT_THAT(sections(index_message("Content-Type: multipart/x; boundary=b\r\n\r\n")),
                ElementsAre(" multipart/x letter", "1 text/plain"));
}

const std::string ordinary =
    "Return-Path: <alice@example.net>\r\n"
    "Received: from mx1.example.net by mx.example.org; Sun, 22 Nov 2026 04:26:18 +0000\r\n"
    "From: =?utf-8?B?546L5bCP5piO?= <alice@example.net>\r\n"
    "To: undisclosed:;, Bob <bob@example.org>\r\nCc: \"Carol (x)\" <carol@example.org>\r\n"
    "Subject: Re: [list] =?utf-8?Q?Gr=C3=BC=C3=9Fe?= (fwd)\r\n"
    "Date: Sun, 22 Nov 2026 23:26:17 -0330\r\n"
    "Message-ID: <20261122042617.1234@example.net>\r\n"
    "In-Reply-To: <1@example.org>\r\nReferences: <0@example.org>\r\n\t<1@example.org>\r\n"
    "X-Mailer: x\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n"
    "--=_b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Dear Bob,\r\n\r\n> quoted\r\n你好\r\n"
    "--=_b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: "
    "base64\r\n"
    "Content-Disposition: attachment; filename=\"a.pdf\"\r\n\r\nJVBERg==\r\n--=_b--\r\n";

TEST(IndexMessage, FindsOutWhatListingAndSortingNeed)
{
    const auto index = index_message(ordinary);
    EXPECT_EQ(index.bytes, ordinary.size());
    EXPECT_EQ(index.lines, static_cast<std::uint64_t>(std::ranges::count(ordinary, '\n')));
    EXPECT_EQ(index.header_bytes, ordinary.find("\r\n\r\n") + 4);
    EXPECT_EQ(index.base_subject, "Grüße");
    EXPECT_TRUE(index.is_reply_or_forward);
    ASSERT_TRUE(index.sent);
    EXPECT_EQ(to_microseconds(*index.sent), 1'795'402'577'000'000); // 2026-11-23 02:56:17 UTC
    EXPECT_EQ(index.sent_zone_minutes, -210);
    EXPECT_EQ(index.from_mailbox, "alice");
    EXPECT_EQ(index.from_display, "王小明");
    EXPECT_EQ(index.to_mailbox, "undisclosed");
    EXPECT_EQ(index.to_display, "undisclosed");
    EXPECT_EQ(index.cc_mailbox, "carol");
    EXPECT_EQ(index.message_id, "<20261122042617.1234@example.net>");
    EXPECT_THAT(index.references, ElementsAre("<0@example.org>", "<1@example.org>"));
    EXPECT_EQ(index.preview, "Dear Bob, 你好");
    EXPECT_TRUE(index.has_attachment);
    EXPECT_FALSE(index.parts_left_out);
    EXPECT_EQ(index.body_structure,
              body_structure_text(mail::parse_mime(ordinary), ordinary, BodyForm::extended));
}

TEST(IndexMessage, TakesTheDayOfADateWithoutASensibleTime)
{
    const auto index = index_message("Date: Sun, 22 Nov 2026 99:99:99 +0000\r\n\r\n");
    ASSERT_TRUE(index.sent);
    EXPECT_EQ(to_microseconds(*index.sent), 1'795'305'600'000'000);
    EXPECT_FALSE(index_message("Date: yesterday\r\n\r\n").sent);
    EXPECT_FALSE(index_message("\r\n").sent);
}

TEST(IndexMessage, KeepsTheFieldsThatAreAskedForMost)
{
    const auto cache = index_message(ordinary).header_cache;
    EXPECT_TRUE(cache.fields.starts_with("Return-Path: <alice@example.net>\r\nFrom: "));
    EXPECT_TRUE(cache.fields.contains("References: <0@example.org>\r\n\t<1@example.org>\r\n"));
    EXPECT_FALSE(cache.fields.contains("Received"));
    EXPECT_TRUE(cache.covers("FROM"));
    EXPECT_TRUE(cache.covers("list-id")); // The letter has none.
    EXPECT_FALSE(cache.covers("received"));
    EXPECT_TRUE(cache.missing.empty());
}

TEST(IndexMessage, KnowsWhichFieldsItCouldNotKeep)
{
    const std::string long_field = "To: a@x" + std::string(5000, ' ') + "\r\n";
    auto cache = index_message("To: b@x\r\n" + long_field + "Subject: x").header_cache;
    EXPECT_EQ(cache.fields, "To: b@x\r\nSubject: x\r\n");
    EXPECT_FALSE(cache.covers("to"));
    EXPECT_TRUE(cache.covers("subject"));
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "X-Mailer: " + std::string(990, 'x') + "\r\n";
    cache = index_message(many + "Subject: x\r\n\r\n").header_cache;
    EXPECT_LE(cache.fields.size(), 16384U);
    EXPECT_FALSE(cache.covers("x-mailer"));
    EXPECT_TRUE(cache.covers("subject"));
    cache = index_message(many, {.mime = {.fields = 50}}).header_cache;
    EXPECT_FALSE(cache.covers("subject")); // Some fields were never read.
}

TEST(IndexMessage, KeepsWithinItsLimits)
{
    std::string header = "Subject: " + std::string(10'000, 's') + "\r\nReferences:";
    for (int i = 0; i < 1000; ++i)
        header += " <" + std::to_string(i) + "@x>\r\n";
    const auto index = index_message(
        header + "\r\n" + std::string(1000, 'b'),
        {.references = 5, .value_bytes = 100, .preview_characters = 20, .preview_bytes = 30});
    EXPECT_EQ(index.base_subject.size(), 100U);
    EXPECT_EQ(index.references.size(), 5U);
    EXPECT_EQ(index.preview->size(), 20U);
}

TEST(IndexMessage, LeavesOutPartsBeforeItGrowsTooLarge)
{
    std::string letter = "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 400; ++i)
        letter += "--b\r\nContent-Type: application/x; name=\"" + std::string(300, 'n') +
                  "\"\r\n\r\npart\r\n";
    const auto index = index_message(letter);
    EXPECT_TRUE(index.parts_left_out);
    EXPECT_LE(index.body_structure.size() + index.body.size(), 48U << 10);
    EXPECT_GT(index.parts.size(), 10U);
    EXPECT_EQ(index.header_cache.set, 0U);
    EXPECT_FALSE(index.preview);
    // Its structure and its part table are of the same parts.
    EXPECT_EQ(find_part(index.parts, std::to_string(index.parts.size())), nullptr);
    EXPECT_NE(find_part(index.parts, std::to_string(index.parts.size() - 1)), nullptr);
}

TEST(IndexMessage, IsTotal)
{
    rc::check("any letter", [] {
        std::string letter;
        for (const auto& piece :
             *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                 "Content-Type: multipart/mixed; boundary=a\r\n", "--a\r\n", "--a--\r\n",
                 "Content-Type: message/rfc822\r\n", "\r\n", "From: a: b@c, \xff <", "\n",
                 "Subject: =?gb2312?B?1tA", "Date: 1 Jan 2026 ", "text", "\x1b$B", ">;,",
                 "References: <a@b> <", "Content-Transfer-Encoding: base64\r\n")))
            letter += piece;
        const auto index = index_message(letter);
        RC_ASSERT(index.bytes == letter.size());
        for (const auto& part : index.parts)
            for (const auto& range : {part.mime, part.body, part.header, part.text})
                RC_ASSERT(range.end() <= letter.size());
    });
}

} // namespace
} // namespace posthouse::imap
