// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/desk.hpp"
#include "moving/source.hpp"
#include "wire/moving.pb.h"

#include <expected>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace posthouse::cli {

/// The account that letters are brought into, over the control socket. They are sent in frames of
/// about a megabyte, and become durable many at a time.
class ImportTarget {
public:
    struct Limits {
        static constexpr std::size_t frame_bytes = 768 << 10;
        static constexpr int frame_pieces = 250;
        static constexpr std::size_t letters_a_commit = 400;
        static constexpr std::size_t bytes_a_commit = 16 << 20;
    };
    /// Why it does not go on.
    struct Stop {
        process::Exit code = process::Exit::failure;
        std::string sentence;
    };
    template <class T>
    using Result = std::expected<T, Stop>;

    explicit ImportTarget(Desk& desk) : desk_(desk) {}

    Result<void> begin(const wire::ImportBegin&);
    std::uint64_t letter_bytes() const { return letter_bytes_; }

    struct Entered {
        bool keeps_uids = false;
        std::uint32_t messages = 0; ///< that were there before
        std::unordered_set<std::string> known;
    };
    Result<Entered> enter(const wire::ImportLetters::Mailbox&);

    /// A letter, piece after piece; then its end, or that it is not to come.
    Result<void> letter(const moving::Letter&, std::optional<std::int64_t> internal_date);
    Result<void> piece(std::string);
    enum class End : std::uint8_t { whole, abandoned };
    Result<void> end(End);

    enum class Behind : std::uint8_t { more, nothing };
    /// All that was sent so far becomes durable; behind it the mailbox may be whole.
    Result<void> commit(Behind);
    Result<void> finish(bool keep);

    /// Called for letters that became durable: with the UIDs they have.
    std::function<void(std::uint32_t)> on_letter = [](std::uint32_t) {};
    std::uint64_t without_summary = 0;
    std::unordered_set<std::string> keywords_left_out;

private:
    Result<wire::ImportedLetters> send();

    Desk& desk_;
    std::uint64_t letter_bytes_ = 0;
    wire::ImportLetters frame_;
    std::string raw_;
    std::size_t letters_ = 0, bytes_ = 0; ///< since the last commit
};

} // namespace posthouse::cli
