// SPDX-License-Identifier: Apache-2.0
#include "sorter/file.hpp"

#include "base/contract.hpp"
#include "mail/received.hpp"
#include "sorter/index.hpp"
#include "sorter/limits.hpp"

namespace posthouse::sorter {

Filing::Filing(std::string prefix, std::uint64_t bytes)
    : prefix_bytes_(prefix.size()),
      bytes_left_(bytes),
      letter_(std::move(prefix))
{
    letter_.reserve(letter_.size() + bytes);
}

wire::Result<Filing> Filing::begin(const wire::File& request)
{
    const auto sender = mail::ReversePath::parse(request.sender());
    const auto mailbox = mail::Mailbox::parse(request.final_address());
    if (!sender || !mailbox || request.bytes() > Limits::letter_bytes)
        return std::unexpected(wire::Failure::invalid);
    return Filing(mail::return_path_field(*sender) + mail::delivered_to_field(*mailbox),
                  request.bytes());
}

void Filing::append(std::string_view piece)
{
    expects(piece.size() <= bytes_left_);
    bytes_left_ -= piece.size();
    letter_ += piece;
}

wire::Filed Filing::finish() &&
{
    expects(bytes_left_ == 0);
    auto indexed = index_letter(letter_);
    wire::Filed filed;
    filed.set_prefix(letter_.substr(0, prefix_bytes_));
    filed.set_summary(std::move(indexed.summary));
    filed.mutable_threading()->Add(indexed.threading.begin(), indexed.threading.end());
    return filed;
}

} // namespace posthouse::sorter
