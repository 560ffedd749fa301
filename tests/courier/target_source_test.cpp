// SPDX-License-Identifier: Apache-2.0
#include "courier/target_source.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/parse.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

namespace posthouse::courier {
namespace {

class ResolverTargetsTest : public ::testing::Test {
protected:
    ResolverTargetsTest()
    {
        auto [one, other] = tests::socket_pair();
        wire::Link::Options options;
        options.handler = [this](auto, wire::Frame frame) { return answer(std::move(frame)); };
        resolver_ = wire::Link::open(context_.get_executor(), std::move(one), std::move(options));
        targets_.set_link(wire::Link::open(context_.get_executor(), std::move(other), {}));
    }
    ~ResolverTargetsTest() override
    {
        resolver_->close();
        context_.restart();
        context_.run();
    }

    TargetSource::Found find(const std::string& domain)
    {
        auto found = boost::asio::co_spawn(context_, targets_.find({Hop::Kind::domain, domain}),
                                           boost::asio::use_future);
        context_.restart();
        while (found.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            context_.run_one();
        return found.get();
    }

    boost::asio::io_context context_{1};
    SeededRandom random_{1};
    ResolverTargets targets_{random_};
    std::shared_ptr<wire::Link> resolver_;
    std::size_t asked_ = 0;
    bool fails_ = false;
    std::vector<std::pair<std::string, std::uint32_t>> hosts_;

private:
    Task<wire::Result<wire::Answer>> answer(wire::Frame frame)
    {
        ++asked_;
        wire::Targets targets;
        targets.set_site(wire::parse<wire::FindTargets>(frame.message)->domain());
        targets.set_failed(fails_);
        for (const auto& [host, preference] : hosts_) {
            auto* target = targets.add_targets();
            target->set_host(host);
            target->set_preference(preference);
        }
        co_return wire::answer_with(targets);
    }
};

TEST_F(ResolverTargetsTest, AsksOnceForManyLetters)
{
    EXPECT_EQ((*find("b.test"))->site(), "b.test");
    EXPECT_EQ((*find("b.test"))->site(), "b.test");
    EXPECT_EQ((*find("c.test"))->site(), "c.test");
    EXPECT_EQ(asked_, 2U);
    targets_.forget();
    find("b.test");
    EXPECT_EQ(asked_, 3U);
}

TEST_F(ResolverTargetsTest, SpreadsLettersAmongEqualHostsAndKeepsTheOrderOfPreference)
{
    hosts_ = {{"one", 10}, {"two", 10}, {"three", 10}, {"backup", 20}};
    std::map<std::string, int> first;
    for (int i = 0; i < 300; ++i) {
        const auto found = *find("b.test");
        ASSERT_EQ(found->targets_size(), 4);
        EXPECT_EQ(found->targets(3).host(), "backup");
        ++first[found->targets(0).host()];
    }
    EXPECT_EQ(asked_, 1U);
    for (const auto* host : {"one", "two", "three"})
        EXPECT_GT(first[host], 50) << host;
}

TEST_F(ResolverTargetsTest, RemembersNoFailure)
{
    fails_ = true;
    EXPECT_TRUE((*find("b.test"))->failed());
    fails_ = false;
    EXPECT_FALSE((*find("b.test"))->failed());
}

TEST_F(ResolverTargetsTest, RemembersSoManyDomainsAndNoMore)
{
    for (std::size_t i = 0; i < Limits::remembered_domains + 5; ++i)
        find(std::to_string(i) + ".test");
    EXPECT_EQ(targets_.remembered(), Limits::remembered_domains);
}

TEST_F(ResolverTargetsTest, SaysThatTheResolverIsGone)
{
    resolver_->close();
    const auto found = find("b.test");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error(), wire::Failure::closed);
}

} // namespace
} // namespace posthouse::courier
