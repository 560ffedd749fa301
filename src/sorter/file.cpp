// SPDX-License-Identifier: Apache-2.0
#include "sorter/file.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "mail/received.hpp"

#include <algorithm>

namespace posthouse::sorter {
namespace {

/// A field's value holds any bytes, and if it is long it is cut anywhere; a Protocol Buffers string
/// is UTF-8.
std::string as_utf8(std::string value)
{
    if (value.size() == mail::SummaryLimits().value_bytes)
        for (std::size_t cut = 1; cut < 4 && !is_utf8(value); ++cut) // One character at most.
            if (is_utf8(std::string_view(value).substr(0, value.size() - cut)))
                value.resize(value.size() - cut);
    if (!is_utf8(value))
        std::ranges::replace_if(value, mail::is_non_ascii, '?');
    return value;
}

} // namespace

Filing::Filing(std::string prefix, std::uint64_t bytes)
    : prefix_(std::move(prefix)),
      bytes_left_(bytes)
{
    summarizer_.append(prefix_); // As its reader will see it.
}

wire::Result<Filing> Filing::begin(const wire::File& request)
{
    const auto sender = mail::ReversePath::parse(request.sender());
    const auto mailbox = mail::Mailbox::parse(request.final_address());
    if (!sender || !mailbox)
        return std::unexpected(wire::Failure::invalid);
    return Filing(mail::return_path_field(*sender) + mail::delivered_to_field(*mailbox),
                  request.bytes());
}

void Filing::append(std::string_view piece)
{
    expects(piece.size() <= bytes_left_);
    bytes_left_ -= piece.size();
    summarizer_.append(piece);
}

wire::Filed Filing::finish() &&
{
    expects(bytes_left_ == 0);
    auto summary = std::move(summarizer_).finish();
    wire::Summary written;
    written.set_lines(summary.lines);
    written.set_header_bytes(summary.header_bytes);
    written.set_date(as_utf8(std::move(summary.date)));
    written.set_from(as_utf8(std::move(summary.from)));
    written.set_to(as_utf8(std::move(summary.to)));
    written.set_subject(as_utf8(std::move(summary.subject)));
    written.set_message_id(as_utf8(std::move(summary.message_id)));
    wire::Filed filed;
    filed.set_prefix(std::move(prefix_));
    filed.set_summary(written.SerializeAsString());
    return filed;
}

} // namespace posthouse::sorter
