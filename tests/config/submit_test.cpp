// SPDX-License-Identifier: Apache-2.0
#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using testing::HasSubstr;

TEST(SubmitConfig, IsStrictAndBoundedByDefault)
{
    const auto config = loaded(minimal);
    EXPECT_EQ(config.submit, Submit());
    EXPECT_EQ(config.submit.senders, Submit::Senders::own);
    EXPECT_FALSE(config.submit.hide_client);
    EXPECT_EQ(config.pop3, Pop3());
}

TEST(SubmitConfig, IsReadFromItsTables)
{
    const auto config = loaded(minimal + "[submit]\nsenders = \"any\"\nhide_client = true\n"
                                         "letters_per_hour = 0\nrecipients_per_day = 10\n"
                                         "recipients = 5\n"
                                         "[pop3]\nlogin_delay = \"90s\"\nexpire_days = 60\n");
    EXPECT_EQ(config.submit, (Submit{.senders = Submit::Senders::any,
                                     .hide_client = true,
                                     .letters_per_hour = 0,
                                     .recipients_per_day = 10,
                                     .recipients = 5}));
    EXPECT_EQ(config.pop3,
              (Pop3{.login_delay = std::chrono::seconds(90), .expire_days = std::size_t{60}}));
}

TEST(SubmitConfig, RefusesWhatMakesNoSense)
{
    EXPECT_THAT(only_problem(minimal + "[submit]\nsenders = \"none\"\n"),
                HasSubstr("submit.senders"));
    EXPECT_THAT(only_problem(minimal + "[submit]\nrecipients = 0\n"),
                HasSubstr("submit.recipients"));
    EXPECT_THAT(only_problem(minimal + "[pop3]\nlogin_delay = \"2d\"\n"),
                HasSubstr("pop3.login_delay"));
}

} // namespace
} // namespace posthouse::config
