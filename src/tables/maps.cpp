// SPDX-License-Identifier: Apache-2.0
// virtusertable, genericstable, and our own sender-dependent relays and copies.
#include "tables/builder.hpp"

#include "base/text.hpp"
#include "tables/lines.hpp"
#include "tables/target_list.hpp"
#include "tables/values.hpp"

#include <fmt/format.h>

#include <utility>

namespace posthouse::tables {
namespace {

std::unexpected<std::string> wrong(std::string what)
{
    return std::unexpected(std::move(what));
}

/// Calls `read` with each line's key and value; what it answers is added, or told.
template <class ReadLine>
void read_map(std::string_view text, Builder& builder, const ReadLine& read_line)
{
    LineReader lines(text, Layout::keyed, builder.report);
    while (const auto line = lines.next()) {
        const auto pair = split_line(line->text);
        if (pair.value.empty()) {
            builder.report.skipped(line->number, fmt::format("a value is missing behind '{}'",
                                                             printable(pair.key, 100)));
            continue;
        }
        if (const auto fault = read_line(pair, Place{builder.file, line->number}))
            builder.report.skipped(line->number, *fault);
    }
}

/// "user@domain" or "@domain", in lower case.
Read read_key(std::string_view key)
{
    if (key.starts_with('@')) {
        const auto domain = read_domain(key.substr(1));
        return domain ? Read("@" + *domain) : domain;
    }
    if (!key.contains('@'))
        return wrong(fmt::format("the key '{0}' has no @: user@example.org or @example.org would "
                                 "be right",
                                 printable(key, 100)));
    const auto mailbox = read_mailbox(key);
    return mailbox ? Read(lowercase(*mailbox)) : mailbox;
}

/// An address that a sender or recipient becomes: one, with %1 and so on as they stand.
Read read_replacement(std::string_view value)
{
    if (value.contains(','))
        return wrong(fmt::format("'{}' is more than one address, where one stands; an alias in "
                                 "aliases leads to several",
                                 printable(value, 100)));
    return read_address(value);
}

struct VirtualItem {
    Virtual kind;
    std::string text;
};

std::expected<VirtualItem, std::string> read_virtual(std::string_view value)
{
    if (value == "!")
        return VirtualItem{Virtual::keep, ""};
    constexpr std::string_view error = "error:";
    if (!starts_with_ignoring_case(value, error)) {
        auto address = read_replacement(value);
        if (!address)
            return wrong(std::move(address).error());
        return VirtualItem{Virtual::address, *std::move(address)};
    }
    value = trimmed(value.substr(error.size()));
    auto refusal = read_refusal(value, "5.1.1");
    if (!refusal)
        return wrong(std::move(refusal).error());
    if (equal_ignoring_case(value.substr(0, value.find_first_of(": \t")), "nouser"))
        return VirtualItem{Virtual::nouser, std::string(text_of_refusal(*refusal))};
    return VirtualItem{Virtual::error, *std::move(refusal)};
}

} // namespace

void read_virtusers(std::string_view text, Builder& builder)
{
    read_map(text, builder, [&](KeyValue pair, Place place) -> std::optional<std::string> {
        const auto key = read_key(pair.key);
        if (!key)
            return key.error();
        const auto value = read_virtual(pair.value);
        if (!value)
            return value.error();
        const NewItem item{std::to_underlying(value->kind), value->text};
        builder.add(*key, place, {&item, 1});
        return std::nullopt;
    });
}

void read_generics(std::string_view text, Builder& builder)
{
    read_map(text, builder, [&](KeyValue pair, Place place) -> std::optional<std::string> {
        const auto name = pair.key.contains('@') ? read_key(pair.key) : read_local_name(pair.key);
        if (!name)
            return name.error();
        const auto value = read_replacement(pair.value);
        if (!value)
            return value.error();
        const NewItem item{plain_item, *value};
        builder.add(lowercase(*name), place, {&item, 1});
        return std::nullopt;
    });
}

void read_sender_relays(std::string_view text, Builder& builder)
{
    read_map(text, builder, [&](KeyValue pair, Place place) -> std::optional<std::string> {
        const auto key = pair.key.contains('@') ? read_key(pair.key) : read_domain(pair.key);
        if (!key)
            return key.error();
        const auto hops = read_next_hops(pair.value);
        if (!hops)
            return hops.error();
        std::vector<NewItem> items;
        for (const auto& hop : *hops)
            items.push_back({plain_item, hop});
        builder.add(*key, place, items);
        return std::nullopt;
    });
}

void read_copies(std::string_view text, Builder& builder)
{
    read_map(text, builder, [&](KeyValue pair, Place place) -> std::optional<std::string> {
        const auto side = pair.key.substr(0, pair.key.find(':') + 1);
        if (!equal_ignoring_case(side, "sender:") && !equal_ignoring_case(side, "recipient:"))
            return fmt::format("'{}' does not say whose copies these are: sender:user@example.org "
                               "or recipient:@example.org would be right",
                               printable(pair.key, 100));
        const auto key = read_key(pair.key.substr(side.size()));
        if (!key)
            return key.error();
        std::vector<std::string> addresses;
        for (const auto one : split_targets(pair.value)) {
            auto address = read_mailbox(one);
            if (!address)
                return address.error();
            addresses.push_back(*std::move(address));
        }
        std::vector<NewItem> items;
        for (const auto& address : addresses)
            items.push_back({plain_item, address});
        builder.add(lowercase(side) + *key, place, items);
        return std::nullopt;
    });
}

} // namespace posthouse::tables
