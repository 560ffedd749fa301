// SPDX-License-Identifier: Apache-2.0
#include "sources/passwd_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace posthouse::sources {
namespace {

using Answer = Checked::Answer;

mail::Mailbox mailbox(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

struct Desk {
    explicit Desk(std::string_view text)
    {
        shelf->put(std::make_shared<PasswdFile>(PasswdFile::parse(text)));
    }
    Answer check(std::string_view user, std::string_view password)
    {
        return backend.check(mailbox(user), Secret(std::string(password)))->answer;
    }
    std::optional<SourcePerson> find(std::string_view user) { return *backend.find(mailbox(user)); }

    std::shared_ptr<PasswdBackend::Shelf> shelf = std::make_shared<PasswdBackend::Shelf>();
    std::shared_ptr<Judge> judge = std::make_shared<Judge>("staff", Bare::crypt);
    PasswdBackend backend{shelf, judge};
};

constexpr std::string_view staff = "# staff\n"
                                   "\n"
                                   "alice@example.org:{PLAIN}wonder:1000:1000::/home/alice::\r\n"
                                   "bob:{SHA}axHA0MSz5gdRKRx8aFQ2oagjCHk=\n"
                                   "carol@example.org:{PLAIN}x::::::userdb_quota_rule=*:storage=1G "
                                   "nologin\n"
                                   "dave@example.org:{PLAIN}d::::::allow_nets=192.0.2.0/24\n"
                                   "erin@example.org:::::::\n"
                                   "Frank@example.org:{PLAIN}f::::::user=frank.long@example.org";

TEST(PasswdFile, KnowsItsUsersWithAndWithoutADomain)
{
    Desk desk(staff);
    EXPECT_EQ(desk.check("alice@example.org", "wonder"), Answer::right);
    EXPECT_EQ(desk.check("ALICE@example.org", "wonder"), Answer::right);
    EXPECT_EQ(desk.check("alice@example.org", "Wonder"), Answer::wrong);
    EXPECT_EQ(desk.check("alice@example.net", "wonder"), Answer::unknown);
    EXPECT_EQ(desk.check("bob@example.net", "Pelikan-77 \xc3\xbc"), Answer::right);
    EXPECT_EQ(desk.find("Bob@example.net")->address, mailbox("bob@example.net"));
    EXPECT_EQ(desk.find("nobody@example.org"), std::nullopt);
    EXPECT_EQ(desk.find("frank@example.org")->address, mailbox("frank.long@example.org"));
}

TEST(PasswdFile, LetsNobodyInWhomItDoesNotLetInOrOnlyFromSomewhere)
{
    Desk desk(staff);
    for (const char* user : {"carol@example.org", "dave@example.org"})
        EXPECT_TRUE(desk.find(user)->disabled) << user;
    EXPECT_EQ(desk.check("erin@example.org", "x"), Answer::wrong);
    EXPECT_TRUE(desk.find("erin@example.org").has_value());
}

TEST(PasswdFile, TellsAnotherVersionWhenThePasswordIsAnother)
{
    Desk desk("a@example.org:{PLAIN}one\n");
    const auto before = desk.find("a@example.org")->version;
    EXPECT_EQ(desk.find("a@example.org")->version, before);
    desk.shelf->put(std::make_shared<PasswdFile>(PasswdFile::parse("a@example.org:{PLAIN}two\n")));
    EXPECT_NE(desk.find("a@example.org")->version, before);
    EXPECT_EQ(desk.check("a@example.org", "two"), Answer::right);
}

TEST(PasswdFile, GivesScramItsKeysWhereThePasswordIsThere)
{
    Desk desk(staff);
    EXPECT_EQ(desk.find("alice@example.org")->scram.size(), 2u);
    EXPECT_EQ(desk.find("alice@example.org")->scram, desk.find("alice@example.org")->scram);
    EXPECT_TRUE(desk.find("bob@example.org")->scram.empty());
}

TEST(PasswdFile, LosesALineThatIsWrongAndTellsSo)
{
    const auto file =
        PasswdFile::parse(":x\n" + std::string(PasswdFile::Limits::line_bytes + 1, 'x') + "\n" +
                          std::string("z\0z:y\n", 6) + "alice:{PLAIN}a\nALICE:{PLAIN}b\n");
    EXPECT_EQ(file.users(), 1u);
    EXPECT_EQ(file.problems(),
              (std::vector<std::string>{"line 1 has no user", "line 2 is too long",
                                        "line 3 has a zero byte",
                                        "line 5 names a user that an earlier line has"}));
    EXPECT_EQ(file.find(mailbox("alice@example.org"))->stored, "{PLAIN}a");
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += ":\n";
    EXPECT_EQ(PasswdFile::parse(many).problems().size(), PasswdFile::Limits::problems);
}

TEST(PasswdFile, FindsOneOfManyThousands)
{
    std::string text;
    for (int i = 0; i < 20'000; ++i)
        text += fmt::format("user{}@example.org:{{PLAIN}}p{}:::::::\n", i, i);
    Desk desk(text);
    EXPECT_EQ(desk.shelf->file()->users(), 20'000u);
    EXPECT_EQ(desk.check("user19999@example.org", "p19999"), Answer::right);
    EXPECT_EQ(desk.check("user19999@example.org", "p1"), Answer::wrong);
}

} // namespace
} // namespace posthouse::sources
