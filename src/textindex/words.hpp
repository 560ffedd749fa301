// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// What the index takes for a term. docs/search.md, "Terms"
namespace posthouse::textindex {

/// What a character is part of. It goes by the character alone, not by what stands around it: so
/// whatever is cut out of a text falls into the runs that it has there.
enum class Form : std::uint8_t {
    none, ///< It stands between terms.
    word, ///< A run of these is one term; a long one is cut (Limits::word_characters).
    gram, ///< Of scripts without spaces, and symbols: a term begins at each of these.
};
Form form_of(char32_t);
/// It is written on another: does not count among a gram's letters.
bool is_mark(char32_t);

/// The character at the front, taken off; what is no UTF-8 goes byte by byte, as U+FFFD.
char32_t take_character(std::string_view& text);

/// Cuts folded text that comes in pieces into terms. One comes as often as it is there.
class WordCutter {
public:
    using Take = std::function<void(Form, std::string_view term)>;
    explicit WordCutter(Take take) : take_(std::move(take)) {}

    /// Whole characters.
    void append(std::string_view folded);
    /// What comes now does not go on what came before; also the end.
    void begin_anew();

private:
    void add_to_word(std::string_view character);
    void add_to_gram(std::string_view character, char32_t);
    void give_first_gram();

    Take take_;
    Form form_ = Form::none;
    std::string run_;            ///< Of the word, or of the grams that have begun
    std::size_t characters_ = 0; ///< in it
    std::size_t letters_ = 0;    ///< of grams: those that are no marks
};

} // namespace posthouse::textindex
