// SPDX-License-Identifier: Apache-2.0
#include "keeper/logins.hpp"

#include "config/load.hpp"
#include "directory/password.hpp"
#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <gtest/gtest.h>

namespace posthouse::keeper {
namespace {

using wire::Method;

std::shared_ptr<const process::Settings> settings()
{
    process::Settings made{
        .generation = 1,
        .config = *config::load_text("hostname = \"mx.example\"\n[domains.\"example.org\"]\n"
                                     "[[login.source]]\nname = \"own\"\n"
                                     "[[login.source]]\nname = \"pam\"\nkind = \"pam\"\n",
                                     "test"),
        .dns_servers = {}};
    return std::make_shared<const process::Settings>(std::move(made));
}

mail::Mailbox box(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

class KeeperLogins : public ::testing::Test {
protected:
    KeeperLogins()
    {
        ann = run(office.accounts.add(box("ann@example.org"), verifier, wall_clock())).value();
        logins.linked(clerk.ours);
    }
    template <class T>
    T run(Task<T> task)
    {
        return tests::run(io, std::move(task));
    }
    template <class Response>
    wire::Result<Response> ask(Method method, const google::protobuf::MessageLite& request)
    {
        wire::Frame frame;
        frame.head.method = method;
        frame.message = request.SerializeAsString();
        const auto answer = run(logins.answer_clerk(std::move(frame)));
        if (!answer)
            return std::unexpected(answer.error());
        return *wire::parse<Response>(answer->message);
    }
    wire::Login find(const std::string& user)
    {
        wire::FindLogin question;
        question.set_user(user);
        return ask<wire::Login>(Method::find_login, question).value();
    }
    std::string ticket()
    {
        wire::VouchLogin vouch;
        vouch.set_account(static_cast<std::uint64_t>(ann.id));
        vouch.set_address("ann@example.org");
        vouch.set_protocol("imap");
        return ask<wire::Ticket>(Method::vouch, vouch)->ticket();
    }
    /// The clerk: one outside user.
    Task<wire::Result<wire::Answer>> answer(wire::Frame frame)
    {
        if (frame.head.method == Method::login_changed) {
            changed.push_back(wire::parse<wire::LoginChanged>(frame.message)->account());
            co_return wire::answer_with(wire::Done());
        }
        ++asked;
        const auto address = wire::parse<wire::FindPerson>(frame.message)->address();
        wire::FoundPerson person;
        person.set_found(address == "carol@example.org" || address == "boss@example.org");
        person.set_address("carol@example.org");
        person.set_source("pam");
        person.add_aliases("boss@example.org");
        person.add_aliases("ann@example.org"); // She is not his.
        co_return wire::answer_with(person);
    }

    boost::asio::io_context io{1};
    store::MemoryEngine engine{io.get_executor()};
    Office office{io.get_executor(), engine, settings()};
    Logins logins{office};
    std::string verifier = *directory::hash_password(Secret("x"), directory::PasswordCost::least);
    directory::Account ann;
    std::vector<std::uint64_t> changed;
    int asked = 0;
    tests::LinkPair clerk{
        io,
        {},
        {.handler = [this](std::shared_ptr<wire::Link>,
                           wire::Frame frame) { return answer(std::move(frame)); },
         .closed = {}}};
};

TEST_F(KeeperLogins, FindsWhoIsThereAndGivesASaltForWhoIsNot)
{
    EXPECT_EQ(find("Ann@example.org").verifier(), verifier);
    EXPECT_EQ(find("ann@example.org").account(), static_cast<std::uint64_t>(ann.id));
    for (const auto* user : {"nobody@example.org", "ann@example.com", "no address", ""}) {
        const auto nobody = find(user);
        EXPECT_FALSE(nobody.found()) << user;
        EXPECT_EQ(nobody.salt().size(), 16u) << user;
        EXPECT_EQ(nobody.salt(), find(user).salt()) << user;
    }
}

TEST_F(KeeperLogins, LetsATicketCountOnce)
{
    const auto given = ticket();
    EXPECT_FALSE(logins.redeem("another"));
    const auto vouched = logins.redeem(given);
    ASSERT_TRUE(vouched);
    EXPECT_EQ(vouched->address, "ann@example.org");
    EXPECT_EQ(vouched->protocol, "imap");
    EXPECT_FALSE(logins.redeem(given));
}

TEST_F(KeeperLogins, TakesTicketsBackAndTellsTheClerkWhenACredentialChanges)
{
    const auto given = ticket();
    logins.changed(mailbox::AccountId{static_cast<std::uint64_t>(ann.id)});
    EXPECT_FALSE(logins.redeem(given));
    while (changed.empty() && io.run_one() != 0) {
    }
    EXPECT_EQ(changed, std::vector{static_cast<std::uint64_t>(ann.id)});
}

TEST_F(KeeperLogins, MakesAnAccountForWhomAnOutsideSourceKnows)
{
    EXPECT_EQ(run(logins.find_outside(box("nobody@example.org"))).value(), std::nullopt);
    const auto carol = run(logins.find_outside(box("carol@example.org"))).value();
    ASSERT_TRUE(carol);
    EXPECT_EQ(find("carol@example.org").source(), "pam");
    EXPECT_EQ(find("boss@example.org").account(), static_cast<std::uint64_t>(*carol));
    EXPECT_EQ(find("ann@example.org").account(), static_cast<std::uint64_t>(ann.id));
    EXPECT_EQ(run(logins.find_outside(box("boss@example.org"))).value(), carol);
    wire::ProvideAccount foreign;
    foreign.set_address("x@example.com");
    foreign.set_source("pam");
    EXPECT_EQ(ask<wire::ProvidedAccount>(Method::provide_account, foreign).error(),
              wire::Failure::refused);
}

TEST_F(KeeperLogins, SaysWhoMaySendAsWhom)
{
    const mailbox::AccountId id{static_cast<std::uint64_t>(ann.id)};
    EXPECT_TRUE(run(logins.may_send_as(id, box("ann@example.org"))).value());
    EXPECT_TRUE(run(logins.may_send_as(id, box("ann+list@example.org"))).value());
    EXPECT_FALSE(run(logins.may_send_as(id, box("ben@example.org"))).value());
    EXPECT_FALSE(run(logins.may_send_as(id, box("+ann@example.org"))).value());
}

} // namespace
} // namespace posthouse::keeper
