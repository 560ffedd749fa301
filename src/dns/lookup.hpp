// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "dns/answer.hpp"

namespace posthouse::dns {

/// Asks the domain name system.
class Lookup {
public:
    virtual ~Lookup() = default;

    /// `name` is absolute, with or without a final dot, in ASCII. Aliases (CNAME) are followed,
    /// unless they are what is asked for: the records are those of the last name, and it is
    /// Answer::canonical_name. A chain that does not end is a servfail; the status is that of the
    /// last name. Ends in bounded time. A text that cannot be a name does not exist (nx_domain).
    virtual Task<Answer> lookup(std::string name, RecordType) = 0;
};

} // namespace posthouse::dns
