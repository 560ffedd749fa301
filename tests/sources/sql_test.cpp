// SPDX-License-Identifier: Apache-2.0
#include "sources/sql.hpp"

#include <functional>
#include <gtest/gtest.h>

namespace posthouse::sources {
namespace {

using Answer = Checked::Answer;
using Kind = SqlTrouble::Kind;
using Rows = std::expected<std::vector<SqlRow>, SqlTrouble>;

mail::Mailbox mailbox(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

/// Answers by what `reply` says; counts its connections.
struct FakeDatabase final : SqlDatabase {
    struct FakeConnection final : SqlConnection {
        explicit FakeConnection(const FakeDatabase& d) : database(d) {}
        Rows run(const Query& query, const std::vector<std::string>& values) override
        {
            return database.reply(query.text, values);
        }
        const FakeDatabase& database;
    };
    std::expected<std::unique_ptr<SqlConnection>, SqlTrouble> connect() const override
    {
        ++connections;
        if (down)
            return std::unexpected(SqlTrouble{Kind::lost, "nobody listens"});
        return std::make_unique<FakeConnection>(*this);
    }
    std::function<Rows(const std::string&, const std::vector<std::string>&)> reply;
    mutable int connections = 0;
    bool down = false;
};

struct Desk {
    explicit Desk(std::string address_query = "")
    {
        config::LoginSource source{.name = "staff", .kind = config::LoginSource::Kind::postgresql};
        source.login_query = "L %u";
        source.address_query = std::move(address_query);
        backend = std::make_unique<SqlBackend>(
            std::make_shared<SqlTerms>(*SqlTerms::make(source, database)));
    }
    SourceResult<Checked> check(std::string_view user, std::string_view password)
    {
        return backend->check(mailbox(user), Secret(std::string(password)));
    }
    std::shared_ptr<FakeDatabase> database = std::make_shared<FakeDatabase>();
    std::unique_ptr<SqlBackend> backend;
};

TEST(SqlSource, ChecksThePasswordOfItsOneRow)
{
    Desk desk;
    desk.database->reply = [](const std::string& text, const auto& values) -> Rows {
        EXPECT_EQ(text, "L $1");
        if (values.front() != "alice@example.org")
            return std::vector<SqlRow>{};
        return std::vector<SqlRow>{{"{PLAIN}wonder", "alice.long@example.org", "f"}};
    };
    EXPECT_EQ(desk.check("Alice@example.org", "wonder")->answer, Answer::right);
    EXPECT_EQ(desk.check("alice@example.org", "wonder")->person->address,
              mailbox("alice.long@example.org"));
    EXPECT_EQ(desk.check("alice@example.org", "no")->answer, Answer::wrong);
    EXPECT_EQ(desk.check("bob@example.org", "wonder")->answer, Answer::unknown);
    EXPECT_EQ(desk.database->connections, 1);
}

TEST(SqlSource, KnowsWhoIsDisabledAndWhoHasNoPassword)
{
    Desk desk;
    for (const char* value : {"t", "1", "true", "yes", "Y"}) {
        desk.database->reply = [&](const auto&, const auto&) -> Rows {
            return std::vector<SqlRow>{{"{PLAIN}x", std::nullopt, value}};
        };
        EXPECT_TRUE((*desk.backend->find(mailbox("a@example.org")))->disabled) << value;
    }
    for (const char* value : {"f", "0", "false", "no", ""}) {
        desk.database->reply = [&](const auto&, const auto&) -> Rows {
            return std::vector<SqlRow>{{std::nullopt, "", value}};
        };
        EXPECT_FALSE((*desk.backend->find(mailbox("a@example.org")))->disabled) << value;
        EXPECT_EQ(desk.check("a@example.org", "x")->answer, Answer::wrong);
    }
}

TEST(SqlSource, FindsAnAccountByItsAliases)
{
    Desk desk("A %u");
    desk.database->reply = [](const std::string& text, const auto& values) -> Rows {
        const bool hers =
            values.front() == "alice@example.org" || values.front() == "al@example.org";
        if (text == "A $1" && hers)
            return std::vector<SqlRow>{
                {"alice@example.org"}, {"al@example.org"}, {"not an address"}, {std::nullopt}};
        if (text == "L $1" && values.front() == "alice@example.org")
            return std::vector<SqlRow>{{"{PLAIN}wonder"}};
        if (text == "A $1" && values.front() == "group@example.org")
            return std::vector<SqlRow>{{"group@example.org"}};
        return std::vector<SqlRow>{};
    };
    const auto person = *desk.backend->find(mailbox("al@example.org"));
    ASSERT_TRUE(person.has_value());
    EXPECT_EQ(person->address, mailbox("alice@example.org"));
    EXPECT_EQ(person->aliases, std::vector{mailbox("al@example.org")});
    EXPECT_EQ(desk.check("al@example.org", "wonder")->answer, Answer::right);
    EXPECT_TRUE(desk.backend->find(mailbox("group@example.org"))->has_value());
    EXPECT_EQ(desk.check("group@example.org", "wonder")->answer, Answer::wrong);
    EXPECT_FALSE(desk.backend->find(mailbox("nobody@example.org"))->has_value());
}

TEST(SqlSource, TakesTwoRowsOrATroubledQueryForAFaultAndNotForAnAnswer)
{
    Desk desk;
    for (const Rows& rows : {Rows(std::vector<SqlRow>{{"{PLAIN}x"}, {"{PLAIN}x"}}),
                             Rows(std::vector<SqlRow>{{"{PLAIN}x", "not an address"}}),
                             Rows(std::unexpected(SqlTrouble{Kind::refused, "no such table"}))}) {
        desk.database->reply = [&](const auto&, const auto&) { return rows; };
        EXPECT_EQ(desk.check("a@example.org", "x").error(), SourceError::broken);
        EXPECT_EQ(desk.backend->find(mailbox("a@example.org")).error(), SourceError::broken);
    }
}

TEST(SqlSource, AsksOnceMoreOverANewConnectionAndThenIsUnavailable)
{
    Desk desk;
    int asked = 0;
    bool lose = false;
    desk.database->reply = [&](const auto&, const auto&) -> Rows {
        ++asked;
        if (std::exchange(lose, false))
            return std::unexpected(SqlTrouble{Kind::lost, "gone"});
        return std::vector<SqlRow>{{"{PLAIN}x"}};
    };
    EXPECT_EQ(desk.check("a@example.org", "x")->answer, Answer::right);
    lose = true;
    EXPECT_EQ(desk.check("a@example.org", "x")->answer, Answer::right);
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(desk.database->connections, 2);
    desk.database->reply = [](const auto&, const auto&) -> Rows {
        return std::unexpected(SqlTrouble{Kind::lost, "gone"});
    };
    EXPECT_EQ(desk.check("a@example.org", "x").error(), SourceError::unavailable);
    // A pause: nobody connects for each login to a server that is not there.
    const int before = desk.database->connections;
    EXPECT_EQ(desk.check("a@example.org", "x").error(), SourceError::unavailable);
    EXPECT_EQ(desk.database->connections, before);
}

TEST(SqlSource, IsUnavailableWhileItsServerIsDown)
{
    Desk desk;
    desk.database->down = true;
    EXPECT_EQ(desk.backend->find(mailbox("a@example.org")).error(), SourceError::unavailable);
}

TEST(SqlTls, IsVerifiedWhereverTheWayLeadsOutOfThisHost)
{
    config::LoginSource source;
    const auto use = [&](const char* host) {
        source.connection.host = host;
        return SqlTls::of(source, "/ca.pem").use;
    };
    EXPECT_EQ(use("db.example.org"), SqlTls::Use::verified);
    EXPECT_EQ(use("192.0.2.1"), SqlTls::Use::verified);
    for (const char* host : {"localhost", "127.0.0.1", "::1", "/run/postgresql"})
        EXPECT_EQ(use(host), SqlTls::Use::none) << host;
    source.ca_file = "/own.pem";
    EXPECT_EQ(use("localhost"), SqlTls::Use::verified);
    EXPECT_EQ(SqlTls::of(source, "/ca.pem").ca_file, "/own.pem");
    source.start_tls = false;
    EXPECT_EQ(use("db.example.org"), SqlTls::Use::none);
}

} // namespace
} // namespace posthouse::sources
