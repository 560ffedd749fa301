// SPDX-License-Identifier: Apache-2.0
#include "directory/accounts.hpp"

#include "directory/password.hpp"
#include "store/memory_engine.hpp"
#include "tests/store/coroutine.hpp"

#include <gtest/gtest.h>

namespace posthouse::directory {
namespace {

constexpr Timestamp now = Timestamp(std::chrono::seconds(1'700'000'000));

mail::Mailbox box(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

class AccountAliases : public ::testing::Test {
protected:
    AccountAliases()
    {
        accounts.set_domains({*mail::Domain::parse("example.org")});
        ann = run(accounts.add(box("ann@example.org"), "", now)).value();
        ben = run(accounts.add(box("ben@example.org"), "", now)).value();
    }
    template <class T>
    T run(Task<T> task)
    {
        return tests::run(io, std::move(task));
    }
    std::optional<AccountId> id_of(std::string_view address)
    {
        return run(accounts.id_of(box(address))).value();
    }
    bool may(const Account& who, std::string_view address)
    {
        return run(accounts.may_send_as(who.id, box(address))).value();
    }

    boost::asio::io_context io{1};
    store::MemoryEngine engine{io.get_executor()};
    SeededRandom random{1};
    Accounts accounts{engine, random};
    Account ann, ben;
};

TEST_F(AccountAliases, LeadToTheirAccountFromTheirFirstMomentToTheirLast)
{
    EXPECT_EQ(id_of("sales@example.org"), std::nullopt); // Remembered, and then not.
    EXPECT_TRUE(run(accounts.add_alias(box("ann@example.org"), box("Sales@example.org"))));
    EXPECT_EQ(id_of("sales@example.org"), ann.id);
    EXPECT_EQ(id_of("SALES@example.org"), ann.id);
    EXPECT_EQ(run(accounts.find(box("sales@example.org"))).value()->address, "ann@example.org");
    EXPECT_TRUE(run(accounts.remove_alias(box("ann@example.org"), box("sales@example.org"))));
    EXPECT_EQ(id_of("sales@example.org"), std::nullopt);
    EXPECT_EQ(run(accounts.remove_alias(box("ann@example.org"), box("sales@example.org"))).error(),
              Error::not_found);
}

TEST_F(AccountAliases, AreNobodyElses)
{
    EXPECT_TRUE(run(accounts.add_alias(box("ann@example.org"), box("sales@example.org"))));
    EXPECT_EQ(run(accounts.add_alias(box("ben@example.org"), box("sales@example.org"))).error(),
              Error::exists);
    EXPECT_EQ(run(accounts.add_alias(box("ann@example.org"), box("ben@example.org"))).error(),
              Error::exists);
    EXPECT_EQ(run(accounts.add(box("sales@example.org"), "", now)).error(), Error::exists);
    EXPECT_EQ(run(accounts.add_alias(box("ann@example.org"), box("x@example.com"))).error(),
              Error::foreign);
    EXPECT_EQ(run(accounts.add_alias(box("nobody@example.org"), box("x@example.org"))).error(),
              Error::not_found);
    EXPECT_TRUE(run(accounts.add(box("x@example.org"), "", now)));
}

TEST_F(AccountAliases, GoWithTheirAccount)
{
    run(accounts.add_alias(box("ann@example.org"), box("sales@example.org"))).value();
    EXPECT_EQ(id_of("sales@example.org"), ann.id);
    EXPECT_TRUE(run(accounts.remove(box("ann@example.org"))));
    EXPECT_EQ(id_of("sales@example.org"), std::nullopt);
    EXPECT_TRUE(run(accounts.add_alias(box("ben@example.org"), box("sales@example.org"))));
    EXPECT_EQ(id_of("sales@example.org"), ben.id);
}

TEST_F(AccountAliases, MayBeSentAsAndSoMayAccountsThatAllowIt)
{
    run(accounts.add_alias(box("ann@example.org"), box("sales@example.org"))).value();
    EXPECT_TRUE(may(ann, "ann@example.org"));
    EXPECT_TRUE(may(ann, "sales@example.org"));
    EXPECT_FALSE(may(ben, "sales@example.org"));
    EXPECT_FALSE(may(ann, "nobody@example.org"));
    run(accounts.amend(box("ann@example.org"), [&](Account& account) -> Result<void> {
        account.delegates.push_back({ben.id, ben.address});
        return {};
    })).value();
    EXPECT_TRUE(may(ben, "ann@example.org"));
    EXPECT_TRUE(may(ben, "sales@example.org"));
    EXPECT_FALSE(may(ann, "ben@example.org"));
    run(accounts.remove(box("ben@example.org"))).value();
    const auto again = run(accounts.add(box("ben@example.org"), "", now)).value();
    EXPECT_FALSE(may(again, "ann@example.org")); // Another Ben.
}

TEST_F(AccountAliases, StayWithAllElseOfAnAccountInTheStore)
{
    const std::string salt = "0123456789abcdef";
    const auto keys = *sasl::make_scram_keys(Secret("x"), sasl::ScramHash::sha_256, salt, 4096);
    const auto verifier = *hash_password(Secret("x"), PasswordCost::least);
    run(accounts.set_password(box("ann@example.org"), {verifier, salt, {keys}})).value();
    const auto changed =
        run(accounts.amend(box("ann@example.org"), [&](Account& account) -> Result<void> {
            account.credentials.app_passwords.push_back({.id = 7,
                                                         .name = "phone",
                                                         .protocols = {"imap"},
                                                         .digest = std::string(32, 'd'),
                                                         .created = now,
                                                         .scram = {keys}});
            account.credentials.totp = "secret";
            account.credentials.disabled_protocols = {"pop3"};
            account.source = "ldap";
            return {};
        })).value();
    EXPECT_EQ(changed.version, ann.version + 2);
    Accounts later(engine, random);
    EXPECT_EQ(run(later.find(box("ann@example.org"))).value(), changed);
    // Keys with another salt would not fit those of the app password.
    const auto other =
        *sasl::make_scram_keys(Secret("x"), sasl::ScramHash::sha_256, "fedcba9876543210", 4096);
    EXPECT_EQ(
        run(accounts.set_password(box("ann@example.org"), {verifier, "fedcba9876543210", {other}}))
            .error(),
        Error::bad_verifier);
    EXPECT_EQ(run(accounts.set_password(box("ann@example.org"), {verifier, salt, {other}})).error(),
              Error::bad_verifier);
}

TEST_F(AccountAliases, AreNotToldFromNobodyByADecoysSalt)
{
    const auto salt = run(accounts.decoy_salt("nobody@example.org")).value();
    EXPECT_EQ(salt.size(), sasl::ScramKeys::salt_bytes);
    EXPECT_EQ(run(accounts.decoy_salt("Nobody@Example.org")).value(), salt);
    EXPECT_NE(run(accounts.decoy_salt("somebody@example.org")).value(), salt);
    Accounts later(engine, random); // The server was started again.
    EXPECT_EQ(run(later.decoy_salt("nobody@example.org")).value(), salt);
    EXPECT_FALSE(run(accounts.decoy_salt("no address")).value().empty());
}

} // namespace
} // namespace posthouse::directory
