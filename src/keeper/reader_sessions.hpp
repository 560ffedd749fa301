// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "mailbox/account.hpp"
#include "wire/link.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace posthouse::keeper {

/// An account as other people name it.
struct Person {
    mailbox::AccountId id{};
    std::string address;
    bool operator==(const Person&) const = default;
};

/// One login of a user, at one gate. Whatever a gate asks for a user it asks with a session's
/// handle, which counts on its own link only.
struct ReaderSession {
    std::uint64_t handle = 0;
    mailbox::AccountId account{};
    std::string address;  ///< the account's
    std::string protocol; ///< it logged in by
    std::string client;   ///< its address
    Timestamp since;
    std::shared_ptr<wire::Link> gate;

    struct Opened {
        mailbox::MailboxId mailbox{};
        bool read_only = false;
        std::uint32_t uid_validity = 0; ///< when it was opened
        std::uint64_t undeletions = 0;  ///< likewise; more: it cannot be told what came back
        mailbox::AccountId owner{};
    };
    std::map<std::uint32_t, Opened> opened; ///< by the session's own numbers
    std::uint32_t last_opened = 0;
    std::set<std::string> watched;
    bool watches_tree = false, watches_metadata = false;
    /// Others whose mailboxes it has opened or watches: their addresses.
    std::map<mailbox::AccountId, std::string> followed;

    // What waits to be told, in one notice.
    std::set<std::uint32_t> changed_handles;
    std::set<std::string> changed_names;
    std::map<std::string, std::set<std::string>> changed_metadata; ///< entries by mailbox
    std::size_t changed_entries = 0;                               ///< of them
    bool changed_tree = false, telling = false;

    // The message read last: pieces of one message come in a row.
    mailbox::AccountId read_owner{};
    mailbox::MailboxId read_mailbox{};
    std::uint32_t read_uid = 0;
    std::shared_ptr<const mailbox::Message> read_message;
};

class ReaderSessions {
public:
    struct Limits {
        static constexpr std::size_t sessions = 100'000;
        static constexpr std::size_t opened = 64; ///< mailboxes of a session at one time
        static constexpr std::size_t watched = 1000;
        static constexpr std::size_t followed = 2000;
        static constexpr std::size_t changed_entries = 1000; ///< of metadata, told at one time
    };

    explicit ReaderSessions(Random& random) : random_(random) {}

    /// Nothing: there are too many.
    ReaderSession* open(ReaderSession);
    /// Valid until the caller suspends.
    ReaderSession* find(const wire::Link* gate, std::uint64_t handle);
    void close(std::uint64_t handle);
    void gone(const wire::Link* gate);
    /// Nobody reads it on; the gates are told why.
    std::size_t close_account(mailbox::AccountId, std::string_view why);
    /// One of them. False: there is none.
    bool kick(std::uint64_t handle, std::string_view why);

    std::size_t size() const { return sessions_.size(); }
    const std::map<std::uint64_t, ReaderSession>& all() const { return sessions_; }
    /// Of one account.
    std::vector<ReaderSession*> of(mailbox::AccountId);
    /// From now on this one is among the followers of the other's account. False: they are too
    /// many.
    bool follow(ReaderSession&, const Person& owner);
    std::vector<ReaderSession*> followers_of(mailbox::AccountId);
    std::vector<ReaderSession*> everyone();

private:
    using Handles = std::map<mailbox::AccountId, std::set<std::uint64_t>>;
    static void drop(Handles&, mailbox::AccountId, std::uint64_t handle);
    std::vector<ReaderSession*> in(const Handles&, mailbox::AccountId);
    void tell_closing(const ReaderSession&, std::string_view why);

    Random& random_;
    std::map<std::uint64_t, ReaderSession> sessions_;
    Handles by_account_, by_owner_;
};

} // namespace posthouse::keeper
