// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include "config/key_parts.hpp"

#include <algorithm>
#include <vector>

namespace posthouse::config {

std::span<const Key> keys()
{
    static const auto table = [] {
        std::vector<Key> all;
        for (const auto part : {server_keys(), tls_keys(), outgoing_keys(), delivery_keys(),
                                mailboxes_keys(), submit_keys(), login_keys(), process_keys()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return table;
}

const Key* find_key(std::string_view path)
{
    const auto table = keys();
    const auto found = std::ranges::find(table, path, &Key::path);
    return found == table.end() ? nullptr : &*found;
}

} // namespace posthouse::config
