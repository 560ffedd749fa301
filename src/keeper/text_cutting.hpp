// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letter_text.hpp"
#include "keeper/office.hpp"
#include "keeper/workers.hpp"
#include "textindex/text_index.hpp"
#include "wire/indexing.pb.h"
#include "wire/link.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::keeper {

/// Has sorters cut letters into what an index of texts keeps, and adds that to the index. A sorter
/// is given the letters of one account, and has no way to ask for others. Whoever routes, files
/// or searches goes first.
class TextCutting {
public:
    struct Limits {
        /// Of letters for a sorter: enough for a batch. The last may go beyond, and fits the frame.
        static constexpr std::uint64_t batch_bytes = 768 * 1024;
        static constexpr std::size_t batch_letters = 1024; ///< likewise
        static constexpr std::uint64_t large = 512 * 1024; ///< a letter that is read on in pieces
        static constexpr std::uint32_t piece = 256 * 1024; ///< of that
        /// At a letter that brings its sorter down, alone, before it is left out.
        static constexpr int attempts = 2;
        static constexpr auto gives_way = std::chrono::seconds(10); ///< at most, before a batch
    };

    TextCutting(Office& office, Workers& sorters) : office_(office), sorters_(sorters) {}

    using Index = std::shared_ptr<textindex::TextIndex>;
    using Account = std::shared_ptr<mailbox::Account>;
    /// Takes a batch of emails off the front, and adds them. False: for another time.
    Task<bool> add_some(Account, Index, std::deque<std::uint64_t>& emails);

    /// A sorter reads on in a large letter that it cuts.
    static bool is_own(std::uint64_t job) { return (job & own_jobs) != 0; }
    Task<wire::Result<wire::Answer>> read_on(const wire::Link* sorter, wire::ReadLetter);

private:
    static constexpr std::uint64_t own_jobs = 1ULL << 63;

    struct Letter {
        std::uint64_t email = 0;
        std::string bytes;                      ///< all of it; or
        std::shared_ptr<const LetterText> text; ///< it is large; neither: it cannot be read
        std::uint64_t size() const { return text ? text->bytes() : bytes.size(); }
        bool readable = true;
    };
    struct Work {
        Account account;
        Index index;
    };
    struct Large {
        const wire::Link* sorter = nullptr;
        std::shared_ptr<const LetterText> text;
    };

    /// Nothing: the store does not tell now. An empty letter's email 0: it is gone.
    Task<std::optional<Letter>> read(Account, std::uint64_t email);
    Task<std::optional<std::deque<Letter>>> next_batch(Account, std::deque<std::uint64_t>& emails);
    Task<bool> add(const Work&, std::deque<Letter>);
    Task<bool> add_alone(const Work&, Letter);
    Task<bool> leave_out(const Work&, std::uint64_t email);
    /// Failure::damaged: it brought the sorter down.
    Task<wire::Result<wire::Typed<wire::WordsCut>>> cut(const std::deque<Letter>&,
                                                        Workers::Company);
    Task<bool> put(const Work&, std::string batch);
    Task<void> give_way();

    Office& office_;
    Workers& sorters_;
    std::map<std::uint64_t, Large> large_; ///< by job
    std::uint64_t last_job_ = 0;
};

} // namespace posthouse::keeper
