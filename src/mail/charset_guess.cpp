// SPDX-License-Identifier: Apache-2.0
#include "mail/charset_guess.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <array>

namespace posthouse::mail {
namespace {

using Kind = KnownCharset::Kind;

unsigned char byte_at(std::string_view text, std::size_t at)
{
    return static_cast<unsigned char>(text[at]);
}

bool in(unsigned char byte, unsigned first, unsigned last)
{
    return byte >= first && byte <= last;
}

KnownCharset named(std::string_view label)
{
    return lookup_charset(label).charset;
}

/// Two bytes a character: which pairs are possible, and which are frequent in real text.
struct PairSet {
    std::string_view label;
    bool (*possible)(unsigned char, unsigned char);
    bool (*frequent)(unsigned char, unsigned char);
};

bool is_euc_pair(unsigned char lead, unsigned char trail)
{
    return in(lead, 0xa1, 0xf7) && in(trail, 0xa1, 0xfe);
}

constexpr std::array<PairSet, 5> pair_sets = {{
    // GB 2312's first level, and its punctuation.
    {"gb18030",
     [](unsigned char lead, unsigned char trail) {
         return in(lead, 0x81, 0xfe) && in(trail, 0x40, 0xfe) && trail != 0x7f;
     },
     [](unsigned char lead, unsigned char trail) {
         return is_euc_pair(lead, trail) && (in(lead, 0xb0, 0xd7) || in(lead, 0xa1, 0xa3));
     }},
    {"big5",
     [](unsigned char lead, unsigned char trail) {
         return in(lead, 0x81, 0xfe) && (in(trail, 0x40, 0x7e) || in(trail, 0xa1, 0xfe));
     },
     [](unsigned char lead, unsigned char) { return in(lead, 0xa4, 0xc6) || lead == 0xa1; }},
    // Hangul.
    {"euc-kr", is_euc_pair, [](unsigned char lead, unsigned char) { return in(lead, 0xb0, 0xc8); }},
    // Kana.
    {"euc-jp",
     [](unsigned char lead, unsigned char trail) {
         return in(trail, 0xa1, 0xfe) && (in(lead, 0xa1, 0xfe) || lead == 0x8e);
     },
     [](unsigned char lead, unsigned char) { return in(lead, 0xa4, 0xa5); }},
    {"shift_jis",
     [](unsigned char lead, unsigned char trail) {
         return (in(lead, 0x81, 0x9f) || in(lead, 0xe0, 0xfc)) && in(trail, 0x40, 0xfc) &&
                trail != 0x7f;
     },
     [](unsigned char lead, unsigned char trail) {
         return (lead == 0x82 && trail >= 0x9f) || (lead == 0x83 && trail <= 0x96);
     }},
}};

struct PairEvidence {
    std::size_t pairs = 0;
    std::size_t frequent = 0;
    std::size_t faults = 0;

    double share() const
    {
        return pairs == 0 ? 0 : static_cast<double>(frequent) / static_cast<double>(pairs);
    }
};

PairEvidence weigh(const PairSet& set, std::string_view text)
{
    PairEvidence evidence;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto lead = byte_at(text, at);
        if (lead < 0x80)
            continue;
        if (set.label == "shift_jis" && in(lead, 0xa1, 0xdf)) // half-width kana
            continue;
        if (at + 1 == text.size()) { // The sample may be cut.
            evidence.faults += !set.possible(lead, 0xa1);
            break;
        }
        if (!set.possible(lead, byte_at(text, at + 1))) {
            ++evidence.faults;
            continue;
        }
        ++evidence.pairs;
        evidence.frequent += set.frequent(lead, byte_at(text, at + 1));
        ++at;
    }
    return evidence;
}

/// Runs of bytes outside ASCII: Cyrillic words are, with spaces between them; Latin ones are not.
struct Runs {
    std::size_t count = 0;
    std::size_t odd = 0;
    std::size_t bytes = 0;
    std::size_t upper_rows = 0; ///< From 0xC0 on: Cyrillic letters
    std::size_t last_rows = 0;  ///< From 0xE0 on
};

Runs runs_in(std::string_view text)
{
    Runs runs;
    for (std::size_t at = 0; at < text.size();) {
        const auto begin = at;
        for (; at < text.size() && is_non_ascii(text[at]); ++at) {
            runs.upper_rows += byte_at(text, at) >= 0xc0;
            runs.last_rows += byte_at(text, at) >= 0xe0;
        }
        if (at > begin) {
            ++runs.count;
            runs.odd += (at - begin) % 2;
            runs.bytes += at - begin;
        }
        at += at == begin;
    }
    return runs;
}

/// KOI8-R or Windows-1251, whose small letters stand in the rows where the other has capitals.
const char* cyrillic(const Runs& runs)
{
    const bool words = runs.count >= 1 && runs.bytes >= runs.count * 3;
    const bool letters = runs.upper_rows * 10 >= runs.bytes * 9;
    const bool no_pairs = runs.odd * 4 >= runs.count;
    if (!words || !letters || !no_pairs)
        return nullptr;
    return runs.last_rows * 2 >= runs.bytes ? "windows-1251" : "koi8-r";
}

const char* by_pairs(std::string_view text)
{
    enum { gb, big5, kr, jp, sjis };
    std::array<PairEvidence, pair_sets.size()> found;
    for (std::size_t i = 0; i < found.size(); ++i)
        found[i] = weigh(pair_sets[i], text);
    const auto fits = [&](std::size_t i, double share) {
        return found[i].faults == 0 && found[i].pairs > 0 && found[i].share() >= share;
    };
    if (fits(jp, 0.2))
        return "euc-jp";
    if (fits(kr, 0.95) && found[kr].pairs >= 3)
        return "euc-kr";
    if (fits(sjis, 0.3) && !fits(gb, 0.8))
        return "shift_jis";
    if (fits(gb, 0.7) && (found[gb].share() >= found[big5].share() || !fits(big5, 0.85)))
        return "gb18030";
    if (fits(big5, 0.75))
        return "big5";
    if (fits(gb, 0.5) && found[gb].pairs >= 4)
        return "gb18030";
    return nullptr;
}

const char* by_escapes(std::string_view text)
{
    for (auto at = text.find('\x1b'); at != text.npos; at = text.find('\x1b', at + 1)) {
        const auto sequence = text.substr(at + 1, 3);
        if (sequence == "$)C")
            return "iso-2022-kr";
        if (sequence == "$)A" || sequence == "$)G")
            return "iso-2022-cn";
        if (sequence.starts_with("$B") || sequence.starts_with("$@") ||
            sequence.starts_with("(J") || sequence.starts_with("(I") || sequence == "$(D")
            return "iso-2022-jp";
    }
    return nullptr;
}

} // namespace

Utf8Evidence utf8_evidence(std::string_view bytes)
{
    Utf8Evidence evidence;
    bytes.remove_suffix(unfinished_utf8(bytes));
    if (is_ascii(bytes))
        return evidence;
    for (std::size_t at = 0; at < bytes.size();) {
        if (!is_non_ascii(bytes[at])) {
            ++at;
            continue;
        }
        const auto length = utf8_length(bytes.substr(at, 4));
        evidence.characters += length > 0;
        evidence.faults += length == 0;
        at += std::max<std::size_t>(length, 1);
    }
    return evidence;
}

KnownCharset guess_charset(std::string_view sample)
{
    if (sample.starts_with("\xff\xfe") || sample.starts_with("\xfe\xff"))
        return named("utf-16");
    if (const auto* const label = by_escapes(sample))
        return named(label);
    const auto utf8 = utf8_evidence(sample);
    // Mostly UTF-8, here and there cut or damaged.
    if (utf8.characters >= utf8.faults * 4)
        return named("utf-8");
    if (const auto* const label = cyrillic(runs_in(sample)))
        return named(label);
    if (const auto* const label = by_pairs(sample))
        return named(label);
    return named(utf8.characters > 0 && utf8.characters >= utf8.faults ? "utf-8" : "windows-1252");
}

KnownCharset settle_charset(const CharsetLookup& labelled, std::string_view sample)
{
    const auto& charset = labelled.charset;
    const bool ascii = is_ascii(sample);
    if (!labelled.found)
        return guess_charset(sample);
    switch (charset.kind) {
    case Kind::ascii:
        return ascii && !by_escapes(sample) ? charset : guess_charset(sample);
    case Kind::utf8:
        return ascii ? charset : guess_charset(sample);
    case Kind::stateful:
        break;
    case Kind::latin:
    case Kind::single_byte:
    case Kind::multi_byte: {
        if (ascii)
            return charset;
        const auto utf8 = utf8_evidence(sample);
        // Two letters of these sets may happen to look like UTF-8; hardly three times in a row.
        const std::size_t enough = charset.kind == Kind::latin         ? 1
                                   : charset.kind == Kind::single_byte ? 3
                                                                       : 6;
        if (utf8.faults == 0 && utf8.characters >= enough)
            return named("utf-8");
        break;
    }
    }
    return charset;
}

} // namespace posthouse::mail
