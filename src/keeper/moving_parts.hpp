// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ahead.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/moving.hpp"

#include <optional>
#include <string>
#include <vector>

namespace posthouse::keeper {

/// A letter on its way in; once it is whole it is being indexed.
struct Moving::Letter {
    Mailboxes::Brought brought;
    std::string identity, uidl;
    std::uint32_t uid = 0;
    std::optional<Ahead<wire::Result<mailbox::Account::NewMessage>>> indexed;
};

struct Moving::Import {
    std::string id, address;
    std::shared_ptr<mailbox::Account> account;
    mailbox::MailboxId mailbox{};
    bool over_quota = false;
    bool busy = false; ///< One request at a time
    bool left = false; ///< Nobody commits it any more.
    std::vector<std::shared_ptr<Letter>> letters;
    std::shared_ptr<Letter> coming; ///< not whole yet
    std::uint64_t in_memory = 0;
};

/// A mailbox as it was when it was opened.
struct Moving::Export {
    std::string address;
    std::shared_ptr<mailbox::Account> account;
    bool busy = false;
    mailbox::MailboxId mailbox{};
    std::vector<mail::MessageEntry> entries;
    std::map<std::uint32_t, std::string> uidls;
    std::uint32_t uid = 0; ///< the letter read last, of the large ones
    std::optional<LetterText> text;
};

/// Holds the one request of a connection that is being answered.
class Moving::Turn {
public:
    explicit Turn(bool& busy) : busy_(busy) { busy_ = true; }
    ~Turn() { busy_ = false; }
    Turn(const Turn&) = delete;

private:
    bool& busy_;
};

} // namespace posthouse::keeper
