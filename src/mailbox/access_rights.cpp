// SPDX-License-Identifier: Apache-2.0
#include "mailbox/access_rights.hpp"

#include "mailbox/account.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

constexpr AccountId anyone{0};

AccountId whom(const Grant& grant)
{
    return AccountId{grant.account()};
}

} // namespace

std::optional<Rights> Rights::parse(std::string_view letters)
{
    Rights rights;
    for (const char letter : letters) {
        const auto at = right_letters.find(letter);
        if (letter == 'c')
            rights = rights | Rights{Right::create, Right::remove};
        else if (letter == 'd')
            rights = rights | Rights{Right::deleted, Right::expunge};
        else if (at != std::string_view::npos)
            rights = rights | Rights{static_cast<Right>(at)};
        else
            return std::nullopt;
    }
    return rights;
}

std::string Rights::text() const
{
    std::string letters;
    for (std::size_t i = 0; i < right_letters.size(); ++i)
        if (has(static_cast<Right>(i)))
            letters += right_letters[i];
    return letters;
}

Rights rights_of(AccountId account, const Mailbox& box)
{
    Rights given, taken;
    for (const auto& grant : box.access()) {
        if (whom(grant) != anyone && whom(grant) != account)
            continue;
        auto& sum = grant.negative() ? taken : given;
        sum = sum | Rights::from_bits(grant.rights());
    }
    return given.without(taken);
}

Result<void> change_access(Mailbox& box, const AccessChange& change)
{
    auto* list = box.mutable_access();
    const auto found = std::ranges::find_if(*list, [&](const Grant& grant) {
        return Identifier{whom(grant), grant.negative()} == change.whom;
    });
    const auto before = found == list->end() ? Rights() : Rights::from_bits(found->rights());
    const auto after = change.how == AccessChange::How::replace ? change.rights
                       : change.how == AccessChange::How::add   ? before | change.rights
                                                                : before.without(change.rights);
    if (after.empty()) {
        if (found != list->end())
            list->erase(found);
        return {};
    }
    if (found == list->end() && static_cast<std::size_t>(list->size()) >= Limits::access_entries)
        return std::unexpected(Error::limit);
    auto& grant = found == list->end() ? *list->Add() : *found;
    grant.set_account(static_cast<std::uint64_t>(change.whom.account));
    grant.set_negative(change.whom.negative);
    grant.set_rights(after.bits());
    grant.set_name(change.name);
    return {};
}

bool grants_to(const Mailbox& box, AccountId account)
{
    return std::ranges::any_of(box.access(), [&](const Grant& grant) {
        return !grant.negative() && whom(grant) == account && grant.rights() != 0;
    });
}

} // namespace posthouse::mailbox
