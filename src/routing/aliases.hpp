// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"

#include <string>
#include <string_view>

namespace posthouse::routing {

/// An alias of the whole address, else of the name, which counts at all local domains.
std::optional<tables::Entry> find_alias(std::string_view name, const mail::Domain&, const Tables&);

/// An alias whose name begins with `owner-`: whoever looks after a list, and is told in place of
/// the letter's sender what became of its members' letters.
class ListSender {
public:
    /// nullopt: the alias has no owner.
    static std::optional<ListSender> of(std::string_view alias, const Rules&, const Tables&);

    /// owner-list@hostname, or in a list of Rules::verp_lists owner-list+user=domain@hostname.
    std::string for_member(std::string_view address) const;

private:
    std::string local_part_;
    std::string domain_;
    char separator_ = '\0'; // '\0': the same one for all members
};

/// May an alias call this program? Its first word is one of Rules::programs_allowed, or a file of
/// that name in one of its directories, as smrsh has it.
bool is_program_allowed(std::string_view command, const Rules&);

} // namespace posthouse::routing
