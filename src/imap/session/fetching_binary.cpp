// SPDX-License-Identifier: Apache-2.0
#include "imap/session/fetching.hpp"
#include "imap/session/numbers.hpp"
#include "mail/summary_fields.hpp"
#include "mail/transfer_decoder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace posthouse::imap {

namespace {

/// A part's content without its transfer encoding, in pieces, from its beginning.
class DecodedPart {
public:
    DecodedPart(LetterReader& letter, const mail::IndexedPart& part)
        : letter_(letter),
          left_(part.body),
          decoder_(part.encoding)
    {
    }

    /// Nothing: it is over. Pieces may be empty.
    Task<Result<std::optional<std::string>>> next()
    {
        std::string decoded;
        if (left_.length == 0) {
            if (std::exchange(over_, true))
                co_return std::nullopt;
            decoder_.finish(decoded);
            co_return decoded;
        }
        auto piece = co_await letter_.read(left_.offset, left_.length);
        if (!piece)
            co_return std::unexpected(piece.error());
        left_.offset += piece->size();
        left_.length -= piece->size();
        decoder_.decode(*piece, decoded);
        co_return decoded;
    }

private:
    LetterReader& letter_;
    mail::ByteRange left_;
    mail::TransferDecoder decoder_;
    bool over_ = false;
};

struct Measure {
    std::uint64_t bytes = 0;
    bool nul = false;
};

Task<Result<Measure>> measure(LetterReader& letter, const mail::IndexedPart& part)
{
    Measure measured;
    DecodedPart content(letter, part);
    while (true) {
        auto piece = co_await content.next();
        if (!piece)
            co_return std::unexpected(piece.error());
        if (!*piece)
            co_return measured;
        measured.bytes += (*piece)->size();
        measured.nul |= (*piece)->contains('\0');
    }
}

} // namespace

Task<std::optional<Trouble>> Fetching::append_binary(const FetchPlan::Step& step,
                                                     const mail::MessageEntry& entry, LetterReader&)
{
    auto part = co_await part_of(step, entry.uid);
    if (!part)
        co_return part.error();
    auto& out = dialogue_.out;
    const bool only_size = step.item.kind == FetchItem::Kind::binary_size;
    if (!*part) {
        out << step.label << (only_size ? "0" : "NIL");
        co_return std::nullopt;
    }
    if ((*part)->section.empty()) // All of the letter, as it is: RFC 3516 §4.2
        (*part)->encoding = mail::TransferEncoding::binary;
    if ((*part)->encoding == mail::TransferEncoding::unknown) {
        unknown_encoding_ = true;
        co_return Trouble::cannot;
    }
    // The size is said before the content: it is decoded twice, and never held.
    LetterReader letter(letters_, entry.uid, dialogue_.settings.limits.piece_bytes,
                        LetterReader::Nuls::kept);
    const auto measured = co_await measure(letter, **part);
    if (!measured)
        co_return measured.error();
    out << step.label;
    if (only_size) {
        append_number(out.text(), measured->bytes);
        co_return std::nullopt;
    }
    auto wanted = mail::ByteRange{0, measured->bytes};
    if (step.item.partial) {
        wanted.offset = std::min(step.item.partial->offset, measured->bytes);
        wanted.length = std::min(step.item.partial->count, measured->bytes - wanted.offset);
    }
    out << (measured->nul ? "~{" : "{");
    append_number(out.text(), wanted.length);
    out << "}\r\n";
    DecodedPart content(letter, **part);
    std::uint64_t at = 0;
    while (wanted.length != 0) {
        auto piece = co_await content.next();
        if (!piece || !*piece) {
            out.give_up(); // So many bytes were promised.
            co_return Trouble::damaged;
        }
        auto some = std::string_view(**piece);
        const auto skipped =
            std::min<std::uint64_t>(wanted.offset > at ? wanted.offset - at : 0, some.size());
        at += some.size();
        some.remove_prefix(static_cast<std::size_t>(skipped));
        some = some.substr(
            0, static_cast<std::size_t>(std::min<std::uint64_t>(some.size(), wanted.length)));
        wanted.length -= some.size();
        out << some;
        if (out.full()) {
            passed_ = true;
            co_await out.pass();
            if (out.gone())
                break;
        }
    }
    co_return std::nullopt;
}

} // namespace posthouse::imap
