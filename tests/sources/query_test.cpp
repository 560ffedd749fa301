// SPDX-License-Identifier: Apache-2.0
#include "sources/query.hpp"

#include <gtest/gtest.h>

namespace posthouse::sources {
namespace {

std::string compiled(std::string_view pattern, Dialect dialect)
{
    const auto query = Query::compile(pattern, dialect);
    return query ? query->text + " <" + query->parameters + ">" : query.error();
}

TEST(Query, TurnsNamesIntoParameters)
{
    EXPECT_EQ(compiled("SELECT p FROM m WHERE u = %u AND d = %d", Dialect::postgresql),
              "SELECT p FROM m WHERE u = $1 AND d = $2 <ud>");
    EXPECT_EQ(compiled("SELECT p FROM m WHERE u = %u AND d = %d", Dialect::mariadb),
              "SELECT p FROM m WHERE u = ? AND d = ? <ud>");
}

TEST(Query, TakesNamesOutOfTheTextsThatOtherServersPutThemIn)
{
    EXPECT_EQ(compiled("WHERE u = '%u'", Dialect::postgresql), "WHERE u = $1 <u>");
    EXPECT_EQ(compiled("WHERE u = '%n@%d'", Dialect::postgresql),
              "WHERE u = ($1::text || '@' || $2::text) <nd>");
    EXPECT_EQ(compiled("WHERE u = '%n@%d'", Dialect::mariadb), "WHERE u = CONCAT(?, '@', ?) <nd>");
    EXPECT_EQ(compiled("SELECT 'it''s', '{CRYPT}', '', '50%%' LIKE 'a%'", Dialect::mariadb),
              "SELECT 'it''s', '{CRYPT}', '', '50%' LIKE 'a%' <>");
    EXPECT_EQ(compiled("SELECT 10 % 3, 10 %% 3", Dialect::mariadb), "SELECT 10 % 3, 10 % 3 <>");
}

TEST(Query, RefusesNamesAndTextsThatItCannotSeeThrough)
{
    for (const auto dialect : {Dialect::postgresql, Dialect::mariadb})
        for (const char* pattern :
             {"SELECT \"%u\"", "SELECT `%n`", "SELECT 1 -- %u", "SELECT 1 /* %d */", "SELECT 'x",
              "SELECT \"x", "SELECT 1 /* x", "SELECT 'a\\' OR %u'", "SELECT 1 # %u"})
            EXPECT_FALSE(Query::compile(pattern, dialect).has_value()) << pattern;
    EXPECT_FALSE(Query::compile("SELECT $a$%u$a$", Dialect::postgresql).has_value());
    EXPECT_FALSE(Query::compile("SELECT $1", Dialect::postgresql).has_value());
    EXPECT_FALSE(Query::compile("SELECT ?", Dialect::mariadb).has_value());
    EXPECT_TRUE(Query::compile("SELECT 1 -- all", Dialect::mariadb).has_value());
}

TEST(Query, GivesTheValuesInTheParametersOrder)
{
    const auto query = Query::compile("%d %u %n %u", Dialect::mariadb);
    const Names names(*mail::Mailbox::parse("\"O'Hara) OR 1=1 --\"@example.org"));
    EXPECT_EQ(query->values(names),
              (std::vector<std::string>{"example.org", "\"o'hara) or 1=1 --\"@example.org",
                                        "o'hara) or 1=1 --", "\"o'hara) or 1=1 --\"@example.org"}));
    EXPECT_EQ(query->text, "? ? ? ?");
}

} // namespace
} // namespace posthouse::sources
