// SPDX-License-Identifier: Apache-2.0
#include "mail/references.hpp"

#include "mail/lexical.hpp"
#include "mail/message_id.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_read = 2000; // of References

std::vector<std::string> ids_in(const HeaderBlock& header, std::string_view name, std::size_t most)
{
    const auto* const field = header.first(name);
    return field == nullptr ? std::vector<std::string>()
                            : message_ids(field->raw_value(), {.ids = most});
}

} // namespace

std::string normal_message_id(std::string_view id)
{
    const auto at = id.rfind("\"@");
    if (!id.starts_with("<\"") || at == id.npos || at < 2)
        return std::string(id);
    std::string local;
    for (std::size_t i = 2; i < at; ++i) {
        if (id[i] == '\\' && i + 1 < at)
            ++i;
        local += id[i];
    }
    return is_dot_atom(local) ? '<' + local + std::string(id.substr(at + 1)) : std::string(id);
}

std::string own_message_id(const HeaderBlock& header)
{
    const auto ids = ids_in(header, "Message-ID", 1);
    return ids.empty() ? std::string() : normal_message_id(ids.front());
}

std::vector<std::string> referred_ids(const HeaderBlock& header, std::size_t most)
{
    auto found = ids_in(header, "References", most_read);
    if (found.empty())
        found = ids_in(header, "In-Reply-To", 1);
    if (most > 0 && found.size() > most)
        found.erase(found.begin() + 1, found.end() - static_cast<std::ptrdiff_t>(most - 1));
    found.resize(std::min(found.size(), most));
    std::vector<std::string> ids;
    for (const auto& id : found)
        if (auto normal = normal_message_id(id); std::ranges::find(ids, normal) == ids.end())
            ids.push_back(std::move(normal));
    return ids;
}

} // namespace posthouse::mail
