// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/checker.hpp"
#include "clerk/register.hpp"
#include "clerk/remembered.hpp"
#include "config/logins.hpp"
#include "directory/source.hpp"
#include "sasl/dialogue.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace posthouse::clerk {

/// Who tries, and from where.
struct Attempt {
    std::string user; // completed, in the form that names are compared by
    std::string mechanism, protocol, client, session, listener;
    bool tls = false;
};

/// What came of looking at a credential.
struct Finding {
    enum class End : std::uint8_t {
        right,
        wrong,
        expired,
        disabled,    // right, but the account's logins are turned off
        not_allowed, // right, but not for this protocol
        busy,
        unavailable, // nothing was found out
    } end = End::wrong;
    Identified who = {};
    bool remembered = false;
};

/// A source of users in its place. Without `outside` it is our own accounts.
struct PlacedSource {
    config::LoginSource terms;
    std::shared_ptr<directory::Source> outside = nullptr;
};

/// Looks at credentials: the account's own, and those that outside sources know.
class Examiner {
public:
    struct Limits {
        static constexpr std::size_t codes_used = 100'000; // one-time codes, by account
    };
    Examiner(Register& the_register, Checker& checker, const Remembered::Limits& remembered)
        : register_(the_register),
          checker_(checker),
          remembered_(remembered)
    {
    }

    void set_sources(std::vector<PlacedSource> sources) { sources_ = std::move(sources); }
    Remembered& remembered() { return remembered_; }

    Task<Finding> check_password(Attempt, Secret);
    /// Of somebody whose certificate, token or Kerberos ticket was right.
    Task<Finding> check_identity(Attempt);

    /// For SCRAM. Always with keys, if only decoys.
    struct Keys {
        sasl::SuppliedKeys supplied;
        std::vector<std::string> names = {}; // of app passwords
        wire::Login login = {};
        std::string source = {}; // then the keys are an outside source's
        std::optional<directory::SourcePerson> person = {};
    };
    Task<wire::Result<Keys>> find_keys(Attempt, sasl::ScramHash);
    /// The client has proved that it knows that one of the keys.
    Task<Finding> accept(Attempt, Keys, std::size_t key);

    /// Is `as` another name of the same account?
    Task<wire::Result<bool>> is_same(const Identified&, std::string as);

    /// Who an outside source knows by this address, and which one.
    struct Outsider {
        directory::SourcePerson person;
        std::string source;
    };
    Task<wire::Result<std::optional<Outsider>>> find_outside(mail::Mailbox);

private:
    struct Checked;
    struct Case;
    Task<void> ask_sources(Case&);
    Task<void> ask_own(Case&);
    Task<void> ask_outside(Case&, const PlacedSource&);
    Task<Finding> confirm(const Attempt&, const wire::Login&, Identified);
    Task<Finding> provide(Attempt, std::string source, directory::SourcePerson);
    bool use_code(std::uint64_t account, std::uint64_t step);

    Register& register_;
    Checker& checker_;
    Remembered remembered_;
    std::vector<PlacedSource> sources_ = {PlacedSource{}};
    std::map<std::uint64_t, std::uint64_t> codes_used_; // the last step, by account
};

} // namespace posthouse::clerk
