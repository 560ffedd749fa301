// SPDX-License-Identifier: Apache-2.0
#include "textindex/needle.hpp"

#include "textindex/limits.hpp"

#include <algorithm>

namespace posthouse::textindex {
namespace {

using How = Lookup::How;

/// Any so many characters of a word are inside one of its pieces.
constexpr std::size_t sure = Limits::word_characters - Limits::word_step + 1;

/// A run of one form. The text's may go on where the needle begins or ends.
struct Token {
    Form form = Form::none;
    std::vector<std::string_view> characters;
    bool open_front = false, open_back = false;

    std::string text(std::size_t from, std::size_t count) const
    {
        std::string joined;
        for (std::size_t i = from; i < std::min(from + count, characters.size()); ++i)
            joined += characters[i];
        return joined;
    }
};

std::vector<Token> tokens_of(std::string_view needle)
{
    std::vector<Token> tokens;
    bool behind_none = false;
    for (bool first = true; !needle.empty(); first = false) {
        const auto before = needle;
        const auto form = form_of(take_character(needle));
        behind_none = form == Form::none;
        if (behind_none) {
            tokens.push_back({}); // Parts what is on either side; taken out below.
            continue;
        }
        if (tokens.empty() || tokens.back().form != form)
            tokens.push_back({.form = form, .characters = {}, .open_front = first});
        tokens.back().characters.push_back(before.substr(0, before.size() - needle.size()));
    }
    if (!tokens.empty() && !behind_none)
        tokens.back().open_back = true;
    std::erase_if(tokens, [](const Token& token) { return token.form == Form::none; });
    return tokens;
}

/// All of it is somewhere inside a word.
void add_inside(const Token& token, std::vector<Lookup>& needed)
{
    const auto size = token.characters.size();
    for (std::size_t at = 0; at < size; at += sure) {
        const auto from = size < sure ? 0 : std::min(at, size - sure);
        needed.push_back({Form::word, How::inside, token.text(from, sure)});
    }
}

void add_word(const Token& token, std::vector<Lookup>& needed)
{
    constexpr auto whole = Limits::word_characters;
    const auto size = token.characters.size();
    if (!token.open_front) { // A word begins here, and its first piece with it.
        const bool is_piece = size > whole || (!token.open_back && size == whole);
        const bool is_word = !token.open_back && size <= whole;
        needed.push_back(
            {Form::word, is_piece || is_word ? How::exact : How::prefix, token.text(0, whole)});
        if (size > whole)
            add_inside(token, needed);
        return;
    }
    if (!token.open_back) // Its last piece ends here.
        needed.push_back(
            {Form::word, How::suffix, token.text(size < sure ? 0 : size - sure, sure)});
    if (token.open_back || size > sure)
        add_inside(token, needed);
}

void add_grams(const Token& token, std::vector<Lookup>& needed)
{
    // Terms of the text begin with these: where the needle ends they may go on.
    const auto begin = needed.size();
    WordCutter cutter([&](Form form, std::string_view term) {
        // What only ends an earlier one says nothing more.
        if (needed.size() == begin || !needed.back().text.ends_with(term))
            needed.push_back({form, How::prefix, std::string(term)});
    });
    cutter.append(token.text(0, token.characters.size()));
    cutter.begin_anew();
}

} // namespace

NeedlePlan plan_of(std::string_view needle)
{
    NeedlePlan plan;
    const auto tokens = tokens_of(needle);
    for (const auto& token : tokens)
        token.form == Form::word ? add_word(token, plan.needed) : add_grams(token, plan.needed);
    const bool alone = tokens.size() == 1 && tokens.front().open_front && tokens.front().open_back;
    if (alone && tokens.front().form == Form::gram && plan.needed.front().text == needle)
        plan.proof = plan.needed.front();
    else if (alone && tokens.front().form == Form::word &&
             tokens.front().characters.size() <= Limits::word_characters)
        plan.proof = {Form::word, How::inside, std::string(needle)};
    // The longer say more; and no needle may cost more than so many.
    std::ranges::sort(plan.needed, std::greater(),
                      [](const Lookup& lookup) { return lookup.text.size(); });
    std::vector<Lookup> distinct;
    for (auto& lookup : plan.needed)
        if (std::ranges::find(distinct, lookup) == distinct.end() &&
            distinct.size() < Limits::needle_terms)
            distinct.push_back(std::move(lookup));
    plan.needed = std::move(distinct);
    return plan;
}

} // namespace posthouse::textindex
