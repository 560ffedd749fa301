// SPDX-License-Identifier: Apache-2.0
#include "mail/edited_text.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::mail {
namespace {

using Range = EditedText::Range;
using Piece = EditedText::Piece;

std::uint64_t length_of(const Piece& piece)
{
    if (const auto* range = std::get_if<Range>(&piece))
        return range->length;
    return std::get<std::string>(piece).size();
}

Piece part_of(const Piece& piece, std::uint64_t from, std::uint64_t length)
{
    if (const auto* range = std::get_if<Range>(&piece))
        return Range{range->offset + from, length};
    return std::get<std::string>(piece).substr(static_cast<std::size_t>(from),
                                               static_cast<std::size_t>(length));
}

/// Copies `pieces` from `at` on, `length` bytes of them, behind `to`.
void copy(const std::vector<Piece>& pieces, std::uint64_t at, std::uint64_t length,
          std::vector<Piece>& to)
{
    std::uint64_t begin = 0;
    for (const auto& piece : pieces) {
        const auto size = length_of(piece);
        const auto from = std::max(begin, at);
        const auto end = std::min(begin + size, at + length);
        if (from < end)
            to.push_back(part_of(piece, from - begin, end - from));
        begin += size;
        if (begin >= at + length)
            return;
    }
}

} // namespace

EditedText::EditedText(std::uint64_t body_bytes) : body_bytes_(body_bytes), bytes_(body_bytes)
{
    if (body_bytes != 0)
        pieces_.emplace_back(Range{0, body_bytes});
}

bool EditedText::apply(std::span<const Edit> edits)
{
    std::uint64_t at = 0;
    std::uint64_t left_out = 0;
    std::uint64_t added = 0;
    for (const auto& edit : edits) {
        if (edit.offset < at || edit.offset > bytes_ || edit.length > bytes_ - edit.offset)
            return false;
        at = edit.offset + edit.length;
        left_out += edit.length;
        added += edit.text.size();
    }
    std::uint64_t literal = added;
    for (const auto& piece : pieces_)
        if (std::holds_alternative<std::string>(piece))
            literal += length_of(piece);
    if (literal > Limits::text_bytes || edits.size() + pieces_.size() > 2 * Limits::edits)
        return false;

    std::vector<Piece> pieces;
    std::uint64_t done = 0;
    for (const auto& edit : edits) {
        copy(pieces_, done, edit.offset - done, pieces);
        if (!edit.text.empty())
            pieces.emplace_back(edit.text);
        done = edit.offset + edit.length;
    }
    copy(pieces_, done, bytes_ - done, pieces);
    pieces_ = std::move(pieces);
    bytes_ = bytes_ - left_out + added;
    return true;
}

std::vector<Edit> EditedText::edits() const
{
    std::vector<Edit> edits;
    std::uint64_t at = 0; // in the body
    std::string text;
    const auto close = [&](std::uint64_t next) {
        if (next > at || !text.empty())
            edits.push_back({at, next - at, std::exchange(text, {})});
    };
    for (const auto& piece : pieces_) {
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            text += *literal;
            continue;
        }
        const auto& range = std::get<Range>(piece);
        close(range.offset);
        at = range.offset + range.length;
    }
    close(body_bytes_);
    return edits;
}

std::vector<EditedText::Piece> EditedText::read(std::uint64_t offset, std::uint64_t length) const
{
    std::vector<Piece> pieces;
    if (offset < bytes_)
        copy(pieces_, offset, std::min(length, bytes_ - offset), pieces);
    return pieces;
}

std::string read_edited(const EditedText& text, std::string_view body)
{
    std::string all;
    for (const auto& piece : text.read(0, text.bytes())) {
        if (const auto* range = std::get_if<Range>(&piece))
            all += body.substr(static_cast<std::size_t>(range->offset),
                               static_cast<std::size_t>(range->length));
        else
            all += std::get<std::string>(piece);
    }
    return all;
}

} // namespace posthouse::mail
