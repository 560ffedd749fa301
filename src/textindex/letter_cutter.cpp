// SPDX-License-Identifier: Apache-2.0
#include "textindex/letter_cutter.hpp"

#include "textindex/email_set.hpp"

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

struct LetterCutter::Impl {
    EmailSet emails;
};

LetterCutter::LetterCutter() : impl_(std::make_unique<Impl>()) {}
LetterCutter::~LetterCutter() = default;
LetterCutter::LetterCutter(LetterCutter&&) noexcept = default;
LetterCutter& LetterCutter::operator=(LetterCutter&&) noexcept = default;

void LetterCutter::add(std::uint64_t email, std::string_view)
{
    impl_->emails.add(email);
}

void LetterCutter::give_up(std::uint64_t email)
{
    impl_->emails.add(email);
}

std::size_t LetterCutter::letters() const
{
    return impl_->emails.size();
}

bool LetterCutter::full() const
{
    return false;
}

std::string LetterCutter::finish()
{
    auto packed = impl_->emails.pack();
    impl_ = std::make_unique<Impl>();
    return packed;
}

} // namespace posthouse::textindex
