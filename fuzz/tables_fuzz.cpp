// SPDX-License-Identifier: Apache-2.0
// fuzzes: tables mail base
// Any file of any table (by the first byte) has an image that opens, whose entries are found by
// their keys and hold what their table promises. :include: gives the file itself.

#include "base/contract.hpp"
#include "mail/address.hpp"
#include "tables/formats.hpp"
#include "tables/image.hpp"
#include "tables/network.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace {

using namespace posthouse;
using namespace posthouse::tables;

bool is_clean(std::string_view text)
{
    return std::ranges::none_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    });
}

void check_target(const Item& item)
{
    switch (static_cast<Target>(item.kind)) {
    case Target::address:
        expects(mail::Mailbox::parse(item.text).has_value());
        return;
    case Target::file:
        expects(item.text.starts_with('/'));
        return;
    case Target::program:
        expects(split_arguments(item.text).has_value());
        return;
    case Target::local:
    case Target::keep:
        expects(!item.text.empty());
        return;
    case Target::error:
        expects(item.text.empty() || item.text.starts_with('4') || item.text.starts_with('5'));
        return;
    }
    expects(false);
}

void check_entry(Table table, const Entry& entry)
{
    expects(entry.line() > 0 && !entry.key().empty() && is_clean(entry.key()));
    expects(entry.size() > 0);
    for (std::size_t i = 0; i < entry.size(); ++i) {
        const auto item = entry.item(i);
        expects(is_clean(item.text));
        if (table == Table::aliases)
            check_target(item);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto table = static_cast<Table>(data[0] % std::to_underlying(Table::copies) + 1);
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::array<Source, 2> sources = {Source{"one", text}, Source{"two", "again: one\n"}};
    std::size_t includes = 0;
    const auto compiled = compile(table, sources, [&](const std::string& path) {
        return ++includes < 4 && path.starts_with('/') ? std::optional(text) : std::nullopt;
    });
    expects(compiled.problems.size() <= Limits::problems);
    for (const auto& problem : compiled.problems)
        expects(!problem.what.empty() && is_clean(problem.what));

    const auto image = Image::open(compiled.image);
    expects(image.has_value() && image->size() == compiled.entries);
    for (std::size_t i = 0; i < image->size(); ++i) {
        const auto entry = image->entry(i);
        check_entry(table, entry);
        const auto found = image->find(entry.key());
        expects(found && found->line() == entry.line() && found->file() == entry.file());
    }
    find_network(*image, "connect:", "192.0.2.1");
    find_network(*image, "", "2001:db8::1");
    return 0;
}
