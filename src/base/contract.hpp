// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>

namespace posthouse {

[[noreturn]] void contract_broken(std::source_location where) noexcept;

/// Aborts when the *program* is wrong. On in every build; never used for what a peer may send.
inline void expects(bool holds,
                    std::source_location where = std::source_location::current()) noexcept
{
    if (holds) [[likely]]
        return;
    contract_broken(where);
}

} // namespace posthouse
