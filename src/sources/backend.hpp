// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace posthouse::sources {

using directory::SourceError;
using directory::SourcePerson;
template <class T>
using SourceResult = directory::SourceResult<T>;
using Checked = directory::Source::Checked;

/// What a source has about a user.
struct Entry {
    mail::Mailbox address;
    std::vector<mail::Mailbox> aliases = {};
    std::vector<std::string> stored = {}; // Passwords as they are kept; any of them is right.
    bool disabled = false;
};

/// A source's way to its users, with calls that block, and with time-outs of its own. Each thread
/// has one to itself.
class Backend {
public:
    virtual ~Backend() = default;
    virtual SourceResult<std::optional<SourcePerson>> find(const mail::Mailbox&) = 0;
    virtual SourceResult<Checked> check(const mail::Mailbox&, const Secret& password) = 0;
};

} // namespace posthouse::sources
