// SPDX-License-Identifier: Apache-2.0
#include "sorter/index.hpp"

#include "imap/index_message.hpp"
#include "mail/fold.hpp"
#include "mail/header_block.hpp"
#include "mail/header_text.hpp"
#include "mail/message_entry.hpp"
#include "mailbox/message_summary.hpp"
#include "sorter/limits.hpp"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::sorter {
namespace {

constexpr std::size_t most_threading = 12;
constexpr std::size_t most_folded = 2000;

/// FNV-1a, kept for ever: rows of threads go by it. Never 0.
std::uint64_t hash_of(std::string_view id)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : id) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3;
    }
    return hash == 0 ? 1 : hash;
}

/// What SEARCH is asked most. Empty: it would be long.
std::string folded_fields(std::string_view letter)
{
    const auto header = mail::HeaderBlock::parse(letter);
    std::string folded;
    for (const auto* name : {"subject", "from", "to", "cc"}) {
        std::string text;
        for (const auto* field : header.all(name)) {
            if (!text.empty())
                text += '\n';
            text += mail::header_text(field->raw_value());
        }
        mail::append_bytes(folded, mail::fold(text));
        if (folded.size() > most_folded)
            return {};
    }
    return header.fields_left_out() == 0 ? folded : std::string();
}

} // namespace

Indexed index_letter(std::string_view whole_letter)
{
    const auto found = imap::index_message(whole_letter);
    Indexed indexed;
    indexed.threading.push_back(found.message_id.empty() ? 0 : hash_of(found.message_id));
    for (auto id = found.references.rbegin();
         id != found.references.rend() && indexed.threading.size() < most_threading; ++id)
        indexed.threading.push_back(hash_of(*id));
    auto summary = mailbox::to_summary(found);
    summary.set_folded(folded_fields(whole_letter));
    indexed.summary = summary.SerializeAsString();
    return indexed;
}

Task<wire::Result<std::string>> read_indexed(std::shared_ptr<wire::Link> keeper, LetterOfJob whole,
                                             std::string beginning)
{
    auto letter = std::move(beginning);
    while (letter.size() < whole.bytes) {
        wire::ReadLetter question;
        question.set_letter(whole.job);
        question.set_offset(letter.size());
        question.set_length(static_cast<std::uint32_t>(
            std::min<std::uint64_t>(whole.bytes - letter.size(), Limits::piece)));
        auto piece = co_await keeper->call<wire::Piece>(wire::Method::read_indexed, question);
        if (!piece)
            co_return std::unexpected(piece.error());
        if (piece->raw.empty() || piece->raw.size() > question.length())
            co_return std::unexpected(wire::Failure::unavailable);
        letter += piece->raw;
    }
    co_return letter;
}

Task<wire::Result<wire::Answer>> index(std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    const auto request = wire::parse<wire::IndexLetter>(frame.message);
    if (!request || request->bytes() > Limits::letter_bytes)
        co_return std::unexpected(wire::Failure::invalid);
    auto letter = co_await read_indexed(std::move(keeper), {request->job(), request->bytes()},
                                        std::move(frame.raw));
    if (!letter)
        co_return std::unexpected(letter.error());
    auto indexed = index_letter(*letter);
    wire::LetterIndexed answer;
    answer.mutable_threading()->Add(indexed.threading.begin(), indexed.threading.end());
    co_return wire::answer_with(answer, std::move(indexed.summary));
}

} // namespace posthouse::sorter
