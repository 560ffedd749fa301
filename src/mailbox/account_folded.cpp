// SPDX-License-Identifier: Apache-2.0
#include "mailbox/account.hpp"
#include "mailbox/summary.pb.h"

namespace posthouse::mailbox {
namespace {

constexpr std::size_t most_folded_bytes = 64 << 20;
constexpr std::size_t summaries_a_read = 500;

} // namespace

Task<Result<std::vector<std::string_view>>> Account::folded(std::vector<std::uint64_t> emails)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    std::vector<std::uint64_t> missing;
    for (const auto email : emails)
        if (!folded_.contains(email))
            missing.push_back(email);
    if (folded_bytes_ > most_folded_bytes) {
        folded_.clear();
        folded_bytes_ = 0;
        missing = emails;
    }
    MessageSummary summary;
    for (std::size_t at = 0; at < missing.size(); at += summaries_a_read) {
        const auto end = std::min(at + summaries_a_read, missing.size());
        std::vector<std::uint64_t> some(missing.begin() + static_cast<std::ptrdiff_t>(at),
                                        missing.begin() + static_cast<std::ptrdiff_t>(end));
        auto found = co_await summaries(some);
        if (!found)
            co_return std::unexpected(found.error());
        for (std::size_t i = 0; i < some.size(); ++i) {
            std::string text;
            if (summary.ParseFromString((*found)[i]))
                text = std::move(*summary.mutable_folded());
            text.shrink_to_fit();
            folded_bytes_ += text.size() + 96;
            folded_.insert_or_assign(some[i], std::move(text));
        }
    }
    std::vector<std::string_view> texts;
    texts.reserve(emails.size());
    for (const auto email : emails) {
        const auto found = folded_.find(email); // Another search may have emptied it meanwhile.
        texts.push_back(found == folded_.end() ? std::string_view() : found->second);
    }
    co_return texts;
}

} // namespace posthouse::mailbox
