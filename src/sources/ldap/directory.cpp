// SPDX-License-Identifier: Apache-2.0
#include "sources/ldap/directory.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "sources/names.hpp"

#include <algorithm>

namespace posthouse::sources {
namespace {

using Kind = LdapTrouble::Kind;

/// "proxyAddresses otherMailbox"
std::vector<std::string> names_in(std::string_view list)
{
    std::vector<std::string> names;
    constexpr std::string_view separators = ", \t";
    while (!list.empty()) {
        const auto end = list.find_first_of(separators);
        if (end != 0)
            names.push_back(lowercase(list.substr(0, end)));
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return names;
}

void add_addresses(std::vector<mail::Mailbox>& addresses, const LdapEntry& found,
                   std::string_view attributes)
{
    for (const auto& name : names_in(attributes)) {
        const auto values = found.values.find(name);
        if (values == found.values.end())
            continue;
        for (const auto& value : values->second)
            if (auto address = address_from(value);
                address && std::ranges::find(addresses, *address) == addresses.end())
                addresses.push_back(std::move(*address));
    }
}

} // namespace

std::expected<LdapTerms, std::string> LdapTerms::make(const config::LoginSource& source,
                                                      Secret bind_password,
                                                      const std::string& system_ca_file)
{
    const auto servers = parse_ldap_servers(source.url);
    if (!servers)
        return std::unexpected(servers.error());
    LdapTerms terms{
        .source = source,
        .tls = {source.start_tls, source.ca_file.empty() ? system_ca_file : source.ca_file},
        .bind_password = std::move(bind_password),
        .servers = {},
        .judge = std::make_shared<Judge>(source.name, Bare::plain)};
    for (const auto& server : *servers)
        terms.servers.push_back({server, std::make_shared<Health>(source.name, server.text())});
    return terms;
}

// ---- questions ------------------------------------------------------------------------------

SourceResult<std::optional<SourcePerson>> LdapBackend::find(const mail::Mailbox& mailbox)
{
    const auto found = look_up(mailbox);
    if (!found)
        return std::unexpected(found.error());
    return *found ? std::optional(terms_->judge->person_of((*found)->entry)) : std::nullopt;
}

SourceResult<Checked> LdapBackend::check(const mail::Mailbox& mailbox, const Secret& password)
{
    const auto found = look_up(mailbox);
    if (!found)
        return std::unexpected(found.error());
    if (terms_->source.password_attribute.empty())
        return check_by_bind(*found, password);
    return terms_->judge->check(*found ? std::optional((*found)->entry) : std::nullopt, password);
}

SourceResult<Checked> LdapBackend::check_by_bind(const std::optional<Found>& found,
                                                 const Secret& password)
{
    if (password.empty()) // The directory would say yes (RFC 4513 §5.1.2).
        return Checked{.answer = Checked::Answer::wrong};
    if (!found) {
        // Nobody's name is tried in his place, which takes as long.
        (void)bind("cn=nobody-of-this-name," + terms_->source.base_dn, password);
        return Checked{.answer = Checked::Answer::unknown};
    }
    const auto right = bind(found->dn, password);
    if (!right)
        return std::unexpected(right.error());
    if (!*right)
        return Checked{.answer = Checked::Answer::wrong};
    return Checked{.answer = Checked::Answer::right,
                   .person = terms_->judge->person_of(found->entry)};
}

SourceResult<std::optional<LdapBackend::Found>> LdapBackend::look_up(const mail::Mailbox& mailbox)
{
    const auto& source = terms_->source;
    const Names names(mailbox);
    std::vector<std::string> attributes;
    for (const auto* list :
         {&source.address_attribute, &source.alias_attribute, &source.password_attribute})
        std::ranges::move(names_in(*list), std::back_inserter(attributes));
    const auto entries = search(expand_filter(source.filter, names), attributes);
    if (!entries)
        return std::unexpected(entries.error());
    if (entries->empty())
        return std::nullopt;
    if (entries->size() > 1)
        return std::unexpected(broken("the filter finds more than one entry for a user"));
    const auto& only = entries->front();
    if (only.dn.empty())
        return std::unexpected(broken("the directory gives a user without a name"));
    if (const auto member = is_in_group(names, only.dn); !member || !*member)
        return member ? SourceResult<std::optional<Found>>(std::nullopt)
                      : std::unexpected(member.error());
    auto entry = entry_from(only, names);
    if (!entry)
        return std::unexpected(entry.error());
    return Found{std::move(**entry), only.dn};
}

SourceResult<bool> LdapBackend::is_in_group(const Names& names, const std::string& dn)
{
    if (terms_->source.group_filter.empty())
        return true;
    const auto groups = search(expand_filter(terms_->source.group_filter, names, dn), {});
    if (!groups)
        return std::unexpected(groups.error());
    return !groups->empty();
}

SourceResult<std::optional<Entry>> LdapBackend::entry_from(const LdapEntry& found,
                                                           const Names& names) const
{
    const auto& source = terms_->source;
    std::vector<mail::Mailbox> addresses;
    add_addresses(addresses, found, source.address_attribute);
    if (addresses.empty())
        if (auto asked = address_from(names.address))
            addresses.push_back(std::move(*asked));
    if (addresses.empty())
        return std::unexpected(broken("an entry has no address"));
    add_addresses(addresses, found, source.alias_attribute);
    Entry entry{.address = addresses.front()};
    entry.aliases.assign(addresses.begin() + 1, addresses.end());
    for (const auto& name : names_in(source.password_attribute))
        if (const auto values = found.values.find(name); values != found.values.end())
            entry.stored.insert(entry.stored.end(), values->second.begin(), values->second.end());
    return entry;
}

// ---- connections ----------------------------------------------------------------------------

SourceResult<std::vector<LdapEntry>> LdapBackend::search(const std::string& filter,
                                                         const std::vector<std::string>& attributes)
{
    return with<std::vector<LdapEntry>>(searcher_, Purpose::searching, [&](LdapSession& session) {
        return session.search(terms_->source.base_dn, filter, attributes);
    });
}

SourceResult<bool> LdapBackend::bind(const std::string& dn, const Secret& password)
{
    return with<bool>(user_, Purpose::binding,
                      [&](LdapSession& session) { return session.bind(dn, password); });
}

template <class T>
SourceResult<T>
LdapBackend::with(Kept& kept, Purpose purpose,
                  const std::function<std::expected<T, LdapTrouble>(LdapSession&)>& work)
{
    constexpr auto at_once = std::chrono::seconds(1);
    for (;;) {
        const bool fresh = !kept.session;
        if (fresh)
            if (const auto connected = connect(kept, purpose); !connected)
                return std::unexpected(connected.error());
        const auto begun = Instant::clock::now();
        auto result = work(*kept.session);
        if (result)
            return std::move(*result);
        const auto& trouble = result.error();
        if (trouble.kind == Kind::refused)
            return std::unexpected(broken(trouble.text));
        if (trouble.kind == Kind::lost) {
            kept.session.reset();
            if (!fresh && Instant::clock::now() - begun < at_once)
                continue; // A server that was started again has closed it.
            kept.health->failed(Instant::clock::now(), trouble.text);
        }
        return std::unexpected(SourceError::unavailable);
    }
}

SourceResult<void> LdapBackend::connect(Kept& kept, Purpose purpose)
{
    for (const auto& [server, health] : terms_->servers) {
        if (!health->may_try(Instant::clock::now()))
            continue;
        auto session = connect_to(server, purpose);
        if (!session && session.error().kind == Kind::refused)
            return std::unexpected(broken(session.error().text));
        if (!session) {
            health->failed(Instant::clock::now(), session.error().text);
            continue;
        }
        health->worked();
        kept = {std::move(*session), health};
        return {};
    }
    return std::unexpected(SourceError::unavailable);
}

std::expected<LdapSession, LdapTrouble> LdapBackend::connect_to(const LdapServer& server,
                                                                Purpose purpose)
{
    auto session = LdapSession::open(server, terms_->tls);
    if (!session || purpose == Purpose::binding || terms_->source.bind_dn.empty())
        return session;
    if (terms_->bind_password.empty())
        return std::unexpected(LdapTrouble{Kind::refused, "bind_dn has no password"});
    const auto bound = session->bind(terms_->source.bind_dn, terms_->bind_password);
    if (!bound)
        return std::unexpected(bound.error());
    if (!*bound)
        return std::unexpected(LdapTrouble{Kind::refused, "the password of bind_dn is not taken"});
    return session;
}

SourceError LdapBackend::broken(std::string_view reason) const
{
    log::error("source.broken",
               {{"source", terms_->source.name}, {"reason", printable(reason, 256)}});
    return SourceError::broken;
}

} // namespace posthouse::sources
