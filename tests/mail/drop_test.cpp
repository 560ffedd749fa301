// SPDX-License-Identifier: Apache-2.0
#include "mail/drop.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

Drop example()
{
    Drop drop;
    drop.sender = ReversePath::parse("alice@example.org").value();
    drop.recipients = {ForwardPath::parse("bob@example.net").value(), ForwardPath::postmaster()};
    drop.notify = notify::success | notify::delay;
    drop.ret = Return::headers;
    drop.envelope_id = "a b+c";
    drop.body = Drop::Body::eight_bit_mime;
    drop.smtputf8 = true;
    return drop;
}

TEST(Drop, IsReadAsItWasWritten)
{
    for (const auto& drop : {example(), Drop{.sender = {}, .recipients = example().recipients}}) {
        const auto head = drop_head(drop);
        const auto parsed = parse_drop(head + "Subject: hi\r\n\r\n\nHo\n");
        ASSERT_TRUE(parsed) << head;
        EXPECT_EQ(parsed->drop, drop);
        EXPECT_EQ(parsed->head_bytes, head.size());
    }
    EXPECT_TRUE(drop_head(example()).starts_with("sender alice@example.org\n"
                                                 "recipient bob@example.net\n"
                                                 "recipient postmaster\n"));
}

TEST(Drop, IsIncompleteAtEachCut)
{
    const auto head = drop_head(example());
    for (std::size_t size = 0; size < head.size(); ++size) {
        const auto parsed = parse_drop(head.substr(0, size));
        ASSERT_FALSE(parsed) << size;
        EXPECT_EQ(parsed.error(), DropFault::incomplete) << size;
    }
}

TEST(Drop, RefusesWhatItDoesNotUnderstand)
{
    for (const auto* head : {
             "\n",
             "sender a@b.example\n\n",
             "recipient a@b.example\n\n",
             "sender a@b.example\nsender a@b.example\nrecipient a@b.example\n\n",
             "sender\nrecipient not an address\n\n",
             "sender a@b.example\r\nrecipient a@b.example\n\n",
             "sender\nrecipient a@b.example\noption colour blue\n\n",
             "sender\nrecipient a@b.example\noption notify ALWAYS\n\n",
             "sender\nrecipient a@b.example\noption smtputf8 no\n\n",
             "sender\nrecipient a@b.example\nwish health\n\n",
         }) {
        const auto parsed = parse_drop(head);
        ASSERT_FALSE(parsed) << head;
        EXPECT_EQ(parsed.error(), DropFault::malformed) << head;
    }
}

TEST(Drop, KeepsToItsLimits)
{
    auto drop = example();
    drop.recipients.assign(DropLimits::recipients, ForwardPath::postmaster());
    auto head = drop_head(drop);
    EXPECT_TRUE(parse_drop(head));
    EXPECT_EQ(parse_drop("recipient postmaster\n" + head).error(), DropFault::too_large);
    EXPECT_EQ(parse_drop(std::string(DropLimits::line_bytes + 1, 'x')).error(),
              DropFault::too_large);
    std::string options = "sender \n";
    while (options.size() <= DropLimits::head_bytes)
        options += "option smtputf8 yes\n";
    EXPECT_EQ(parse_drop(options).error(), DropFault::too_large);
}

} // namespace
} // namespace posthouse::mail
