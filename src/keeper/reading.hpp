// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/logins.hpp"
#include "keeper/office.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <map>
#include <string>

namespace posthouse::keeper {

/// Serves the reader gates: sessions, maildrops. A gate names no account: it redeems a ticket that
/// the clerk got for a login, and has a session from then on.
class Reading {
public:
    struct Limits {
        static constexpr std::size_t sessions = 100'000;
        static constexpr std::uint32_t piece = 256 * 1024;
        static constexpr int uids_a_request = 100'000;
    };

    Reading(Office& office, Logins& logins) : office_(office), logins_(logins) {}

    Task<wire::Result<wire::Answer>> answer_gate(std::shared_ptr<wire::Link>, wire::Frame);
    /// A gate went away with its sessions.
    void gone(const wire::Link*);
    /// An account is removed: nobody reads it on.
    void close_sessions(mailbox::AccountId);
    std::size_t sessions() const { return sessions_.size(); }

private:
    struct Session {
        mailbox::AccountId account;
        const wire::Link* gate;
        // The message read last: pieces of one message come in a row.
        std::uint32_t uid = 0;
        std::shared_ptr<const mailbox::Message> message;
    };

    wire::Result<wire::Answer> open_session(const wire::Link*, const wire::Frame&);
    Task<wire::Result<wire::Answer>> open_maildrop(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> read_message(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> expunge(const wire::Link*, wire::Frame);
    Session* session_of(const wire::Link*, std::uint64_t handle);

    Office& office_;
    Logins& logins_;
    std::map<std::uint64_t, Session> sessions_;
};

} // namespace posthouse::keeper
