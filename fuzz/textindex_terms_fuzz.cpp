// SPDX-License-Identifier: Apache-2.0
// fuzzes: textindex
// A needle, a line end, and a text: where the text has the needle, its terms have all that the
// needle asks for; where they have what proves it, the text has it.
#include "base/contract.hpp"
#include "mail/fold.hpp"
#include "mail/utf8.hpp"
#include "textindex/batch.hpp"
#include "textindex/limits.hpp"
#include "textindex/needle.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

using namespace posthouse;
using namespace posthouse::textindex;

namespace {

using Terms = std::set<std::pair<Form, std::string>>;

bool is_met(const Lookup& lookup, const Terms& terms)
{
    return std::ranges::any_of(terms, [&](const auto& one) {
        const auto& [form, term] = one;
        if (form != lookup.form)
            return false;
        switch (lookup.how) {
        case Lookup::How::exact:
            return term == lookup.text;
        case Lookup::How::prefix:
            return term.starts_with(lookup.text);
        case Lookup::How::suffix:
            return term.ends_with(lookup.text);
        case Lookup::How::inside:
            return term.contains(lookup.text);
        }
        return false;
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto line_end = std::min(input.find('\n'), size);
    const auto needle = mail::fold(input.substr(0, line_end));
    const auto text = mail::fold(input.substr(std::min(line_end + 1, size)));
    if (needle.empty())
        return 0;
    Terms terms;
    WordCutter cutter([&](Form form, std::string_view term) {
        expects(!term.empty() && term.size() <= longest_term);
        expects(term.find('\0') == term.npos);
        terms.emplace(form, std::string(term));
    });
    for (std::string_view rest = text; !rest.empty();) {
        const auto piece = mail::utf8_front(rest, 7);
        cutter.append(piece);
        rest.remove_prefix(piece.size());
    }
    cutter.begin_anew();
    const auto plan = plan_of(needle);
    expects(plan.needed.size() <= Limits::needle_terms);
    if (text.contains(needle))
        for (const auto& lookup : plan.needed)
            expects(is_met(lookup, terms));
    if (plan.proof && is_met(*plan.proof, terms))
        expects(text.contains(needle));
    return 0;
}
