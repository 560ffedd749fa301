// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "config/document.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::config {

/// A value of the document by its key's type and range; nothing where it will not do. Of a list's
/// key: one of its items.
template <class T>
std::optional<T> value_of(const Key&, const Node&);

template <>
std::optional<bool> value_of(const Key&, const Node&);
template <>
std::optional<double> value_of(const Key&, const Node&);
template <>
std::optional<std::uint64_t> value_of(const Key&, const Node&);
template <>
std::optional<std::uint32_t> value_of(const Key&, const Node&); // A mode.
template <>
std::optional<std::uint16_t> value_of(const Key&, const Node&);
template <>
std::optional<Span> value_of(const Key&, const Node&);
template <>
std::optional<std::string> value_of(const Key&, const Node&); // Whatever is kept as text.
template <>
std::optional<mail::Domain> value_of(const Key&, const Node&);
template <>
std::optional<mail::Mailbox> value_of(const Key&, const Node&);
template <>
std::optional<Endpoint> value_of(const Key&, const Node&);
template <>
std::optional<Address> value_of(const Key&, const Node&);
template <>
std::optional<NextHop> value_of(const Key&, const Node&);

/// False where it will not do; then `to` is as it was.
template <class T>
bool convert(const Key& key, const Node& node, T& to)
{
    auto value = value_of<T>(key, node);
    if (value)
        to = std::move(*value);
    return value.has_value();
}

template <class T>
bool convert(const Key& key, const Node& node, std::optional<T>& to)
{
    auto value = value_of<T>(key, node);
    if (value)
        to = *std::move(value);
    return value.has_value();
}

/// A list, or one of its items alone.
template <class T>
bool convert(const Key& key, const Node& node, std::vector<T>& to)
{
    std::vector<T> items;
    const auto add = [&](const Node& item) {
        if (auto value = value_of<T>(key, item))
            items.push_back(std::move(*value));
        else
            return false;
        return true;
    };
    if (node.kind != Node::Kind::array) {
        if (!add(node))
            return false;
    } else {
        for (const auto& item : node.items)
            if (!add(item))
                return false;
    }
    to = std::move(items);
    return true;
}

} // namespace posthouse::config
