// SPDX-License-Identifier: Apache-2.0
#include "routing/copies.hpp"

#include "base/text.hpp"

#include <set>
#include <string_view>

namespace posthouse::routing {

std::vector<Copy> copies_of(const Question& question, const Tables& tables)
{
    std::vector<Copy> copies;
    if (!tables.copies || tables.copies->size() == 0)
        return copies;
    std::set<std::string> seen; // of keys
    const auto look_up = [&](std::string key, std::size_t cause) {
        if (!seen.insert(key).second)
            return;
        const auto entry = tables.copies->find(key);
        if (!entry)
            return;
        for (std::size_t i = 0; i < entry->size(); ++i)
            if (auto to = mail::Mailbox::parse(entry->item(i).text))
                copies.push_back({std::move(*to), cause, entry->place()});
    };
    const auto both = [&](std::string_view role, const std::string& address, std::size_t cause) {
        const auto key = lowercase(address);
        const auto at = key.rfind('@');
        if (at == key.npos)
            return;
        look_up(std::string(role) + key, cause);
        look_up(std::string(role) + key.substr(at), cause);
    };
    both("sender:", question.sender.text(), 0);
    for (std::size_t i = 0; i < question.recipients.size(); ++i)
        both("recipient:", question.recipients[i], i);
    return copies;
}

} // namespace posthouse::routing
