// SPDX-License-Identifier: Apache-2.0
#include "imap/list_match.hpp"
#include "imap/parser.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

/// A row a line: "(attributes) name" and CHILDINFO's criteria.
std::string shown(const std::vector<ListRow>& rows)
{
    std::string text;
    for (const auto& row : rows) {
        text += '(';
        for (const auto& attribute : row.attributes)
            text += (text.back() == '(' ? "" : " ") + attribute;
        text += ") " + row.name;
        for (const auto criterion : row.child_info)
            text += " <" + std::string(criterion);
        text += '\n';
    }
    return text;
}

std::string listed(const std::vector<ListedMailbox>& mailboxes, std::string_view command,
                   ListDialect dialect = ListDialect::rev2)
{
    const auto parsed = parse_command("a " + std::string(command), {});
    if (!parsed)
        return parsed.error().why.text;
    if (const auto* list = std::get_if<command::List>(&parsed->body))
        return shown(list_rows(mailboxes, *list, dialect));
    return shown(lsub_rows(mailboxes, std::get<command::Lsub>(parsed->body)));
}

ListedMailbox mailbox(std::string name)
{
    return {.name = std::move(name)};
}
ListedMailbox subscribed(std::string name)
{
    return {.name = std::move(name), .subscribed = true};
}
/// Subscribed to, though there is none.
ListedMailbox gone(std::string name)
{
    return {.name = std::move(name), .exists = false, .selectable = false, .subscribed = true};
}

/// RFC 5258 §5, examples 1 to 6, without those that are elsewhere.
const std::vector<ListedMailbox> fruit{
    {.name = "INBOX", .subscribed = true},
    mailbox("Fruit"),
    mailbox("Fruit/Apple"),
    subscribed("Fruit/Banana"),
    gone("Fruit/Peach"),
    mailbox("Tofu"),
    subscribed("Vegetable"),
    subscribed("Vegetable/Broccoli"),
    mailbox("Vegetable/Corn"),
};

TEST(ImapList, ShowsWhatMatches)
{
    EXPECT_EQ(listed(fruit, "LIST \"\" *"), "(\\HasNoChildren) INBOX\n(\\HasChildren) Fruit\n"
                                            "(\\HasNoChildren) Fruit/Apple\n"
                                            "(\\HasNoChildren) Fruit/Banana\n"
                                            "(\\HasNoChildren) Tofu\n(\\HasChildren) Vegetable\n"
                                            "(\\HasNoChildren) Vegetable/Broccoli\n"
                                            "(\\HasNoChildren) Vegetable/Corn\n");
    EXPECT_EQ(listed(fruit, "LIST \"\" %"), "(\\HasNoChildren) INBOX\n(\\HasChildren) Fruit\n"
                                            "(\\HasNoChildren) Tofu\n(\\HasChildren) Vegetable\n");
    EXPECT_EQ(listed(fruit, "LIST Fruit/ %"),
              "(\\HasNoChildren) Fruit/Apple\n(\\HasNoChildren) Fruit/Banana\n");
    EXPECT_EQ(listed(fruit, "LIST \"\" inbox"), "(\\HasNoChildren) INBOX\n");
    EXPECT_EQ(listed(fruit, "LIST \"\" nothing"), "");
}

TEST(ImapList, ShowsSubscribedNamesEvenWithoutAMailbox)
{
    EXPECT_EQ(listed(fruit, "LIST (SUBSCRIBED) \"\" \"*\""),
              "(\\Subscribed \\HasNoChildren) INBOX\n"
              "(\\Subscribed \\HasNoChildren) Fruit/Banana\n"
              "(\\NonExistent \\Subscribed \\HasNoChildren) Fruit/Peach\n"
              "(\\Subscribed \\HasChildren) Vegetable\n"
              "(\\Subscribed \\HasNoChildren) Vegetable/Broccoli\n");
}

TEST(ImapList, TellsSubscriptionsOnRequest)
{
    EXPECT_EQ(listed(fruit, "LIST \"\" (Tofu Vegetable) RETURN (SUBSCRIBED)"),
              "(\\HasNoChildren) Tofu\n(\\Subscribed \\HasChildren) Vegetable\n");
}

TEST(ImapList, ShowsALevelForWhatIsSelectedBelowIt)
{
    // RFC 5258 §5, example 8: Foo is not subscribed, its children are.
    const std::vector<ListedMailbox> foo{mailbox("Foo"), subscribed("Foo/Bar"), mailbox("Foo/Baz"),
                                         mailbox("Moo")};
    EXPECT_EQ(listed(foo, "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\""),
              "(\\HasChildren) Foo <SUBSCRIBED\n");
    // Example 9: it is gone, too.
    EXPECT_EQ(listed({subscribed("Foo/Bar")}, "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\""),
              "(\\NonExistent \\HasChildren) Foo <SUBSCRIBED\n");
    EXPECT_EQ(listed({{.name = "Foo", .subscribed = true}, subscribed("Foo/Bar")},
                     "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\""),
              "(\\Subscribed \\HasChildren) Foo <SUBSCRIBED\n");
}

TEST(ImapList, LeavesALevelOutIfWhatIsBelowItIsShownAnyway)
{
    // RFC 5258 §5, example 10
    const std::vector<ListedMailbox> d{
        mailbox("foo2"), subscribed("foo2/bar1"),  subscribed("foo2/bar2"),
        mailbox("baz2"), subscribed("baz2/bar2"),  subscribed("baz2/bar22"),
        mailbox("eps2"), subscribed("eps2/mamba"), mailbox("qux2/bar2")};
    EXPECT_EQ(listed(d, "LIST (RECURSIVEMATCH SUBSCRIBED) \"\" \"*2\""),
              "(\\Subscribed \\HasNoChildren) baz2/bar2\n"
              "(\\Subscribed \\HasNoChildren) baz2/bar22\n"
              "(\\HasChildren) eps2 <SUBSCRIBED\n"
              "(\\HasChildren) foo2 <SUBSCRIBED\n"
              "(\\Subscribed \\HasNoChildren) foo2/bar2\n");
    EXPECT_EQ(
        listed({mailbox("a"), subscribed("a/b")}, "LIST (RECURSIVEMATCH SUBSCRIBED) \"\" \"*\""),
        "(\\Subscribed \\HasNoChildren) a/b\n");
}

TEST(ImapList, ShowsLevelsThatAreNoMailboxes)
{
    const std::vector<ListedMailbox> deep{mailbox("a/b/c")};
    EXPECT_EQ(listed(deep, "LIST \"\" %"), "(\\NonExistent \\HasChildren) a\n");
    EXPECT_EQ(listed(deep, "LIST \"\" %", ListDialect::rev1), "(\\Noselect \\HasChildren) a\n");
    EXPECT_EQ(listed(deep, "LIST \"\" % RETURN (CHILDREN)", ListDialect::rev1),
              "(\\NonExistent \\HasChildren) a\n");
    EXPECT_EQ(listed(deep, "LIST \"\" a/%"), "(\\NonExistent \\HasChildren) a/b\n");
    EXPECT_EQ(listed(deep, "LIST \"\" *"), "(\\HasNoChildren) a/b/c\n");
}

TEST(ImapList, ShowsSpecialUse)
{
    const std::vector<ListedMailbox> special{
        {.name = "ToDo"},
        {.name = "Sent/2026", .special_use = "\\Sent"},
        {.name = "SPAM", .selectable = false, .special_use = "\\Junk"}};
    EXPECT_EQ(listed(special, "LIST (SPECIAL-USE) \"\" *"),
              "(\\Noselect \\HasNoChildren \\Junk) SPAM\n(\\HasNoChildren \\Sent) Sent/2026\n");
    EXPECT_EQ(listed(special, "LIST (SPECIAL-USE RECURSIVEMATCH) \"\" %"),
              "(\\Noselect \\HasNoChildren \\Junk) SPAM\n"
              "(\\NonExistent \\HasChildren) Sent <SPECIAL-USE\n");
}

TEST(ImapList, ShowsEachNameOnce)
{
    EXPECT_EQ(listed({mailbox("a")}, "LIST \"\" (a % * A)"), "(\\HasNoChildren) a\n");
}

TEST(ImapList, ShowsSubscriptionsToOldClients)
{
    // RFC 3501 §6.3.9
    const std::vector<ListedMailbox> news{gone("#news.comp.mail.mime"), subscribed("foo/bar"),
                                          subscribed("foo/baz/x"), mailbox("quux")};
    EXPECT_EQ(listed(news, "LSUB \"#news.\" \"comp.mail.*\""), "() #news.comp.mail.mime\n");
    EXPECT_EQ(listed(news, "LSUB \"\" \"%\""), "() #news.comp.mail.mime\n(\\Noselect) foo\n");
    EXPECT_EQ(listed(news, "LSUB \"\" \"foo/%\""), "() foo/bar\n(\\Noselect) foo/baz\n");
    EXPECT_EQ(listed(news, "LSUB \"\" \"*\""),
              "() #news.comp.mail.mime\n() foo/bar\n() foo/baz/x\n");
}

bool matches(std::string_view pattern, std::string_view name)
{
    return ListPattern(pattern).matches(name);
}

TEST(ImapListPattern, MatchesWithinAndAcrossLevels)
{
    EXPECT_TRUE(matches("*", "a/b"));
    EXPECT_FALSE(matches("%", "a/b"));
    EXPECT_TRUE(matches("%/%", "a/b"));
    EXPECT_TRUE(matches("a%c*e", "abc/d/e"));
    EXPECT_FALSE(matches("a%c*e", "ab/c/e"));
    EXPECT_TRUE(matches("%*", "a/b"));
    EXPECT_TRUE(matches("*%", "a/b"));
    EXPECT_TRUE(ListPattern("*%").shows_levels());
    EXPECT_FALSE(ListPattern("%*").shows_levels());
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "a"));
    EXPECT_FALSE(matches("a", ""));
    EXPECT_TRUE(matches("*a*a*", "aa"));
    EXPECT_FALSE(matches("*a*a*", "a"));
}

TEST(ImapListPattern, TakesNoTimeToSpeakOfForManyStars)
{
    std::string pattern;
    for (int i = 0; i < 200; ++i)
        pattern += "*a%";
    const std::string name(300, 'a');
    EXPECT_TRUE(matches(pattern, name));
    EXPECT_FALSE(matches(pattern + "b", name));
    EXPECT_FALSE(matches(std::string(60'000, '%') + "b", name));
}

} // namespace
} // namespace posthouse::imap
