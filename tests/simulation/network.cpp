// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/network.hpp"

#include <set>

namespace posthouse::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Micros storm = std::chrono::days(2);
/// The storm; then at most the lives of a letter and of the notice about it, each here and at a
/// backup.
constexpr Micros end_of_days = storm + 4 * std::chrono::days(5) + std::chrono::days(1);
constexpr std::uint64_t most_steps = 3'000'000;

} // namespace

Network::Network(std::uint64_t seed) : world_(seed)
{
    world_.calm_after = storm;
    for (std::size_t number = 0; number < hosts; ++number)
        hosts_.emplace_back(world_, *this, ledger_, number).boot();
    plan_storm();
    plan_letters();
}

/// dN.example is host N's; the next host backs it up, but for d0's.
Route Network::route(std::size_t from, const std::string& domain)
{
    if (world_.stormy() && world_.one_in(60))
        return std::vector<std::size_t>();
    if (domain.size() != 10 || domain[0] != 'd')
        return std::nullopt;
    const auto primary = static_cast<std::size_t>(domain[1] - '0');
    const auto backup = (primary + 1) % hosts;
    if (primary == 0 || from == backup) // A backup takes it to better ones only.
        return std::vector{primary};
    return std::vector{primary, backup};
}

void Network::dial(std::size_t to, Reception::Port port,
                   std::function<void(std::shared_ptr<Wire>)> answer)
{
    Host& host = hosts_[to];
    const bool mail = port == Reception::Port::mail;
    if ((mail && host.door == Host::Door::silent) || (world_.stormy() && world_.one_in(80)))
        return world_.after(30s, [answer] { answer(nullptr); });
    const Micros latency = world_.between(1ms, world_.stormy() && world_.one_in(20) ? 20s : 80ms);
    world_.after(latency, [this, &host, mail, latency, answer] {
        if (!host.is_up() || (mail && host.door == Host::Door::refuses))
            return answer(nullptr);
        auto wire = std::make_shared<Wire>(world_, ++last_wire_, latency);
        host.accept(wire);
        answer(wire);
    });
}

void Network::plan_storm()
{
    for (Host& host : hosts_) {
        for (auto crashes = world_.below(4); crashes > 0; --crashes)
            world_.after(world_.between(0s, storm), [this, &host] {
                host.crash(world_.between(1s, world_.one_in(3) ? 20h : 10min));
            });
        for (auto losses = world_.below(3); losses > 0; --losses)
            world_.after(world_.between(0s, storm), [this, &host] {
                ++courier_losses_;
                host.lose_courier();
            });
        if (!world_.one_in(3))
            continue;
        const auto door = world_.one_in(2) ? Host::Door::refuses : Host::Door::silent;
        const Micros from = world_.between(0s, storm);
        const Micros until = from + world_.between(1min, world_.one_in(3) ? 10 * 24h : 12h);
        world_.after(from, [&host, door] { host.door = door; });
        if (!world_.one_in(4)) // Else for ever.
            world_.after(until, [&host] { host.door = Host::Door::open; });
    }
}

void Network::plan_letters()
{
    // Some in bursts, so that one host's memory is not enough.
    for (int bursts = 0; bursts < 6; ++bursts) {
        const Micros when = world_.between(0s, storm);
        for (auto letters = 1 + world_.below(5); letters > 0; --letters)
            world_.after(when + world_.between(0s, 2s), [this] { write_letter(); });
    }
}

std::string Network::somebody()
{
    const auto host = std::to_string(world_.below(hosts));
    if (world_.one_in(30))
        return "user1@nowhere.example";
    return (world_.one_in(12) ? "nobody" : "user") + std::to_string(world_.below(30)) + "@d" +
           host + ".example";
}

void Network::write_letter()
{
    const auto home = world_.below(hosts);
    Errand::Load load{.token = new_token(),
                      .sender = "user0@d" + std::to_string(home) + ".example"};
    if (world_.one_in(15))
        load.sender = somebody(); // A sender who may not exist.
    std::set<std::string> recipients;
    for (auto n = world_.one_in(12) ? 30 : 1 + world_.below(4); n > 0; --n)
        recipients.insert(somebody());
    load.recipients.assign(recipients.begin(), recipients.end());
    ++letters_;
    submit(home, std::move(load), 5);
}

/// By a mail program that tries a few times and then gives up.
void Network::submit(std::size_t through, Errand::Load load, int tries)
{
    auto errand = std::make_shared<Errand>(world_, ledger_, load);
    submissions_.push_back(errand);
    const auto dial = [this, through](std::size_t, auto answer) {
        this->dial(through, Reception::Port::submission, std::move(answer));
    };
    errand->start(1, dial, [this, through, load, tries](const Errand::Result& result) {
        Errand::Load rest{.token = load.token, .sender = load.sender};
        for (std::size_t i = 0; i < result.of.size(); ++i) {
            if (result.of[i] == smtp::Disposition::delivered)
                ledger_.of(load.token, load.recipients[i]).acknowledged = true;
            if (result.of[i] == smtp::Disposition::deferred)
                rest.recipients.push_back(load.recipients[i]);
        }
        if (!rest.recipients.empty() && tries > 1)
            world_.after(10min, [this, through, rest, tries] { submit(through, rest, tries - 1); });
    });
}

Story Network::run()
{
    while (world_.now() < end_of_days && world_.steps() < most_steps && world_.step()) {
    }
    Story story{.faults = ledger_.faults(), .letters = letters_, .courier_losses = courier_losses_};
    story.steps = world_.steps();
    story.took = world_.now();
    if (story.steps == most_steps)
        story.faults.push_back("goes round and round");
    for (const Host& host : hosts_) {
        story.crashes += host.crashes();
        if (host.left() > 0)
            story.faults.push_back(std::to_string(host.left()) + " left in a queue, for" +
                                   host.stuck());
        else if (host.letters_left() > 0)
            story.faults.push_back("a letter without recipients is left in a queue");
    }
    for (const auto& [key, life] : ledger_.lives()) {
        story.delivered += static_cast<std::size_t>(life.delivered);
        story.returned += static_cast<std::size_t>(life.returned);
        story.duplicates += life.ended() > 1 ? 1 : 0;
    }
    return story;
}

} // namespace posthouse::simulation
