// SPDX-License-Identifier: Apache-2.0
// benches: routing tables config mail base
// One decision with tables as a large provider has them: 100,000 virtual users and aliases, 10,000
// mailers.
#include "tests/routing/house.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace posthouse::routing {
namespace {

using tables::Table;

const house::House& large_house()
{
    static const auto made = [] {
        auto host = std::make_unique<house::House>();
        std::string virtusers, aliases, mailers, access, list = "list: ";
        for (int i = 0; i < 100'000; ++i) {
            virtusers += fmt::format("user{0}@virtual{1}.example  name{0}\n", i, i % 1000);
            aliases += fmt::format("name{0}: person{0}@example.org\n", i);
        }
        for (int i = 0; i < 10'000; ++i) {
            mailers += fmt::format("host{}.example  esmtp:[relay{}.example]\n", i, i % 10);
            access += fmt::format("Connect:10.{}.{}.0/24  REJECT\n", i / 256, i % 256);
            list += fmt::format("{}member{}@host{}.example", i ? ", " : "", i, i);
        }
        host->table(Table::virtusers, virtusers);
        host->table(Table::aliases, aliases + list + "\nowner-list: name1\n");
        host->table(Table::mailers, mailers);
        host->table(Table::access, access);
        return host;
    }();
    return *made;
}

/// Everyone has an account.
class Everyone : public Directory {
public:
    const Standing* find(const Person&) const override
    {
        static const Standing yes{.account = 1, .exists = true};
        return &yes;
    }
};

void route_one(benchmark::State& state, const std::string& recipient)
{
    const auto& host = large_house();
    const Everyone everyone;
    const Question question{.sender = house::from("sender@remote.example"),
                            .recipients = {recipient},
                            .client = house::House::stranger(),
                            .copies = true};
    std::size_t deliveries = 0;
    for (auto _ : state)
        deliveries += route(question, host.rules, host.tables, everyone).deliveries.size();
    state.SetItemsProcessed(static_cast<std::int64_t>(deliveries));
}

void check_one(benchmark::State& state, std::string_view client)
{
    const auto& host = large_house();
    const Everyone everyone;
    const auto sender = house::from("sender@remote.example");
    const auto recipient = house::to("user4711@virtual711.example");
    const Client who{.address = std::string(client), .name = "host.remote.example", .login = {}};
    for (auto _ : state)
        benchmark::DoNotOptimize(check(sender, recipient, who, host.rules, host.tables, everyone));
}

BENCHMARK_CAPTURE(route_one, virtual_user_and_alias, "user4711@virtual711.example");
BENCHMARK_CAPTURE(route_one, account, "someone@example.org");
BENCHMARK_CAPTURE(route_one, mailer, "someone@host4711.example");
BENCHMARK_CAPTURE(route_one, remote, "someone@a.b.c.elsewhere.example");
BENCHMARK_CAPTURE(route_one, list_of_10000, "list@example.org");
BENCHMARK_CAPTURE(check_one, ipv4, "203.0.113.9");
BENCHMARK_CAPTURE(check_one, ipv6, "2001:db8:1:2:3:4:5:6");

} // namespace
} // namespace posthouse::routing
