// SPDX-License-Identifier: Apache-2.0
#include "mail/charset_names.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <array>
#include <unicode/ucnv.h>

namespace posthouse::mail {
namespace {

using Kind = KnownCharset::Kind;

struct Entry {
    std::string_view name; ///< Lower case, letters and digits only.
    std::string_view icu;
    Kind kind;
};

constexpr std::string_view gb = "gb18030";
constexpr std::string_view big5 = "ibm-1375_P100-2008"; // Big5 with Hong Kong's characters
constexpr std::string_view iso_jp = "ISO_2022,locale=ja,version=2"; // reads the others, too
constexpr std::string_view sjis = "ibm-943_P15A-2003";
constexpr std::string_view uhc = "windows-949-2000";
constexpr std::string_view cp1252 = "windows-1252";
constexpr std::string_view cp1254 = "windows-1254";
constexpr std::string_view thai = "windows-874-2000";

/// Each name stands for what its users send: ISO-8859-1 for Windows-1252, GB2312 for GB18030 and
/// so on, as the larger set holds the smaller one.
constexpr auto entries = std::to_array<Entry>({
    {"ascii", "", Kind::ascii},
    {"usascii", "", Kind::ascii},
    {"ansix341968", "", Kind::ascii},
    {"ansix341986", "", Kind::ascii},
    {"iso646us", "", Kind::ascii},
    {"iso646irv1991", "", Kind::ascii},
    {"isoir6", "", Kind::ascii},
    {"us", "", Kind::ascii},
    {"cp367", "", Kind::ascii},
    {"ibm367", "", Kind::ascii},
    {"csascii", "", Kind::ascii},
    {"utf8", "", Kind::utf8},
    {"unicode11utf8", "", Kind::utf8},
    {"xunicode20utf8", "", Kind::utf8},
    {"unicode20utf8", "", Kind::utf8},
    {"csutf8", "", Kind::utf8},
    {"cp65001", "", Kind::utf8},
    {"utf8mb4", "", Kind::utf8},
    {"gb2312", gb, Kind::multi_byte},
    {"gb231280", gb, Kind::multi_byte},
    {"csgb2312", gb, Kind::multi_byte},
    {"csiso58gb231280", gb, Kind::multi_byte},
    {"isoir58", gb, Kind::multi_byte},
    {"chinese", gb, Kind::multi_byte},
    {"euccn", gb, Kind::multi_byte},
    {"gbk", gb, Kind::multi_byte},
    {"xgbk", gb, Kind::multi_byte},
    {"csgbk", gb, Kind::multi_byte},
    {"cp936", gb, Kind::multi_byte},
    {"ms936", gb, Kind::multi_byte},
    {"windows936", gb, Kind::multi_byte},
    {"gb18030", gb, Kind::multi_byte},
    {"gb180302000", gb, Kind::multi_byte},
    {"gb180302005", gb, Kind::multi_byte},
    {"gb180302022", gb, Kind::multi_byte},
    {"csgb18030", gb, Kind::multi_byte},
    {"hzgb2312", "HZ", Kind::stateful},
    {"hz", "HZ", Kind::stateful},
    {"big5", big5, Kind::multi_byte},
    {"cnbig5", big5, Kind::multi_byte},
    {"csbig5", big5, Kind::multi_byte},
    {"xxbig5", big5, Kind::multi_byte},
    {"big5hkscs", big5, Kind::multi_byte},
    {"big5eten", big5, Kind::multi_byte},
    {"big5tw", big5, Kind::multi_byte},
    {"cp950", big5, Kind::multi_byte},
    {"ms950", big5, Kind::multi_byte},
    {"windows950", big5, Kind::multi_byte},
    {"euctw", "euc-tw-2014", Kind::multi_byte},
    {"iso2022jp", iso_jp, Kind::stateful},
    {"iso2022jp1", iso_jp, Kind::stateful},
    {"iso2022jp2", iso_jp, Kind::stateful},
    {"iso2022jp3", iso_jp, Kind::stateful},
    {"iso2022jpms", iso_jp, Kind::stateful},
    {"csiso2022jp", iso_jp, Kind::stateful},
    {"csiso2022jp2", iso_jp, Kind::stateful},
    {"cp50220", iso_jp, Kind::stateful},
    {"cp50221", iso_jp, Kind::stateful},
    {"jis", iso_jp, Kind::stateful},
    {"eucjp", "euc-jp-2007", Kind::multi_byte},
    {"xeucjp", "euc-jp-2007", Kind::multi_byte},
    {"xeuc", "euc-jp-2007", Kind::multi_byte},
    {"ujis", "euc-jp-2007", Kind::multi_byte},
    {"cp51932", "euc-jp-2007", Kind::multi_byte},
    {"cseucpkdfmtjapanese", "euc-jp-2007", Kind::multi_byte},
    {"extendedunixcodepackedformatforjapanese", "euc-jp-2007", Kind::multi_byte},
    {"shiftjis", sjis, Kind::multi_byte},
    {"sjis", sjis, Kind::multi_byte},
    {"xsjis", sjis, Kind::multi_byte},
    {"csshiftjis", sjis, Kind::multi_byte},
    {"mskanji", sjis, Kind::multi_byte},
    {"windows31j", sjis, Kind::multi_byte},
    {"cswindows31j", sjis, Kind::multi_byte},
    {"cp932", sjis, Kind::multi_byte},
    {"ms932", sjis, Kind::multi_byte},
    {"euckr", uhc, Kind::multi_byte},
    {"cseuckr", uhc, Kind::multi_byte},
    {"ksc5601", uhc, Kind::multi_byte},
    {"ksc56011987", uhc, Kind::multi_byte},
    {"ksc56011989", uhc, Kind::multi_byte},
    {"csksc56011987", uhc, Kind::multi_byte},
    {"kscs56011987", uhc, Kind::multi_byte},
    {"korean", uhc, Kind::multi_byte},
    {"isoir149", uhc, Kind::multi_byte},
    {"uhc", uhc, Kind::multi_byte},
    {"cp949", uhc, Kind::multi_byte},
    {"ms949", uhc, Kind::multi_byte},
    {"windows949", uhc, Kind::multi_byte},
    {"iso2022kr", "ISO_2022,locale=ko,version=0", Kind::stateful},
    {"csiso2022kr", "ISO_2022,locale=ko,version=0", Kind::stateful},
    {"iso2022cn", "ISO_2022,locale=zh,version=1", Kind::stateful},
    {"iso2022cnext", "ISO_2022,locale=zh,version=1", Kind::stateful},
    {"koi8r", "KOI8-R", Kind::single_byte},
    {"koi8", "KOI8-R", Kind::single_byte},
    {"cskoi8r", "KOI8-R", Kind::single_byte},
    {"koi8u", "KOI8-U", Kind::single_byte},
    {"koi8ru", "KOI8-U", Kind::single_byte},
    {"windows1250", "windows-1250", Kind::latin},
    {"cp1250", "windows-1250", Kind::latin},
    {"windows1251", "windows-1251", Kind::single_byte},
    {"cp1251", "windows-1251", Kind::single_byte},
    {"windows1252", cp1252, Kind::latin},
    {"cp1252", cp1252, Kind::latin},
    {"ansi", cp1252, Kind::latin},
    {"iso88591", cp1252, Kind::latin},
    {"iso885911987", cp1252, Kind::latin},
    {"csisolatin1", cp1252, Kind::latin},
    {"isoir100", cp1252, Kind::latin},
    {"cp819", cp1252, Kind::latin},
    {"ibm819", cp1252, Kind::latin},
    {"latin1", cp1252, Kind::latin},
    {"l1", cp1252, Kind::latin},
    {"windows1253", "windows-1253", Kind::single_byte},
    {"cp1253", "windows-1253", Kind::single_byte},
    {"windows1254", cp1254, Kind::latin},
    {"cp1254", cp1254, Kind::latin},
    {"iso88599", cp1254, Kind::latin},
    {"csisolatin5", cp1254, Kind::latin},
    {"latin5", cp1254, Kind::latin},
    {"windows1255", "windows-1255", Kind::single_byte},
    {"cp1255", "windows-1255", Kind::single_byte},
    {"windows1256", "windows-1256", Kind::single_byte},
    {"cp1256", "windows-1256", Kind::single_byte},
    {"windows1257", "windows-1257", Kind::latin},
    {"cp1257", "windows-1257", Kind::latin},
    {"windows1258", "windows-1258", Kind::latin},
    {"cp1258", "windows-1258", Kind::latin},
    {"iso88592", "iso-8859-2", Kind::latin},
    {"csisolatin2", "iso-8859-2", Kind::latin},
    {"latin2", "iso-8859-2", Kind::latin},
    {"l2", "iso-8859-2", Kind::latin},
    {"iso88593", "iso-8859-3", Kind::latin},
    {"latin3", "iso-8859-3", Kind::latin},
    {"iso88594", "iso-8859-4", Kind::latin},
    {"latin4", "iso-8859-4", Kind::latin},
    {"iso88595", "iso-8859-5", Kind::single_byte},
    {"csisolatincyrillic", "iso-8859-5", Kind::single_byte},
    {"cyrillic", "iso-8859-5", Kind::single_byte},
    {"iso88596", "iso-8859-6", Kind::single_byte},
    {"iso88596e", "iso-8859-6", Kind::single_byte},
    {"iso88596i", "iso-8859-6", Kind::single_byte},
    {"arabic", "iso-8859-6", Kind::single_byte},
    {"iso88597", "iso-8859-7", Kind::single_byte},
    {"greek", "iso-8859-7", Kind::single_byte},
    {"iso88598", "iso-8859-8", Kind::single_byte},
    {"iso88598e", "iso-8859-8", Kind::single_byte},
    {"iso88598i", "iso-8859-8", Kind::single_byte},
    {"hebrew", "iso-8859-8", Kind::single_byte},
    {"logical", "iso-8859-8", Kind::single_byte},
    {"iso885910", "iso-8859-10", Kind::latin},
    {"latin6", "iso-8859-10", Kind::latin},
    {"iso885911", thai, Kind::single_byte},
    {"tis620", thai, Kind::single_byte},
    {"tis6202533", thai, Kind::single_byte},
    {"windows874", thai, Kind::single_byte},
    {"cp874", thai, Kind::single_byte},
    {"iso885913", "iso-8859-13", Kind::latin},
    {"iso885914", "iso-8859-14", Kind::latin},
    {"iso885915", "iso-8859-15", Kind::latin},
    {"latin9", "iso-8859-15", Kind::latin},
    {"iso885916", "iso-8859-16", Kind::latin}, // ours: ICU has none
    {"latin10", "iso-8859-16", Kind::latin},
    {"macintosh", "macintosh", Kind::latin},
    {"mac", "macintosh", Kind::latin},
    {"macroman", "macintosh", Kind::latin},
    {"xmacroman", "macintosh", Kind::latin},
    {"xmaccyrillic", "x-mac-cyrillic", Kind::single_byte},
    {"xmacce", "x-mac-ce", Kind::latin},
    {"xmacgreek", "x-mac-greek", Kind::single_byte},
    {"xmacturkish", "x-mac-turkish", Kind::latin},
    {"ibm437", "ibm437", Kind::latin},
    {"cp437", "ibm437", Kind::latin},
    {"ibm850", "ibm850", Kind::latin},
    {"cp850", "ibm850", Kind::latin},
    {"ibm852", "ibm852", Kind::latin},
    {"cp852", "ibm852", Kind::latin},
    {"ibm866", "ibm866", Kind::single_byte},
    {"cp866", "ibm866", Kind::single_byte},
    {"utf7", "UTF-7", Kind::stateful},
    {"unicode11utf7", "UTF-7", Kind::stateful},
    {"unicode20utf7", "UTF-7", Kind::stateful},
    {"csunicode11utf7", "UTF-7", Kind::stateful},
    {"utf16", "UTF-16", Kind::stateful},
    {"utf16be", "UTF-16BE", Kind::stateful},
    {"utf16le", "UTF-16LE", Kind::stateful},
    {"unicode", "UTF-16", Kind::stateful},
    {"ucs2", "UTF-16", Kind::stateful},
    {"iso10646ucs2", "UTF-16", Kind::stateful},
    {"utf32", "UTF-32", Kind::stateful},
    {"utf32be", "UTF-32BE", Kind::stateful},
    {"utf32le", "UTF-32LE", Kind::stateful},
});

constexpr auto converters = std::to_array<std::string_view>({gb,
                                                             big5,
                                                             iso_jp,
                                                             sjis,
                                                             uhc,
                                                             "HZ",
                                                             "euc-tw-2014",
                                                             "euc-jp-2007",
                                                             "ISO_2022,locale=ko,version=0",
                                                             "ISO_2022,locale=zh,version=1",
                                                             "KOI8-R",
                                                             "KOI8-U",
                                                             "windows-1250",
                                                             "windows-1251",
                                                             cp1252,
                                                             "windows-1253",
                                                             cp1254,
                                                             "windows-1255",
                                                             "windows-1256",
                                                             "windows-1257",
                                                             "windows-1258",
                                                             thai,
                                                             "iso-8859-2",
                                                             "iso-8859-3",
                                                             "iso-8859-4",
                                                             "iso-8859-5",
                                                             "iso-8859-6",
                                                             "iso-8859-7",
                                                             "iso-8859-8",
                                                             "iso-8859-10",
                                                             "iso-8859-13",
                                                             "iso-8859-14",
                                                             "iso-8859-15",
                                                             "macintosh",
                                                             "x-mac-cyrillic",
                                                             "x-mac-ce",
                                                             "x-mac-greek",
                                                             "x-mac-turkish",
                                                             "ibm437",
                                                             "ibm850",
                                                             "ibm852",
                                                             "ibm866",
                                                             "UTF-7",
                                                             "UTF-16",
                                                             "UTF-16BE",
                                                             "UTF-16LE",
                                                             "UTF-32",
                                                             "UTF-32BE",
                                                             "UTF-32LE"});

/// Hyphens, underscores, quotes and spaces are written as it pleases.
std::string normalised(std::string_view label)
{
    std::string name;
    for (const char c : label.substr(0, 64))
        if (is_let_dig(c))
            name += to_lower(c);
    return name;
}

/// ICU knows some 200 more by their registered names. None that is no character set of texts.
bool is_icu_charset(const std::string& name)
{
    const auto fits = [](char c) { return is_let_dig(c) || c == '-' || c == '_' || c == '.'; };
    if (name.empty() || name.size() > 40 || !std::ranges::all_of(name, fits))
        return false;
    UErrorCode error = U_ZERO_ERROR;
    UConverter* const converter = ucnv_open(name.c_str(), &error);
    if (U_FAILURE(error))
        return false;
    ucnv_close(converter);
    return true;
}

} // namespace

CharsetLookup lookup_charset(std::string_view label)
{
    auto name = normalised(label);
    const auto find = [](std::string_view wanted) {
        return std::ranges::find(entries, wanted, &Entry::name);
    };
    const auto* found = find(name);
    if (found == entries.end() && name.starts_with("charset")) // charset="charset=gb2312"
        found = find(std::string_view(name).substr(7));
    if (found != entries.end())
        return {.charset = {.icu = std::string(found->icu), .kind = found->kind}, .found = true};
    std::string whole(trimmed(label));
    if (!is_icu_charset(whole))
        return {};
    return {.charset = {.icu = std::move(whole), .kind = Kind::single_byte}, .found = true};
}

std::span<const std::string_view> charset_converters()
{
    return converters;
}

} // namespace posthouse::mail
