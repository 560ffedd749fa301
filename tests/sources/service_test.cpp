// SPDX-License-Identifier: Apache-2.0
#include "sources/service.hpp"

#include "sources/packets.hpp"
#include "sources/remote.hpp"

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace posthouse::sources {
namespace {

namespace asio = boost::asio;
using Answer = Checked::Answer;

mail::Mailbox mailbox(std::string_view text)
{
    return *mail::Mailbox::parse(text);
}

std::pair<UniqueFd, UniqueFd> packet_pair()
{
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()),
              0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

SourcePerson alice()
{
    SourcePerson person{.address = mailbox("alice@example.org"),
                        .aliases = {mailbox("al@example.org")}};
    person.scram.push_back(*sasl::make_scram_keys(Secret("wonder"), sasl::ScramHash::sha_256,
                                                  "0123456789abcdef", 4096));
    person.disabled = true;
    person.version = "v1";
    return person;
}

struct FakeBackend final : Backend {
    SourceResult<std::optional<SourcePerson>> find(const mail::Mailbox& who) override
    {
        ++finds;
        if (who.local_part() == "slow")
            gate.wait();
        if (who.local_part() == "down")
            return std::unexpected(SourceError::unavailable);
        if (who.local_part() == "broken")
            return std::unexpected(SourceError::broken);
        return who.local_part() == "alice" ? std::optional(alice()) : std::nullopt;
    }
    SourceResult<Checked> check(const mail::Mailbox& who, const Secret& password) override
    {
        if (who.local_part() != "alice")
            return Checked{.answer = Answer::unknown};
        if (password.reveal() != "wonder")
            return Checked{.answer = Answer::wrong};
        return Checked{.answer = Answer::right, .person = alice()};
    }
    std::atomic<int> finds = 0;
    std::promise<void> released;
    std::shared_future<void> gate{released.get_future()};
};

class Sources : public ::testing::Test {
protected:
    void open(const Service::Limits& limits, const RemoteSource::Limits& remote_limits = {})
    {
        auto backend = std::make_unique<FakeBackend>();
        backend_ = backend.get();
        std::vector<std::unique_ptr<Backend>> backends;
        backends.push_back(std::move(backend));
        service_ = std::make_unique<Service>(context_, workers_for(std::move(backends)), limits);
        remote_ = std::make_unique<RemoteSource>(context_, "staff", remote_limits);
        join();
    }
    void join()
    {
        auto [one, other] = packet_pair();
        service_->open(std::move(one));
        remote_->open(std::move(other));
    }

    template <class T>
    T run(Task<T> task)
    {
        std::optional<T> result;
        asio::co_spawn(context_, std::move(task),
                       [&](std::exception_ptr, T value) { result = std::move(value); });
        context_.restart(); // It may have had nothing to do.
        while (!result)
            context_.run_one();
        return std::move(*result);
    }
    auto find(std::string_view who) { return run(remote_->find(mailbox(who))); }
    auto check(std::string_view who, const char* password)
    {
        return run(remote_->check(mailbox(who), Secret(password)));
    }

    asio::io_context context_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<RemoteSource> remote_;
    FakeBackend* backend_ = nullptr;
};

TEST_F(Sources, AnswerFromTheirOwnProcess)
{
    open({});
    const auto found = find("alice@example.org");
    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->address, alice().address);
    EXPECT_EQ((*found)->aliases, alice().aliases);
    EXPECT_EQ((*found)->scram, alice().scram);
    EXPECT_EQ((*found)->version, "v1");
    EXPECT_TRUE((*found)->disabled);
    EXPECT_EQ(*find("bob@example.org"), std::nullopt);
    EXPECT_EQ(find("down@example.org").error(), SourceError::unavailable);
    EXPECT_EQ(find("broken@example.org").error(), SourceError::broken);
    EXPECT_EQ(check("alice@example.org", "wonder")->answer, Answer::right);
    EXPECT_EQ(check("alice@example.org", "wonder")->person->address, alice().address);
    EXPECT_EQ(check("alice@example.org", "no")->answer, Answer::wrong);
    EXPECT_EQ(check("bob@example.org", "no")->answer, Answer::unknown);
}

TEST_F(Sources, RememberWhoIsThereAndWhoIsNotButNoTrouble)
{
    open({.cache = std::chrono::minutes(1)});
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(find("alice@example.org")->has_value());
        EXPECT_TRUE(find("ALICE@example.org")->has_value());
        EXPECT_FALSE(find("bob@example.org")->has_value());
    }
    EXPECT_EQ(backend_->finds, 2);
    (void)find("down@example.org");
    (void)find("down@example.org");
    EXPECT_EQ(backend_->finds, 4);
    service_->forget();
    (void)find("bob@example.org");
    EXPECT_EQ(backend_->finds, 5);
}

TEST_F(Sources, AreUnavailableWithoutTheirProcessAndBackWithItsSuccessor)
{
    open({});
    auto [one, other] = packet_pair();
    remote_->open(std::move(one));
    other.reset();
    EXPECT_EQ(find("alice@example.org").error(), SourceError::unavailable);
    EXPECT_EQ(find("alice@example.org").error(), SourceError::unavailable);
    join();
    EXPECT_TRUE(find("alice@example.org")->has_value());
}

TEST_F(Sources, KeepNobodyWaitingForLongerThanTheirPatience)
{
    open({}, {.outstanding = 4, .patience = std::chrono::milliseconds(20)});
    EXPECT_EQ(find("slow@example.org").error(), SourceError::unavailable);
    backend_->released.set_value();
    // Its answer comes too late, and is nobody else's. (Where the machine is slow, the next may
    // too.)
    auto found = find("bob@example.org");
    for (int i = 0; i < 1000 && !found; ++i)
        found = find("bob@example.org");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(*found, std::nullopt);
}

TEST_F(Sources, TakeNoMoreQuestionsThanTheyMay)
{
    open({.waiting = 2}, {.outstanding = 5, .patience = std::chrono::minutes(1)});
    int unavailable = 0, ended = 0;
    for (int i = 0; i < 8; ++i)
        asio::co_spawn(context_, remote_->find(mailbox("slow@example.org")),
                       [&](std::exception_ptr, auto result) {
                           ++ended;
                           unavailable += result ? 0 : 1;
                       });
    // Three never leave the clerk; of the five, one is in hand, two wait, and two are refused. (A
    // thread that has taken none yet lets one more be refused.)
    while (unavailable < 5)
        context_.run_one();
    EXPECT_LE(ended, 6);
    remote_.reset(); // The rest have no answer.
    backend_->released.set_value();
}

TEST_F(Sources, NameNobodyOfADomainThatTheyAreNotAskedFor)
{
    open({});
    remote_->set_domains({*mail::Domain::parse("example.net")});
    EXPECT_EQ(find("alice@example.org").error(), SourceError::broken);
    EXPECT_EQ(check("alice@example.org", "wonder").error(), SourceError::broken);
    remote_->set_domains({*mail::Domain::parse("example.org")});
    EXPECT_EQ((*find("alice@example.org"))->aliases, alice().aliases);
}

TEST_F(Sources, TakeNothingThatMakesNoSense)
{
    open({});
    auto [clerk, process] = packet_pair();
    remote_->open(std::move(clerk));
    const auto says = [&](Reply reply, std::uint32_t id) {
        reply.set_id(id);
        EXPECT_TRUE(send_packet(process.get(), reply));
    };
    Reply reply;
    reply.set_what(Reply::SOMEBODY);
    reply.mutable_person()->set_address("nobody");
    says(reply, 1);
    EXPECT_EQ(find("alice@example.org").error(), SourceError::broken);
    reply.mutable_person()->set_address("alice@example.org");
    reply.mutable_person()->add_scram()->set_iterations(1);
    says(reply, 2);
    EXPECT_EQ(find("alice@example.org").error(), SourceError::broken);
    reply.set_what(Reply::RIGHT); // No answer to this question.
    reply.mutable_person()->clear_scram();
    says(reply, 3);
    EXPECT_EQ(find("alice@example.org").error(), SourceError::broken);
    reply.set_what(Reply::RIGHT);
    reply.clear_person();
    says(reply, 4);
    EXPECT_EQ(check("alice@example.org", "x").error(), SourceError::broken);
    reply.set_what(Reply::SOMEBODY);
    says(reply, 5);
    EXPECT_EQ(check("alice@example.org", "x").error(), SourceError::broken);
}

TEST(FindCache, ForgetsAfterItsTimeAndHoldsNoMoreThanItMay)
{
    FindCache cache(std::chrono::seconds(10), 100);
    const Instant now{std::chrono::hours(1)};
    Reply reply;
    reply.set_what(Reply::NOBODY);
    cache.put("a", reply, now);
    EXPECT_TRUE(cache.find("a", now + std::chrono::seconds(9)).has_value());
    EXPECT_FALSE(cache.find("a", now + std::chrono::seconds(10)).has_value());
    for (int i = 0; i < 1000; ++i) {
        cache.put(std::to_string(i), reply, now);
        EXPECT_LE(cache.size(), 100u);
    }
    EXPECT_TRUE(cache.find("999", now).has_value());
    EXPECT_FALSE(cache.find("0", now).has_value());
    FindCache none(Duration::zero());
    none.put("a", reply, now);
    EXPECT_EQ(none.size(), 0u);
}

} // namespace
} // namespace posthouse::sources
