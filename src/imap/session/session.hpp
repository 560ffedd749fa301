// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/session/dialogue.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace posthouse::imap {

/// One client's session, from the greeting to the end: IMAP4rev2 (RFC 9051) and IMAP4rev1
/// (RFC 3501) together.
///
/// It is one coroutine: a driver makes the Channel and the Login, awaits run(), and closes the
/// connection when that returns. Commands are carried out one after another, which is always a
/// right way to serve pipelined ones (RFC 9051 §5.5); nothing in here blocks a thread. All of it,
/// the events of the Backend included, happens on one thread or strand. The Backend goes before
/// run() returns, or with the session.
class Session {
public:
    /// All of them must outlive it.
    Session(const SessionSettings&, Channel&, Login&);
    ~Session();

    Task<void> run();

    /// The server goes down, or somebody ended this session: BYE at the next good moment.
    void close(std::string_view why);

    /// The account's address; empty before the login.
    std::string_view user() const { return dialogue_.user; }

private:
    Task<void> serve(Frame);
    Task<void> serve_command(std::string_view text);
    Task<void> obey(Command);
    Task<void> hear(Sign);
    void refuse(const frame::Refused&);
    void count_bad();
    Instant patience() const;

    Dialogue dialogue_;
    std::size_t bad_commands_ = 0;
};

} // namespace posthouse::imap
