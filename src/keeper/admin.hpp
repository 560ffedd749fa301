// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "wire/messages.pb.h"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace posthouse::keeper {

class Dispatch;
class Logins;
class Quotas;
class Reading;
class Sharing;
class TextIndexing;

/// The administrator's desk: accounts, the queue, traces, explanations. The running keeper serves
/// it on the control socket; when the server is stopped the command line uses it on the locked
/// store itself, without a house around it.
class Admin {
public:
    /// What one request may cost; whoever wants more asks again with `next`.
    struct Limits {
        static constexpr std::size_t accounts_a_page = 1000;
        static constexpr std::size_t sessions_shown = 10'000;
        static constexpr std::size_t letters_by_default = 100; // in a list
        static constexpr std::size_t letters_a_page = 500;
        static constexpr std::size_t letters_looked_at = 2000; // for a filter
        static constexpr std::size_t letters_changed = 500;
        static constexpr std::size_t changes_at_once = 32;
        static constexpr std::size_t deliveries_a_commit = 1000;
        static constexpr std::size_t deliveries_explained = 20;
    };

    /// Closed: the server is stopped. Then `dispatch` ends letters and does nothing else.
    enum class Doors : std::uint8_t { open, closed };
    /// The rest of the keeper.
    struct House {
        Dispatch* dispatch = nullptr;
        Reading* reading = nullptr;
        Doors doors = Doors::open;
        Logins* logins = nullptr;
        TextIndexing* texts = nullptr;
        Sharing* sharing = nullptr;
        Quotas* quotas = nullptr;
    };

    Admin(Office& office, Letters& letters, House house)
        : office_(office),
          letters_(letters),
          house_(house)
    {
    }

    /// Never fails as a call: what went wrong is in the answer, in words for the administrator.
    Task<wire::AdminAnswer> answer(wire::Admin);
    /// At a start, behind AccountRestore::settle(): goes on with accounts that were being removed.
    Task<void> finish_removals();

private:
    using Request = const wire::Admin&;
    using Answer = Task<wire::AdminAnswer>;
    struct Command;
    static const Command* find(std::string_view name);

    // accounts: admin_accounts.cpp, admin_credentials.cpp
    Answer user_add(Request);
    Answer user_list(Request);
    Answer user_show(Request);
    Answer user_passwd(Request);
    Answer user_remove(Request);
    Answer user_access(Request);
    Answer user_alias(Request);
    Answer user_delegate(Request);
    Answer user_totp(Request);
    Answer user_protocols(Request);
    Answer user_quota(Request); // admin_quota.cpp
    Task<void> add_usage(boost::json::object& shown, directory::AccountId);
    Answer app_password_add(Request);
    Answer app_password_remove(Request);
    Answer amend(std::string address, directory::Accounts::Edit);
    void credentials_changed(const directory::Account&);
    using Found = std::expected<std::shared_ptr<mailbox::Account>, wire::AdminAnswer>;
    Task<Found> account_at(std::string address);
    // admin_removal.cpp
    Task<store::Result<void>> note_removal(const directory::Account&);
    Task<mailbox::Result<void>> erase_removed(mailbox::AccountId);
    Task<mailbox::Result<void>> erase_mailbox(mailbox::AccountId);
    Task<mailbox::Result<void>> erase_text_index(mailbox::AccountId);

    // looking: admin_queue.cpp, admin_explain.cpp
    Answer queue_list(Request);
    Answer queue_show(Request);
    Answer trace(Request);
    Answer status(Request);
    Answer explain(Request);
    Answer who(Request); // admin_readers.cpp
    Answer kick(Request);
    Answer mailbox_index(Request);  // admin_text_index.cpp
    Answer mailbox_graced(Request); // admin_undelete.cpp
    Answer mailbox_undelete(Request);
    Answer mailbox_acl(Request); // admin_access.cpp
    Answer hosts(Request);       // admin_hosts.cpp
    Answer hosts_forget(Request);
    Task<void> add_targets(boost::json::object& result, boost::json::object& told,
                           std::string destination);
    static std::optional<wire::AdminAnswer> filter_trouble(Request);

    // changing the queue: admin_changes.cpp
    enum class Change : std::uint8_t { hold, release, retry, remove };
    struct Changed {
        std::size_t deliveries = 0;
        bool changed = false;
        bool busy = false; // some of it is under way: not for now
        std::string note;  // why not, or not all
    };
    struct Crew;
    Answer queue_change(Request);
    Answer queue_change_all(Change, Request);
    Task<std::vector<Changed>> change_each(Change, std::vector<spool::LetterId>);
    Task<void> work(Change, std::shared_ptr<Crew>);
    Task<Changed> change(Change, spool::LetterId);
    Task<Changed> change_unrouted(Change, spool::LetterId);
    Task<Changed> change_held(Change, spool::LetterId);
    Task<Changed> change_routed(Change, spool::LetterId);
    Task<Changed> remove_unrouted(spool::LetterId, spool::Spool::Arrival);
    Task<store::Result<void>> commit_changes(std::shared_ptr<OpenLetter>,
                                             std::vector<spool::Spool::Update>, spool::TraceEvent);
    Task<void> close(std::shared_ptr<OpenLetter>);

    bool is_running() const { return house_.doors == Doors::open && house_.dispatch != nullptr; }

    Office& office_;
    Letters& letters_;
    House house_;
};

} // namespace posthouse::keeper
