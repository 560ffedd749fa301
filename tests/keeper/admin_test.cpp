// SPDX-License-Identifier: Apache-2.0
// The administrator's desk, on a keeper whose sorter is real and whose courier is scripted.
#include "keeper/admin.hpp"
#include "tests/keeper/rig.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace posthouse::keeper::tests {
namespace {

namespace json = boost::json;
using process::Exit;
using store::Fault;
using store::MemoryEngine;
using testing::HasSubstr;

wire::Admin request(std::string command, std::vector<std::string> arguments = {})
{
    wire::Admin request;
    request.set_command(std::move(command));
    for (auto& argument : arguments)
        request.add_arguments(std::move(argument));
    return request;
}

json::object read(const wire::AdminAnswer& answer)
{
    EXPECT_TRUE(answer.ok()) << answer.error();
    return answer.ok() ? json::parse(answer.json()).as_object() : json::object();
}

int code(Exit exit)
{
    return static_cast<int>(exit);
}

class Administration : public testing::Test {
protected:
    Administration()
        : engine(io.get_executor()),
          rig(
              io, engine, [this](const auto& order) { return carry(order); },
              "catch_all = \"ann@example.org\"\n[domains.\"plain.org\"]\n"
              "[smtp]\ntrusted_networks = [\"192.0.2.0/24\"]\n"),
          desk(rig.office, rig.letters, {&rig.dispatch, nullptr, Admin::Doors::open})
    {
        EXPECT_TRUE(run(rig.open({"ann@example.org"})));
    }

    template <class T>
    T run(Task<T> task)
    {
        std::optional<T> result;
        boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
            EXPECT_FALSE(error);
            result = std::move(value);
        });
        wait_until([&] { return result.has_value(); });
        expects(result.has_value());
        return std::move(*result);
    }
    template <class Done>
    void wait_until(Done done)
    {
        const auto deadline = Instant::clock::now() + std::chrono::seconds(20);
        while (!done() && Instant::clock::now() < deadline)
            io.run_one_for(std::chrono::milliseconds(10));
        EXPECT_TRUE(done()) << "it never came to that";
    }

    wire::AdminAnswer ask(wire::Admin what) { return run(desk.answer(std::move(what))); }
    json::object told(std::string command, std::vector<std::string> arguments = {})
    {
        return read(ask(request(std::move(command), std::move(arguments))));
    }
    /// What became of the one letter that a change named.
    json::object changed(std::string command, std::string id)
    {
        const auto result = told(std::move(command), {std::move(id)});
        const auto& letters = result.at("letters").as_array();
        EXPECT_EQ(letters.size(), 1u);
        return letters.at(0).as_object();
    }
    std::string state(const std::string& id)
    {
        const auto answer = ask(request("queue-show", {id}));
        return answer.ok() ? std::string(read(answer).at("state").as_string()) : "gone";
    }
    std::vector<std::string> list(wire::Admin what)
    {
        what.set_command("queue-list");
        std::vector<std::string> ids;
        const auto page = read(ask(std::move(what)));
        for (const auto& letter : page.at("letters").as_array())
            ids.emplace_back(letter.at("id").as_string());
        return ids;
    }

    std::string send(std::string sender, std::vector<std::string> recipients)
    {
        auto id = run(rig.send(std::move(sender), std::move(recipients),
                               "Subject: greetings\r\n\r\nHello\r\n"));
        expects(id.has_value());
        return *id;
    }
    std::string send_deferred(const std::string& sender, const std::string& recipient)
    {
        auto id = send(sender, {recipient});
        wait_until([&] { return state(id) == "deferred"; });
        return id;
    }
    std::vector<std::string> story(const std::string& id)
    {
        std::vector<std::string> names;
        const auto trace = told("trace", {id});
        for (const auto& event : trace.at("events").as_array())
            names.emplace_back(event.at("event").as_string());
        return names;
    }
    /// Rows of the queue that are not the trace of what has ended, of any letter.
    std::size_t rows_of_letters() const
    {
        std::size_t rows = 0;
        for (const auto& [name, partition] : engine.disk()->partitions)
            if (name.starts_with("q/"))
                rows += static_cast<std::size_t>(
                    std::ranges::count_if(partition.rows, [](const auto& row) {
                        return std::string_view("alrdwfex").contains(row.first[0]);
                    }));
        return rows;
    }

    wire::Attempted carry(const wire::Attempt& order) const
    {
        auto attempted = delivered(order);
        for (auto& outcome : *attempted.mutable_outcomes())
            if (is_away) {
                outcome.set_result(wire::Attempted::DEFERRED);
                outcome.set_status("4.2.0");
                outcome.set_text("451 come back later");
            }
        return attempted;
    }

    boost::asio::io_context io;
    MemoryEngine engine;
    bool is_away = true; // The other host defers everything.
    Rig rig;
    Admin desk;
};

// ---- accounts -------------------------------------------------------------------------------

TEST_F(Administration, MakesAnAccountOnceAndListsIt)
{
    EXPECT_EQ(told("user-add", {"ben@plain.org", ""}).at("address").as_string(), "ben@plain.org");
    const auto again = ask(request("user-add", {"BEN@plain.org", ""}));
    EXPECT_FALSE(again.ok());
    EXPECT_EQ(again.exit_code(), code(Exit::failure));
    const auto accounts = told("user-list").at("accounts").as_array();
    ASSERT_EQ(accounts.size(), 2u);
    for (const auto& account : accounts)
        EXPECT_EQ(account.at("login").as_string(), "no password");
}

TEST_F(Administration, ListsAccountsAPageAtATime)
{
    for (int i = 0; i < 4; ++i)
        told("user-add", {fmt::format("user{}@plain.org", i), ""});
    std::set<std::string> seen;
    auto page = request("user-list");
    page.set_limit(2);
    do {
        const auto answer = ask(page);
        const auto result = read(answer);
        EXPECT_LE(result.at("accounts").as_array().size(), 2u);
        for (const auto& account : result.at("accounts").as_array())
            EXPECT_TRUE(seen.emplace(account.at("address").as_string()).second);
        page.set_after(answer.next());
    } while (!page.after().empty());
    EXPECT_EQ(seen.size(), 5u);
}

TEST_F(Administration, RefusesAnAccountOfAForeignDomainAndWhatIsNoAddress)
{
    const auto foreign = ask(request("user-add", {"ben@remote.test", ""}));
    EXPECT_EQ(foreign.exit_code(), code(Exit::failure));
    EXPECT_THAT(foreign.error(), HasSubstr("none of ours"));
    EXPECT_EQ(ask(request("user-add", {"ben", ""})).exit_code(), code(Exit::usage));
    EXPECT_EQ(ask(request("user-passwd", {"nobody@plain.org", ""})).exit_code(),
              code(Exit::failure));
    EXPECT_EQ(ask(request("user-remove", {"nobody@plain.org"})).exit_code(), code(Exit::failure));
}

TEST_F(Administration, RemovesAnAccountTogetherWithItsLetters)
{
    told("user-add", {"ben@plain.org", ""});
    const auto id = send("cy@remote.test", {"ben@plain.org"});
    wait_until([&] { return state(id) == "gone"; });
    ASSERT_EQ(run(rig.inbox("ben@plain.org")).size(), 1u);
    EXPECT_EQ(engine.disk()->blobs.size(), 1u);
    told("user-remove", {"ben@plain.org"});
    EXPECT_EQ(told("user-list").at("accounts").as_array().size(), 1u);
    EXPECT_TRUE(engine.disk()->blobs.empty());
    EXPECT_TRUE(std::ranges::none_of(engine.disk()->partitions, [](const auto& partition) {
        return partition.first.starts_with("a/") && !partition.second.rows.empty();
    }));
}

TEST_F(Administration, RefusesCommandsOfAnotherVersion)
{
    EXPECT_EQ(ask(request("user-promote")).exit_code(), code(Exit::usage));
    EXPECT_EQ(ask(request("user-add", {"ben@plain.org"})).exit_code(), code(Exit::usage));
}

// ---- the queue's list -----------------------------------------------------------------------

TEST_F(Administration, ListsEachLetterOnceBehindACursor)
{
    std::vector<std::string> sent;
    for (int i = 0; i < 5; ++i)
        sent.push_back(send_deferred("ann@example.org", fmt::format("r{}@remote.test", i)));
    std::vector<std::string> seen;
    auto page = request("queue-list");
    page.set_limit(2);
    do {
        const auto answer = ask(page);
        const auto result = read(answer);
        EXPECT_LE(result.at("letters").as_array().size(), 2u);
        for (const auto& letter : result.at("letters").as_array())
            seen.emplace_back(letter.at("id").as_string());
        page.set_after(answer.next());
    } while (!page.after().empty());
    EXPECT_THAT(seen, testing::UnorderedElementsAreArray(sent));
    const auto letter = told("queue-list").at("letters").at(0).as_object();
    EXPECT_EQ(letter.at("attempts").to_number<int>(), 1);
    EXPECT_EQ(letter.at("last_reply").as_string(), "4.2.0 451 come back later");
    EXPECT_TRUE(letter.at("next_attempt").is_string());
}

TEST_F(Administration, FiltersBySenderRecipientDomainAndState)
{
    const auto one = send_deferred("ann@example.org", "one@remote.test");
    const auto two = send_deferred("ben@plain.org", "two@other.test");
    const auto null = send_deferred("", "three@other.test");
    const auto filtered = [&](auto&& set) {
        wire::Admin what;
        set(*what.mutable_filter());
        return list(std::move(what));
    };
    using testing::ElementsAre;
    using testing::UnorderedElementsAre;
    EXPECT_THAT(filtered([](auto& f) { f.set_sender("ANN@example.org"); }), ElementsAre(one));
    EXPECT_THAT(filtered([](auto& f) { f.set_sender("<>"); }), ElementsAre(null));
    EXPECT_THAT(filtered([](auto& f) { f.set_recipient("two@OTHER.test"); }), ElementsAre(two));
    EXPECT_THAT(filtered([](auto& f) { f.set_domain("Other.test"); }),
                UnorderedElementsAre(two, null));
    EXPECT_TRUE(filtered([](auto& f) { f.set_domain("ther.test"); }).empty());
    EXPECT_TRUE(filtered([](auto& f) { f.set_state("held"); }).empty());
    told("queue-hold", {one});
    EXPECT_THAT(filtered([](auto& f) { f.set_state("held"); }), ElementsAre(one));
    EXPECT_THAT(filtered([](auto& f) {
                    f.set_domain("other.test");
                    f.set_sender("ben@plain.org");
                    f.set_state("deferred");
                }),
                ElementsAre(two));
}

TEST_F(Administration, RefusesAStateThatIsNoneAndACursorThatIsNoId)
{
    auto what = request("queue-list");
    what.mutable_filter()->set_state("asleep");
    EXPECT_EQ(ask(what).exit_code(), code(Exit::usage));
    what = request("queue-list");
    what.set_after("!");
    EXPECT_EQ(ask(what).exit_code(), code(Exit::usage));
    EXPECT_EQ(ask(request("queue-show", {"nonsense"})).exit_code(), code(Exit::failure));
    EXPECT_EQ(ask(request("queue-hold", {"nonsense!"})).exit_code(), code(Exit::usage));
    EXPECT_EQ(ask(request("queue-hold")).exit_code(), code(Exit::usage));
}

// ---- changes --------------------------------------------------------------------------------

TEST_F(Administration, HoldsALetterThatIsNotRoutedYetUntilItIsReleased)
{
    rig.lose_sorter();
    const auto id = send("cy@remote.test", {"ann@example.org"});
    EXPECT_EQ(state(id), "unsorted");
    EXPECT_TRUE(changed("queue-hold", id).at("changed").as_bool());
    EXPECT_EQ(changed("queue-hold", id).at("note").as_string(), "held already");
    rig.regain_sorter();
    // One behind it goes through; it does not.
    const auto other = send("cy@remote.test", {"ann@example.org"});
    wait_until([&] { return state(other) == "gone"; });
    EXPECT_EQ(state(id), "held");
    EXPECT_TRUE(changed("queue-release", id).at("changed").as_bool());
    wait_until([&] { return state(id) == "gone"; });
    EXPECT_EQ(run(rig.inbox("ann@example.org")).size(), 2u);
}

TEST_F(Administration, HoldsAWaitingLetterUntilItIsReleased)
{
    const auto id = send_deferred("ann@example.org", "one@remote.test");
    EXPECT_TRUE(changed("queue-hold", id).at("changed").as_bool());
    EXPECT_EQ(state(id), "held");
    is_away = false;
    EXPECT_EQ(changed("queue-retry", id).at("note").as_string(), "nothing of it is waiting");
    EXPECT_EQ(state(id), "held");
    EXPECT_TRUE(changed("queue-release", id).at("changed").as_bool());
    wait_until([&] { return state(id) == "gone"; });
    EXPECT_THAT(story(id), testing::IsSupersetOf({"deferred", "held", "released", "delivered"}));
}

TEST_F(Administration, TriesADeferredLetterNow)
{
    const auto id = send_deferred("ann@example.org", "one@remote.test");
    is_away = false;
    EXPECT_EQ(changed("queue-release", id).at("note").as_string(), "not held");
    EXPECT_TRUE(changed("queue-retry", id).at("changed").as_bool());
    wait_until([&] { return state(id) == "gone"; });
    EXPECT_EQ(rows_of_letters(), 0u);
}

TEST_F(Administration, RemovesADeferredLetterAndItsTraceTells)
{
    const auto id = send_deferred("ann@example.org", "one@remote.test");
    EXPECT_TRUE(changed("queue-remove", id).at("changed").as_bool());
    EXPECT_EQ(rows_of_letters(), 0u);
    EXPECT_TRUE(engine.disk()->blobs.empty());
    EXPECT_EQ(told("trace", {id}).at("state").as_string(), "ended");
    EXPECT_THAT(story(id), testing::Contains("removed"));
    EXPECT_FALSE(changed("queue-remove", id).at("changed").as_bool());
}

TEST_F(Administration, RemovesALetterThatWasNeverRouted)
{
    rig.lose_sorter();
    const auto unsorted = send("cy@remote.test", {"ann@example.org"});
    const auto held = send("cy@remote.test", {"ann@example.org"});
    EXPECT_TRUE(changed("queue-hold", held).at("changed").as_bool());
    for (const auto& id : {unsorted, held}) {
        EXPECT_TRUE(changed("queue-remove", id).at("changed").as_bool());
        EXPECT_EQ(state(id), "gone");
        EXPECT_EQ(told("trace", {id}).at("state").as_string(), "ended");
        EXPECT_THAT(story(id), testing::Contains("removed"));
    }
    EXPECT_EQ(rows_of_letters(), 0u);
    EXPECT_TRUE(engine.disk()->blobs.empty());
    rig.regain_sorter();
    EXPECT_TRUE(run(rig.inbox("ann@example.org")).empty());
}

TEST_F(Administration, ChangesWhatTheFilterTakesAndNothingElse)
{
    const auto one = send_deferred("ann@example.org", "one@remote.test");
    const auto two = send_deferred("ann@example.org", "two@other.test");
    auto what = request("queue-hold", {"all"});
    what.mutable_filter()->set_domain("other.test");
    EXPECT_EQ(read(ask(what)).at("changed").to_number<int>(), 1);
    EXPECT_EQ(state(one), "deferred");
    EXPECT_EQ(state(two), "held");
    EXPECT_EQ(told("queue-remove", {"all"}).at("changed").to_number<int>(), 2);
    EXPECT_EQ(rows_of_letters(), 0u);
}

TEST_F(Administration, ListsAndReleasesALetterThatTheCourierBreaksOn)
{
    is_away = false;
    rig.breaks_on = [](const auto&) { return true; };
    const auto id = send("ann@example.org", {"one@remote.test"});
    wait_until([&] { return state(id) == "poison"; });
    wire::Admin what;
    what.mutable_filter()->set_state("poison");
    EXPECT_THAT(list(what), testing::ElementsAre(id));
    rig.breaks_on = [](const auto&) { return false; };
    EXPECT_TRUE(changed("queue-release", id).at("changed").as_bool());
    wait_until([&] { return state(id) == "gone"; });
    EXPECT_THAT(story(id), testing::Contains("delivered"));
}

// ---- traces and explanations ----------------------------------------------------------------

TEST_F(Administration, TracesALetterInTheQueueAndAfterItsEnd)
{
    const auto id = send_deferred("ann@example.org", "one@remote.test");
    auto trace = told("trace", {id});
    EXPECT_EQ(trace.at("state").as_string(), "in the queue");
    EXPECT_TRUE(trace.at("finished_at").is_null());
    EXPECT_THAT(story(id), testing::Contains("deferred"));
    is_away = false;
    told("queue-retry", {id});
    wait_until([&] { return state(id) == "gone"; });
    trace = told("trace", {id});
    EXPECT_EQ(trace.at("state").as_string(), "ended");
    EXPECT_TRUE(trace.at("finished_at").is_string());
    EXPECT_THAT(story(id), testing::IsSupersetOf({"deferred", "delivered"}));
    EXPECT_THAT(ask(request("queue-show", {id})).error(), HasSubstr("posthouse trace " + id));
    EXPECT_EQ(ask(request("trace", {"0000000000000"})).exit_code(), code(Exit::failure));
}

TEST_F(Administration, ExplainsEachKindOfRecipient)
{
    const auto route = [&](const std::string& address) {
        return told("explain", {address}).at("deliveries").as_array().at(0).as_object();
    };
    EXPECT_EQ(route("ann@example.org").at("rule").as_string(), "account");
    EXPECT_EQ(route("anything@example.org").at("rule").as_string(), "catch_all, account");
    EXPECT_EQ(route("anything@example.org").at("final_address").as_string(), "ann@example.org");
    EXPECT_EQ(route("nobody@plain.org").at("destination").as_string(), "");
    EXPECT_EQ(route("nobody@plain.org").at("status").as_string(), "5.1.1");
    EXPECT_EQ(route("one@remote.test").at("destination").as_string(), "smtp:remote.test");
    EXPECT_EQ(told("explain", {"nobody@plain.org"}).at("verdict").as_object().at("code"), 550);
    EXPECT_FALSE(told("explain", {"nobody@plain.org"}).at("accepted").as_bool());
    EXPECT_EQ(ask(request("explain", {"no address"})).exit_code(), code(Exit::usage));
    EXPECT_EQ(ask(request("explain", {"one@remote.test", "", "here"})).exit_code(),
              code(Exit::usage));
}

TEST_F(Administration, ExplainsWhoMayRelay)
{
    const auto accepted = [&](const std::string& client) {
        return told("explain", {"one@remote.test", "", client}).at("accepted").as_bool();
    };
    EXPECT_TRUE(accepted("192.0.2.7"));
    EXPECT_FALSE(accepted("198.51.100.7"));
    EXPECT_FALSE(accepted(""));
}

// ---- a full disk ----------------------------------------------------------------------------

TEST_F(Administration, SaysThatTheDiskIsFullAndChangesNothing)
{
    const auto id = send_deferred("ann@example.org", "one@remote.test");
    const auto held = send_deferred("ann@example.org", "two@remote.test");
    told("queue-hold", {held});
    rig.lose_sorter();
    const auto unsorted = send("cy@remote.test", {"ann@example.org"});
    const auto before = engine.disk()->partitions;
    engine.fail_all(Fault::no_space);

    const auto added = ask(request("user-add", {"ben@plain.org", ""}));
    EXPECT_EQ(added.exit_code(), code(Exit::io_error));
    EXPECT_FALSE(added.error().empty());
    EXPECT_EQ(ask(request("user-remove", {"ann@example.org"})).exit_code(), code(Exit::io_error));
    for (const auto& [command, letter] :
         std::vector<std::pair<std::string, std::string>>{{"queue-hold", id},
                                                          {"queue-retry", id},
                                                          {"queue-remove", id},
                                                          {"queue-release", held},
                                                          {"queue-remove", held},
                                                          {"queue-hold", unsorted},
                                                          {"queue-remove", unsorted}}) {
        SCOPED_TRACE(command + ' ' + letter);
        const auto outcome = changed(command, letter);
        EXPECT_FALSE(outcome.at("changed").as_bool());
        EXPECT_THAT(std::string(outcome.at("note").as_string()), HasSubstr("the disk is full"));
    }
    EXPECT_TRUE(engine.disk()->partitions == before);
    EXPECT_EQ(state(id), "deferred");
    EXPECT_EQ(state(held), "held");
    EXPECT_EQ(state(unsorted), "unsorted");

    engine.fail_all(Fault::none);
    is_away = false;
    rig.regain_sorter();
    EXPECT_TRUE(changed("queue-retry", id).at("changed").as_bool());
    EXPECT_TRUE(changed("queue-release", held).at("changed").as_bool());
    for (const auto& letter : {id, held, unsorted})
        wait_until([&] { return state(letter) == "gone"; });
    EXPECT_EQ(run(rig.inbox("ann@example.org")).size(), 1u);
}

} // namespace
} // namespace posthouse::keeper::tests
