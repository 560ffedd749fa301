// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"
#include "imap/session/fetch_plan.hpp"
#include "imap/session/letter_reader.hpp"
#include "imap/session/read_ahead.hpp"
#include "mail/message_index.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::imap {

/// Answers FETCH for a set of messages, page by page: what is kept ready goes straight into the
/// output, letters go through in pieces. Holds a page of entries, one of summaries, and a piece.
class Fetching {
public:
    Fetching(Dialogue&, FetchPlan);

    /// Only messages changed behind this: RFC 7162 §3.1.4.1.
    void only_changed_since(std::uint64_t modseq);
    Task<void> send(mail::UidSet uids);

    std::size_t missing() const { return missing_; } ///< Those that were gone.
    std::size_t damaged() const { return damaged_; } ///< Those that could not be read.
    bool unknown_encoding() const { return unknown_encoding_; }

private:
    /// What is kept of one message, by the bits of Field.
    struct Summary {
        std::uint32_t uid = 0;
        std::array<std::string_view, 8> fields;
    };

    struct Page {
        mail::UidSet uids;
        std::uint64_t size = 0;
        std::uint32_t first = 0;
        Ahead<Result<std::string>> entries;
    };
    Task<Page> begin_page(mail::UidSet& left);
    Task<void> send_page(Page);
    Task<void> expect_letters(mail::EntryUnpacker& upcoming, std::size_t served);
    Task<bool> find_summary(std::uint32_t uid);
    bool has_summary(std::uint32_t uid); ///< Among those that have come?
    bool next_summary();
    void begin_message(const mail::MessageEntry&, std::uint32_t number);
    void append_message(const mail::MessageEntry&, std::uint32_t number);
    bool is_told(const FetchPlan::Step&) const;
    Task<void> send_message(const mail::MessageEntry&, std::uint32_t number);
    /// Ends what cannot be said of one letter: nothing of it stays in the output.
    void drop_message(std::size_t from);

    bool append_ready(const FetchPlan::Step&, const mail::MessageEntry&);
    std::string_view summary_field(Field) const;

    Task<std::optional<Trouble>> append_section(const FetchPlan::Step&, const mail::MessageEntry&,
                                                LetterReader&);
    Task<std::optional<Trouble>> append_fields(const FetchPlan::Step&, const mail::MessageEntry&,
                                               LetterReader&);
    Task<std::optional<Trouble>> append_bytes_of(const FetchPlan::Step&, mail::ByteRange,
                                                 LetterReader&);
    Task<std::optional<Trouble>> append_binary(const FetchPlan::Step&, const mail::MessageEntry&,
                                               LetterReader&);
    /// The part that a section names; nothing: there is none.
    Task<Result<std::optional<mail::IndexedPart>>> part_of(const FetchPlan::Step&,
                                                           std::uint32_t uid);

    Dialogue& dialogue_;
    FetchPlan plan_;
    std::optional<std::uint64_t> changed_since_;
    std::uint8_t entry_fields_;
    View::Numbers numbers_;

    bool all_ready_ = false;     ///< No letter is read.
    bool whole_letters_ = false; ///< Each is read from its beginning to its end.
    ReadAhead letters_;
    std::size_t letters_begun_ = 0;  ///< Of the page
    std::uint32_t first_letter_ = 0; ///< Its UID: it was begun before the entries were there

    mail::UidSet summaries_left_; ///< Of the page: not come yet.
    std::optional<Ahead<Result<Summaries>>> next_summaries_;
    std::string summaries_;
    std::string_view unread_summaries_;
    Summary summary_;

    std::size_t missing_ = 0, damaged_ = 0;
    bool unknown_encoding_ = false;
    bool passed_ = false; ///< Part of this message's response is with the client already.
};

} // namespace posthouse::imap
