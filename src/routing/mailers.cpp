// SPDX-License-Identifier: Apache-2.0
#include "routing/mailers.hpp"

#include "base/text.hpp"
#include "routing/domains.hpp"
#include "tables/formats.hpp"

namespace posthouse::routing {
namespace {

constexpr std::string_view via_prefix = "via:";
const Failure misconfigured{
    .status = "5.3.5", .code = 550, .text = "This host's tables say nothing usable"};

std::optional<tables::Entry> sender_relay(std::string_view sender, const Tables& tables)
{
    const auto at = sender.rfind('@');
    if (!tables.sender_relays || at == sender.npos)
        return std::nullopt;
    const auto key = lowercase(sender);
    for (const auto part : {std::size_t{0}, at, at + 1}) // address, @domain, domain
        if (auto entry = tables.sender_relays->find(std::string_view(key).substr(part)))
            return entry;
    return std::nullopt;
}

/// The domain; else the longest .domain above it; else "." for all.
std::optional<tables::Entry> mailer(const std::string& domain, const Tables& tables)
{
    if (!tables.mailers || tables.mailers->size() == 0)
        return std::nullopt;
    if (auto entry = tables.mailers->find(domain))
        return entry;
    if (!domain.starts_with('['))
        for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1))
            if (auto entry = tables.mailers->find(std::string_view(domain).substr(dot)))
                return entry;
    return tables.mailers->find(".");
}

/// All of its next hops, in their order.
std::string via(const tables::Entry& entry, bool (*is_hop)(const tables::Item&))
{
    std::string destination(via_prefix);
    for (std::size_t i = 0; i < entry.size(); ++i) {
        const auto item = entry.item(i);
        if (!is_hop(item))
            continue;
        if (destination.size() > via_prefix.size())
            destination += '|';
        destination += item.text;
    }
    return destination;
}

Way by(const tables::Entry& entry, std::string destination)
{
    if (!is_destination(destination))
        return {misconfigured, entry.place()};
    return {Carried{std::move(destination)}, entry.place()};
}

Way by_mailer(const tables::Entry& entry)
{
    if (entry.size() == 0)
        return {misconfigured, entry.place()};
    const auto item = entry.item(0);
    switch (static_cast<tables::Mailer>(item.kind)) {
    case tables::Mailer::esmtp:
    case tables::Mailer::relay:
        return by(entry, via(entry, [](const tables::Item& one) {
                      return one.kind == static_cast<std::uint8_t>(tables::Mailer::esmtp) ||
                             one.kind == static_cast<std::uint8_t>(tables::Mailer::relay);
                  }));
    case tables::Mailer::lmtp:
        return by(entry, "lmtp:" + std::string(item.text));
    case tables::Mailer::local:
        return {ForLocal{std::string(item.text)}, entry.place()};
    case tables::Mailer::discard:
        return {Carried{std::string(discard_destination)}, entry.place()};
    case tables::Mailer::error:
        return {failure_from(item.text,
                             {.status = "5.1.2", .code = 550, .text = "No mail is sent there"}),
                entry.place()};
    }
    return {misconfigured, entry.place()};
}

} // namespace

Way way_to(const mail::Mailbox& recipient, std::string_view sender, const Rules& rules,
           const Tables& tables)
{
    if (const auto entry = sender_relay(sender, tables))
        return by(*entry, via(*entry, [](const tables::Item&) { return true; }));
    const auto& domain = recipient.domain();
    if (!domain.is_literal())
        if (const auto entry = mailer(domain.text(), tables))
            return by_mailer(*entry);
    if (!rules.next_hops.empty()) {
        std::string destination(via_prefix);
        for (const auto& hop : rules.next_hops) {
            if (destination.size() > via_prefix.size())
                destination += '|';
            destination += hop;
        }
        return {Carried{std::move(destination)}, "smart_host"};
    }
    return {Carried{smtp_destination(domain)}, "remote"};
}

} // namespace posthouse::routing
