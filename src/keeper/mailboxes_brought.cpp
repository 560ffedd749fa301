// SPDX-License-Identifier: Apache-2.0
// Letters that no session uploads.
#include "keeper/mailboxes_parts.hpp"

namespace posthouse::keeper {

Task<wire::Result<mailbox::Account::NewMessage>> Mailboxes::index(Brought brought)
{
    auto upload = std::make_shared<Upload>();
    upload->blob = brought.blob;
    upload->data = std::move(brought.data);
    upload->sink = std::move(brought.sink);
    upload->bytes = brought.bytes;
    wire::AppendMessages::Letter letter;
    letter.set_flags(brought.flags.system.bits());
    for (auto& keyword : brought.flags.keywords)
        letter.add_keywords(std::move(keyword));
    letter.set_dated(true);
    letter.set_internal_date(brought.internal_date);
    co_return co_await index(std::move(upload), letter);
}

} // namespace posthouse::keeper
