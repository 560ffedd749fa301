// SPDX-License-Identifier: Apache-2.0
#include "sources/names.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::sources {
namespace {

mail::Mailbox mailbox(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

TEST(Filter, NamesTheUser)
{
    const Names names(mailbox("Alice@Example.org"));
    EXPECT_EQ(expand_filter("(&(mail=%u)(uid=%n)(o=%d)(x=100%%)(m=%D)(y=%z)%", names, "cn=a,dc=b"),
              "(&(mail=alice@example.org)(uid=alice)(o=example.org)(x=100%)(m=cn=a,dc=b)(y=%z)%");
}

TEST(Filter, NeverTakesANameForMoreThanAValue)
{
    const Names names(mailbox("\"*)(uid=*))(|(uid=\\00\"@example.org"));
    EXPECT_EQ(expand_filter("(uid=%n)", names),
              "(uid=\\2a\\29\\28uid=\\2a\\29\\29\\28|\\28uid=00)");
    EXPECT_EQ(expand_filter("(member=%D)", names, "cn=a*b\\,c"), "(member=cn=a\\2ab\\5c,c)");
}

RC_GTEST_PROP(Filter, HasNoSpecialBytesFromAValue, (const std::string& value))
{
    const auto escaped = escape_filter_value(value);
    for (const char special : std::string("*()\0", 4))
        RC_ASSERT(!escaped.contains(special));
    std::string back;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] != '\\') {
            back += escaped[i];
            continue;
        }
        RC_ASSERT(i + 2 < escaped.size());
        back += static_cast<char>(std::stoi(escaped.substr(i + 1, 2), nullptr, 16));
        i += 2;
    }
    RC_ASSERT(back == value);
}

TEST(Address, OfADirectoryIsReadWithAndWithoutItsKind)
{
    for (const char* text : {"alice@example.org", "SMTP:alice@example.org",
                             "smtp:alice@example.org", " alice@example.org "})
        EXPECT_EQ(address_from(text), mailbox("alice@example.org")) << text;
    for (const char* text : {"", "alice", "sip:alice@example.org", "x500:/o=a/cn=b@c",
                             "smtp:", "smtp:sip:alice@example.org", "alice@", "a b@example.org"})
        EXPECT_EQ(address_from(text), std::nullopt) << text;
}

} // namespace
} // namespace posthouse::sources
