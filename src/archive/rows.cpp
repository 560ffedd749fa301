// SPDX-License-Identifier: Apache-2.0
#include "archive/rows.hpp"

#include "mail/message_entry.hpp"

namespace posthouse::archive {
namespace {

std::uint64_t mixed(std::string_view key)
{
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a, and the end of MurmurHash3 to spread it
    for (const char c : key)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
    return hash ^ hash >> 33;
}

/// By chance, as often as it takes for chunks of the usual size: the chance of a row is its share
/// of one.
bool ends_chunk(std::string_view key, std::size_t row_bytes)
{
    constexpr auto whole = ~std::uint64_t{0};
    return row_bytes >= RowCutter::usual || mixed(key) < whole / RowCutter::usual * row_bytes;
}

} // namespace

void append_row(std::string& to, const store::Row& row)
{
    mail::append_bytes(to, row.key);
    mail::append_bytes(to, row.value);
}

std::optional<std::string> RowCutter::add(const store::Row& row)
{
    const auto before = chunk_.size();
    append_row(chunk_, row);
    const bool ends = chunk_.size() >= most ||
                      (chunk_.size() >= least && ends_chunk(row.key, chunk_.size() - before));
    if (!ends)
        return std::nullopt;
    return std::exchange(chunk_, {});
}

std::optional<std::string> RowCutter::finish()
{
    if (chunk_.empty())
        return std::nullopt;
    return std::exchange(chunk_, {});
}

std::optional<store::Row> RowReader::next()
{
    if (rest_.empty())
        return std::nullopt;
    const auto key = mail::take_bytes(rest_);
    const auto value = key ? mail::take_bytes(rest_) : std::nullopt;
    if (!value || key->size() > store::Limits::key) {
        damaged_ = true;
        rest_ = {};
        return std::nullopt;
    }
    return store::Row{std::string(*key), std::string(*value)};
}

} // namespace posthouse::archive
