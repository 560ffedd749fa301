// SPDX-License-Identifier: Apache-2.0
#include "keeper/whole_letters.hpp"

#include "keeper/letter_text.hpp"

namespace posthouse::keeper {

Task<mailbox::Result<WholeLetters>> whole_letters(store::Engine& engine, mailbox::Account& account,
                                                  std::vector<std::uint64_t> emails,
                                                  std::size_t room)
{
    auto messages = co_await account.messages_of(emails);
    if (!messages)
        co_return std::unexpected(messages.error());
    WholeLetters letters;
    for (const auto email : emails) {
        const auto message = messages->find(email);
        if (message == messages->end()) {
            letters.sizes.emplace_back();
            continue;
        }
        const LetterText text(message->second);
        if (text.bytes() > room - letters.bytes.size())
            break;
        auto read = co_await text.read(engine, 0, text.bytes());
        if (!read && read.error() != store::Error::corrupt)
            co_return std::unexpected(mailbox::from_store(read.error()));
        letters.sizes.push_back(read ? std::optional(read->size()) : std::nullopt);
        if (read)
            letters.bytes += *read;
    }
    co_return letters;
}

} // namespace posthouse::keeper
