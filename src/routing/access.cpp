// SPDX-License-Identifier: Apache-2.0
#include "routing/access.hpp"

#include "base/text.hpp"
#include "routing/domains.hpp"
#include "routing/local_part.hpp"
#include "tables/network.hpp"

namespace posthouse::routing {
namespace {

constexpr std::string_view connect_tag = "connect:";
constexpr std::string_view from_tag = "from:";
constexpr std::string_view to_tag = "to:";

/// One search, which a key or SKIP ends.
class Search {
public:
    Search(const tables::Image* table, std::string_view tag) : table_(table), tag_(tag) {}

    Search& key(std::string_view key)
    {
        if (!over())
            found_ = table_->find(std::string(tag_).append(key));
        if (!over())
            found_ = table_->find(key);
        return *this;
    }
    Search& network(std::string_view address)
    {
        if (over())
            return *this;
        auto tagged = tables::find_network(*table_, tag_, address);
        auto untagged = tables::find_network(*table_, {}, address);
        const auto bits = [&](const tables::Entry& entry) {
            const auto key = entry.key();
            const auto slash = key.rfind('/');
            return slash == key.npos ? 128 : parse_number(key.substr(slash + 1)).value_or(0);
        };
        if (tagged && (!untagged || bits(*tagged) >= bits(*untagged)))
            found_ = tagged;
        else
            found_ = untagged;
        return *this;
    }
    Search& domain(std::string_view domain)
    {
        for (const auto name : with_parents(domain))
            key(name);
        return *this;
    }
    /// The address, with any detail and without.
    Search& user(std::string_view local_part, std::string_view separators, std::string_view domain)
    {
        if (over())
            return *this;
        key(key_of(local_part, domain));
        if (const auto detail = detail_of(local_part, separators))
            key(key_of(detail->wildcard, domain)).key(key_of(detail->user, domain));
        return *this;
    }

    std::optional<AccessRule> answer() const
    {
        if (!found_ || found_->size() == 0)
            return std::nullopt;
        const auto item = found_->item(0);
        const auto kind = static_cast<tables::Access>(item.kind);
        if (kind == tables::Access::skip)
            return std::nullopt;
        return AccessRule{kind, std::string(item.text), found_->place()};
    }

private:
    bool over() const { return !table_ || found_; }

    const tables::Image* table_;
    std::string_view tag_;
    std::optional<tables::Entry> found_;
};

} // namespace

std::optional<AccessRule> access_of_client_name(const Client& client, const Tables& tables)
{
    if (client.name.empty())
        return std::nullopt;
    return Search(tables.access, connect_tag).domain(lowercase(client.name)).answer();
}

std::optional<AccessRule> access_of_client_address(const Client& client, const Tables& tables)
{
    return Search(tables.access, connect_tag).network(client.address).answer();
}

std::optional<AccessRule> access_of_client(const Client& client, const Tables& tables)
{
    auto rule = access_of_client_name(client, tables);
    return rule ? rule : access_of_client_address(client, tables);
}

std::optional<AccessRule> access_of_sender(const mail::Mailbox& sender, const Rules& rules,
                                           const Tables& tables)
{
    const auto& domain = sender.domain().text();
    return Search(tables.access, from_tag)
        .user(sender.local_part(), rules.separators, domain)
        .user(sender.local_part(), rules.separators, {})
        .domain(domain)
        .answer();
}

std::optional<AccessRule> access_of_recipient(const mail::Mailbox& recipient, const Rules& rules,
                                              const Tables& tables, Keys keys)
{
    const auto& domain = recipient.domain().text();
    Search search(tables.access, to_tag);
    search.user(recipient.local_part(), rules.separators, domain);
    if (locality_of(recipient.domain(), rules, tables))
        search.user(recipient.local_part(), rules.separators, {});
    if (keys == Keys::all)
        search.domain(domain);
    return search.answer();
}

std::optional<AccessRule> access_of_recipient_domain(const mail::Domain& domain,
                                                     const Tables& tables)
{
    return Search(tables.access, to_tag).domain(domain.text()).answer();
}

} // namespace posthouse::routing
