// SPDX-License-Identifier: Apache-2.0
#include "textindex/batch.hpp"

#include "base/contract.hpp"
#include "mail/message_entry.hpp"
#include "textindex/limits.hpp"
#include "textindex/postings.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::textindex {
namespace {

constexpr std::uint64_t form_of_this = 1;

/// A range is named by two numbers, whatever their distance: that of all numbers has the size 0.
bool fits_a_batch(const EmailSet& emails)
{
    return emails.ranges().empty() ||
           (emails.size() != 0 && emails.size() <= Limits::batch_letters);
}

std::optional<Kind> kind_from(char letter)
{
    switch (const auto kind = static_cast<Kind>(letter)) {
    case Kind::body_word:
    case Kind::header_word:
    case Kind::body_gram:
    case Kind::header_gram:
        return kind;
    }
    return std::nullopt;
}

} // namespace

Kind kind_of(Zone zone, Form form)
{
    if (zone == Zone::body)
        return form == Form::word ? Kind::body_word : Kind::body_gram;
    return form == Form::word ? Kind::header_word : Kind::header_gram;
}

BatchPacker::BatchPacker(const EmailSet& covered, const EmailSet& given_up)
    : letters_(static_cast<std::uint32_t>(covered.size()))
{
    mail::append_varint(packed_, form_of_this);
    mail::append_bytes(packed_, covered.pack());
    mail::append_bytes(packed_, given_up.pack());
}

void BatchPacker::add(Kind kind, std::string_view term, const std::vector<std::uint32_t>& places)
{
    expects(!kind_ || *kind_ <= kind);
    if (kind_ != kind)
        last_.clear();
    kind_ = kind;
    const auto differ = std::ranges::mismatch(last_, term);
    const auto shared = static_cast<std::size_t>(differ.in1 - last_.begin());
    packed_ += static_cast<char>(kind);
    mail::append_varint(packed_, shared);
    mail::append_bytes(packed_, term.substr(shared));
    append_postings(places, letters_, packed_);
    last_ = term;
}

std::string BatchPacker::finish() &&
{
    return std::move(packed_);
}

BatchReader::BatchReader(std::string_view packed) : rest_(packed)
{
    damaged_ = true;
    if (packed.size() > Limits::batch_bytes || mail::take_varint(rest_) != form_of_this)
        return;
    const auto covered = mail::take_bytes(rest_);
    const auto given_up = covered ? mail::take_bytes(rest_) : std::nullopt;
    if (!given_up)
        return;
    auto some = EmailSet::unpack(*covered, Limits::batch_letters);
    auto others = EmailSet::unpack(*given_up, Limits::batch_letters);
    if (!some || !others || !fits_a_batch(*some) || !fits_a_batch(*others) ||
        some->without(*others) != *some)
        return;
    covered_ = std::move(*some);
    given_up_ = std::move(*others);
    letters_ = static_cast<std::uint32_t>(covered_.size());
    damaged_ = false;
}

const BatchReader::Entry* BatchReader::fail()
{
    damaged_ = true;
    return nullptr;
}

const BatchReader::Entry* BatchReader::next()
{
    if (damaged_ || rest_.empty())
        return nullptr;
    const auto kind = kind_from(rest_.front());
    rest_.remove_prefix(1);
    if (!kind || (begun_ && *kind < entry_.kind))
        return fail();
    if (!begun_ || *kind != entry_.kind)
        term_.clear();
    const auto shared = mail::take_varint(rest_);
    const auto more = shared ? mail::take_bytes(rest_) : std::nullopt;
    if (!more || *shared > term_.size() || *shared + more->size() > longest_term || more->empty() ||
        more->find('\0') != more->npos)
        return fail();
    // Behind the last one: where they part it is greater.
    if (*shared < term_.size() &&
        static_cast<unsigned char>(term_[*shared]) >= static_cast<unsigned char>(more->front()))
        return fail();
    term_.resize(*shared);
    term_ += *more;
    entry_.kind = *kind;
    entry_.term = term_;
    entry_.places.clear();
    begun_ = true;
    if (!take_postings(rest_, letters_, entry_.places) || entry_.places.empty())
        return fail();
    return &entry_;
}

} // namespace posthouse::textindex
