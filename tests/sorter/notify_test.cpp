// SPDX-License-Identifier: Apache-2.0
#include "sorter/notify.hpp"

#include "sorter/limits.hpp"
#include "tests/sorter/requests.hpp"

#include <gtest/gtest.h>

namespace posthouse::sorter {
namespace {

constexpr std::string_view original = "Subject: lost\r\nMessage-ID: <1@example.net>\r\n\r\nsecret";

TEST(Notification, TellsTheSenderWhoGotNothing)
{
    auto request = notify_request();
    add_failed(request, "bob@example.com", "550 no such user");
    SeededRandom random(1);
    const auto letter = compose_notification(request, original, random);
    ASSERT_TRUE(letter);
    EXPECT_TRUE(letter->contains("To: sender@example.net") ||
                letter->contains("To: <sender@example.net>"));
    EXPECT_TRUE(letter->contains("bob@example.com"));
    EXPECT_TRUE(letter->contains("no such user"));
    EXPECT_TRUE(letter->contains("Status: 5.1.1"));
    EXPECT_TRUE(letter->contains("Subject: lost"));
    EXPECT_FALSE(letter->contains("secret"));
}

TEST(Notification, HasAnIdThatTheNextOneHasNot)
{
    auto request = notify_request();
    add_failed(request, "bob@example.com", "550 no such user");
    SeededRandom random(1);
    EXPECT_NE(compose_notification(request, original, random),
              compose_notification(request, original, random));
}

TEST(Notification, GoesToPostmasterWhereTheSenderIsNull)
{
    auto request = notify_request();
    request.set_sender("");
    add_failed(request, "bob@example.com", "x");
    SeededRandom random(1);
    const auto letter = compose_notification(request, original, random);
    ASSERT_TRUE(letter);
    EXPECT_FALSE(letter->contains("sender@example.net"));
}

TEST(Notification, NamesAlsoARecipientThatIsNoAddress)
{
    auto request = notify_request();
    add_failed(request, "no address", "it is none");
    SeededRandom random(1);
    const auto letter = compose_notification(request, original, random);
    ASSERT_TRUE(letter);
    EXPECT_TRUE(letter->contains("no address: it is none"));
}

TEST(Notification, FitsAFrameHoweverMuchWasSaid)
{
    auto request = notify_request();
    for (int i = 0; i < 700; ++i) // Each reason doubles, and more, when it is encoded.
        add_failed(request, "bob" + std::to_string(i) + "@example.com", std::string(2048, '\xc3'));
    SeededRandom random(1);
    const auto letter = compose_notification(request, original, random);
    ASSERT_TRUE(letter);
    EXPECT_LE(letter->size(), wire::FrameLimits::raw_bytes);
    for (int i = 0; i < 700; ++i)
        EXPECT_TRUE(letter->contains("bob" + std::to_string(i) + "@example.com"));
}

TEST(Notification, SaysHowManyItDoesNotName)
{
    auto request = notify_request();
    const std::string domain = "@" + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                               std::string(60, 'd') + ".org";
    for (int i = 0; i < 4000; ++i)
        add_failed(request, "bob" + std::to_string(i) + domain, "no");
    SeededRandom random(1);
    const auto letter = compose_notification(request, original, random);
    ASSERT_TRUE(letter);
    EXPECT_LE(letter->size(), wire::FrameLimits::raw_bytes);
    EXPECT_TRUE(letter->contains("more recipients failed"));
}

TEST(Notification, IsAboutSomebodyAndNotAboutTooMany)
{
    auto request = notify_request();
    SeededRandom random(1);
    EXPECT_EQ(compose_notification(request, original, random).error(), wire::Failure::invalid);
    for (int i = 0; i <= Limits::failed; ++i)
        add_failed(request, "a@b.org", "no");
    EXPECT_EQ(compose_notification(request, original, random).error(), wire::Failure::invalid);
}

TEST(Notification, KnowsARequestThatCannotBeMeant)
{
    SeededRandom random(1);
    for (const auto set :
         {&wire::Notify::set_hostname<const char*>, &wire::Notify::set_postmaster<const char*>,
          &wire::Notify::set_sender<const char*>}) {
        auto request = notify_request();
        add_failed(request, "bob@example.com", "no");
        (request.*set)("not an address");
        EXPECT_EQ(compose_notification(request, original, random).error(), wire::Failure::invalid);
    }
}

} // namespace
} // namespace posthouse::sorter
