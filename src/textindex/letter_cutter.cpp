// SPDX-License-Identifier: Apache-2.0
#include "textindex/letter_cutter.hpp"

#include "base/contract.hpp"
#include "mail/fold.hpp"
#include "mail/mime.hpp"
#include "textindex/batch.hpp"
#include "textindex/limits.hpp"
#include "textindex/term_set.hpp"
#include "textindex/words.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace posthouse::textindex {

bool TextBorders::begins_anew(const mail::TextPiece& piece)
{
    const auto before = part_;
    part_.reset();
    if (piece.where == mail::TextPiece::Where::header)
        return true;
    part_ = piece.part;
    return before != piece.part;
}

namespace {

/// What a term costs in a batch beside its characters, at most: kind, lengths, one letter.
constexpr std::size_t term_overhead = 6;
constexpr std::size_t place_bytes = 3;

/// One letter's terms, each with its kind before it.
class LetterTerms {
public:
    /// False: there are too many.
    bool cut(std::string_view letter)
    {
        terms_.clear();
        rich_ = false;
        const auto tree = mail::parse_mime(letter);
        TextBorders borders;
        mail::Folder folder;
        WordCutter cutter([this](Form form, std::string_view term) { take(form, term); });
        const auto end = [&] {
            cutter.append(folder.finish());
            cutter.begin_anew();
        };
        // The zone changes only where the text begins anew.
        (void)mail::extract_text(letter, tree, {}, [&](const mail::TextPiece& piece) {
            if (borders.begins_anew(piece))
                end();
            zone_ = piece.where == mail::TextPiece::Where::header ? Zone::header : Zone::body;
            cutter.append(folder.append(piece.text));
            return rich_ ? mail::Go::no_further : mail::Go::on;
        });
        end();
        return !rich_;
    }
    const TermSet& terms() const { return terms_; }

private:
    void take(Form form, std::string_view term)
    {
        if (rich_)
            return;
        one_.assign(1, static_cast<char>(kind_of(zone_, form)));
        one_ += term;
        (void)terms_.add(one_);
        rich_ =
            terms_.size() > Limits::letter_terms ||
            terms_.bytes() + terms_.size() * (term_overhead + place_bytes) > Limits::letter_bytes;
    }

    TermSet terms_;
    Zone zone_ = Zone::header;
    std::string one_;
    bool rich_ = false;
};

} // namespace

struct LetterCutter::Impl {
    struct Pair {
        std::uint32_t term = 0, letter = 0;
    };
    LetterTerms letter;
    std::vector<std::uint64_t> emails; ///< of those that are covered, as they came
    EmailSet covered, given_up;
    TermSet terms;
    std::vector<Pair> pairs;

    std::size_t packed_bytes() const
    {
        return terms.bytes() + terms.size() * term_overhead + pairs.size() * place_bytes;
    }
    std::string pack() const;
};

LetterCutter::LetterCutter() : impl_(std::make_unique<Impl>()) {}
LetterCutter::~LetterCutter() = default;
LetterCutter::LetterCutter(LetterCutter&&) noexcept = default;
LetterCutter& LetterCutter::operator=(LetterCutter&&) noexcept = default;

void LetterCutter::add(std::uint64_t email, std::string_view letter)
{
    expects(!impl_->covered.contains(email) && !impl_->given_up.contains(email));
    expects(letters() < Limits::batch_letters);
    if (!impl_->letter.cut(letter)) {
        impl_->given_up.add(email);
        return;
    }
    const auto number = static_cast<std::uint32_t>(impl_->emails.size());
    impl_->emails.push_back(email);
    impl_->covered.add(email);
    const auto& terms = impl_->letter.terms();
    for (std::uint32_t i = 0; i < terms.size(); ++i)
        impl_->pairs.push_back({impl_->terms.add(terms[i]), number});
}

void LetterCutter::give_up(std::uint64_t email)
{
    expects(!impl_->covered.contains(email));
    impl_->given_up.add(email);
}

std::size_t LetterCutter::letters() const
{
    return impl_->emails.size() + impl_->given_up.size();
}

bool LetterCutter::full() const
{
    return letters() >= Limits::batch_letters || impl_->packed_bytes() >= Limits::batch_full;
}

std::string LetterCutter::Impl::pack() const
{
    // Which letters each term has: places in `covered`, side by side, parted by `begins`.
    std::vector<std::uint32_t> begins(terms.size() + 1);
    for (const auto& pair : pairs)
        ++begins[pair.term + 1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    std::vector<std::uint32_t> places(pairs.size());
    auto ends = begins;
    for (const auto& pair : pairs)
        places[ends[pair.term]++] = static_cast<std::uint32_t>(*covered.place(emails[pair.letter]));

    std::vector<std::uint32_t> order(terms.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [this](std::uint32_t number) { return terms[number]; });
    BatchPacker packer(covered, given_up);
    std::vector<std::uint32_t> of_term;
    for (const auto number : order) {
        of_term.assign(places.begin() + begins[number], places.begin() + begins[number + 1]);
        std::ranges::sort(of_term);
        const auto text = terms[number];
        packer.add(static_cast<Kind>(text.front()), text.substr(1), of_term);
    }
    return std::move(packer).finish();
}

std::string LetterCutter::finish()
{
    auto packed = impl_->pack();
    expects(packed.size() <= Limits::batch_bytes);
    impl_ = std::make_unique<Impl>();
    return packed;
}

} // namespace posthouse::textindex
