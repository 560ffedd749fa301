// SPDX-License-Identifier: Apache-2.0
#include "mail/charset.hpp"

#include "base/ascii.hpp"
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/charset_guess.hpp"
#include "mail/charset_names.hpp"
#include "mail/fold.hpp"
#include "mail/lexical.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/udata.h>
#include <utility>

namespace posthouse::mail {
namespace {

using Kind = KnownCharset::Kind;

constexpr std::size_t sample_bytes = 4096;

/// ISO-8859-16 is ISO-8859-1 but for these.
char32_t latin10(unsigned char byte)
{
    struct Difference {
        unsigned char byte;
        char16_t character;
    };
    static constexpr auto differences = std::to_array<Difference>(
        {{0xa1, 0x104}, {0xa2, 0x105}, {0xa3, 0x141}, {0xa4, 0x20ac}, {0xa5, 0x201e},
         {0xa6, 0x160}, {0xa8, 0x161}, {0xaa, 0x218}, {0xac, 0x179},  {0xae, 0x17a},
         {0xaf, 0x17b}, {0xb2, 0x10c}, {0xb3, 0x142}, {0xb4, 0x17d},  {0xb5, 0x201d},
         {0xb8, 0x17e}, {0xb9, 0x10d}, {0xba, 0x219}, {0xbc, 0x152},  {0xbd, 0x153},
         {0xbe, 0x178}, {0xbf, 0x17c}, {0xc3, 0x102}, {0xc5, 0x106},  {0xd0, 0x110},
         {0xd1, 0x143}, {0xd5, 0x150}, {0xd7, 0x15a}, {0xd8, 0x170},  {0xdd, 0x118},
         {0xde, 0x21a}, {0xe3, 0x103}, {0xe5, 0x107}, {0xf0, 0x111},  {0xf1, 0x144},
         {0xf5, 0x151}, {0xf7, 0x15b}, {0xf8, 0x171}, {0xfd, 0x119},  {0xfe, 0x21b}});
    const auto* const found = std::ranges::find(differences, byte, &Difference::byte);
    return found == differences.end() ? byte : found->character;
}

/// GB 18030-2022 gave characters of their own to what the 2005 edition, and ICU's table with it,
/// has in the private use area.
char32_t gb18030_2022(char32_t character)
{
    if (character >= 0xe78d && character <= 0xe796) {
        static constexpr std::array<char16_t, 10> vertical = {
            0xfe10, 0xfe12, 0xfe11, 0xfe13, 0xfe14, 0xfe15, 0xfe16, 0xfe17, 0xfe18, 0xfe19};
        return vertical[character - 0xe78d];
    }
    switch (character) {
    case 0xe81e:
        return 0x9fb4;
    case 0xe826:
        return 0x9fb5;
    case 0xe82b:
        return 0x9fb6;
    case 0xe82c:
        return 0x9fb7;
    case 0xe832:
        return 0x9fb8;
    case 0xe843:
        return 0x9fb9;
    case 0xe854:
        return 0x9fba;
    case 0xe864:
        return 0x9fbb;
    default:
        return character;
    }
}

/// U+FFFD for what means nothing, also for single bytes; but 0x80 is the euro sign in Windows' GBK.
void replace_fault(const void* context, UConverterToUnicodeArgs* args, const char* bytes,
                   std::int32_t length, UConverterCallbackReason reason, UErrorCode* error)
{
    if (reason > UCNV_IRREGULAR)
        return;
    *error = U_ZERO_ERROR;
    const bool gbk_euro = context != nullptr && length == 1 && bytes[0] == '\x80';
    const UChar character = gbk_euro ? 0x20ac : 0xfffd;
    ucnv_cbToUWriteUChars(args, &character, 1, 0, error);
}

/// What decides nothing: ASCII, but an escape that ISO-2022 could begin with.
std::size_t undecided_front(std::string_view bytes)
{
    const auto decides = [](char c) { return is_non_ascii(c) || c == '\x1b' || c == '\0'; };
    return static_cast<std::size_t>(std::ranges::find_if(bytes, decides) - bytes.begin());
}

} // namespace

struct CharsetDecoder::Converter {
    Converter(std::string_view label, Guess how) : looked_up(lookup_charset(label)), guess(how) {}
    ~Converter() { close(); }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;

    void close()
    {
        if (icu != nullptr)
            ucnv_close(icu);
        icu = nullptr;
    }

    /// Is ASCII the same in it?
    bool passes_ascii() const
    {
        return !looked_up.found || looked_up.charset.kind != Kind::stateful;
    }

    /// The label is settled with what was given so far.
    void settle()
    {
        if (guess == Guess::sensibly)
            charset = settle_charset(looked_up, held);
        else
            charset =
                looked_up.found ? looked_up.charset : KnownCharset{.icu = {}, .kind = Kind::ascii};
        if (charset->icu.empty() || charset->icu == "iso-8859-16")
            return;
        UErrorCode error = U_ZERO_ERROR;
        icu = ucnv_open(charset->icu.c_str(), &error);
        if (U_SUCCESS(error)) {
            const bool gb = charset->icu == "gb18030";
            ucnv_setToUCallBack(icu, replace_fault, gb ? this : nullptr, nullptr, nullptr, &error);
        }
        if (U_FAILURE(error)) {
            close();
            charset = KnownCharset{.icu = {}, .kind = Kind::ascii};
        }
    }

    /// `last`: nothing comes behind it.
    enum class Position : std::uint8_t { inside, last };

    void convert(std::string_view bytes, Position position, std::string& to)
    {
        if (icu != nullptr)
            convert_by_icu(bytes, position, to);
        else if (charset->kind == Kind::utf8)
            convert_utf8(bytes, position, to);
        else if (charset->kind == Kind::ascii)
            convert_ascii(bytes, to);
        else
            for (const char c : bytes)
                append_utf8(to, latin10(static_cast<unsigned char>(c)));
    }

    static void convert_ascii(std::string_view bytes, std::string& to)
    {
        while (!bytes.empty()) {
            const auto front = ascii_front(bytes);
            to += bytes.substr(0, front);
            if (front == bytes.size())
                return;
            to += replacement_utf8;
            bytes.remove_prefix(front + 1);
        }
    }

    /// `held` is a character that the last piece cut.
    void convert_utf8(std::string_view bytes, Position position, std::string& to)
    {
        std::string joined;
        if (!held.empty()) {
            joined = std::exchange(held, {}) += bytes;
            bytes = joined;
        }
        if (position == Position::inside) {
            const auto cut = unfinished_utf8(bytes);
            held = bytes.substr(bytes.size() - cut);
            bytes.remove_suffix(cut);
        }
        if (at_beginning && bytes.starts_with("\xef\xbb\xbf"))
            bytes.remove_prefix(3);
        at_beginning &= bytes.empty();
        if (is_utf8(bytes))
            to += bytes;
        else
            to += well_formed_utf8(bytes);
    }

    void convert_by_icu(std::string_view bytes, Position position, std::string& to)
    {
        std::array<UChar, 2048> buffer;
        const char* source = bytes.data();
        const char* const end = source + bytes.size();
        UErrorCode error = U_BUFFER_OVERFLOW_ERROR;
        while (error == U_BUFFER_OVERFLOW_ERROR) {
            error = U_ZERO_ERROR;
            UChar* target = buffer.data();
            ucnv_toUnicode(icu, &target, buffer.data() + buffer.size(), &source, end, nullptr,
                           position == Position::last, &error);
            append_utf16({buffer.data(), target}, to);
        }
        if (position == Position::last && lead != 0)
            to += replacement_utf8;
    }

    void append_utf16(std::span<const UChar> units, std::string& to)
    {
        const bool gb = charset->icu == "gb18030";
        for (const char32_t unit : units) {
            const bool trail = unit >= 0xdc00 && unit < 0xe000;
            if (lead != 0) {
                const auto before = std::exchange(lead, 0);
                if (trail) {
                    append_utf8(to, 0x10000 + ((before - 0xd800) << 10) + (unit - 0xdc00));
                    continue;
                }
                to += replacement_utf8;
            }
            if (unit >= 0xd800 && unit < 0xdc00)
                lead = unit;
            else if (!(at_beginning && unit == 0xfeff)) // A byte order mark is no text.
                append_utf8(to, gb ? gb18030_2022(unit) : unit);
            at_beginning = false;
        }
    }

    CharsetLookup looked_up;
    Guess guess;
    std::optional<KnownCharset> charset; ///< Once it is settled.
    UConverter* icu = nullptr;
    std::string held; ///< Before that, all that was given.
    char32_t lead = 0;
    bool at_beginning = true;
};

CharsetDecoder::CharsetDecoder(std::string_view label, Guess guess)
    : converter_(std::make_unique<Converter>(label, guess))
{
}
CharsetDecoder::~CharsetDecoder() = default;
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;
CharsetDecoder& CharsetDecoder::operator=(CharsetDecoder&&) noexcept = default;

void CharsetDecoder::decode(std::string_view piece, std::string& to)
{
    using Position = Converter::Position;
    auto& converter = *converter_;
    if (!converter.charset && converter.held.empty() && converter.passes_ascii()) {
        const auto front = undecided_front(piece);
        to += piece.substr(0, front);
        converter.at_beginning &= front == 0;
        piece.remove_prefix(front);
    }
    if (!converter.charset) {
        const auto missing = sample_bytes - converter.held.size();
        if (piece.size() < missing) {
            converter.held += piece;
            return;
        }
        converter.held += piece.substr(0, missing);
        piece.remove_prefix(missing);
        converter.settle();
        converter.convert(std::exchange(converter.held, {}), Position::inside, to);
    }
    converter.convert(piece, Position::inside, to);
}

void CharsetDecoder::finish(std::string& to)
{
    using Position = Converter::Position;
    auto& converter = *converter_;
    if (!converter.charset)
        converter.settle();
    const auto rest =
        converter.charset->kind == Kind::utf8 ? std::string() : std::exchange(converter.held, {});
    converter.convert(rest, Position::last, to);
}

void prepare_charsets()
{
    for (const auto& name : charset_converters()) {
        UErrorCode error = U_ZERO_ERROR;
        UConverter* const converter = ucnv_open(std::string(name).c_str(), &error);
        expects(U_SUCCESS(error)); // ICU keeps its table when it is closed.
        ucnv_close(converter);
    }
    fold("\u00e9");
    UErrorCode error = U_ZERO_ERROR;
    udata_setFileAccess(UDATA_NO_FILES, &error);
}

bool is_known_charset(std::string_view label)
{
    return lookup_charset(label).found;
}

std::string to_utf8(std::string_view bytes, std::string_view label, Guess guess, std::size_t most)
{
    std::string text;
    constexpr std::size_t step = 1 << 16;
    CharsetDecoder decoder(label, guess);
    while (!bytes.empty() && text.size() < most) {
        const auto piece = bytes.substr(0, std::min(step, std::max(most, sample_bytes)));
        decoder.decode(piece, text);
        bytes.remove_prefix(piece.size());
    }
    decoder.finish(text);
    text.resize(utf8_front(text, most).size());
    return text;
}

} // namespace posthouse::mail
