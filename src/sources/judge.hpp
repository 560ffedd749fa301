// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sources/backend.hpp"
#include "sources/hashes.hpp"

#include <array>
#include <mutex>
#include <optional>
#include <string>

namespace posthouse::sources {

/// What is made of the entries of one source: persons, and verdicts about passwords. Shared by the
/// source's threads.
class Judge {
public:
    /// `source`: its name, for the log.
    Judge(std::string source, Bare);

    SourcePerson person_of(const Entry&) const;

    /// Nothing for an entry takes as long as a wrong password: one of the kind that was seen last
    /// is computed. What is stored and of no use is logged ("source.hash_refused").
    Checked check(const std::optional<Entry>&, const Secret& password);

private:
    std::string keyed(std::string_view text) const;
    void spend_time(const Secret& password);
    bool is_right(const Entry&, const Secret& password);

    std::string source_;
    Bare bare_;
    std::array<unsigned char, 32> key_{}; // New with each process, so that nothing can be tried on
                                          // what it has made.
    std::mutex lock_;
    std::string last_stored_;
};

} // namespace posthouse::sources
