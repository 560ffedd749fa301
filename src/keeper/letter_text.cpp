// SPDX-License-Identifier: Apache-2.0
#include "keeper/letter_text.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::keeper {

Task<store::Result<std::string>> LetterText::read(store::Engine& engine, std::uint64_t offset,
                                                  std::uint64_t length, std::string_view body) const
{
    if (!sound_)
        co_return std::unexpected(store::Error::corrupt);
    std::string bytes;
    if (offset < prefix_.size())
        bytes = prefix_.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
    length -= bytes.size();
    if (length == 0)
        co_return bytes;
    const auto at = offset + bytes.size() - prefix_.size();
    for (const auto& piece : text_.read(at, length)) {
        const auto* range = std::get_if<mail::EditedText::Range>(&piece);
        if (range == nullptr) {
            bytes += std::get<std::string>(piece);
        } else if (!body.empty()) {
            bytes += body.substr(static_cast<std::size_t>(range->offset),
                                 static_cast<std::size_t>(range->length));
        } else {
            auto read = co_await engine.blobs().read(*blob_, range->offset,
                                                     static_cast<std::size_t>(range->length));
            if (!read)
                co_return std::unexpected(
                    read.error() == store::Error::not_found ? store::Error::corrupt : read.error());
            if (bytes.empty()) // Mostly it is all in one piece.
                bytes = std::move(*read);
            else
                bytes += *read;
        }
    }
    co_return bytes;
}

} // namespace posthouse::keeper
