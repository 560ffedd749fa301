// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/uid_set.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mailbox {

/// Which messages of a mailbox a reader who is not its owner has seen, and with which MODSEQ that
/// changed last: his own \Seen, beside the flags that all share. What was never marked is unseen.
/// Runs may span UIDs that are gone: no UID is ever given twice.
class SeenRuns {
public:
    struct Run {
        std::uint32_t first = 0, last = 0;
        bool seen = false;
        std::uint64_t modseq = 0;
        bool operator==(const Run&) const = default;
    };
    /// A row keeps the runs of so many UIDs.
    static constexpr std::uint32_t page_uids = 1024;

    /// Nothing: never marked.
    const Run* find(std::uint32_t uid) const;
    bool seen(std::uint32_t uid) const
    {
        const auto* run = find(uid);
        return run != nullptr && run->seen;
    }
    std::uint64_t modseq(std::uint32_t uid) const
    {
        const auto* run = find(uid);
        return run == nullptr ? 0 : run->modseq;
    }
    std::uint64_t highest_modseq() const { return highest_; }
    std::span<const Run> runs() const { return runs_; }
    std::size_t memory_bytes() const { return runs_.capacity() * sizeof(Run); }

    /// In place of what was said of these UIDs.
    void set(const Run&);
    enum class Mark : std::uint8_t { unseen, seen };
    /// For many at once: linear.
    void set(const mail::UidSet&, Mark, std::uint64_t modseq);

    /// Those that have runs, ascending.
    std::vector<std::uint32_t> pages() const;
    void forget(std::uint32_t page);

    /// The runs of one page, as its row keeps them.
    std::string packed(std::uint32_t page) const;
    /// Takes a row's runs in. False: it is damaged.
    bool unpack(std::uint32_t page, std::string_view row);

private:
    std::vector<Run> runs_; ///< Ascending, apart
    std::uint64_t highest_ = 0;
};

} // namespace posthouse::mailbox
