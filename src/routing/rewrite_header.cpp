// SPDX-License-Identifier: Apache-2.0
#include "routing/rewrite_header.hpp"

#include "base/text.hpp"
#include "mail/address_field.hpp"
#include "mail/address_list.hpp"
#include "mail/header_block.hpp"
#include "mail/lexical.hpp"
#include "routing/masquerade.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace posthouse::routing {
namespace {

enum class Party : std::uint8_t { none, sender, recipient };

Party party_of(std::string_view name)
{
    static constexpr std::array<std::string_view, 8> senders = {
        "From",          "Sender",          "Reply-To",  "Resent-From",
        "Resent-Sender", "Resent-Reply-To", "Errors-To", "Return-Receipt-To"};
    static constexpr std::array<std::string_view, 6> recipients = {
        "To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"};
    const auto is_it = [&](std::string_view one) { return equal_ignoring_case(one, name); };
    if (std::ranges::any_of(senders, is_it))
        return Party::sender;
    return std::ranges::any_of(recipients, is_it) ? Party::recipient : Party::none;
}

/// Nothing in it but text, tabs and line ends.
bool is_plain(std::string_view value)
{
    return std::ranges::all_of(value, [](char c) {
        return static_cast<unsigned char>(c) >= ' ' ? c != '\x7f'
                                                    : c == '\t' || c == '\r' || c == '\n';
    });
}

class Rewriting {
public:
    Rewriting(const Rules& rules, const Tables& tables) : rules_(rules), tables_(tables) {}

    /// The field anew; nullopt: it stays.
    std::optional<std::string> field(const mail::HeaderField& field, Party party) const
    {
        const auto value = field.raw_value();
        auto list = mail::parse_address_list(value);
        if (!list.complete || !(list.well_formed || list.lacks_domains) || !is_plain(value))
            return std::nullopt;
        bool changed = false;
        for (auto& entry : list.entries)
            changed = rewrite(entry, party) || changed;
        return changed ? mail::address_field(field.name, list.entries) : std::nullopt;
    }

private:
    bool rewrite(mail::AddressEntry& entry, Party party) const
    {
        if (entry.kind != mail::AddressEntry::Kind::mailbox || entry.local_part.empty())
            return false;
        const bool bare = entry.domain.empty();
        if (bare && !rules_.masquerade.add_domain)
            return false;
        auto whole = entry;
        if (bare)
            whole.domain = rules_.hostname.text();
        auto mailbox = mail::Mailbox::parse(whole.address());
        if (!mailbox)
            return false;
        std::optional<mail::Mailbox> seen;
        if (party == Party::sender || rules_.masquerade.recipients)
            seen = seen_outside(*mailbox, rules_, tables_);
        if (!seen && !bare)
            return false;
        const auto& becomes = seen ? *seen : *mailbox;
        entry.local_part = becomes.local_part();
        entry.domain = becomes.domain().text();
        return true;
    }

    const Rules& rules_;
    const Tables& tables_;
};

} // namespace

std::vector<mail::Edit> rewrite_header(std::string_view head, const Rules& rules,
                                       const Tables& tables)
{
    std::vector<mail::Edit> edits;
    const auto block = mail::HeaderBlock::parse(head);
    const Rewriting rewriting(rules, tables);
    for (const auto& field : block.fields()) {
        const auto party = party_of(field.name);
        if (party == Party::none || !field.raw.ends_with('\n')) // or it is cut off
            continue;
        if (auto text = rewriting.field(field, party))
            edits.push_back({field.offset, field.raw.size(), std::move(*text)});
    }
    return edits;
}

} // namespace posthouse::routing
