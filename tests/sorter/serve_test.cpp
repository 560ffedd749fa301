// SPDX-License-Identifier: Apache-2.0
#include "sorter/serve.hpp"

#include "sorter/limits.hpp"
#include "mailbox/summary.pb.h"
#include "tests/sorter/requests.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/parse.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthouse::sorter {
namespace {

using wire::Method;

/// A keeper that has one letter, and notes how it is read.
class SorterServes : public ::testing::Test {
protected:
    wire::Link::Handler letters()
    {
        return [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
            return read_letter(std::move(frame));
        };
    }
    Task<wire::Result<wire::Answer>> read_letter(wire::Frame frame)
    {
        const auto request = wire::parse<wire::ReadLetter>(frame.message);
        if (frame.head.method != Method::read_letter || !request || request->letter() != 7)
            co_return std::unexpected(wire::Failure::refused);
        reads.push_back(request->length());
        if (request->offset() >= letter.size())
            co_return wire::answer_with(wire::Piece());
        co_return wire::answer_with(wire::Piece(),
                                    letter.substr(request->offset(), request->length()));
    }

    wire::Result<wire::Typed<wire::Filed>> file(const wire::File& request, std::string raw)
    {
        return tests::run(io, pair.ours->call<wire::Filed>(Method::file, request, std::move(raw)));
    }

    boost::asio::io_context io{1};
    std::string letter;
    std::vector<std::uint32_t> reads;
    tests::LinkPair pair{io,
                         {.handler = letters(), .closed = {}},
                         {.handler =
                              [](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                                  return serve(std::make_shared<const Handbook>(handbook()),
                                               std::move(link), std::move(frame));
                              },
                          .closed = {}}};
};

std::string large_letter()
{
    std::string text = "Subject: large\r\n\r\n";
    while (text.size() < 5 * Limits::piece / 2)
        text += "seventy characters of a letter that would not fit a frame, line by line\r\n";
    return text;
}

TEST_F(SorterServes, RoutesForTheKeeper)
{
    auto request = route_request({"alice@example.org"});
    request.add_persons()->set_name("alice@example.org");
    auto* standing = request.add_standings();
    standing->set_account(12);
    standing->set_exists(true);
    const auto routed =
        tests::run(io, pair.ours->call<wire::Routed>(Method::route, request, "Subject: x\r\n\r\n"));
    ASSERT_TRUE(routed);
    ASSERT_EQ(routed->message.deliveries_size(), 1);
    EXPECT_EQ(routed->message.deliveries(0).account(), 12U);
}

TEST_F(SorterServes, FilesALetterThatCameAlong)
{
    letter = "Subject: small\r\n\r\nbody\r\n";
    const auto filed = file(file_request(letter.size()), letter);
    ASSERT_TRUE(filed);
    mailbox::MessageSummary summary;
    ASSERT_TRUE(summary.ParseFromString(filed->message.summary()));
    EXPECT_EQ(summary.base_subject(), "small");
    EXPECT_TRUE(reads.empty());
}

TEST_F(SorterServes, FilesALargeLetterInPieces)
{
    letter = large_letter();
    const auto filed = file(file_request(letter.size()), "");
    ASSERT_TRUE(filed);
    mailbox::MessageSummary summary;
    ASSERT_TRUE(summary.ParseFromString(filed->message.summary()));
    EXPECT_EQ(summary.base_subject(), "large");
    EXPECT_EQ(summary.lines(), 2 + static_cast<std::uint64_t>(std::ranges::count(letter, '\n')));
    const auto rest = static_cast<std::uint32_t>(letter.size() - 2 * Limits::piece);
    EXPECT_EQ(reads, (std::vector<std::uint32_t>{Limits::piece, Limits::piece, rest}));
}

TEST_F(SorterServes, FilesNothingOfALetterItCannotReadToItsEnd)
{
    letter = large_letter();
    EXPECT_EQ(file(file_request(letter.size() + 1), "").error(), wire::Failure::unavailable);
    auto other = file_request(letter.size());
    other.set_letter(8);
    EXPECT_EQ(file(other, "").error(), wire::Failure::refused);
}

TEST_F(SorterServes, FilesNoPartOfALetter)
{
    EXPECT_EQ(file(file_request(10), "123456789").error(), wire::Failure::invalid);
    EXPECT_EQ(file(file_request(8), "123456789").error(), wire::Failure::invalid);
}

TEST_F(SorterServes, ComposesNotifications)
{
    auto request = notify_request();
    add_told(request, "bob@example.com", "no such user");
    const auto letter_made = tests::run(
        io, pair.ours->call<wire::Notification>(Method::notify, request, "Subject: lost\r\n\r\n"));
    ASSERT_TRUE(letter_made);
    EXPECT_TRUE(letter_made->raw.contains("no such user"));
}

TEST_F(SorterServes, NothingThatMakesNoSense)
{
    for (const auto method : {Method::route, Method::file, Method::notify})
        EXPECT_EQ(tests::run(io, pair.ours->call(method, "\xff\xff")).error(),
                  wire::Failure::invalid);
    EXPECT_EQ(tests::run(io, pair.ours->call(Method::accept, "")).error(), wire::Failure::refused);
    EXPECT_TRUE(pair.ours->is_open());
}

} // namespace
} // namespace posthouse::sorter
