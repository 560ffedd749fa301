// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

#include <array>
#include <type_traits>
#include <variant>

namespace posthouse::imap {

namespace {

using When = Rules::When;
using Numbers = Rules::Numbers;

// In the order of CommandBody.
constexpr std::array<Rules, std::variant_size_v<CommandBody>> table = {{
    {"CAPABILITY", When::any, Numbers::none},
    {"NOOP", When::any, Numbers::silent},
    {"LOGOUT", When::any, Numbers::silent},
    {"ID", When::any, Numbers::none},
    {"STARTTLS", When::stranger, Numbers::silent},
    {"AUTHENTICATE", When::stranger, Numbers::silent},
    {"LOGIN", When::stranger, Numbers::silent},
    {"UNAUTHENTICATE", When::known, Numbers::silent},
    {"COMPRESS", When::known, Numbers::silent},
    {"ENABLE", When::known, Numbers::none},
    {"SELECT", When::known, Numbers::silent},
    {"CREATE", When::known, Numbers::none},
    {"DELETE", When::known, Numbers::none},
    {"RENAME", When::known, Numbers::none},
    {"SUBSCRIBE", When::known, Numbers::none},
    {"UNSUBSCRIBE", When::known, Numbers::none},
    {"STATUS", When::known, Numbers::none},
    {"LIST", When::known, Numbers::none},
    {"LSUB", When::known, Numbers::none},
    {"NAMESPACE", When::known, Numbers::none},
    {"APPEND", When::known, Numbers::none},
    {"REPLACE", When::selected, Numbers::none},
    {"IDLE", When::known, Numbers::none},
    {"CLOSE", When::selected, Numbers::silent},
    {"UNSELECT", When::selected, Numbers::silent},
    {"CHECK", When::selected, Numbers::silent},
    {"EXPUNGE", When::selected, Numbers::none},
    {"SEARCH", When::selected, Numbers::by_form},
    {"ESEARCH", When::known, Numbers::none},
    {"SORT", When::selected, Numbers::by_form},
    {"THREAD", When::selected, Numbers::by_form},
    {"CANCELUPDATE", When::selected, Numbers::none},
    {"FETCH", When::selected, Numbers::by_form},
    {"STORE", When::selected, Numbers::by_form},
    {"COPY", When::selected, Numbers::none},
    {"GETQUOTA", When::known, Numbers::none},
    {"GETQUOTAROOT", When::known, Numbers::none},
    {"SETQUOTA", When::known, Numbers::none},
    {"GETACL", When::known, Numbers::none},
    {"SETACL", When::known, Numbers::none},
    {"DELETEACL", When::known, Numbers::none},
    {"LISTRIGHTS", When::known, Numbers::none},
    {"MYRIGHTS", When::known, Numbers::none},
    {"GETMETADATA", When::known, Numbers::none},
    {"SETMETADATA", When::known, Numbers::none},
    {"NOTIFY", When::known, Numbers::none},
}};

template <class C>
concept Numbered = requires(const C& body) {
    { body.by } -> std::convertible_to<Numbering>;
};
template <class C>
concept Searching = requires(const C& body) {
    { body.search.by } -> std::convertible_to<Numbering>;
};

} // namespace

const Rules& rules_of(const CommandBody& body)
{
    return table[body.index()];
}

std::optional<Numbering> numbering_of(const CommandBody& body)
{
    return std::visit(
        []<class C>(const C& is) -> std::optional<Numbering> {
            if constexpr (Numbered<C>)
                return is.by;
            else if constexpr (Searching<C>)
                return is.search.by;
            else if constexpr (std::is_same_v<C, command::Expunge>)
                return is.uids ? std::optional(Numbering::uid) : std::nullopt;
            else
                return std::nullopt;
        },
        body);
}

bool mentions_numbers(const CommandBody& body)
{
    if (numbering_of(body) == Numbering::sequence)
        return true;
    return std::visit(
        []<class C>(const C& is) {
            if constexpr (std::is_same_v<C, command::Search>)
                return imap::mentions_numbers(is.program);
            else if constexpr (Searching<C>)
                return imap::mentions_numbers(is.search.program);
            else
                return false;
        },
        body);
}

} // namespace posthouse::imap
