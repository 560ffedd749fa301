// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/engine.hpp"
#include "textindex/email_set.hpp"
#include "textindex/limits.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// An account's index of its letters' texts, in a partition of its own: docs/search.md.
namespace posthouse::textindex {

/// "w/<id>", as mailbox::partition_of() names "a/<id>".
store::PartitionId partition_of(std::uint64_t account);

enum class Within : std::uint8_t {
    body,  ///< SEARCH BODY
    whole, ///< SEARCH TEXT
};

enum class Presence : std::uint8_t {
    absent,   ///< It is certainly not there,
    possible, ///< only the letter itself tells,
    certain,  ///< it certainly is.
};

/// What a needle was found in. Stays true: letters do not change.
class Found {
public:
    /// Logarithmic. An email that the index does not cover is `possible`.
    Presence of(std::uint64_t email) const;

    /// One segment's part of it: bits by the place of an email in `covered`.
    struct Part {
        std::shared_ptr<const EmailSet> covered;
        std::vector<std::uint64_t> possible, certain;
    };
    Presence otherwise = Presence::possible; ///< of emails in no part
    std::vector<Part> parts;

private:
    mutable std::size_t last_ = 0; ///< Neighbours are mostly in the same part.
};

/// Belongs to one thread; there is one object for a partition. It says of a text what no letter
/// can contradict; whatever goes wrong makes emails `possible`, never `absent`.
///
/// Long work suspends every millisecond or so.
class TextIndex : public std::enable_shared_from_this<TextIndex> {
public:
    /// Writes nothing, but that an index of another format (or of other Unicode tables) is
    /// dropped: then it covers nothing, and is built again by add().
    static Task<store::Result<std::shared_ptr<TextIndex>>> open(store::Engine&, store::PartitionId);
    ~TextIndex();

    /// Need not be offered to add() (again): covered, or known to be too rich.
    bool knows(std::uint64_t email) const;
    std::uint64_t letters() const; ///< How many it knows.

    /// What LetterCutter::finish() made, of emails whose names are durable. Durable on return,
    /// all or nothing; doing it twice changes nothing. Error::corrupt: it is not well-formed, and
    /// nothing was done. Error::conflict: somebody else wrote; done again it may succeed.
    Task<store::Result<void>> add(std::string batch);

    /// As mail::fold() made it. Never fails: what cannot be read makes its emails possible.
    Task<Found> look_up(Within, std::string folded_needle);

    /// These are gone. Nothing is written at once; their room is won back by tidy().
    void forget(const EmailSet&);

    /// Merges what many add()s left; to be called after some of them, when there is time. True:
    /// there is more to do. look_up() and add() go on meanwhile.
    bool untidy() const;
    Task<store::Result<bool>> tidy();

    /// Of the whole partition. The object then is an empty index, ready for add().
    Task<store::Result<void>> drop();

    std::size_t memory_bytes() const;
    /// Nothing is under way: it may be closed.
    bool idle() const;

    struct Impl; // Its parts' own

private:
    explicit TextIndex(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

} // namespace posthouse::textindex
