// SPDX-License-Identifier: Apache-2.0
#include "sorter/file.hpp"

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

wire::Summary summary_of(const wire::Filed& filed)
{
    wire::Summary summary;
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

TEST(Filing, SummarisesTheLetterAsItsReaderWillSeeIt)
{
    const auto filed = file(file_request(letter.size()), letter);
    const auto summary = summary_of(filed);
    EXPECT_EQ(summary.from(), "Alice <alice@example.net>");
    EXPECT_EQ(summary.to(), "sales@example.org");
    EXPECT_EQ(summary.subject(), "two lines");
    EXPECT_EQ(summary.date(), "Sun, 22 Nov 2026 03:20:05 +0000");
    EXPECT_EQ(summary.message_id(), "<1@example.net>");
    EXPECT_EQ(summary.lines(), 10U);
    EXPECT_EQ(summary.header_bytes(), filed.prefix().size() + letter.find("\r\n\r\n") + 2);
}

TEST(Filing, IsTheSameHoweverTheLetterIsCut)
{
    const auto whole = file(file_request(letter.size()), letter);
    for (std::size_t piece = 1; piece < letter.size(); ++piece)
        EXPECT_EQ(file(file_request(letter.size()), letter, piece).summary(), whole.summary());
}

TEST(Filing, MakesASummaryOfAnyBytesThatCanBeReadAgain)
{
    // A Protocol Buffers string that is no UTF-8 would make the record unreadable.
    const std::string odd = "Subject: gr\xfc\xdf\xff\r\nFrom: \xe9\xa9\xbf\r\n\r\n";
    const auto summary = summary_of(file(file_request(odd.size()), odd));
    EXPECT_EQ(summary.subject(), "gr???");
    EXPECT_EQ(summary.from(), "\xe9\xa9\xbf");
}

TEST(Filing, CutsALongValueBetweenItsCharacters)
{
    std::string subject = "x";
    while (subject.size() < 5000)
        subject += "\xe9\xa9\xbf";
    const auto summary =
        summary_of(file(file_request(subject.size() + 11), "Subject: " + subject + "\r\n"));
    EXPECT_GT(summary.subject().size(), 4000U);
    EXPECT_TRUE(subject.starts_with(summary.subject()));
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
