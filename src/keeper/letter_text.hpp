// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "mail/edited_text.hpp"
#include "store/engine.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::keeper {

/// Edits of a record or a message; the three kinds have the same fields.
template <class Edits>
std::vector<mail::Edit> edits_from(const Edits& edits)
{
    std::vector<mail::Edit> all;
    for (const auto& edit : edits)
        all.push_back({edit.offset(), edit.length(), edit.text()});
    return all;
}

template <class Edits>
void put_edits(const mail::EditedText& text, Edits& to)
{
    to.Clear();
    for (auto& edit : text.edits()) {
        auto* kept = to.Add();
        kept->set_offset(edit.offset);
        kept->set_length(edit.length);
        kept->set_text(std::move(edit.text));
    }
}

/// A letter as it is read: the fields that we put before it, and its body as edited. Record is
/// spool::Letter or mailbox::Message.
class LetterText {
public:
    template <class Record>
    explicit LetterText(const Record& record)
        : prefix_(record.prefix()),
          blob_(store::BlobId::from_bytes(record.body())),
          text_(record.body_bytes())
    {
        sound_ = blob_.has_value() && text_.apply(edits_from(record.edits()));
    }

    std::uint64_t bytes() const { return prefix_.size() + text_.bytes(); }
    const mail::EditedText& text() const { return text_; }
    std::size_t prefix_bytes() const { return prefix_.size(); }
    /// At most `length` bytes from `offset` on; fewer only at the end. `body`: it is in memory.
    Task<store::Result<std::string>> read(store::Engine&, std::uint64_t offset,
                                          std::uint64_t length, std::string_view body = {}) const;

private:
    std::string prefix_;
    std::optional<store::BlobId> blob_;
    mail::EditedText text_;
    bool sound_ = false;
};

} // namespace posthouse::keeper
