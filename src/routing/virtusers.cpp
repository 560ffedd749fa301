// SPDX-License-Identifier: Apache-2.0
#include "routing/virtusers.hpp"

#include "tables/formats.hpp"

namespace posthouse::routing {
namespace {

VirtualUser found(const tables::Entry& entry, const Arguments& arguments)
{
    VirtualUser user;
    user.place = entry.place();
    user.whole_domain = entry.key().starts_with('@');
    if (entry.size() == 0)
        return user;
    const auto item = entry.item(0);
    user.kind = item.kind;
    if (item.kind == static_cast<std::uint8_t>(tables::Virtual::address))
        user.address = filled_address(item.text, arguments);
    else
        user.text = filled(item.text, arguments);
    return user;
}

} // namespace

/// The order of keys and the arguments are those of sendmail's virtusertable.
std::optional<VirtualUser> find_virtual_user(const mail::Mailbox& address, const Rules& rules,
                                             const Tables& tables)
{
    if (!tables.virtusers || tables.virtusers->size() == 0)
        return std::nullopt;
    const auto& domain = address.domain().text();
    const std::string_view whole = address.local_part();
    std::string key;
    const auto look_up = [&](std::string_view local_part) {
        key = local_part.empty() ? '@' + domain : key_of(local_part, domain);
        return tables.virtusers->find(key);
    };
    if (!whole.empty())
        if (const auto entry = look_up(whole))
            return found(*entry, {.key = key, .first = whole, .second = {}, .third = {}});
    if (const auto detail = detail_of(whole, rules.separators)) {
        const Arguments arguments{
            .key = {}, .first = detail->user, .second = detail->detail, .third = detail->separated};
        const std::string separator(detail->separated.substr(0, 1));
        const std::string user(detail->user);
        const auto with_key = [&] {
            auto copy = arguments;
            copy.key = key;
            return copy;
        };
        if (!detail->detail.empty())
            if (const auto entry = look_up(user + separator + separator))
                return found(*entry, with_key());
        if (const auto entry = look_up(detail->wildcard))
            return found(*entry, with_key());
        if (const auto entry = look_up(user))
            return found(*entry, with_key());
        if (!detail->detail.empty())
            if (const auto entry = look_up(separator + separator))
                return found(*entry, with_key());
        if (const auto entry = look_up(separator + "*"))
            return found(*entry, with_key());
        if (const auto entry = look_up({}))
            return found(*entry, with_key());
        return std::nullopt;
    }
    if (const auto entry = look_up({}))
        return found(*entry, {.key = key, .first = whole, .second = {}, .third = {}});
    return std::nullopt;
}

} // namespace posthouse::routing
