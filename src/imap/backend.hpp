// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"
#include "mail/message_entry.hpp"
#include "mail/uid_set.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What the commands of a logged-in session do to the world. The session's view (which sequence
/// number is which UID, what the client was told) is not in here: it is kept by the session, and
/// brought forward by changes().
namespace posthouse::imap {

/// What a client can be told about it.
enum class Trouble : std::uint8_t {
    unavailable,   // NO [UNAVAILABLE]: nothing was done; try again
    no_space,      // NO [UNAVAILABLE], the disk is full
    over_quota,    // NO [OVERQUOTA]
    nonexistent,   // NO [NONEXISTENT], or [TRYCREATE] where it is a destination
    exists,        // NO [ALREADYEXISTS]
    no_permission, // NO [NOPERM]
    cannot,        // NO [CANNOT]: a bad name, INBOX deleted, …
    has_children,  // NO [HASCHILDREN]
    limit,         // NO [LIMIT]
    too_big,       // NO [TOOBIG]
    gone,          // NO [EXPUNGEISSUED], or the mailbox was deleted meanwhile
    damaged,       // NO [SERVERBUG]: this message cannot be read
    unknown_charset,
};

template <class T>
using Result = std::expected<T, Trouble>;

/// RFC 4314 §2.1: "lrswipkxtea" as a set of letters.
using Rights = std::string;

/// Of one identifier's entry; what is left without rights goes.
struct RightsChange {
    enum class How : std::uint8_t { replace, add, remove } how = How::replace;
    Rights rights;
};

struct Status {
    std::uint32_t messages = 0, unseen = 0, deleted = 0, recent = 0;
    std::uint32_t uid_next = 1, uid_validity = 0;
    std::uint64_t size = 0, deleted_size = 0;
    std::uint64_t highest_modseq = 1;
};

/// A mailbox, or a name that only has children or is subscribed to.
struct Mailbox {
    std::string name; ///< UTF-8, '/' between levels; "INBOX" in capitals
    std::string id;   ///< MAILBOXID; empty: no such mailbox
    bool selectable = true;
    bool exists = true;
    bool subscribed = false;
    std::string special_use; ///< "\Sent", …; or empty. RFC 6154
    Rights rights;           ///< The viewer's
    std::optional<Status> status;
    std::string owner; ///< Empty: the viewer. Otherwise a mailbox of somebody who shares it
    std::map<std::string, std::string> metadata; ///< Where it was asked for
};

struct ListWanted {
    bool status = false;               ///< Costs the counting
    std::vector<std::string> metadata; ///< Entries, in lower case
};

/// Names an opened mailbox for as long as the session has it open. 0: none
enum class Handle : std::uint32_t {};

enum class Access : std::uint8_t { read_only, read_write };

struct Opened {
    Handle handle{};
    std::string id; ///< MAILBOXID
    std::uint32_t uid_validity = 0, uid_next = 1;
    std::uint64_t highest_modseq = 1;
    mail::UidSet uids;
    std::uint32_t first_recent = 0;            ///< UIDs from this on are \Recent to this session
    std::optional<std::uint32_t> first_unseen; ///< a UID
    std::vector<std::string> keywords;         ///< Bit n of an entry's keywords is the n-th
    bool more_keywords = true;                 ///< PERMANENTFLAGS \*
    Rights rights;
    Access access = Access::read_write;
};

/// What became different behind a MODSEQ. RFC 7162
struct Changes {
    std::uint64_t highest_modseq = 1; ///< For the next question
    std::uint32_t uid_next = 1;
    mail::UidSet vanished; ///< Maybe with UIDs that never were; where the trail is too short, all
                           ///< that are not there
    std::string entries;   ///< mail::EntryUnpacker with change_fields: new ones too
    std::vector<std::string> keywords;
    bool deleted = false;         ///< The mailbox itself is gone
    std::optional<Rights> rights; ///< As they are now, where they can change
};
constexpr std::uint8_t change_fields = 0x03; ///< flags, modseq

enum class FlagChange : std::uint8_t { replace, add, remove };

struct StoreOrder {
    mail::UidSet uids;
    FlagChange change = FlagChange::add;
    mail::Flags flags;
    std::optional<std::uint64_t> unchanged_since;
    /// Up to here the client knows all flags; 0: it does not matter
    std::uint64_t known_modseq = 0;
    enum class Tell : std::uint8_t { changed, stale };
    Tell tell = Tell::changed; ///< Whose entries are wanted
};
struct Stored {
    mail::UidSet modified; ///< RFC 7162 §3.1.3: left alone
    Changes changes;       ///< of the messages named, since before; entries as `tell` has it
    std::vector<std::uint64_t> modseqs; ///< of this change alone; 0 where nothing changed
    /// Those changed here that had been changed by others behind known_modseq: what their flags
    /// are is news, even where the client asked for silence.
    mail::UidSet stale;
};

struct Copied {
    std::uint32_t uid_validity = 0;
    mail::UidSet from; ///< Those that were there
    mail::UidSet to;   ///< In the same order; as many. None: they are not to be known
    std::uint64_t modseq = 0;
};
enum class CopyHow : std::uint8_t { copy, move };

/// A message to be stored: its text is on the way up.
struct NewMessage {
    std::uint64_t upload = 0; ///< from open_upload()
    mail::Flags flags;
    std::optional<std::int64_t> internal_date; ///< Microseconds since 1970
};
struct Appended {
    std::uint32_t uid_validity = 0;
    mail::UidSet uids; ///< None: they are not to be known
};
/// REPLACE: this one goes in the same commit. RFC 8508
struct Replaced {
    Handle handle{};
    std::uint32_t uid = 0;
};

/// What is kept ready about a message. Bits of a set.
enum class Field : std::uint16_t {
    envelope = 1 << 0,       ///< as in FETCH
    body = 1 << 1,           ///< BODY
    body_structure = 1 << 2, ///< BODYSTRUCTURE
    preview = 1 << 3,        ///< UTF-8
    header_cache = 1 << 4,   ///< raw fields, see mail/message_index.hpp
    parts = 1 << 5,          ///< the table of parts' offsets
    sort_keys = 1 << 6,      ///< base subject, sent date, addresses
    references = 1 << 7,     ///< for THREAD
};
/// A page of summaries: for each uid, ascending: varint uid, then for each bit of the set from the
/// lowest, bytes (mail::take_bytes). A damaged or missing one has its fields empty.
struct Summaries {
    std::string packed;
    std::uint32_t last = 0; ///< The last UID that was looked at
    bool more = false;
};

/// A search program as the keeper takes it: see imap/search_wire.hpp for its form.
struct SearchOrder {
    std::string program;               ///< packed search program, sequence numbers turned into UIDs
    std::optional<mail::UidSet> among; ///< only these
};
struct Found {
    mail::UidSet uids;
    std::uint64_t highest_modseq = 0; ///< of those found, if the program has MODSEQ
    bool incomplete = false;          ///< a budget ran out
};

struct Quota {
    struct Resource {
        std::string name; ///< STORAGE (in units of 1024 bytes), MESSAGE, MAILBOX
        std::uint64_t usage = 0, limit = 0;
    };
    std::string root;
    std::vector<Resource> resources;
};

/// What a session wants to hear of besides the mailboxes that it has opened. RFC 5465
struct Watched {
    std::set<std::string> names; ///< of mailboxes
    bool tree = false;
    bool metadata = false; ///< of all mailboxes that it may see, and of the server
};

/// Entries that another session has changed, of a mailbox or ("") of the server.
struct MetadataChange {
    std::string mailbox;
    std::vector<std::string> entries;
};

/// What a session hears without having asked.
struct Event {
    Handle handle{};     ///< This opened mailbox has changed: changes() says how
    std::string mailbox; ///< or, where it is watched: its name
    bool tree = false;   ///< mailboxes were made, renamed, removed, (un)subscribed
    std::optional<MetadataChange> metadata;
    bool closing = false; ///< the account was closed or the session kicked
    std::string words;    ///< why
};

class Backend {
public:
    virtual ~Backend() = default;

    // ---- the tree -----------------------------------------------------------------------------
    virtual Task<Result<std::vector<Mailbox>>> list(ListWanted) = 0;
    virtual Task<Result<Mailbox>> status(std::string name) = 0;
    virtual Task<Result<std::string>> create(std::string name,
                                             std::string special_use) = 0; ///< MAILBOXID
    virtual Task<Result<void>> remove(std::string name) = 0;
    virtual Task<Result<void>> rename(std::string from, std::string to) = 0;
    virtual Task<Result<void>> subscribe(std::string name) = 0;
    virtual Task<Result<void>> unsubscribe(std::string name) = 0;

    // ---- an opened mailbox --------------------------------------------------------------------
    virtual Task<Result<Opened>> open(std::string name, Access) = 0;
    virtual void close(Handle) = 0;
    virtual Task<Result<Changes>> changes(Handle, std::uint64_t since_modseq) = 0;
    /// Packed with these fields; absent ones are passed over.
    virtual Task<Result<std::string>> entries(Handle, mail::UidSet, std::uint8_t fields) = 0;
    virtual Task<Result<Stored>> store(Handle, StoreOrder) = 0;
    /// Those of the set that are \Deleted; all that are, without one.
    virtual Task<Result<mail::UidSet>> expunge(Handle, std::optional<mail::UidSet>) = 0;
    virtual Task<Result<Copied>> copy(Handle, mail::UidSet, std::string to, CopyHow) = 0;
    /// Ascending, as many as fit a page.
    virtual Task<Result<Summaries>> summaries(Handle, mail::UidSet, std::uint16_t fields) = 0;
    /// Of the letter as it is read: at most `length` bytes; shorter only at the end or at the
    /// server's own limit (256 KiB).
    virtual Task<Result<std::string>> read(Handle, std::uint32_t uid, std::uint64_t offset,
                                           std::uint32_t length) = 0;
    virtual Task<Result<Found>> search(Handle, SearchOrder) = 0;

    // ---- new messages -------------------------------------------------------------------------
    virtual Task<Result<std::uint64_t>> open_upload() = 0;
    virtual Task<Result<void>> upload(std::uint64_t upload, std::string piece) = 0;
    virtual void abandon_upload(std::uint64_t upload) = 0;
    /// All or none, durable.
    virtual Task<Result<Appended>> append(std::string to, std::vector<NewMessage>,
                                          std::optional<Replaced>) = 0;

    // ---- besides ------------------------------------------------------------------------------
    virtual Task<Result<std::vector<Quota>>> quota(std::string mailbox_or_root) = 0;
    virtual Task<Result<void>> set_quota(std::string root, std::vector<Quota::Resource>) = 0;
    /// "" is the server; the values of entries that there are. Entries in lower case.
    virtual Task<Result<std::map<std::string, std::string>>> metadata(std::string mailbox) = 0;
    /// nullopt removes.
    virtual Task<Result<void>> set_metadata(std::string mailbox,
                                            std::map<std::string, std::optional<std::string>>) = 0;
    virtual Task<Result<std::map<std::string, Rights>>> acl(std::string mailbox) = 0;
    virtual Task<Result<void>> set_acl(std::string mailbox, std::string identifier,
                                       RightsChange) = 0;

    /// In place of what was watched before.
    virtual Task<Result<void>> watch(Watched) = 0;
    /// Called on the session's thread; opened mailboxes are always watched. Nothing stops it.
    virtual void on_event(std::function<void(Event)>) = 0;
};

} // namespace posthouse::imap
