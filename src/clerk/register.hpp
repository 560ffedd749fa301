// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "sasl/dialogue.hpp"
#include "wire/link.hpp"
#include "wire/login.pb.h"
#include "wire/messages.pb.h"

#include <memory>
#include <string>
#include <vector>

namespace posthouse::clerk {

/// The keeper, as the clerk asks it.
class Register {
public:
    /// Now or again.
    void set_keeper(std::shared_ptr<wire::Link> keeper) { keeper_ = std::move(keeper); }

    Task<wire::Result<wire::Login>> find(std::string user);
    /// A ticket.
    Task<wire::Result<std::string>> vouch(wire::VouchLogin);
    Task<wire::Result<wire::ProvidedAccount>> provide(wire::ProvideAccount);

private:
    std::shared_ptr<wire::Link> keeper_;
};

/// Keys by which a client may log in by SCRAM, and what each is.
struct ScramChoice {
    std::vector<sasl::ScramKeys> keys = {};
    std::vector<std::string> names = {}; // of app passwords; "": the password itself
};
/// Those of one hash that share their iterations, for a protocol. None where the account has
/// none; the password's are left out where a one-time code is asked for with it.
ScramChoice scram_keys_of(const wire::Login&, sasl::ScramHash, std::string_view protocol);

/// Is it for this protocol, or for all?
bool is_for(const wire::AppPassword&, std::string_view protocol);
/// May the account be used by it?
bool allows(const wire::Login&, std::string_view protocol);

} // namespace posthouse::clerk
