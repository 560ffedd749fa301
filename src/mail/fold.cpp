// SPDX-License-Identifier: Apache-2.0
#include "mail/fold.hpp"

#include "base/ascii.hpp"
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uniset.h>
#include <utility>

namespace posthouse::mail {
namespace {

constexpr std::size_t step = 16 << 10;

struct Normalizers {
    const icu::Normalizer2* folding = nullptr;
    const icu::Normalizer2* decomposing = nullptr; ///< But Hangul, whose syllables are characters.

    Normalizers()
    {
        UErrorCode error = U_ZERO_ERROR;
        folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
        static const auto set = [] {
            icu::UnicodeSet all_but_hangul(0, 0x10ffff);
            all_but_hangul.remove(0xac00, 0xd7a3);
            all_but_hangul.freeze();
            return all_but_hangul;
        }();
        const auto* const canonical = icu::Normalizer2::getNFDInstance(error);
        expects(U_SUCCESS(error)); // Its tables are a part of it.
        static const icu::FilteredNormalizer2 filtered(*canonical, set);
        decomposing = &filtered;
    }
};

const Normalizers& normalizers()
{
    static const Normalizers loaded;
    return loaded;
}

std::string normalized(const icu::Normalizer2& normalizer, std::string_view text)
{
    std::string result;
    icu::StringByteSink<std::string> sink(&result, static_cast<std::int32_t>(text.size()));
    UErrorCode error = U_ZERO_ERROR;
    normalizer.normalizeUTF8(0,
                             icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                             sink, nullptr, error);
    return result;
}

/// Where text may be cut so that both pieces fold as they do together; near the end, if anywhere.
std::size_t last_boundary(std::string_view text)
{
    std::size_t at = text.size();
    for (int characters = 0; at > 0 && characters < 64; ++characters) {
        --at;
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
            --at;
        char32_t character = static_cast<unsigned char>(text[at]);
        if (character < 0x80)
            return at;
        const auto length = utf8_length(text.substr(at));
        if (length == 0)
            continue;
        character &= length == 2 ? 0x1fU : length == 3 ? 0x0fU : 0x07U;
        for (std::size_t i = 1; i < length; ++i)
            character = character << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
        if (normalizers().folding->hasBoundaryBefore(static_cast<UChar32>(character)))
            return at;
    }
    return text.size(); // Nobody writes so: it is cut where it ends.
}

/// Of well-formed text as much as ICU is given at a time: up to a run of ASCII that is worth to be
/// folded without it, or to what its 32 bits count. Nothing composes with an ASCII character that
/// comes behind it.
std::string_view mixed_front(std::string_view text)
{
    constexpr std::size_t worth_it = 24;
    constexpr std::size_t most = 1 << 26;
    std::size_t front = 0;
    while (front < text.size()) {
        if (front >= most) {
            const auto piece = utf8_front(text, most);
            return piece.substr(0, std::max<std::size_t>(1, last_boundary(piece)));
        }
        const auto plain = ascii_front(text.substr(front));
        if (plain >= worth_it)
            break;
        front += plain;
        while (front < text.size() && front < most &&
               static_cast<unsigned char>(text[front]) >= 0x80)
            ++front;
    }
    return text.substr(0, front);
}

/// As much of it, at least a byte, as is folded at a time: what comes out must not depend on who
/// folds it.
std::string_view front_of(std::string_view text)
{
    const auto front = utf8_front(text, step);
    return front.empty() ? text.substr(0, 1) : front;
}

bool contains(std::string_view text, std::string_view needle)
{
    return memmem(text.data(), text.size(), needle.data(), needle.size()) != nullptr;
}

} // namespace

std::string fold(std::string_view utf8)
{
    if (is_ascii(utf8))
        return lowercase(utf8);
    if (!is_utf8(utf8))
        return fold(well_formed_utf8(utf8));
    std::string folded;
    folded.reserve(utf8.size() + utf8.size() / 8);
    while (!utf8.empty()) {
        auto plain = ascii_front(utf8);
        if (plain > 0 && plain < utf8.size())
            --plain; // Something may compose with the last.
        folded += utf8.substr(0, plain);
        std::transform(folded.end() - static_cast<std::ptrdiff_t>(plain), folded.end(),
                       folded.end() - static_cast<std::ptrdiff_t>(plain), to_lower);
        utf8.remove_prefix(plain);
        const auto piece = mixed_front(utf8);
        if (!piece.empty())
            folded +=
                normalized(*normalizers().decomposing, normalized(*normalizers().folding, piece));
        utf8.remove_prefix(piece.size());
    }
    return folded;
}

std::string Folder::append(std::string_view piece)
{
    std::string folded;
    while (!piece.empty()) {
        const auto part = front_of(piece);
        unfolded_ += part;
        piece.remove_prefix(part.size());
        const auto cut = last_boundary(unfolded_);
        folded += fold(std::string_view(unfolded_).substr(0, cut));
        unfolded_.erase(0, cut);
    }
    return folded;
}

std::string Folder::finish()
{
    return fold(std::exchange(unfolded_, {}));
}

bool contains_folded(std::string_view utf8, std::string_view folded_needle)
{
    FoldedSearch search({std::string(folded_needle)});
    while (!utf8.empty() && !search.found_all()) {
        const auto piece = utf8_front(utf8, step);
        search.append(piece);
        utf8.remove_prefix(std::max<std::size_t>(1, piece.size()));
    }
    search.begin_anew();
    return search.found_all();
}

FoldedSearch::FoldedSearch(std::vector<std::string> folded_needles)
    : needles_(std::move(folded_needles)),
      found_(needles_.size()),
      missing_(needles_.size())
{
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        longest_ = std::max(longest_, needles_[i].size());
        if (needles_[i].empty()) {
            found_[i] = true;
            --missing_;
        }
    }
}

void FoldedSearch::append(std::string_view piece)
{
    while (!piece.empty() && missing_ > 0) {
        const auto part = front_of(piece);
        look(folder_.append(part));
        piece.remove_prefix(part.size());
    }
}

void FoldedSearch::begin_anew()
{
    const auto rest = folder_.finish();
    if (missing_ > 0)
        look(rest);
    carried_.clear();
}

void FoldedSearch::look(std::string_view folded)
{
    carried_ += folded;
    for (std::size_t i = 0; i < needles_.size(); ++i)
        if (!found_[i] && contains(carried_, needles_[i])) {
            found_[i] = true;
            --missing_;
        }
    if (carried_.size() >= longest_)
        carried_.erase(0, carried_.size() - (longest_ - 1));
}

} // namespace posthouse::mail
