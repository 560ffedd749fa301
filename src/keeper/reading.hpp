// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/logins.hpp"
#include "keeper/office.hpp"
#include "keeper/reader_sessions.hpp"
#include "wire/link.hpp"
#include "wire/mailboxes.pb.h"
#include "wire/messages.pb.h"

#include <string>

namespace posthouse::keeper {

/// Opens and closes the sessions of the gates that people log in at, and serves POP3's maildrops.
/// A gate names no account: it redeems a ticket that the clerk got for a login, and has a session
/// from then on.
class Reading {
public:
    struct Limits {
        static constexpr std::uint32_t piece = 256 * 1024;
        static constexpr int uids_a_request = 100'000;
        static constexpr int letters_behind = 64;
        static constexpr std::size_t page_bytes = 1 << 20;
    };

    Reading(Office& office, Logins& logins, ReaderSessions& sessions)
        : office_(office),
          logins_(logins),
          sessions_(sessions)
    {
    }

    Task<wire::Result<wire::Answer>> answer_gate(std::shared_ptr<wire::Link>, wire::Frame);
    wire::Result<wire::Answer> open_session(std::shared_ptr<wire::Link>, const wire::Frame&);
    wire::Result<wire::Answer> close_session(const wire::Link*, const wire::Frame&);

    ReaderSessions& sessions() { return sessions_; }

private:
    Task<wire::Result<wire::Answer>> open_maildrop(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> maildrop_list(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> read_message(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> expunge(const wire::Link*, wire::Frame);
    Task<void> add_behind(mailbox::AccountId, const wire::ReadMessage&, wire::Piece&,
                          std::string& raw);
    /// The INBOX of a session, loaded.
    Task<wire::Result<std::shared_ptr<mailbox::Account>>> inbox_of(const ReaderSession&);

    Office& office_;
    Logins& logins_;
    ReaderSessions& sessions_;
};

} // namespace posthouse::keeper
