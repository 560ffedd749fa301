// SPDX-License-Identifier: Apache-2.0
// The index and a search that opens every letter never contradict one another.
#include "tests/textindex/rig.hpp"
#include "textindex/words.hpp"

#include <rapidcheck/gtest.h>

#include <algorithm>

namespace posthouse::textindex {
namespace {

using namespace tests;

const std::vector<std::string>& fragments()
{
    static const std::vector<std::string> all = [] {
        std::vector<std::string> some = {"alpha",    "beta",    "Straße",     "ﬁsh",
                                         "İstanbul", "e\u0301", "\u0301",     "한국어",
                                         "上海",     "市民",    "データ",     "ﾃﾞ",
                                         "\u3099",   "ー",      "ภาษา",       "ไทย",
                                         "ກຳ",       "😀",      "👩\u200d🚀", "©",
                                         "€",        "a",       "b",          "0",
                                         " ",        " ",       " ",          "\r\n",
                                         "\r\n",     "\t",      ",",          ".",
                                         "@",        "-",       "。",         "!",
                                         "\u00ad",   "\ufffd",  "\xff",       "ª½",
                                         "\u0130",   "ǅ",       "ϓ",          "\u1100\u1161\u11a8",
                                         "가\u11a8", "क्षि"};
        some.push_back(std::string(40, 'x'));
        some.push_back("abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz");
        std::string marks;
        for (int i = 0; i < 70; ++i)
            marks += "\u0316";
        some.push_back(marks);
        return some;
    }();
    return all;
}

rc::Gen<std::string> text()
{
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(fragments())),
        [](const std::vector<std::string>& parts) {
            std::string joined;
            for (const auto& part : parts)
                joined += part;
            return joined;
        });
}

/// Some characters out of the middle.
std::string cut(std::string_view whole, std::size_t from, std::size_t count)
{
    for (; from > 0 && !whole.empty(); --from)
        (void)take_character(whole);
    auto rest = whole;
    for (; count > 0 && !rest.empty(); --count)
        (void)take_character(rest);
    return std::string(whole.substr(0, whole.size() - rest.size()));
}

RC_GTEST_PROP(Agreement, OfTheIndexWithEveryLetter, ())
{
    Rig rig;
    Letters letters;
    const auto count = *rc::gen::inRange<std::uint64_t>(1, 8);
    for (std::uint64_t email = 1; email <= count; ++email) {
        letters.emplace_back(email * 2, letter(*text(), "s " + mail::fold(cut(*text(), 0, 8))));
        if (*rc::gen::arbitrary<bool>()) {
            RC_ASSERT(rig.add({letters.back()}).has_value());
        } else {
            RC_ASSERT(rig.add(letters).has_value());
        }
    }
    if (*rc::gen::arbitrary<bool>())
        RC_ASSERT(rig.tidy());
    for (int i = 0; i < 12; ++i) {
        std::string needle;
        if (*rc::gen::inRange(0, 3) == 0) {
            needle = mail::fold(cut(*text(), 0, 6));
        } else {
            const auto& whole = letters[*rc::gen::inRange<std::size_t>(0, letters.size())].second;
            const auto folded = mail::fold(whole.substr(whole.find("8bit") + 4));
            needle = cut(folded, *rc::gen::inRange<std::size_t>(0, 60),
                         *rc::gen::inRange<std::size_t>(1, 30));
        }
        for (const auto within : {Within::body, Within::whole}) {
            const auto found = rig.run(rig.index->look_up(within, needle));
            for (const auto& [email, whole] : letters) {
                const bool there = has(whole, within, needle);
                switch (found.of(email)) {
                case Presence::certain:
                    RC_ASSERT(there);
                    break;
                case Presence::absent:
                    RC_ASSERT(!there);
                    break;
                case Presence::possible:
                    break;
                }
            }
        }
    }
}

RC_GTEST_PROP(Agreement, IsCertainForOneWord, ())
{
    const auto word = rc::gen::map(rc::gen::container<std::string>(rc::gen::inRange('a', 'e')),
                                   [](std::string letters) { return letters.substr(0, 17); });
    Rig rig;
    Letters letters;
    for (std::uint64_t email = 1; email <= 5; ++email)
        letters.emplace_back(email, letter(*word + " " + *word + *word + "," + *word));
    RC_ASSERT(rig.add(letters).has_value());
    const auto needle = *rc::gen::suchThat(word, [](const auto& some) { return !some.empty(); });
    const auto found = rig.look_up(needle);
    for (const auto& [email, whole] : letters)
        RC_ASSERT(found.of(email) ==
                  (has(whole, Within::body, needle) ? Presence::certain : Presence::absent));
}

TEST(Agreement, HoldsForCharactersThatAreRepeated)
{
    Rig rig;
    ASSERT_TRUE(rig.add({{1, letter("哈哈哈")}, {2, letter("哈哈哈哈哈")}}));
    EXPECT_NE(rig.presence(1, "哈哈哈哈"), Presence::certain);
    EXPECT_EQ(rig.presence(2, "哈哈哈哈"), Presence::possible);
    EXPECT_EQ(rig.presence(1, "哈哈哈"), Presence::certain);
}

TEST(Agreement, HoldsForALetterOfManyParts)
{
    const std::string whole =
        "Subject: outer\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4\r\n"
        "--x\r\nContent-Type: text/html\r\n\r\n<p>sh<b>own</b> <i title=hidden>text</i></p>\r\n"
        "--x\r\nContent-Type: text/plain; name=\"report.txt\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nYmFzZSBzaXh0eS1mb3Vy\r\n"
        "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n--x--\r\n";
    Rig rig;
    ASSERT_TRUE(rig.add({{1, whole}}));
    const std::vector<std::string> needles = {
        "outer", "inner",      "inside", "привет",     "shown", "text",     "hidden",
        "sixty", "report.txt", "own",    "base sixty", "koi8",  "multipart"};
    for (const auto within : {Within::body, Within::whole})
        for (const auto& needle : needles) {
            const auto presence = rig.presence(1, needle, within);
            const bool there = has(whole, within, needle);
            if (needle.contains(' '))
                EXPECT_EQ(presence, there ? Presence::possible : Presence::absent) << needle;
            else
                EXPECT_EQ(presence, there ? Presence::certain : Presence::absent) << needle;
        }
}

} // namespace
} // namespace posthouse::textindex
