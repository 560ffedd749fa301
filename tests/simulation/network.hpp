// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/host.hpp"

#include <deque>
#include <string>

namespace posthouse::simulation {

/// What came of one seed.
struct Story {
    std::vector<std::string> faults{};
    std::size_t letters = 0, crashes = 0, courier_losses = 0;
    std::size_t delivered = 0, returned = 0, duplicates = 0;
    std::uint64_t steps = 0;
    Micros took{};
};

/// A few Posthouses, the name system and the wires between them, and people who write letters;
/// two stormy days, and as long as it takes after them.
class Network final : public Surroundings {
public:
    static constexpr std::size_t hosts = 5;

    explicit Network(std::uint64_t seed);
    Story run();

    Route route(std::size_t from, const std::string& domain) override;
    void dial(std::size_t to, Reception::Port, std::function<void(std::shared_ptr<Wire>)>) override;
    std::uint64_t new_token() override { return ++last_token_; }

private:
    void plan_storm();
    void plan_letters();
    void write_letter();
    void submit(std::size_t through, Errand::Load, int tries);
    std::string somebody();

    World world_;
    Ledger ledger_;
    std::deque<Host> hosts_;
    std::vector<std::shared_ptr<Errand>> submissions_;
    std::uint64_t last_token_ = 0, last_wire_ = 0;
    std::size_t letters_ = 0, courier_losses_ = 0;
};

} // namespace posthouse::simulation
