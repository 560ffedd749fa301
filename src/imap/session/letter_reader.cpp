// SPDX-License-Identifier: Apache-2.0
#include "imap/session/letter_reader.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

Task<Result<std::string_view>> LetterReader::read(std::uint64_t offset, std::uint64_t length)
{
    if (offset >= offset_ && offset < offset_ + piece_.size()) {
        const auto ready =
            std::string_view(piece_).substr(static_cast<std::size_t>(offset - offset_));
        if (ready.size() >= length)
            co_return ready.substr(0, static_cast<std::size_t>(length));
    }
    const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, most_bytes_));
    auto piece = co_await source_.read({uid_, offset, wanted});
    if (!piece)
        co_return std::unexpected(piece.error());
    if (piece->empty() || piece->size() > wanted)
        co_return std::unexpected(Trouble::damaged);
    if (nuls_ == Nuls::replaced && piece->contains('\0'))
        std::ranges::replace(*piece, '\0', static_cast<char>(0x80));
    piece_ = std::move(*piece);
    offset_ = offset;
    co_return std::string_view(piece_);
}

Task<void> LetterReader::expect(std::uint64_t offset, std::uint64_t length)
{
    const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, most_bytes_));
    co_await source_.begin({uid_, offset, wanted});
}

std::string LetterReader::take_piece()
{
    return std::exchange(piece_, {});
}

} // namespace posthouse::imap
