// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"submit.senders", Type::choice, "\"own\"",
        "Whose address a letter may have in MAIL FROM, `From:` and `Sender:` that was handed in by "
        "submission: `own` is an address of the account that logged in, an alias of it, or one "
        "that it was made a delegate for, with any detail; `any` is not checked.",
        0, 0, "own any"},
    Key{"submit.hide_client", Type::boolean, "false",
        "Leave the client's address and name out of the `Received:` of letters handed in by "
        "submission. The log and the letter's trace have them all the same."},
    Key{"submit.letters_per_hour", Type::integer, "600",
        "Letters that one account may hand in within an hour; 0: as many as it likes.", 0,
        1'000'000},
    Key{"submit.recipients_per_day", Type::integer, "5000",
        "Recipients of one account's letters within a day; 0: as many as it likes.", 0, 10'000'000},
    Key{"submit.recipients", Type::integer, "500",
        "Recipients of one letter handed in by submission, if `limits.recipients` is not less.", 1,
        1500},

    Key{"pop3.login_delay", Type::duration, "\"0s\"",
        "How long an account has to wait from one POP3 login to the next; 0: not at all.", 0, day},
    Key{"pop3.expire_days", Type::integer, "",
        "What POP3 clients are told of how long letters are kept (EXPIRE), in days. By default "
        "that they are kept for ever. It removes nothing.",
        0, 36'500},
};

} // namespace

std::span<const Key> submit_keys()
{
    return table;
}

} // namespace posthouse::config
