// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/mailbox_name.hpp"
#include "keeper/office.hpp"
#include "keeper/reader_sessions.hpp"
#include "mailbox/access_rights.hpp"
#include "store/writer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::keeper {

/// "Other Users/ADDRESS/PATH", taken apart.
struct ForeignName {
    mail::Mailbox owner;
    std::string path; ///< as the owner calls it; may be empty
};

/// Others' mailboxes: what they are called, whom identifiers mean, and who may have opened some to
/// whom. The last are hints, rows of the partition "shares": that an account's access lists name
/// somebody (`g` grantee owner) or anyone (`*` owner), with the owner's address. They are written
/// before the access list is, and so are never too few; what counts is the list. docs/sharing.md
class Sharing {
public:
    static constexpr auto prefix = imap::others_prefix;
    static constexpr auto root = prefix.substr(0, prefix.size() - 1);

    explicit Sharing(Office&);

    bool enabled() const { return office_.config().mailboxes.sharing; }

    /// Nothing: it is no name of another's mailbox, but maybe one of the viewer's own.
    static std::optional<ForeignName> parse(std::string_view name);
    static std::string name_of(const Person& owner, std::string_view path);

    /// Is it a name that nobody's own mailbox can have?
    bool reserves(std::string_view name) const
    {
        return enabled() && (name == root || name.starts_with(prefix));
    }

    /// By any of its addresses. Nothing: there is none.
    Task<wire::Result<std::optional<Person>>> known_person(mail::Mailbox);
    /// The same, also where only an outside source knows it.
    Task<wire::Result<std::optional<Person>>> person(mail::Mailbox);
    /// Is this still the account of that address?
    Task<wire::Result<bool>> is_there(Person);

    /// Whose mailboxes may be open to this account.
    Task<wire::Result<std::vector<Person>>> owners_for(mailbox::AccountId viewer);

    struct Place {
        std::shared_ptr<mailbox::Account> account;
        Person owner;
        mailbox::MailboxId mailbox{};
    };
    struct Edit {
        std::string identifier; ///< an address, "anyone", "authenticated"; or "-" and one of these
        mailbox::AccessChange::How how = mailbox::AccessChange::How::replace;
        mailbox::Rights rights;
    };
    /// Durable, and those whom it concerns are told. Failure::cannot: sharing is turned off, or the
    /// identifier is the owner, or nobody.
    Task<wire::Result<void>> change(Place, Edit);
    /// The list by identifiers, without the owner.
    Task<wire::Result<std::map<std::string, mailbox::Rights>>> shown(mailbox::Mailbox);
    /// Called when something was opened to somebody; AccountId{0}: to anyone.
    void on_shared(std::function<void(const Person& owner, mailbox::AccountId grantee)> call)
    {
        on_shared_ = std::move(call);
    }

    /// Looks whether what its lists say is noted: not if it was restored.
    void opened(mailbox::Account&);

private:
    Task<void> note_all(std::shared_ptr<mailbox::Account>);
    struct Hint {
        Person owner;
        mailbox::AccountId grantee{};
    };
    Task<wire::Result<std::vector<Hint>>> hints(mailbox::AccountId grantee);
    /// Those that nothing came of, or that were taken back.
    Task<bool> still_holds(const Hint&);

    /// An owner whose lists are being changed: meanwhile hints about him stay.
    class Claim {
    public:
        Claim(Sharing& sharing, mailbox::AccountId owner);
        ~Claim();
        Claim(const Claim&) = delete;

    private:
        Sharing& sharing_;
        mailbox::AccountId owner_;
    };
    struct Meant {
        mailbox::Identifier whom;
        std::string name;
    };
    Task<wire::Result<Meant>> meant(std::string identifier, const Place&);
    /// Before the owner's access lists say so.
    Task<wire::Result<void>> note(Person owner, mailbox::AccountId grantee);

    Office& office_;
    store::Writer writer_;
    std::map<mailbox::AccountId, int> changing_;
    std::function<void(const Person&, mailbox::AccountId)> on_shared_;
};

} // namespace posthouse::keeper
