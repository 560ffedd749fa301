// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"
#include "keeper/text_cutting.hpp"
#include "keeper/workers.hpp"
#include "textindex/text_index.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace posthouse::keeper {

/// Keeps accounts' indexes of their letters' texts (docs/search.md): begun behind the first search
/// of a text in an account, and from then on brought up to date in rounds, one account after the
/// other.
class TextIndexing {
public:
    struct Limits {
        static constexpr std::size_t open = 500;         ///< indexes in memory
        static constexpr std::size_t memory = 64 << 20;  ///< that they may take
        static constexpr std::size_t known = 50'000;     ///< accounts, with and without an index
        static constexpr std::uint64_t due_letters = 64; ///< new ones, that make a round
        static constexpr auto due_after = std::chrono::minutes(5); ///< for fewer
        static constexpr auto tick = std::chrono::seconds(30);
        static constexpr auto turn = std::chrono::seconds(2); ///< of one, while others wait
    };

    TextIndexing(Office& office, Workers& sorters) : office_(office), cutting_(office, sorters) {}

    bool is_on() const { return office_.config().mailboxes.text_index; }

    using Index = std::shared_ptr<textindex::TextIndex>;
    using Account = std::shared_ptr<mailbox::Account>;
    /// For a search. Nothing: the account has none, or it cannot be read now.
    Task<Index> index_of(mailbox::AccountId);
    /// Somebody has searched for texts in letters that the index does not know: it is begun, or
    /// brought up to date. Nobody has begun to remove the account.
    void wanted(mailbox::AccountId);
    /// It was opened, or something in it has changed.
    void changed(const mailbox::Account&);
    /// Begins the rounds that are due, closes indexes not used for long. To be called now and then.
    void tick(Instant now);
    /// Ticks until the executor stops.
    Task<void> run();

    TextCutting& cutting() { return cutting_; }

    // ---- for the administrator -----------------------------------------------------------------
    enum class State : std::uint8_t { none, current, behind, working };
    struct Status {
        State state = State::none;
        std::uint64_t indexed = 0; ///< letters that the index knows
        std::uint64_t letters = 0; ///< that the account has
    };
    Task<mailbox::Result<Status>> status(Account);
    /// Drops what there is and begins anew.
    Task<mailbox::Result<void>> rebuild(Account);
    /// The account is being removed: it has no index from now on.
    Task<mailbox::Result<void>> erase(mailbox::AccountId);
    /// It was.
    void forget(mailbox::AccountId id) { kept_.erase(id); }

    /// Nothing waits and nothing is under way.
    bool idle() const { return !working_; }

private:
    /// An account that was asked about.
    struct Kept {
        Index index; ///< if it is open
        bool opening = false;
        bool looked = false; ///< whether it has one,
        bool begun = false;  ///< and it has
        bool queued = false;
        bool removed = false;         ///< meanwhile: whoever has this stops
        std::uint64_t newest = 0;     ///< email that the last whole round has seen
        std::uint64_t noticed = 0;    ///< and that there is
        std::optional<Instant> since; ///< when it was first noticed that these differ
        Instant used{};
    };
    using Keeping = std::shared_ptr<Kept>;

    Keeping keep(mailbox::AccountId);
    Task<void> open(mailbox::AccountId, Keeping);
    Task<void> look(mailbox::AccountId, Keeping);
    void notice(mailbox::AccountId, Kept&, Instant now);
    void queue(mailbox::AccountId, Kept&);
    void shed();

    Task<void> work();
    enum class Ended : std::uint8_t { whole, for_now, failed };
    Task<Ended> round(mailbox::AccountId, Keeping);
    struct Letters {
        std::vector<std::uint64_t> emails; ///< of all mailboxes, ascending
        std::uint64_t newest = 0;          ///< none of an email up to here is missing in it
    };
    Task<std::optional<Letters>> letters_of(Account);
    Task<std::optional<std::vector<std::uint64_t>>> listed(const mailbox::Account&,
                                                           std::size_t a_page);
    Task<void> sort(std::vector<std::uint64_t>&);
    Task<void> let_others();
    Task<std::deque<std::uint64_t>> missing(Index, const Letters&);
    Task<void> forget_gone(Index, const Letters&, std::size_t missing);
    Task<bool> tidy(Keeping, Index);
    Task<void> pause(Duration);

    Office& office_;
    TextCutting cutting_;
    std::map<mailbox::AccountId, Keeping> kept_;
    std::deque<mailbox::AccountId> queue_;
    bool working_ = false;
    std::optional<mailbox::AccountId> at_work_on_;
};

} // namespace posthouse::keeper
