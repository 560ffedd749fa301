// SPDX-License-Identifier: Apache-2.0
#include "routing/failure.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::routing {
namespace {

/// "5.1.1" with a first digit of 4 or 5: RFC 3463 §2.
bool is_status(std::string_view word)
{
    if (word.size() < 5 || word.size() > 9 || (word[0] != '4' && word[0] != '5') || word[1] != '.')
        return false;
    const auto second = word.find('.', 2);
    if (second == word.npos)
        return false;
    const auto subject = word.substr(2, second - 2);
    const auto detail = word.substr(second + 1);
    const auto fits = [](std::string_view number) {
        return !number.empty() && number.size() <= 3 && std::ranges::all_of(number, is_digit);
    };
    return fits(subject) && fits(detail);
}

bool is_code(std::string_view word)
{
    return word.size() == 3 && (word[0] == '4' || word[0] == '5') &&
           std::ranges::all_of(word, is_digit);
}

} // namespace

Failure failure_from(std::string_view item, Failure otherwise)
{
    Failure failure = std::move(otherwise);
    auto rest = trimmed(item);
    const auto take = [&](auto is_one) {
        const auto word = rest.substr(0, rest.find(' '));
        if (!is_one(word))
            return std::string_view();
        rest = trimmed(rest.substr(word.size()));
        return word;
    };
    const auto status = take(is_status);
    const auto code = take(is_code);
    if (!status.empty())
        failure.status = status;
    if (!code.empty())
        failure.code = static_cast<unsigned>(*parse_number(code));
    // One of them alone says which kind the other is of.
    if (!status.empty() && code.empty() && status[0] == '4')
        failure.code = 450;
    if (status.empty() && !code.empty() && code[0] == '4')
        failure.status = "4.3.0";
    if (failure.status[0] == '4' && failure.code >= 500)
        failure.code = 450;
    if (failure.status[0] == '5' && failure.code < 500)
        failure.code = 550;
    if (!rest.empty())
        failure.text = printable(rest);
    return failure;
}

} // namespace posthouse::routing
