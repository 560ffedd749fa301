// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"
#include "mail/edited_text.hpp"
#include "mail/header_block.hpp"
#include "milter/modification.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::milter {

struct Envelope {
    struct Recipient {
        mail::ForwardPath path;
        std::optional<std::size_t> came_as; // Its place in the envelope as it came.
        std::string arguments;              // Of one that a filter added.
        bool operator==(const Recipient&) const = default;
    };
    mail::ReversePath sender;
    bool sender_changed = false;
    std::string sender_arguments; // of a changed one
    std::vector<Recipient> recipients;
    bool operator==(const Envelope&) const = default;
};

/// A letter while the filters change it, one after another.
///
/// Its fields are a list; those that came are ranges of the letter's text, so that what was done
/// to them can be told as edits of that text. Before the first stands the field of our own that
/// will be put there (Received:), which filters are not shown but can put fields in front of.
class Draft {
public:
    /// `letter` (its beginning, as far as the header goes) must outlive the draft.
    Draft(std::string_view letter, Envelope, const Limits&);

    struct Shown {
        std::string name;
        std::string value; // With what follows the colon; lines end with LF.
        bool operator==(const Shown&) const = default;
    };
    /// The fields as the next filter is to be shown them. What its changes count by begins here.
    std::vector<Shown> show();
    /// One filter's changes, all or, where one goes too far, none of them. The fault says which.
    std::expected<void, Fault> apply(const std::vector<Modification>&);

    const Envelope& envelope() const { return envelope_; }
    const std::string& quarantine() const { return quarantine_; }
    /// In place of the one that came.
    const std::optional<std::string>& body() const { return body_; }
    std::uint64_t body_offset() const { return body_offset_; }

    /// What stands before our own field.
    std::string front() const;
    /// Of the letter's text, in the order of their offsets, and apart.
    std::vector<mail::Edit> edits() const;
    /// The letter from its first field to where its body begins, as the edits make it.
    std::string header_text() const;
    /// The letter with the body that a filter has put in place of its own.
    std::string rewritten() const;

private:
    struct Field {
        std::string_view name; // As it came;
        std::size_t offset = 0;
        std::size_t length = 0;          // 0: it did not come.
        std::optional<NewField> changed; // What it is now.
        bool removed = false;
        bool own = false;
        std::string_view shown_name() const;
        bool stands_as_it_came() const { return length != 0 && !changed && !removed; }
    };

    std::expected<void, Fault> make_one(const Modification&);
    std::expected<void, Fault> insert(std::size_t at, const NewField&);
    std::expected<void, Fault> make(const modification::AddHeader&);
    std::expected<void, Fault> make(const modification::InsertHeader&);
    std::expected<void, Fault> make(const modification::ChangeHeader&);
    std::expected<void, Fault> make(const modification::ReplaceBody&);
    std::expected<void, Fault> make(const modification::AddRecipient&);
    std::expected<void, Fault> make(const modification::DeleteRecipient&);
    std::expected<void, Fault> make(const modification::ChangeSender&);
    std::expected<void, Fault> make(const modification::Quarantine&);
    std::expected<void, Fault> count(std::size_t header_bytes);

    Limits limits_;
    std::string_view letter_;
    std::vector<Field> fields_;
    std::size_t header_end_ = 0; // Where a field is added.
    mail::HeaderEnd end_ = mail::HeaderEnd::end_of_text;
    std::uint64_t body_offset_ = 0;
    Envelope envelope_;
    std::string quarantine_;
    std::optional<std::string> body_;
    bool body_begun_ = false; // by the filter whose changes are applied
    std::size_t header_edits_ = 0;
    std::size_t header_bytes_ = 0;
    std::size_t recipients_added_ = 0;
};

} // namespace posthouse::milter
