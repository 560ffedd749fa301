// SPDX-License-Identifier: Apache-2.0
#include "config/warnings.hpp"

#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> warned(const std::string& text)
{
    return warnings(loaded(minimal + text));
}

TEST(ConfigWarnings, AreNoneForWhatIsUsual)
{
    EXPECT_THAT(warned(""), IsEmpty());
    EXPECT_THAT(warned("[outbound]\nsmart_host = \"relay.example\"\n"), IsEmpty());
}

TEST(ConfigWarnings, NameAnOpenRelay)
{
    EXPECT_THAT(warned("[smtp]\ni_want_an_open_relay = true\n"),
                ElementsAre(HasSubstr("smtp.i_want_an_open_relay: anyone may send")));
}

TEST(ConfigWarnings, NamePasswordsThatMayGoInClear)
{
    const std::string login = "[outbound]\nsmart_host = \"relay.example\"\n"
                              "smart_host_login = { user = \"u\", password_file = \"/p\" }\n";
    EXPECT_THAT(warned(login), ElementsAre(HasSubstr("outbound.smart_host relay.example:")));
    EXPECT_THAT(warned(login + "tls = \"verified\"\n"), IsEmpty());
    EXPECT_THAT(warned(login + "[[destination]]\nmatch = \"relay.example\"\ntls = \"required\"\n"),
                IsEmpty());
    const std::string there = "[[destination]]\nmatch = \"example.org\"\n"
                              "login = { user = \"u\", password_file = \"/p\" }\n";
    EXPECT_THAT(warned(there), ElementsAre(HasSubstr("destination example.org:")));
    EXPECT_THAT(warned(there + "tls = \"required\"\n"), IsEmpty());
}

TEST(ConfigWarnings, NameABackupThatTakesEverything)
{
    const std::string backup = "[backup_mx]\ndomains = \"example.net\"\n";
    EXPECT_THAT(warned(backup), ElementsAre(HasSubstr("backup_mx.verify:")));
    EXPECT_THAT(warned(backup + "verify = \"callout\"\n"), IsEmpty());
}

} // namespace
} // namespace posthouse::config
