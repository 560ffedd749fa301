// SPDX-License-Identifier: Apache-2.0
#include "textindex/words.hpp"

#include "mail/utf8.hpp"
#include "textindex/limits.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <array>

namespace posthouse::textindex {
namespace {

/// Signs that hold addresses, host names, dates and compound words together count as letters, so
/// that these are found as certainly as words are.
constexpr auto ascii_words = [] {
    std::array<bool, 128> is{};
    for (std::size_t c = 0; c < is.size(); ++c)
        is[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '@' || c == '.' || c == '-' || c == '_';
    return is;
}();

bool is_unspaced(char32_t character)
{
    // Kana, with the voicing and lengthening marks, which are of no script by themselves.
    if (character >= 0x3040 && character <= 0x30ff)
        return true;
    UErrorCode error = U_ZERO_ERROR;
    switch (uscript_getScript(static_cast<UChar32>(character), &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
    case USCRIPT_TAI_LE:
    case USCRIPT_NEW_TAI_LUE:
    case USCRIPT_LANNA:
    case USCRIPT_TAI_VIET:
    case USCRIPT_YI:
        return true;
    default:
        return false;
    }
}

} // namespace

Form form_of(char32_t character)
{
    if (character < 0x80)
        return ascii_words[character] ? Form::word : Form::none;
    switch (u_charType(static_cast<UChar32>(character))) {
    case U_UPPERCASE_LETTER:
    case U_LOWERCASE_LETTER:
    case U_TITLECASE_LETTER:
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_COMBINING_SPACING_MARK:
    case U_DECIMAL_DIGIT_NUMBER:
    case U_LETTER_NUMBER:
    case U_OTHER_NUMBER:
    case U_PRIVATE_USE_CHAR:
        return is_unspaced(character) ? Form::gram : Form::word;
    case U_MATH_SYMBOL:
    case U_CURRENCY_SYMBOL:
    case U_MODIFIER_SYMBOL:
    case U_OTHER_SYMBOL:
        return Form::gram;
    default:
        return Form::none;
    }
}

bool is_mark(char32_t character)
{
    return (U_GET_GC_MASK(static_cast<UChar32>(character)) & U_GC_M_MASK) != 0;
}

char32_t take_character(std::string_view& text)
{
    const auto length = mail::utf8_length(text);
    if (length == 0) {
        text.remove_prefix(1);
        return mail::replacement_character;
    }
    char32_t character = static_cast<unsigned char>(text[0]);
    if (length > 1) {
        character &= 0xffU >> (length + 1);
        for (std::size_t i = 1; i < length; ++i)
            character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    }
    text.remove_prefix(length);
    return character;
}

void WordCutter::append(std::string_view folded)
{
    while (!folded.empty()) {
        const auto before = folded;
        const auto character = take_character(folded);
        const auto form = form_of(character);
        if (form != form_) {
            begin_anew();
            form_ = form;
        }
        const auto bytes = before.substr(0, before.size() - folded.size());
        if (form == Form::word)
            add_to_word(bytes);
        else if (form == Form::gram)
            add_to_gram(bytes, character);
    }
}

void WordCutter::add_to_word(std::string_view character)
{
    if (characters_ == Limits::word_characters) {
        take_(Form::word, run_);
        std::string_view rest = run_;
        for (std::size_t i = 0; i < Limits::word_step; ++i)
            (void)take_character(rest);
        run_.erase(0, run_.size() - rest.size());
        characters_ -= Limits::word_step;
    }
    run_ += character;
    ++characters_;
}

void WordCutter::add_to_gram(std::string_view bytes, char32_t character)
{
    const bool letter = !is_mark(character);
    while (characters_ > 0 &&
           ((letter && letters_ == Limits::gram_letters) || characters_ == Limits::gram_characters))
        give_first_gram();
    run_ += bytes;
    ++characters_;
    letters_ += letter ? 1 : 0;
}

/// All that is there is the gram of the first character, which then is taken off.
void WordCutter::give_first_gram()
{
    take_(Form::gram, run_);
    std::string_view rest = run_;
    letters_ -= is_mark(take_character(rest)) ? 0 : 1;
    run_.erase(0, run_.size() - rest.size());
    --characters_;
}

void WordCutter::begin_anew()
{
    if (form_ == Form::word && characters_ > 0)
        take_(Form::word, run_);
    while (form_ == Form::gram && characters_ > 0)
        give_first_gram();
    run_.clear();
    characters_ = letters_ = 0;
    form_ = Form::none;
}

} // namespace posthouse::textindex
