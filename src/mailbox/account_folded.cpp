// SPDX-License-Identifier: Apache-2.0
// What searches by header look through: in memory, in rows of its own, and in the summaries.
#include "mail/message_entry.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/summary.pb.h"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

constexpr std::size_t most_folded_bytes = 64 << 20;
constexpr std::size_t bytes_besides = 96; // that a text takes in memory
constexpr std::size_t summaries_a_read = 500;
constexpr std::size_t most_row_bytes = 48 << 10;
constexpr std::size_t rows_a_commit = 50;

std::uint64_t page_of(std::uint64_t email)
{
    return email / key::fold_emails;
}

/// Each page of these emails once, in their order.
std::vector<std::uint64_t> pages_of(const std::vector<std::uint64_t>& emails)
{
    std::vector<std::uint64_t> pages;
    for (const auto email : emails)
        if (pages.empty() || pages.back() != page_of(email))
            pages.push_back(page_of(email));
    std::ranges::sort(pages);
    const auto rest = std::ranges::unique(pages);
    pages.erase(rest.begin(), rest.end());
    return pages;
}

} // namespace

void Account::remember_fold(std::uint64_t email, std::string text)
{
    text.shrink_to_fit();
    const auto bytes = text.size() + bytes_besides;
    if (folded_.try_emplace(email, std::move(text)).second)
        folded_bytes_ += bytes;
}

void Account::forget_fold(std::uint64_t email)
{
    if (const auto found = folded_.find(email); found != folded_.end()) {
        folded_bytes_ -= found->second.size() + bytes_besides;
        folded_.erase(found);
    }
}

Task<Result<std::vector<std::string_view>>> Account::folded(std::vector<std::uint64_t> emails)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    const auto missing = [&] {
        std::vector<std::uint64_t> those;
        for (const auto email : emails)
            if (!folded_.contains(email))
                those.push_back(email);
        return those;
    };
    auto unknown = missing();
    if (folded_bytes_ > most_folded_bytes) {
        folded_.clear();
        folded_bytes_ = 0;
        unknown = emails;
    }
    if (!unknown.empty()) {
        if (auto read = co_await read_folds(std::move(unknown)); !read)
            co_return std::unexpected(read.error());
        unknown = missing();
    }
    if (!unknown.empty()) {
        if (auto brought = co_await bring_folds(unknown); !brought)
            co_return std::unexpected(brought.error());
        co_await keep_folds(std::move(unknown));
    }
    std::vector<std::string_view> texts;
    texts.reserve(emails.size());
    for (const auto email : emails) {
        const auto found = folded_.find(email); // Another search may have emptied it meanwhile.
        texts.push_back(found == folded_.end() ? std::string_view() : found->second);
    }
    co_return texts;
}

/// From rows of their own, as far as there are any.
Task<Result<void>> Account::read_folds(std::vector<std::uint64_t> emails)
{
    const auto pages = pages_of(emails);
    std::ranges::sort(emails);
    for (std::size_t at = 0; at < pages.size(); at += store::Limits::page_rows) {
        const auto end = std::min(at + store::Limits::page_rows, pages.size());
        std::vector<std::uint64_t> some(pages.begin() + static_cast<std::ptrdiff_t>(at),
                                        pages.begin() + static_cast<std::ptrdiff_t>(end));
        auto rows = co_await values(key::folds, some);
        if (!rows)
            co_return std::unexpected(rows.error());
        for (std::size_t i = 0; i < some.size(); ++i)
            for (std::string_view rest = (*rows)[i]; !rest.empty();) {
                const auto place = mail::take_varint(rest);
                const auto text = mail::take_bytes(rest);
                if (!place || !text || *place >= key::fold_emails)
                    break; // Damaged: the summaries tell.
                const auto email = some[i] * key::fold_emails + *place;
                if (std::ranges::binary_search(emails, email))
                    remember_fold(email, std::string(*text));
            }
    }
    co_return Result<void>{};
}

/// From their summaries.
Task<Result<void>> Account::bring_folds(std::vector<std::uint64_t> emails)
{
    MessageSummary summary;
    for (std::size_t at = 0; at < emails.size(); at += summaries_a_read) {
        const auto end = std::min(at + summaries_a_read, emails.size());
        std::vector<std::uint64_t> some(emails.begin() + static_cast<std::ptrdiff_t>(at),
                                        emails.begin() + static_cast<std::ptrdiff_t>(end));
        auto found = co_await summaries(some);
        if (!found)
            co_return std::unexpected(found.error());
        for (std::size_t i = 0; i < some.size(); ++i) {
            std::string text;
            if (summary.ParseFromString((*found)[i]))
                text = std::move(*summary.mutable_folded());
            remember_fold(some[i], std::move(text));
        }
    }
    co_return Result<void>{};
}

/// So that the next search after a restart need not read their summaries. Only where many of a page
/// were missing: a row each for what comes letter by letter would cost more than it saves. That it
/// is not written, as on a full disk, harms nobody.
Task<void> Account::keep_folds(std::vector<std::uint64_t> emails)
{
    std::ranges::sort(emails);
    std::vector<std::uint64_t> worthy;
    for (const auto page : pages_of(emails)) {
        const auto first = std::ranges::lower_bound(emails, page * key::fold_emails);
        const auto last = std::ranges::lower_bound(emails, (page + 1) * key::fold_emails);
        if (last - first >= static_cast<std::ptrdiff_t>(key::fold_emails / 4))
            worthy.push_back(page);
    }
    for (std::size_t at = 0; at < worthy.size(); at += rows_a_commit) {
        const auto end = std::min(at + rows_a_commit, worthy.size());
        (void)co_await commit(
            [&](Delta& delta) -> Result<void> {
                for (auto i = at; i < end; ++i)
                    if (auto row = packed_folds(worthy[i]); !row.empty())
                        delta.put_row(key::folds(worthy[i]), std::move(row));
                return {};
            },
            end - at, (end - at) * most_row_bytes);
    }
}

/// Of those that are remembered.
std::string Account::packed_folds(std::uint64_t page) const
{
    std::string row;
    for (std::uint64_t place = 0; place < key::fold_emails; ++place) {
        const auto found = folded_.find(page * key::fold_emails + place);
        if (found == folded_.end() || row.size() + found->second.size() + 8 > most_row_bytes)
            continue;
        mail::append_varint(row, place);
        mail::append_bytes(row, found->second);
    }
    return row;
}

} // namespace posthouse::mailbox
