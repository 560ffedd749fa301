// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "routing/failure.hpp"

#include <string>
#include <variant>

namespace posthouse::routing {

struct Carried {
    std::string destination;
};
struct ForLocal {
    std::string user; // "": the recipient's own local part
};
/// Where mail for another's domain goes, and who says so.
struct Way {
    std::variant<Carried, ForLocal, Failure> to;
    std::string rule; // "sender_relays:2", "mailertable:7", "smart_host", "remote"
};
Way way_to(const mail::Mailbox& recipient, std::string_view sender, const Rules&, const Tables&);

} // namespace posthouse::routing
