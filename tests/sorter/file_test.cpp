// SPDX-License-Identifier: Apache-2.0
#include "sorter/file.hpp"

#include "mailbox/summary.pb.h"
#include "tests/sorter/requests.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthouse::sorter {
namespace {

wire::Filed file(const wire::File& request, std::string_view letter,
                 std::size_t piece = std::string::npos)
{
    auto filing = Filing::begin(request);
    EXPECT_TRUE(filing);
    for (; !letter.empty(); letter.remove_prefix(std::min(piece, letter.size())))
        filing->append(letter.substr(0, piece));
    return std::move(*filing).finish();
}

mailbox::MessageSummary summary_of(const wire::Filed& filed)
{
    mailbox::MessageSummary summary;
    EXPECT_TRUE(summary.ParseFromString(filed.summary()));
    return summary;
}

constexpr std::string_view letter = "From: Alice <alice@example.net>\r\n"
                                    "To: sales@example.org\r\n"
                                    "Subject: two\r\n lines\r\n"
                                    "Date: Sun, 22 Nov 2026 03:20:05 +0000\r\n"
                                    "Message-ID: <1@example.net>\r\n"
                                    "\r\n"
                                    "body\r\n";

TEST(Filing, PutsReturnPathAndDeliveredToInFront)
{
    EXPECT_EQ(file(file_request(letter.size()), letter).prefix(),
              "Return-Path: <sender@example.net>\r\nDelivered-To: alice@example.org\r\n");
    auto request = file_request(letter.size());
    request.set_sender("");
    EXPECT_EQ(file(request, letter).prefix(),
              "Return-Path: <>\r\nDelivered-To: alice@example.org\r\n");
}

TEST(Filing, IsTheSameHoweverTheLetterIsCut)
{
    const auto whole = file(file_request(letter.size()), letter);
    for (std::size_t piece = 1; piece < letter.size(); ++piece)
        EXPECT_EQ(file(file_request(letter.size()), letter, piece).summary(), whole.summary());
}

TEST(Filing, SummarisesTheLetterAsItsReaderWillSeeIt)
{
    const auto filed = file(file_request(letter.size()), letter);
    const auto summary = summary_of(filed);
    EXPECT_EQ(summary.bytes(), filed.prefix().size() + letter.size());
    EXPECT_EQ(summary.header_bytes(), filed.prefix().size() + letter.find("\r\n\r\n") + 4);
    EXPECT_TRUE(summary.envelope().starts_with(
        "(\"Sun, 22 Nov 2026 03:20:05 +0000\" \"two lines\" ((\"Alice\" NIL \"alice\" "
        "\"example.net\"))"))
        << summary.envelope();
    EXPECT_EQ(summary.message_id(), "<1@example.net>");
}

TEST(Filing, NamesThreadsByTheMessageAndThoseItAnswersTheNearestFirst)
{
    const std::string reply = "Message-ID: <2@example.net>\r\n"
                              "References: <0@example.net> <1@example.net>\r\n\r\n";
    const auto filed = file(file_request(reply.size()), reply);
    ASSERT_EQ(filed.threading_size(), 3);
    EXPECT_EQ(filed.threading(1), file(file_request(letter.size()), letter).threading(0));
    EXPECT_NE(filed.threading(0), filed.threading(2));
    const auto bare = file(file_request(5), "text\n");
    ASSERT_EQ(bare.threading_size(), 1);
    EXPECT_EQ(bare.threading(0), 0U);
}

TEST(Filing, MakesASummaryOfAnyBytesThatCanBeReadAgain)
{
    const std::string odd = "Subject: gr\xfc\xdf\xff\r\nFrom: \xe9\xa9\xbf\r\n\r\n";
    EXPECT_FALSE(summary_of(file(file_request(odd.size()), odd)).envelope().empty());
}

TEST(Filing, KnowsARequestThatCannotBeMeant)
{
    auto request = file_request(1);
    request.set_final_address("nobody");
    EXPECT_EQ(Filing::begin(request).error(), wire::Failure::invalid);
    request = file_request(1);
    request.set_sender("a\r\nb@example.org");
    EXPECT_EQ(Filing::begin(request).error(), wire::Failure::invalid);
}

} // namespace
} // namespace posthouse::sorter
