// SPDX-License-Identifier: Apache-2.0
#include "imap/search_key.hpp"

namespace posthouse::imap {

namespace {

/// The keys in a key; none in a leaf.
template <class Key>
auto children(Key& key)
{
    return std::visit(
        [](auto& is) -> decltype(&std::get<search::And>(key.is).keys) {
            if constexpr (requires { is.keys; })
                return &is.keys;
            else
                return nullptr;
        },
        key.is);
}

template <class Key, class Visit>
void walk(Key& key, const Visit& visit)
{
    visit(key);
    if (auto* keys = children(key))
        for (auto& each : *keys)
            walk(each, visit);
}

template <class Holds>
bool any(const SearchKey& key, const Holds& holds)
{
    bool found = false;
    walk(key, [&](const SearchKey& each) { found = found || holds(each); });
    return found;
}

} // namespace

void for_each_key(SearchKey& key, const std::function<void(SearchKey&)>& visit)
{
    walk(key, visit);
}

void for_each_key(const SearchKey& key, const std::function<void(const SearchKey&)>& visit)
{
    walk(key, visit);
}

bool mentions_modseq(const SearchKey& key)
{
    return any(key,
               [](const auto& each) { return std::holds_alternative<search::ModSeq>(each.is); });
}

bool is_fuzzy(const SearchKey& key)
{
    return any(key,
               [](const auto& each) { return std::holds_alternative<search::Fuzzy>(each.is); });
}

bool mentions_saved_result(const SearchKey& key)
{
    return any(key, [](const auto& each) {
        const auto* messages = std::get_if<search::Messages>(&each.is);
        const auto* uids = std::get_if<search::Uids>(&each.is);
        return (messages && messages->set.saved_result) || (uids && uids->set.saved_result);
    });
}

bool mentions_numbers(const SearchKey& key)
{
    return any(key, [](const auto& each) {
        const auto* messages = std::get_if<search::Messages>(&each.is);
        return messages && !messages->set.saved_result;
    });
}

} // namespace posthouse::imap
