// SPDX-License-Identifier: Apache-2.0
#include "tests/mail/notification_reports.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

std::string subject_of(const Notification& report, Language language = Language::english)
{
    const auto letter = notification_letter(report, words_of(language));
    return HeaderBlock::parse(letter).first("Subject")->value();
}

TEST(NotificationKinds, HaveEachItsSubjectAndItsWords)
{
    EXPECT_EQ(subject_of(report_of(Action::failed)), "Your letter could not be delivered");
    EXPECT_EQ(subject_of(report_of(Action::delayed)), "Your letter is delayed");
    EXPECT_EQ(subject_of(report_of(Action::delivered)), "Your letter was delivered");
    EXPECT_EQ(subject_of(report_of(Action::relayed)), "Your letter was passed on");
    EXPECT_EQ(subject_of(report_of(Action::expanded)), "Your letter was delivered and passed on");
    const auto says = [](Action action, std::string_view words) {
        return part_of(notification_letter(report_of(action)), 0).contains(words);
    };
    EXPECT_TRUE(says(Action::failed, "It will not be tried\r\nagain."));
    EXPECT_TRUE(says(Action::delayed, "you need not send it again."));
    EXPECT_TRUE(says(Action::delivered, "was delivered to these recipients."));
    EXPECT_TRUE(says(Action::relayed, "    to mail.example.net\r\n"));
    EXPECT_TRUE(says(Action::expanded, "was passed on to those"));
}

TEST(NotificationKinds, StandTogetherInOneLetter)
{
    auto mixed = report_of(Action::delivered);
    mixed.told.push_back(report_of(Action::failed).told[0]);
    mixed.told[1].recipient = *ForwardPath::parse("lost@example.net");
    EXPECT_EQ(subject_of(mixed), "Your letter could not be delivered to some of its recipients");
    const auto letter = notification_letter(mixed);
    const auto text = part_of(letter, 0);
    EXPECT_LT(text.find("could not be delivered"), text.find("<lost@example.net>"));
    EXPECT_LT(text.find("<lost@example.net>"), text.find("was delivered to these"));
    EXPECT_LT(text.find("was delivered to these"), text.find("<nobody@example.net>"));
    EXPECT_TRUE(part_of(letter, 1).contains("nobody@example.net\r\nAction: delivered\r\n"
                                            "Status: 2.0.0\r\n"));
    EXPECT_TRUE(part_of(letter, 1).contains("lost@example.net\r\nAction: failed\r\n"
                                            "Status: 5.1.1\r\n"));
}

TEST(NotificationKinds, NameTheGravestInTheSubject)
{
    auto mixed = report_of(Action::expanded);
    for (const auto& [action, subject] : std::initializer_list<std::pair<Action, std::string>>{
             {Action::relayed, "Your letter was passed on"},
             {Action::delivered, "Your letter was delivered"},
             {Action::delayed, "Your letter is delayed"}}) {
        mixed.told.push_back(report_of(action).told[0]);
        EXPECT_EQ(subject_of(mixed), subject);
    }
}

TEST(NotificationKinds, TellThePostmasterOfADoubleBounce)
{
    auto bounced = report();
    bounced.purpose = Notification::Purpose::double_bounce;
    bounced.to = bounced.postmaster;
    EXPECT_EQ(subject_of(bounced), "A notification could not be delivered");
    const auto letter = notification_letter(bounced);
    EXPECT_TRUE(part_of(letter, 0).contains("Nobody else is told."));
    EXPECT_TRUE(part_of(letter, 0).contains("<nobody@example.net>\r\n    mail.example.net said:"));
    EXPECT_FALSE(letter.contains("Your letter could not be delivered"));
    EXPECT_TRUE(part_of(letter, 1).contains("Action: failed\r\n"));
}

TEST(NotificationKinds, SpeakChinese)
{
    EXPECT_EQ(subject_of(report(), Language::chinese),
              "=?UTF-8?B?5oKo55qE6YKu5Lu25pyq6IO96YCB6L6+?="); // 您的邮件未能送达
    const auto letter = notification_letter(report(), words_of(Language::chinese));
    EXPECT_TRUE(is_ascii(letter));
    EXPECT_TRUE(part_of(letter, 0).starts_with("Content-Type: text/plain; charset=utf-8\r\n"
                                               "Content-Transfer-Encoding: base64\r\n\r\n"));
    EXPECT_TRUE(
        HeaderBlock::parse(letter).first("From")->value().ends_with(" <postmaster@example.org>"));
}

TEST(NotificationKinds, SayWhenAndHowLong)
{
    auto delayed = report_of(Action::delayed);
    delayed.received_at = delayed.at - std::chrono::minutes(250);
    delayed.told[0].retry_until = delayed.at + std::chrono::days(5);
    const auto text = part_of(notification_letter(delayed), 0);
    EXPECT_TRUE(text.contains("    Arrived: 1997-11-21 11:45:06 +0000\r\n"));
    EXPECT_TRUE(text.contains("    Until: 1997-11-26 15:55:06 +0000\r\n"));
    const auto own = parse_words("[delayed introduction]\n${hours} hours\n");
    EXPECT_TRUE(notification_letter(delayed, *own).contains("\r\n4 hours\r\n"));
    EXPECT_FALSE(part_of(notification_letter(report()), 0).contains("Arrived"));
}

TEST(NotificationKinds, ShowWhatAProgramPrinted)
{
    auto program = report();
    program.told[0].remote_host = "";
    program.told[0].output = "cannot open\x07 \x1b[31mfile\nline 2\r\n" + std::string(5000, 'x');
    NotificationLimits limits{.output_bytes = 40};
    const auto letter = notification_letter(program, words_of(Language::english), limits);
    EXPECT_TRUE(
        letter.contains("    Output: cannot open? ?[31mfile\r\n    line 2\r\n    xxxxxxxxx\r\n"));
}

TEST(NotificationKinds, NameNobodyElseBeyondTheTextsLimit)
{
    auto many = report();
    many.untold = 7;
    for (int i = 0; i < 9; ++i)
        many.told.push_back(many.told[0]);
    const auto letter = notification_letter(many, words_of(Language::english), {.text_bytes = 300});
    EXPECT_EQ(occurrences(part_of(letter, 0), "<nobody@example.net>"), 3u) << letter;
    EXPECT_TRUE(part_of(letter, 0).contains("... and 14 more recipients"));
    EXPECT_EQ(occurrences(part_of(letter, 1), "Final-Recipient"), 10u);
}

TEST(NotificationKinds, LetNoWordsIntoTheHeaderButTheirSubject)
{
    auto hostile = parse_words("[letter from]\nPost (of \"x\")\n[failed subject]\n"
                               "驿站 ${sender} ${hostname}\n");
    ASSERT_TRUE(hostile);
    const auto letter = notification_letter(report(), *hostile);
    const auto header = HeaderBlock::parse(letter);
    EXPECT_EQ(header.first("From")->value(), "\"Post (of \\\"x\\\")\" <postmaster@example.org>");
    EXPECT_EQ(header.first("Subject")->value(),
              "=?UTF-8?B?6am/56uZ?= fred@example.com mx.example.org");
    EXPECT_EQ(header.fields().size(), 10u);
}

} // namespace
} // namespace posthouse::mail
