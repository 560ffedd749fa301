// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "imap/append_step.hpp"
#include "imap/fetch_item.hpp"
#include "imap/mailbox_filter.hpp"
#include "imap/mailbox_name.hpp"
#include "imap/search_key.hpp"
#include "imap/set.hpp"
#include "mail/flags.hpp"
#include "mail/uid_set.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Every command a client may give, its arguments parsed and checked: RFC 9051 §6 and RFC 3501 §6;
/// extensions name their standards. A `UID` form is the same command with Numbering::uid.
namespace posthouse::imap {

namespace command {

// In any state ------------------------------------------------------------------------------

struct Capability {};
struct Noop {};
struct Logout {};
/// RFC 2971
struct Id {
    std::vector<std::pair<std::string, std::optional<std::string>>> fields;
};

// Before the login --------------------------------------------------------------------------

struct StartTls {};
/// RFC 4959
struct Authenticate {
    std::string mechanism;                  ///< In upper case.
    std::optional<Secret> initial_response; ///< Decoded; "=" is an empty one.
};
struct Login {
    std::string user;
    Secret password;
};

// After the login ---------------------------------------------------------------------------

/// RFC 8437
struct Unauthenticate {};
/// RFC 4978; DEFLATE is the only mechanism.
struct Compress {};
/// RFC 5161
struct Enable {
    std::vector<std::string> capabilities; ///< In upper case.
};

/// RFC 7162 §3.2.5
struct QresyncParameter {
    std::uint32_t uid_validity = 0;
    std::uint64_t mod_seq = 0;
    std::optional<mail::UidSet> known_uids;
    /// Sequence numbers and the UIDs that the client knew under them: as many of one as of the
    /// other.
    std::optional<std::pair<mail::UidSet, mail::UidSet>> sequence_match;
};
enum class Access : std::uint8_t { read_write, read_only };
/// SELECT, EXAMINE
struct Select {
    Access access = Access::read_write;
    MailboxName mailbox;
    bool condstore = false; ///< RFC 7162 §3.1.8
    std::optional<QresyncParameter> qresync;
};
/// RFC 6154 §3
struct Create {
    MailboxName mailbox;
    bool ends_with_separator = false;     ///< Only children are wanted.
    std::vector<std::string> special_use; ///< "\\Sent" …, as they were written.
};
struct Delete {
    MailboxName mailbox;
};
struct Rename {
    MailboxName from, to;
};
struct Subscribe {
    MailboxName mailbox;
};
struct Unsubscribe {
    MailboxName mailbox;
};

enum class StatusItem : std::uint8_t {
    messages,
    recent,
    uid_next,
    uid_validity,
    unseen,
    deleted,
    size,            ///< RFC 8438
    highest_mod_seq, ///< RFC 7162 §3.1.7
    mailbox_id,      ///< RFC 8474 §4.3
    append_limit,    ///< RFC 7889 §3.2
    deleted_storage, ///< RFC 9208 §4.1.4
};
struct Status {
    MailboxName mailbox;
    std::vector<StatusItem> items;
};

/// RFC 5258, RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE), RFC 8440 (MYRIGHTS), RFC 9590 (METADATA)
struct List {
    bool extended = false;             ///< Anything of RFC 5258 was used.
    std::string reference;             ///< UTF-8
    std::vector<std::string> patterns; ///< UTF-8; one if not extended.
    struct Selection {
        bool subscribed = false, remote = false, recursive_match = false, special_use = false;
    } select;
    struct Returned {
        bool subscribed = false, children = false, special_use = false, my_rights = false;
        std::vector<StatusItem> status;
        std::vector<std::string> metadata; ///< Entry names in lower case.
    } want;
};
struct Lsub {
    std::string reference, pattern; ///< UTF-8
};
/// RFC 2342
struct Namespace {};

/// The steps up to the first literal; those behind it come by read_append().
struct Append {
    MailboxName mailbox;
    std::vector<append::Step> steps;
    AppendPlace place;
};
/// RFC 8508
struct Replace {
    Numbering by = Numbering::sequence;
    SequenceSet message; ///< One number.
    MailboxName mailbox;
    std::vector<append::Step> steps; ///< Of one message.
    AppendPlace place;
};
/// RFC 2177. The line that ends it is not a command: Framer::expect_line().
struct Idle {};

// With a mailbox selected -------------------------------------------------------------------

struct Close {};
struct Unselect {};
struct Check {}; ///< RFC 3501 §6.4.1
/// RFC 4315: of the messages marked \Deleted only these.
struct Expunge {
    std::optional<SequenceSet> uids;
};

/// RFC 9394 §3.1: as it was written, since the response repeats it. Counts from 1, or from the end
/// where negative; 500:400 is 400:500, and -500:-400 is -400:-500.
struct PartialRange {
    std::int64_t first = 1, last = 1; ///< Of the same sign, neither 0.
    bool operator==(const PartialRange&) const = default;
};
/// RFC 4731 §3.1, RFC 5182 (SAVE), RFC 5267 (CONTEXT, UPDATE, PARTIAL), RFC 9394, RFC 6203
struct SearchReturn {
    bool min = false, max = false, all = false, count = false, save = false;
    bool context = false, update = false;
    bool relevancy = false; ///< RFC 6203 §4
    std::optional<PartialRange> partial;
    std::vector<FetchItem> update_items; ///< Of UPDATE, by RFC 5465 §8.
};
struct Search {
    Numbering by = Numbering::sequence;
    /// RETURN; "RETURN ()" is ALL. Absent: the old SEARCH response (unless IMAP4rev2 is enabled).
    std::optional<SearchReturn> want;
    std::string charset; ///< In upper case; empty for UTF-8, US-ASCII, and where none was named.
    SearchKey program;
};
/// RFC 7377
struct Esearch {
    std::vector<MailboxFilter> sources; ///< None: the selected mailbox.
    Search search;                      ///< By UID.
};
/// RFC 5256 §3, RFC 5957, RFC 6203 §5 (RELEVANCY)
struct SortKey {
    enum class By : std::uint8_t {
        arrival,
        cc,
        date,
        display_from,
        display_to,
        from,
        relevancy,
        size,
        subject,
        to,
    };
    By by = By::arrival;
    bool reverse = false;
    bool operator==(const SortKey&) const = default;
};
struct Sort {
    Search search;
    std::vector<SortKey> keys;
};
enum class ThreadAlgorithm : std::uint8_t { ordered_subject, references };
/// RFC 5256 §3
struct Thread {
    ThreadAlgorithm algorithm = ThreadAlgorithm::references;
    Search search; ///< Without RETURN.
};
/// RFC 5267 §4.3.5
struct CancelUpdate {
    std::vector<std::string> tags;
};

struct Fetch {
    Numbering by = Numbering::sequence;
    SequenceSet messages;
    std::vector<FetchItem> items; ///< Macros spelled out; with UID among them if by UID.
    std::optional<std::uint64_t> changed_since; ///< RFC 7162 §3.1.4.1
    bool vanished = false;                      ///< RFC 7162 §3.2.6
    std::optional<PartialRange> partial;        ///< RFC 9394 §3.2
};
enum class StoreChange : std::uint8_t { replace, add, remove };
struct Store {
    Numbering by = Numbering::sequence;
    SequenceSet messages;
    StoreChange change = StoreChange::replace;
    bool silent = false;
    mail::Flags flags;
    std::optional<std::uint64_t> unchanged_since; ///< RFC 7162 §3.1.3
};
enum class Transfer : std::uint8_t { copy, move };
/// COPY, MOVE (RFC 6851)
struct Copy {
    Transfer how = Transfer::copy;
    Numbering by = Numbering::sequence;
    SequenceSet messages;
    MailboxName mailbox;
};

// Quota: RFC 9208 ---------------------------------------------------------------------------

struct GetQuota {
    std::string root;
};
struct GetQuotaRoot {
    MailboxName mailbox;
};
struct SetQuota {
    std::string root;
    std::vector<std::pair<std::string, std::uint64_t>> limits; ///< Resources in upper case.
};

// Access control: RFC 4314 ------------------------------------------------------------------

struct GetAcl {
    MailboxName mailbox;
};
struct SetAcl {
    enum class Change : std::uint8_t { replace, add, remove };
    MailboxName mailbox;
    std::string identifier;
    Change change = Change::replace;
    std::string rights; ///< Lower-case letters and digits.
};
struct DeleteAcl {
    MailboxName mailbox;
    std::string identifier;
};
struct ListRights {
    MailboxName mailbox;
    std::string identifier;
};
struct MyRights {
    MailboxName mailbox;
};

// Metadata: RFC 5464 ------------------------------------------------------------------------

enum class MetadataDepth : std::uint8_t { zero, one, infinity };
struct GetMetadata {
    std::optional<MailboxName> mailbox; ///< Absent: the server's.
    std::vector<std::string> entries;   ///< In lower case.
    MetadataDepth depth = MetadataDepth::zero;
    std::optional<std::uint64_t> max_size;
};
struct SetMetadata {
    std::optional<MailboxName> mailbox; ///< Absent: the server's.
    /// Entry names in lower case; without a value, the entry is to go.
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;
};

// Notifications: RFC 5465 -------------------------------------------------------------------

struct NotifyEvent {
    enum class Kind : std::uint8_t {
        message_new,
        message_expunge,
        flag_change,
        annotation_change,
        mailbox_name,
        subscription_change,
        mailbox_metadata_change,
        server_metadata_change,
        unknown, ///< Of another standard; to be told by NO [BADEVENT (…)].
    };
    Kind kind = Kind::unknown;
    std::vector<FetchItem> items; ///< Of message_new.
    std::string name;             ///< Of unknown.
};
struct NotifyGroup {
    MailboxFilter filter;
    std::vector<NotifyEvent> events; ///< None: NONE.
};
struct Notify {
    bool set = false;    ///< Otherwise NONE.
    bool status = false; ///< A STATUS for each mailbox is wanted now.
    std::vector<NotifyGroup> groups;
};

} // namespace command

using CommandBody =
    std::variant<command::Capability, command::Noop, command::Logout, command::Id,
                 command::StartTls, command::Authenticate, command::Login, command::Unauthenticate,
                 command::Compress, command::Enable, command::Select, command::Create,
                 command::Delete, command::Rename, command::Subscribe, command::Unsubscribe,
                 command::Status, command::List, command::Lsub, command::Namespace, command::Append,
                 command::Replace, command::Idle, command::Close, command::Unselect, command::Check,
                 command::Expunge, command::Search, command::Esearch, command::Sort,
                 command::Thread, command::CancelUpdate, command::Fetch, command::Store,
                 command::Copy, command::GetQuota, command::GetQuotaRoot, command::SetQuota,
                 command::GetAcl, command::SetAcl, command::DeleteAcl, command::ListRights,
                 command::MyRights, command::GetMetadata, command::SetMetadata, command::Notify>;

struct Command {
    std::string tag;
    CommandBody body;
};

} // namespace posthouse::imap
