// SPDX-License-Identifier: Apache-2.0
#include "mail/summary.hpp"

#include "mail/header_block.hpp"

#include <algorithm>
#include <array>

namespace posthouse::mail {

void Summarizer::append(std::string_view piece)
{
    if (piece.empty())
        return;
    // One byte more, so that the parser sees whether the header was cut.
    front_ += piece.substr(0, limits_.header_bytes + 1 - front_.size());
    summary_.size_bytes += piece.size();
    summary_.lines += static_cast<std::uint64_t>(std::ranges::count(piece, '\n'));
    line_open_ = piece.back() != '\n';
}

Summary Summarizer::finish() &&
{
    const auto header = HeaderBlock::parse(front_, {.bytes = limits_.header_bytes});
    struct Wanted {
        std::string_view name;
        std::string* value;
    };
    const std::array<Wanted, 5> wanted = {{{"Date", &summary_.date},
                                           {"From", &summary_.from},
                                           {"To", &summary_.to},
                                           {"Subject", &summary_.subject},
                                           {"Message-ID", &summary_.message_id}}};
    for (const auto& [name, value] : wanted)
        if (const auto* field = header.first(name))
            *value = field->value(limits_.value_bytes);
    summary_.lines += line_open_;
    summary_.header_bytes = header.text().size();
    summary_.body_offset = header.body_offset();
    return std::move(summary_);
}

Summary summarize(std::string_view letter, const SummaryLimits& limits)
{
    Summarizer summarizer(limits);
    summarizer.append(letter);
    return std::move(summarizer).finish();
}

} // namespace posthouse::mail
