// SPDX-License-Identifier: Apache-2.0
#include "mail/received.hpp"

#include "base/text.hpp"
#include "mail/header_block.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

Arrival arrival()
{
    return {.greeted_as = "client.example",
            .client_address = "192.0.2.1",
            .client_name = "",
            .transmission = {},
            .tls = "",
            .host = *Domain::parse("mx.example.org"),
            .id = "0f3zk",
            .only_recipient = std::nullopt,
            .at = from_microseconds(880127706'000'000)};
}

std::string unfolded(std::string_view segment)
{
    const auto block = HeaderBlock::parse(segment);
    EXPECT_EQ(block.fields().size(), 1u);
    EXPECT_EQ(block.text(), segment);
    auto value = block.fields()[0].value();
    std::ranges::replace(value, '\t', ' ');
    return value;
}

TEST(Received, TellsWhoCameAndHow)
{
    auto how = arrival();
    EXPECT_EQ(unfolded(received_field(how)),
              "from client.example ([192.0.2.1]) by mx.example.org with ESMTP id 0f3zk; "
              "Fri, 21 Nov 1997 15:55:06 +0000");
    how.client_address = "2001:db8::1";
    how.client_name = "Host.Client.Example";
    how.transmission.tls = true;
    how.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
    how.only_recipient = *ForwardPath::parse("fred@example.org");
    EXPECT_EQ(unfolded(received_field(how)),
              "from client.example (host.client.example [IPv6:2001:db8::1]) by mx.example.org "
              "with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id 0f3zk for <fred@example.org>; "
              "Fri, 21 Nov 1997 15:55:06 +0000");
}

TEST(Received, ShowsAGreetingThatIsNoNameAsACommentOnly)
{
    auto how = arrival();
    how.greeted_as = "my (evil) pc\r\nBcc: \xff\xe9\xa9\xbf";
    EXPECT_EQ(unfolded(received_field(how)),
              "from [192.0.2.1] ([192.0.2.1]) (greeted as my \\(evil\\) pc??Bcc: ???\?) by "
              "mx.example.org with ESMTP id 0f3zk; Fri, 21 Nov 1997 15:55:06 +0000");
    how.greeted_as = "[192.0.2.7]";
    EXPECT_TRUE(unfolded(received_field(how)).starts_with("from [192.0.2.7] ([192.0.2.1]) by"));
}

TEST(Received, CutsAGreetingAndAnIdThatGoOn)
{
    auto how = arrival();
    how.greeted_as = "? " + std::string(500, 'g');
    how.id = std::string(500, 'i');
    EXPECT_TRUE(received_field(how).contains(std::string(62, 'g') + ')'));
    EXPECT_FALSE(received_field(how).contains(std::string(63, 'g')));
    EXPECT_TRUE(received_field(how).contains(' ' + std::string(128, 'i') + ';') ||
                received_field(how).contains('\t' + std::string(128, 'i') + ';'));
}

TEST(Received, LeavesOutWhatThereIsNot)
{
    auto how = arrival();
    how.greeted_as = how.client_address = how.id = "";
    EXPECT_EQ(unfolded(received_field(how)),
              "by mx.example.org with ESMTP; Fri, 21 Nov 1997 15:55:06 +0000");
    how.greeted_as = "localhost";
    EXPECT_TRUE(unfolded(received_field(how)).starts_with("from localhost by mx"));
}

TEST(Received, HoldsUtf8OnlyInALetterThatMay)
{
    const std::string name = "\xe9\xa9\xbf.example";
    auto how = arrival();
    how.greeted_as = how.client_name = name;
    how.only_recipient = *ForwardPath::parse("\xe9\xa9\xbf@example.org");
    EXPECT_TRUE(std::ranges::all_of(received_field(how), [](char c) { return c > 0; }));
    how.transmission.utf8 = true;
    EXPECT_TRUE(unfolded(received_field(how)).starts_with("from " + name + " (" + name + ' '));
    EXPECT_TRUE(received_field(how).contains("for <\xe9\xa9\xbf@example.org>"));
}

TEST(Received, NamesTheProtocolOfTheTransmission)
{
    using enum Transmission::Greeting;
    EXPECT_EQ(protocol_name({helo, false, false, false}), "SMTP");
    EXPECT_EQ(protocol_name({ehlo, false, false, false}), "ESMTP");
    EXPECT_EQ(protocol_name({ehlo, false, true, false}), "ESMTPA");
    EXPECT_EQ(protocol_name({ehlo, true, true, false}), "ESMTPSA");
    EXPECT_EQ(protocol_name({ehlo, true, false, true}), "UTF8SMTPS");
    EXPECT_EQ(protocol_name({lhlo, false, false, false}), "LMTP");
    EXPECT_EQ(protocol_name({lhlo, true, true, true}), "UTF8LMTPSA");
}

TEST(Received, IsOneFieldInShortLinesWhateverThePeerSays)
{
    EXPECT_TRUE(rc::check("one field, no control characters, lines below 78 columns", [] {
        auto how = arrival();
        how.greeted_as = *rc::gen::arbitrary<std::string>();
        how.client_address = *rc::gen::arbitrary<std::string>();
        how.client_name = *rc::gen::arbitrary<std::string>();
        how.tls = *rc::gen::arbitrary<std::string>();
        how.transmission.tls = true;
        how.id = *rc::gen::arbitrary<std::string>();
        const auto field = received_field(how);
        const auto block = HeaderBlock::parse(field);
        RC_ASSERT(block.fields().size() == 1u);
        RC_ASSERT(block.text() == field);
        for (std::string_view rest = field; !rest.empty();) {
            const auto line = rest.substr(0, rest.find("\r\n"));
            RC_ASSERT(line == printable(line, 9999) ||
                      (line[0] == '\t' && line.substr(1) == printable(line.substr(1), 9999)));
            RC_ASSERT(line.size() < 78 || !line.contains(' ')); // A long word stands alone.
            rest.remove_prefix(line.size() + 2);
        }
    }));
}

TEST(ReturnPath, HoldsTheSenderOrNothing)
{
    EXPECT_EQ(return_path_field(ReversePath()), "Return-Path: <>\r\n");
    EXPECT_EQ(return_path_field(*ReversePath::parse("\"a b\"@example.org")),
              "Return-Path: <\"a b\"@example.org>\r\n");
}

TEST(DeliveredTo, CanBeFoundAgain)
{
    const auto mailbox = *Mailbox::parse("Fred@example.org");
    const auto field = delivered_to_field(mailbox);
    EXPECT_EQ(field, "Delivered-To: Fred@example.org\r\n");
    EXPECT_TRUE(HeaderBlock::parse(field).has("delivered-to", mailbox.text()));
}

TEST(Received, TellsOfAUserOfThisHost)
{
    auto how = arrival();
    how.client_address = {};
    how.local_user = 1000;
    EXPECT_EQ(unfolded(received_field(how)),
              "by mx.example.org (from user 1000) with ESMTP id 0f3zk; "
              "Fri, 21 Nov 1997 15:55:06 +0000");
    how.transmission.greeting = Transmission::Greeting::none;
    EXPECT_TRUE(unfolded(received_field(how)).starts_with("by mx.example.org (from user 1000) id"));
}

TEST(Received, TellsWhatAnIdentServerSaysAsAClaim)
{
    auto how = arrival();
    how.ident = "eve) by bank.example\r\n\xff" + std::string(100, 'x');
    const auto field = unfolded(received_field(how));
    EXPECT_TRUE(field.starts_with("from client.example ([192.0.2.1]) (ident says eve\\) by "
                                  "bank.example???xxx"))
        << field;
    EXPECT_FALSE(field.contains(std::string(64, 'x')));
}

} // namespace
} // namespace posthouse::mail
