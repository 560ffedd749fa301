// SPDX-License-Identifier: Apache-2.0
#include "keeper/mailboxes_parts.hpp"

namespace posthouse::keeper {

using wire::Failure;

Task<Mailboxes::Answer> Mailboxes::search(ReaderSession&, wire::SearchMessages, std::string)
{
    co_return std::unexpected(Failure::unavailable);
}

Task<Mailboxes::Answer> Mailboxes::next_candidates(const wire::Link*, wire::Frame)
{
    co_return std::unexpected(Failure::refused);
}

} // namespace posthouse::keeper
