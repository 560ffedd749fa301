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
    if (!header_ended_)
        keep_header(piece);
    summary_.size_bytes += piece.size();
    summary_.lines += static_cast<std::uint64_t>(std::ranges::count(piece, '\n'));
    line_open_ = piece.back() != '\n';
}

void Summarizer::keep_header(std::string_view piece)
{
    const auto seen = front_.size();
    // One byte more than the limit, so that the parser sees whether the header was cut.
    front_ += piece.substr(0, limits_.header_bytes + 1 - seen);
    header_ended_ = front_.size() > limits_.header_bytes || front_.starts_with('\n') ||
                    front_.starts_with("\r\n");
    for (auto at = front_.find('\n', seen - std::min<std::size_t>(seen, 2));
         !header_ended_ && at != front_.npos; at = front_.find('\n', at + 1)) {
        const auto rest = std::string_view(front_).substr(at + 1);
        if (rest.starts_with('\n') || rest.starts_with("\r\n")) {
            front_.resize(at + 1 + (rest[0] == '\n' ? 1 : 2));
            header_ended_ = true;
        }
    }
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
