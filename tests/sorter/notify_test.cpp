// SPDX-License-Identifier: Apache-2.0
#include "sorter/notify.hpp"

#include "base/text.hpp"
#include "sorter/limits.hpp"
#include "tests/sorter/notify_requests.hpp"

#include <gtest/gtest.h>

namespace posthouse::sorter {
namespace {

constexpr std::string_view original =
    "Subject: lost\r\nMessage-ID: <1@example.net>\r\n\r\nsecret\r\n";

std::string composed(const wire::Notify& request, std::string_view letter = original)
{
    SeededRandom random(1);
    const auto made = compose_notification(request, letter, random);
    EXPECT_TRUE(made);
    return made.value_or("");
}

TEST(Notification, TellsTheSenderWhoGotNothing)
{
    const auto letter = composed(notify_failure("bob@example.com", "550 no such user"));
    EXPECT_TRUE(letter.contains("To: <sender@example.net>"));
    EXPECT_TRUE(letter.contains("bob@example.com"));
    EXPECT_TRUE(letter.contains("no such user"));
    EXPECT_TRUE(letter.contains("Status: 5.1.1"));
    EXPECT_TRUE(letter.contains("Subject: lost"));
    EXPECT_FALSE(letter.contains("secret"));
}

TEST(Notification, TellsAllThatItWasAskedTo)
{
    auto request = notify_failure("bob@example.com", "550 no such user");
    request.set_letter(7);
    request.set_envelope_id("envelope 1");
    request.set_received_at(request.at() - 3'600'000'000);
    request.set_received_from("192.0.2.9");
    auto& told = *request.mutable_told(0);
    told.set_action(wire::Notify::Told::DELAYED);
    told.set_original("rfc822;Bob@example.com");
    told.set_status("4.4.1");
    told.set_tried_at(request.at());
    told.set_given_up_at(request.at() + 86'400'000'000);
    told.set_output("a program's");
    const auto letter = composed(request);
    for (const auto* line :
         {"Original-Envelope-Id: envelope 1", "Received-From-MTA: dns; [192.0.2.9]",
          "Arrival-Date: Wed, 18 Nov 2026 10:06:40 +0000",
          "Original-Recipient: rfc822; Bob@example.com", "Action: delayed", "Status: 4.4.1",
          "Last-Attempt-Date: Wed, 18 Nov 2026 11:06:40 +0000", "Final-Log-Id: 0000000000007",
          "Will-Retry-Until: Thu, 19 Nov 2026 11:06:40 +0000", "    Output: a program's",
          "    Letter: 0000000000007", "Subject: Your letter is delayed"})
        EXPECT_TRUE(letter.contains("\r\n" + std::string(line) + "\r\n")) << line << "\n" << letter;
}

TEST(Notification, KnowsEveryAction)
{
    using Told = wire::Notify::Told;
    for (const auto& [action, name] : std::initializer_list<std::pair<Told::Action, const char*>>{
             {Told::FAILED, "failed"},
             {Told::DELAYED, "delayed"},
             {Told::DELIVERED, "delivered"},
             {Told::RELAYED, "relayed"},
             {Told::EXPANDED, "expanded"}}) {
        auto request = notify_failure("bob@example.com", "x");
        request.mutable_told(0)->set_action(action);
        EXPECT_TRUE(composed(request).contains("\r\nAction: " + std::string(name) + "\r\n"));
    }
}

TEST(Notification, BringsTheLetterBackWhereThatWasAskedFor)
{
    auto request = notify_failure("bob@example.com", "x");
    request.set_whole(true);
    EXPECT_TRUE(composed(request).contains("Content-Type: message/rfc822\r\n\r\nSubject: lost"));
    EXPECT_TRUE(composed(request).contains("\r\nsecret\r\n"));
}

TEST(Notification, BringsOnlyTheHeaderOfALetterThatDoesNotFit)
{
    auto request = notify_failure("bob@example.com", "x");
    request.set_whole(true);
    std::string large(original);
    while (large.size() <= Limits::notification - 4096)
        large += std::string(76, 'x') + "\r\n";
    EXPECT_TRUE(composed(request, large).contains("Content-Type: message/rfc822\r\n"));
    while (large.size() <= Limits::notification - 512)
        large += std::string(76, 'x') + "\r\n";
    const auto letter = composed(request, large);
    EXPECT_TRUE(letter.contains("Content-Type: text/rfc822-headers\r\n"));
    EXPECT_LT(letter.size(), 4096u);
}

TEST(Notification, IsGlobalForALetterThatWas)
{
    auto request = notify_failure("bob@example.com", "x");
    request.set_smtputf8(true);
    EXPECT_TRUE(composed(request, "Subject: \xe9\xa9\xbf\r\n\r\n")
                    .contains("Content-Type: message/global-headers\r\n"));
    request.set_sender("\xe7\x94\xb2@example.net");
    EXPECT_TRUE(composed(request).contains("To: <\xe7\x94\xb2@example.net>\r\n"));
}

TEST(Notification, SpeaksTheLanguageOrTheAdministratorsWords)
{
    auto request = notify_failure("bob@example.com", "x");
    request.set_language("zh");
    EXPECT_TRUE(composed(request).contains("Subject: =?UTF-8?B?"));
    request.set_template_("[failed subject]\nGone\n");
    EXPECT_TRUE(composed(request).contains("Subject: Gone\r\n"));
    EXPECT_TRUE(composed(request).contains("From: =?UTF-8?B?")); // What it does not say.
    request.set_template_("[failed subject]\n");
    EXPECT_TRUE(composed(request).contains("Subject: =?UTF-8?B?"));
}

TEST(Notification, HasAnIdThatTheNextOneHasNot)
{
    const auto request = notify_failure("bob@example.com", "550 no such user");
    SeededRandom random(1);
    EXPECT_NE(compose_notification(request, original, random),
              compose_notification(request, original, random));
}

TEST(Notification, GoesToPostmasterWhereTheSenderIsNull)
{
    auto request = notify_failure("bob@example.com", "x");
    request.set_sender("");
    const auto letter = composed(request);
    EXPECT_TRUE(letter.contains("To: <postmaster@mx.example.org>\r\n"));
    EXPECT_TRUE(letter.contains("Subject: A notification could not be delivered\r\n"));
}

TEST(Notification, SaysSoWhereANotificationWasLost)
{
    auto request = notify_failure("bob@example.com", "x");
    request.set_sender("boss@example.org");
    request.set_double_bounce(true);
    const auto letter = composed(request);
    EXPECT_TRUE(letter.contains("To: <boss@example.org>\r\n"));
    EXPECT_TRUE(letter.contains("Subject: A notification could not be delivered\r\n"));
}

TEST(Notification, NamesAlsoARecipientThatIsNoAddress)
{
    EXPECT_TRUE(
        composed(notify_failure("no address", "it is none")).contains("no address: it is none"));
}

TEST(Notification, FitsItsLimitHoweverMuchWasSaid)
{
    wire::Notify request = notify_request();
    for (int i = 0; i < 700; ++i) // Each reason doubles, and more, when it is encoded.
        add_told(request, "bob" + std::to_string(i) + "@example.com", std::string(2048, '\xc3'));
    const auto letter = composed(request);
    EXPECT_LE(letter.size(), Limits::notification);
    for (int i = 0; i < 700; ++i)
        EXPECT_TRUE(letter.contains("bob" + std::to_string(i) + "@example.com"));
}

TEST(Notification, SaysHowManyItDoesNotName)
{
    auto request = notify_request();
    const std::string domain = "@" + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                               std::string(60, 'd') + ".org";
    for (int i = 0; i < 4000; ++i)
        add_told(request, "bob" + std::to_string(i) + domain, "no");
    const auto letter = composed(request);
    EXPECT_LE(letter.size(), Limits::notification);
    EXPECT_TRUE(letter.contains("more recipients"));
}

TEST(Notification, IsAboutSomebodyAndNotAboutTooMany)
{
    auto request = notify_request();
    SeededRandom random(1);
    EXPECT_EQ(compose_notification(request, original, random).error(), wire::Failure::invalid);
    for (int i = 0; i <= Limits::told; ++i)
        add_told(request, "a@b.org", "no");
    EXPECT_EQ(compose_notification(request, original, random).error(), wire::Failure::invalid);
}

TEST(Notification, KnowsARequestThatCannotBeMeant)
{
    SeededRandom random(1);
    for (const auto set :
         {&wire::Notify::set_hostname<const char*>, &wire::Notify::set_postmaster<const char*>,
          &wire::Notify::set_sender<const char*>}) {
        auto request = notify_failure("bob@example.com", "no");
        (request.*set)("not an address");
        EXPECT_EQ(compose_notification(request, original, random).error(), wire::Failure::invalid);
    }
}

} // namespace
} // namespace posthouse::sorter
