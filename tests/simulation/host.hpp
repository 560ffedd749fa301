// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/scheduler.hpp"
#include "tests/simulation/durable_queue.hpp"
#include "tests/simulation/errand.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/reception.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::simulation {

/// The way from here to a domain: the numbers of its hosts, the best first. Nothing: there is no
/// such domain. Empty: the name system does not answer.
using Route = std::optional<std::vector<std::size_t>>;

/// What a host sees of the others.
class Surroundings {
public:
    virtual ~Surroundings() = default;
    virtual Route route(std::size_t from, const std::string& domain) = 0;
    virtual void dial(std::size_t to, Reception::Port,
                      std::function<void(std::shared_ptr<Wire>)>) = 0;
    virtual std::uint64_t new_token() = 0;
};

/// One Posthouse: the real scheduler and the real sessions around a queue whose disk survives and
/// whose memory does not.
class Host final : public Receiver {
public:
    Host(World&, Surroundings&, Ledger&, std::size_t number);
    ~Host() override { forget_everything(); }

    void boot();
    void crash(Micros downtime);
    /// The process that carries letters away dies over them.
    void lose_courier();
    bool is_up() const { return scheduler_ != nullptr; }
    void accept(std::shared_ptr<Wire>);

    /// What who comes to the mail port finds.
    enum class Door : std::uint8_t { open, refuses, silent } door = Door::open;

    std::size_t left() const { return queue_.size(); }
    std::size_t letters_left() const { return queue_.letters.size(); }
    std::string stuck() const;
    std::size_t crashes() const { return crashes_; }

    std::vector<smtp::Verdict> check(const smtp::server_step::CheckRecipients&) override;
    smtp::Verdict open() override;
    void take(std::uint64_t wire, const smtp::ServerEnvelope&, const std::string& text,
              std::function<void(smtp::CommitVerdict)>) override;

private:
    using Key = DurableQueue::Key;
    using Rows = std::shared_ptr<std::vector<Row>>;
    struct Attempt {
        spool::decision::Start start;
        std::shared_ptr<Errand> errand; // none for the mailbox
    };

    void forget_everything();
    void wake_later();
    void pump();
    void wake_at(std::optional<Timestamp>);
    void perform(const spool::decision::Start&);
    void perform(const spool::decision::Load&);
    void perform(const spool::decision::Expire&);
    void file(const spool::decision::Start&);
    void carry(const spool::decision::Start&);
    void record(const spool::decision::Start&, const Errand::Result&, spool::AttemptReport);
    void announce(const Rows&);
    Row make_row(std::uint64_t letter, const std::string& recipient) const;
    void put_letter(std::uint64_t id, Letter, const std::vector<std::string>& recipients,
                    const Rows&);
    void settle(Key);
    void give_up(Key, const Rows&);

    World& world_;
    Surroundings& around_;
    Ledger& ledger_;
    std::size_t number_;
    std::string domain_;
    std::uint64_t last_letter_ = 0;

    DurableQueue queue_;

    // What a crash takes with it.
    std::unique_ptr<spool::Scheduler> scheduler_;
    std::map<spool::AttemptId, Attempt> attempts_;
    std::vector<std::shared_ptr<Reception>> receptions_;
    std::optional<Timestamp> wake_;
    bool pumping_ = false;

    std::uint64_t era_ = 0;
    std::size_t crashes_ = 0;
};

} // namespace posthouse::simulation
