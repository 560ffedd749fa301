// SPDX-License-Identifier: Apache-2.0
#include "routing/aliases.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "routing/local_part.hpp"
#include "tables/formats.hpp"

#include <algorithm>

namespace posthouse::routing {

std::optional<tables::Entry> find_alias(std::string_view name, const mail::Domain& domain,
                                        const Tables& tables)
{
    if (!tables.aliases || tables.aliases->size() == 0)
        return std::nullopt;
    if (auto entry = tables.aliases->find(key_of(name, domain.text())))
        return entry;
    const auto key = name_key_of(name);
    return key ? tables.aliases->find(*key) : std::nullopt;
}

std::optional<ListSender> ListSender::of(std::string_view alias, const Rules& rules,
                                         const Tables& tables)
{
    const auto name = alias.substr(0, alias.find('@'));
    // Those who look after lists are looked after by owner-owner, as in sendmail.
    const bool of_owners = name.starts_with("owner-") || name.ends_with("-request");
    const auto owner = of_owners ? std::string("owner-owner") : "owner-" + std::string(name);
    if (name == owner || !is_local_name(owner) || !find_alias(owner, rules.hostname, tables))
        return std::nullopt;
    ListSender sender;
    sender.local_part_ = owner;
    sender.domain_ = rules.hostname.text();
    const auto is_it = [&](const std::string& list) { return equal_ignoring_case(list, name); };
    if (!rules.separators.empty() && std::ranges::any_of(rules.verp_lists, is_it))
        sender.separator_ = rules.separators.front();
    return sender;
}

std::string ListSender::for_member(std::string_view address) const
{
    const auto plain = local_part_ + '@' + domain_;
    const auto at = address.rfind('@');
    if (separator_ == '\0' || at == address.npos)
        return plain;
    auto own = local_part_ + separator_;
    own += address.substr(0, at);
    own += '=';
    own += address.substr(at + 1);
    own += '@' + domain_;
    // A member whose address is too long or must be quoted is answered for by the list as a whole.
    return mail::Mailbox::parse(own) ? own : plain;
}

bool is_program_allowed(std::string_view command, const Rules& rules)
{
    const auto words = tables::split_arguments(command);
    if (!words || words->empty())
        return false;
    const std::string_view program = words->front();
    const auto name = program.substr(program.rfind('/') + 1); // npos + 1 is 0
    const bool has_name = !name.empty() && name != "." && name != "..";
    return std::ranges::any_of(rules.programs_allowed, [&](const std::string& allowed) {
        return allowed.ends_with('/') ? has_name : program == allowed;
    });
}

} // namespace posthouse::routing
