// SPDX-License-Identifier: Apache-2.0
#include "routing/router.hpp"

#include <gtest/gtest.h>

namespace posthouse::routing {
namespace {

const mail::Domain hostname = mail::Domain::parse("mx.example.org").value();

/// Of a recipient in a domain of ours.
Facts local(std::uint64_t account)
{
    Facts facts;
    facts.local_domain = true;
    facts.account = account;
    return facts;
}

Route route_to(std::string_view address, const Facts& facts = {})
{
    return route(mail::ForwardPath::parse(address).value(), facts, hostname);
}

mail::Mailbox mailbox(std::string_view text)
{
    return mail::Mailbox::parse(text).value();
}

TEST(Routing, CarriesWhatIsNotOursToItsDomain)
{
    const auto remote = route_to("Bob@Example.NET");
    EXPECT_EQ(remote.kind, Route::Kind::remote);
    EXPECT_EQ(remote.destination, "smtp:example.net");
    EXPECT_EQ(remote.final_address, "Bob@example.net");
    EXPECT_EQ(remote.rule, "remote");
    EXPECT_EQ(domain_of(remote.destination), "example.net");
    EXPECT_EQ(domain_of(mailbox_destination), std::nullopt);
}

TEST(Routing, TakesNoNoticeOfAnAccountInADomainThatIsNotOurs)
{
    auto facts = local(5);
    facts.local_domain = false;
    EXPECT_EQ(route_to("bob@example.net", facts).kind, Route::Kind::remote);
}

TEST(Routing, PutsALetterIntoItsAccount)
{
    const auto found = route_to("alice@example.org", local(12));
    EXPECT_EQ(found.kind, Route::Kind::mailbox);
    EXPECT_EQ(found.destination, mailbox_destination);
    EXPECT_EQ(found.account, 12U);
    EXPECT_EQ(found.final_address, "alice@example.org");
    EXPECT_EQ(found.rule, "account");
}

TEST(Routing, PrefersTheAccountToTheCatchAll)
{
    const auto found = route_to("alice@example.org", {.local_domain = true,
                                                      .account = 12,
                                                      .catch_all = mailbox("info@example.org"),
                                                      .catch_all_account = 13});
    EXPECT_EQ(found.account, 12U);
}

TEST(Routing, TakesTheCatchAllForWhoIsUnknown)
{
    const auto caught = route_to("nobody@example.org", {.local_domain = true,
                                                        .account = 0,
                                                        .catch_all = mailbox("info@example.org"),
                                                        .catch_all_account = 13});
    EXPECT_EQ(caught.kind, Route::Kind::mailbox);
    EXPECT_EQ(caught.account, 13U);
    EXPECT_EQ(caught.final_address, "info@example.org");
    EXPECT_EQ(caught.rule, "catch-all");
}

TEST(Routing, RefusesWhoIsUnknownAndACatchAllWithoutAnAccount)
{
    for (const auto& facts : {local(0), Facts{.local_domain = true,
                                              .account = 0,
                                              .catch_all = mailbox("info@example.org"),
                                              .catch_all_account = 0}}) {
        const auto refused = route_to("nobody@example.org", facts);
        EXPECT_EQ(refused.kind, Route::Kind::refused);
        EXPECT_EQ(refused.destination, "");
        EXPECT_EQ(refused.status, "5.1.1");
        EXPECT_NE(refused.text, "");
        EXPECT_EQ(refused.final_address, "nobody@example.org");
    }
}

TEST(Routing, TakesPostmasterAloneForTheHostsOwn)
{
    const auto found = route_to("Postmaster", local(1));
    EXPECT_EQ(found.kind, Route::Kind::mailbox);
    EXPECT_EQ(found.final_address, "postmaster@mx.example.org");
    EXPECT_EQ(postmaster_of(hostname).text(), "postmaster@mx.example.org");
}

TEST(Routing, ExplainsEachStep)
{
    const auto refused = route_to("nobody@example.org", local(0));
    EXPECT_EQ(refused.steps.size(), 3U);
    EXPECT_EQ(route_to("bob@example.net").steps.size(), 2U);
}

} // namespace
} // namespace posthouse::routing
