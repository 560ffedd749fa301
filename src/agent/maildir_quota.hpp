// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/clock.hpp"

#include <cstdint>
#include <expected>

/// How much a Maildir with its folders holds, as Maildir++ keeps it in the file maildirsize, so
/// that Dovecot, Courier and maildrop count the same.
namespace posthouse::agent {

/// Is there room for another `bytes`? What the file says is believed unless it says no, is another
/// quota's or is long; then it is counted anew and written. The error is an errno.
std::expected<bool, int> has_room(int maildir, std::uint64_t quota_bytes, std::uint64_t bytes,
                                  Clock&);
/// After a delivery. A failure only makes the next count wrong by one letter.
void count_letter(int maildir, std::uint64_t bytes);

} // namespace posthouse::agent
