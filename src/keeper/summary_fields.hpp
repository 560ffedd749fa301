// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::keeper {

/// Is this a stored MessageSummary (mailbox/summary.proto), as far as its outermost form goes?
bool is_summary(std::string_view);

/// One message of a page of summaries, as imap::Summaries has it: the wanted fields (bits of
/// imap::Field) out of the stored one, those that cost nothing to cut out without parsing it.
void append_summary(std::string& to, std::uint32_t uid, std::string_view summary,
                    std::uint16_t fields);

} // namespace posthouse::keeper
