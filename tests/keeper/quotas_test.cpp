// SPDX-License-Identifier: Apache-2.0
// How much accounts and domains may hold, what housekeeping takes away, and what comes back.
#include "keeper/admin.hpp"
#include "keeper/housekeeping.hpp"
#include "keeper/mailboxes.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/mailboxes.pb.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace posthouse::keeper {
namespace {

using wire::Method;

struct House {
    boost::asio::io_context io;
    std::shared_ptr<store::MemoryDisk> disk;
    store::MemoryEngine engine;
    tests::Rig rig;
    ReaderSessions sessions{rig.office.random};
    Mailboxes mailboxes{rig.office, sessions, rig.dispatch.sorters()};
    Housekeeping housekeeping{rig.office};
    Admin desk;
    std::vector<std::shared_ptr<wire::Link>> links;

    explicit House(const std::string& config,
                   std::shared_ptr<store::MemoryDisk> on = std::make_shared<store::MemoryDisk>())
        : disk(std::move(on)),
          engine(io.get_executor(), disk),
          rig(io, engine, tests::delivered, "[domains.\"example.net\"]\n" + config),
          desk(rig.office, rig.letters, house())
    {
        EXPECT_TRUE(run(rig.open({"ann@example.org", "ben@example.org", "eve@example.net"})));
        mailboxes.quotas().configure();
        for (int i = 0; i < 1000 && !mailboxes.quotas().counted(); ++i)
            io.run_one_for(std::chrono::milliseconds(10));
        EXPECT_TRUE(mailboxes.quotas().counted());
    }
    ~House()
    {
        for (const auto& link : links)
            link->close();
        io.poll();
    }
    Admin::House house()
    {
        Admin::House all;
        all.dispatch = &rig.dispatch;
        all.quotas = &mailboxes.quotas();
        return all;
    }
    template <class T>
    T run(Task<T> task)
    {
        return posthouse::tests::run(io, std::move(task));
    }
    std::shared_ptr<mailbox::Account> account(const std::string& address)
    {
        const auto id = run(rig.office.accounts.id_of(*mail::Mailbox::parse(address)));
        return *run(
            rig.office.open_accounts.open(mailbox::AccountId{static_cast<std::uint64_t>(**id)}));
    }
    mailbox::Result<mailbox::Account::Added> append(const std::string& address, std::size_t bytes,
                                                    const std::string& box = "INBOX")
    {
        mailbox::Account::NewMessage message;
        message.message.set_body(engine.blobs().new_id().bytes());
        message.message.set_body_bytes(bytes);
        message.size = bytes;
        message.data = std::string(bytes, 'x');
        std::vector<mailbox::Account::NewMessage> one;
        one.push_back(std::move(message));
        auto to = account(address);
        return run(to->append(*to->find(box), std::move(one), wall_clock()));
    }
    std::uint32_t at_rcpt(const std::string& address)
    {
        wire::CheckRecipients request;
        request.add_recipients(address);
        wire::Frame frame;
        frame.head.method = Method::check_recipients;
        frame.message = request.SerializeAsString();
        const auto answer = run(rig.intake.answer(nullptr, std::move(frame)));
        wire::Verdicts verdicts;
        EXPECT_TRUE(answer && verdicts.ParseFromString(answer->message));
        return verdicts.verdicts(0).code();
    }
    boost::json::object ask(std::string command, std::vector<std::string> arguments)
    {
        wire::Admin request;
        request.set_command(std::move(command));
        for (auto& argument : arguments)
            request.add_arguments(std::move(argument));
        const auto answer = run(desk.answer(std::move(request)));
        EXPECT_TRUE(answer.ok()) << answer.error();
        return answer.ok() ? boost::json::parse(answer.json()).as_object() : boost::json::object();
    }
};

constexpr const char* quotas = "[mailboxes]\nquota = 1000\n"
                               "[[mailboxes.domain]]\nname = \"example.org\"\nquota = 300\n"
                               "total = 500\n";

TEST(Quotas, AreTheAccountsOwnOrItsDomainsOrEverybodys)
{
    House house(quotas);
    EXPECT_EQ(house.account("ann@example.org")->quota().bytes, 300U);
    EXPECT_EQ(house.account("eve@example.net")->quota().bytes, 1000U);
    EXPECT_TRUE(house.append("ann@example.org", 300));
    EXPECT_EQ(house.append("ann@example.org", 1).error(), mailbox::Error::over_quota);
    EXPECT_EQ(house.at_rcpt("ann@example.org"), 452U);
    auto told = house.ask("user-quota", {"ann@example.org", "400", "none"});
    EXPECT_EQ(told.at("bytes_limit").to_number<int>(), 400);
    EXPECT_EQ(told.at("bytes").to_number<int>(), 300);
    EXPECT_TRUE(told.at("own_quota").as_bool());
    EXPECT_EQ(house.at_rcpt("ann@example.org"), 250U);
    EXPECT_TRUE(house.append("ann@example.org", 100));
    // It is kept with the account.
    House again(quotas, house.disk);
    EXPECT_EQ(again.account("ann@example.org")->quota().bytes, 400U);
    again.ask("user-quota", {"ann@example.org", "default", ""});
    EXPECT_EQ(again.account("ann@example.org")->quota().bytes, 300U);
    EXPECT_EQ(again.at_rcpt("ann@example.org"), 452U);
}

TEST(Quotas, RefuseWhoeverIsOfADomainThatIsFull)
{
    House house(quotas);
    EXPECT_TRUE(house.append("ann@example.org", 300));
    EXPECT_EQ(house.at_rcpt("ben@example.org"), 250U);
    EXPECT_EQ(house.append("ben@example.org", 201).error(), mailbox::Error::over_quota);
    EXPECT_TRUE(house.append("ben@example.org", 200));
    EXPECT_EQ(house.at_rcpt("ben@example.org"), 452U);
    EXPECT_EQ(house.at_rcpt("eve@example.net"), 250U);
    const auto uses = house.mailboxes.quotas().domains();
    ASSERT_EQ(uses.size(), 1U);
    EXPECT_EQ(uses[0].held.bytes, 500U);
    // Who makes room makes it for all.
    ASSERT_TRUE(house.run(
        house.account("ann@example.org")->expunge(mailbox::inbox, *mail::UidSet::parse("1"))));
    EXPECT_EQ(house.at_rcpt("ben@example.org"), 250U);
    EXPECT_TRUE(house.append("ben@example.org", 100));
}

TEST(Quotas, CountWhatWasThereWhenTheServerStarted)
{
    House house(quotas);
    EXPECT_TRUE(house.append("ann@example.org", 300));
    EXPECT_TRUE(house.append("ben@example.org", 150));
    EXPECT_TRUE(house.append("eve@example.net", 150));
    House again(quotas, house.disk);
    EXPECT_EQ(again.mailboxes.quotas().domains().at(0).held.bytes, 450U);
    EXPECT_EQ(again.mailboxes.quotas().domains().at(0).held.messages, 2U);
    EXPECT_EQ(again.append("ben@example.org", 51).error(), mailbox::Error::over_quota);
    EXPECT_TRUE(again.append("ben@example.org", 50));
    EXPECT_EQ(again.mailboxes.quotas().domains().at(0).held.bytes, 500U);
}

TEST(Quotas, KnowAccountsThatAreMadeLater)
{
    House house(quotas);
    ASSERT_TRUE(house.run(
        house.rig.office.accounts.add(*mail::Mailbox::parse("joe@example.org"), "", wall_clock())));
    EXPECT_EQ(house.account("joe@example.org")->quota().bytes, 300U);
    EXPECT_TRUE(house.append("joe@example.org", 250));
    EXPECT_EQ(house.mailboxes.quotas().domains().at(0).held.bytes, 250U);
}

TEST(Housekeeping, TakesAwayWhatIsTooOldAndLetsItBeBroughtBackForAWhile)
{
    House house("[mailboxes]\nundelete = \"1h\"\n[[mailboxes.folder]]\nname = \"Junk\"\n"
                "expire_after = \"1d\"\n");
    auto ann = house.account("ann@example.org");
    const auto junk = *house.run(ann->create("Junk", {}, wall_clock()));
    ASSERT_TRUE(house.append("ann@example.org", 10, "Junk"));
    ASSERT_TRUE(house.append("ann@example.org", 10));
    std::vector<mailbox::MailboxId> heard;
    ann->on_change([&](mailbox::MailboxId id) { heard.push_back(id); });
    const auto now = wall_clock();
    EXPECT_EQ(house.run(house.housekeeping.tend(now)).expired, 0U);
    heard.clear();
    EXPECT_EQ(house.run(house.housekeeping.tend(now + std::chrono::hours(25))).expired, 1U);
    EXPECT_NE(std::ranges::find(heard, junk), heard.end()) << "open sessions are told";
    EXPECT_EQ(ann->mailbox(junk)->messages(), 0U);
    EXPECT_EQ(ann->mailbox(mailbox::inbox)->messages(), 1U);
    const auto listed =
        house.ask("mailbox-graced", {"ann@example.org", "", "", ""}).at("letters").as_array();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].as_object().at("mailbox").as_string(), "Junk");
    EXPECT_EQ(listed[0].as_object().at("uid").to_number<int>(), 1);
    const auto back = house.ask("mailbox-undelete", {"ann@example.org", "Junk", "", "", "kept"});
    EXPECT_EQ(back.at("letters").to_number<int>(), 1);
    // It is saved now: the next round leaves it.
    EXPECT_EQ(house.run(house.housekeeping.tend(wall_clock() + std::chrono::hours(2))).expired, 0U);
    ASSERT_TRUE(house.run(ann->expunge(junk, *mail::UidSet::parse("1"))));
    EXPECT_EQ(house.run(house.housekeeping.tend(wall_clock())).dropped, 0U);
    EXPECT_EQ(house.run(house.housekeeping.tend(wall_clock() + std::chrono::hours(2))).dropped, 1U);
    EXPECT_EQ(house.disk->blobs.size(), 1U);
}

TEST(Housekeeping, ListsMoreThanAPageOfWhatCanBeBroughtBack)
{
    House house("[mailboxes]\nundelete = \"1h\"\n");
    auto ann = house.account("ann@example.org");
    for (int i = 0; i < 900; ++i)
        ASSERT_TRUE(house.append("ann@example.org", 10));
    for (const auto* part : {"1:300", "301:600", "601:900"})
        ASSERT_TRUE(house.run(ann->expunge(mailbox::inbox, *mail::UidSet::parse(part))));
    wire::Admin request;
    request.set_command("mailbox-graced");
    for (const auto* argument : {"ann@example.org", "", "", ""})
        request.add_arguments(argument);
    std::size_t listed = 0, pages = 0;
    do {
        // As it comes through a socket.
        wire::Admin asked;
        ASSERT_TRUE(asked.ParseFromString(request.SerializeAsString()));
        wire::AdminAnswer answer;
        ASSERT_TRUE(
            answer.ParseFromString(house.run(house.desk.answer(asked)).SerializeAsString()));
        ASSERT_TRUE(answer.ok()) << answer.error();
        listed += boost::json::parse(answer.json()).at("letters").as_array().size();
        ++pages;
        request.set_after(answer.next());
    } while (!request.after().empty());
    EXPECT_EQ(listed, 900U);
    EXPECT_GT(pages, 1U);
}

TEST(Housekeeping, EndsSessionsThatCannotBeToldWhatCameBack)
{
    House house("[mailboxes]\nundelete = \"1h\"\n");
    auto ann = house.account("ann@example.org");
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(house.append("ann@example.org", 10));
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    for (const auto end : ends)
        house.links.push_back(wire::Link::open(house.io.get_executor(), UniqueFd(end), {}));
    ReaderSession session;
    session.account = ann->id();
    session.gate = house.links.front();
    const auto handle = house.sessions.open(std::move(session))->handle;
    const auto ask = [&](Method method, auto request, auto answer) {
        request.set_session(handle);
        wire::Frame frame;
        frame.head.method = method;
        frame.message = request.SerializeAsString();
        const auto told = house.run(house.mailboxes.answer(house.links.front(), std::move(frame)));
        EXPECT_TRUE(told && answer.ParseFromString(told->message));
        return answer;
    };
    wire::OpenMailbox open;
    open.set_name("INBOX");
    const auto opened = ask(Method::mailbox_open, open, wire::OpenedMailbox());
    wire::AskChanges changes;
    changes.set_handle(opened.handle());
    changes.set_since(opened.highest_modseq());
    ASSERT_TRUE(house.run(ann->expunge(mailbox::inbox, *mail::UidSet::parse("1:2"))));
    EXPECT_EQ(ask(Method::mailbox_changes, changes, wire::MailboxChanges()).vanished(), "1:2");
    house.ask("mailbox-undelete", {"ann@example.org", "", "", "1", "new"});
    EXPECT_FALSE(ask(Method::mailbox_changes, changes, wire::MailboxChanges()).deleted());
    house.ask("mailbox-undelete", {"ann@example.org", "", "", "2", "kept"});
    EXPECT_TRUE(ask(Method::mailbox_changes, changes, wire::MailboxChanges()).deleted());
    const auto again = ask(Method::mailbox_open, open, wire::OpenedMailbox());
    changes.set_handle(again.handle());
    const auto news = ask(Method::mailbox_changes, changes, wire::MailboxChanges());
    EXPECT_FALSE(news.deleted());
    EXPECT_EQ(news.vanished(), "1");
}

} // namespace
} // namespace posthouse::keeper
