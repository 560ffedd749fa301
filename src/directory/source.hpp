// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "mail/address.hpp"
#include "sasl/scram_keys.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::directory {

/// A user as an outside source knows him.
struct SourcePerson {
    mail::Mailbox address;                   // The one that the account goes by.
    std::vector<mail::Mailbox> aliases = {}; // Further addresses of his.
    /// Where the source has them (or the password itself): so that SCRAM works.
    std::vector<sasl::ScramKeys> scram = {};
    bool disabled = false; // No login; mail is still taken.
    /// Another one when the password is another, where the source can tell: successes that are
    /// remembered for the one before count no longer.
    std::string version = {};
};

/// Why a source did not answer.
enum class SourceError : std::uint8_t {
    unavailable, // It could not be reached, or is busy: try again.
    broken,      // It answers what it should not, or its configuration does not fit it.
};

template <class T>
using SourceResult = std::expected<T, SourceError>;

/// Who knows users and passwords besides the store: one [[login.source]]. Lives in the clerk, on
/// its one executor; what blocks or takes long (a library's calls, a slow hash) it does on threads
/// of its own, which it starts before confine_calls(). Bounds what is under way and how long it
/// takes, logs its own troubles ("source.*" events), and throws nothing. It is asked only for users
/// of the domains that its configuration names.
class Source {
public:
    virtual ~Source() = default;

    /// Is there such a user? By his own address or an alias. Nothing: not here.
    virtual Task<SourceResult<std::optional<SourcePerson>>> find(mail::Mailbox) = 0;

    struct Checked {
        enum class Answer : std::uint8_t {
            right,
            wrong,   // The user is known here; no further source is asked.
            unknown, // Not here: the next source is asked.
        } answer = Answer::unknown;
        std::optional<SourcePerson> person = {}; // With `right`
    };
    /// Is this the user's password? Where it can, an unknown user takes as long as a wrong
    /// password. Never called with an empty password or one that has a zero byte.
    virtual Task<SourceResult<Checked>> check(mail::Mailbox, Secret password) = 0;
};

} // namespace posthouse::directory
