// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/framing.hpp"
#include "imap/parser.hpp"
#include "imap/session/channel.hpp"
#include "imap/session/login.hpp"
#include "imap/session/output.hpp"
#include "imap/session/settings.hpp"
#include "imap/session/view.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What the commands of one session have in common.
namespace posthouse::imap {

/// The tagged end of a command.
struct Reply {
    enum class Kind : std::uint8_t {
        ok,
        no,
        bad,
        said, ///< The command has said it, or says nothing any more.
    };
    Kind kind = Kind::ok;
    std::string code; ///< A response code without its brackets; or empty.
    std::string text; ///< Empty for ok: the command's name and "completed".

    static Reply ok(std::string code = {}, std::string text = {})
    {
        return {Kind::ok, std::move(code), std::move(text)};
    }
    static Reply no(std::string code, std::string text)
    {
        return {Kind::no, std::move(code), std::move(text)};
    }
    static Reply bad(std::string text, std::string code = {})
    {
        return {Kind::bad, std::move(code), std::move(text)};
    }
    static Reply said() { return {Kind::said, {}, {}}; }
};
Reply reply_to(Trouble);
/// The same for a destination: what does not exist is [TRYCREATE] (RFC 9051 §6.4.7).
Reply reply_to_destination(Trouble);

/// What ENABLE, or a command that implies it, has turned on.
struct Enabled {
    bool condstore = false; ///< RFC 7162
    bool qresync = false;
    bool utf8 = false;     ///< RFC 6855
    bool rev2 = false;     ///< RFC 9051
    bool uidonly = false;  ///< RFC 9586
    bool metadata = false; ///< RFC 5464 §4.1
};

/// A search whose result is kept up to date: RFC 5267 §4.3.
struct Context {
    std::string tag;
    Numbering by = Numbering::sequence;
    std::string program; ///< Packed
    mail::UidSet found;
    std::vector<FetchItem> items = {}; ///< Of new messages that are found: RFC 5465 §7
    // Of a SORT: by what, and the UIDs in that order.
    std::vector<command::SortKey> keys = {};
    std::vector<std::uint32_t> order = {};
};

/// What NOTIFY asked for: RFC 5465. Of NONE there are no groups, and nothing is told at all.
struct Watching {
    std::vector<command::NotifyGroup> groups;
    struct Known {
        std::string id;
        bool exists = true, subscribed = false;
        std::string owner = {}; ///< as Mailbox has it
        bool operator==(const Known&) const = default;
    };
    std::map<std::string, Known> known; ///< The tree, as the client was told.
    std::set<std::string> names;        ///< Of mailboxes that it wants to hear of.
};

/// The mailbox that is selected.
struct Selected {
    std::string name;
    Handle handle{};
    std::uint32_t uid_validity = 0;
    Rights rights;
    Access access = Access::read_write;
    bool more_keywords = true;
    std::vector<std::string> keywords; ///< Bit n of an entry's is the n-th.
    View view;
    bool changed = false;             ///< There may be news: changes() was not asked since.
    mail::UidSet own_arrivals;        ///< Put there by this session, and not told yet.
    std::uint64_t certain_modseq = 1; ///< Up to here the client knows all, also what vanished.
    mail::UidSet saved;               ///< `$`, RFC 9051 §6.4.4.1
    std::vector<Context> contexts;

    bool may(char right) const { return rights.find(right) != std::string::npos; }
    bool may_store() const { return access == Access::read_write; }
    /// Puts messages here itself: they are to be told at the end of the command.
    void expect(const mail::UidSet& uids)
    {
        changed = true;
        own_arrivals = own_arrivals.united(uids);
    }
};

/// May messages vanish from the client's numbering now? Not during commands that name messages by
/// their numbers, nor between commands: RFC 9051 §7.5.1.
enum class Expunges : std::uint8_t { untold, told };

/// Something that listen() heard, and is not a frame.
enum class Sign : std::uint8_t { nudge, time, end };

/// Beyond all UIDs that there are to be.
inline constexpr std::uint32_t no_uid = 0xffffffff;

struct Dialogue {
    Dialogue(const SessionSettings&, Channel&, Login&);
    ~Dialogue();
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;

    const SessionSettings& settings;
    Channel& channel;
    Login& login;
    Framer framer;
    Output out;

    bool secured = false; ///< by TLS
    bool compressed = false;
    bool over = false;       ///< Nothing more is to be read.
    bool in_message = false; ///< APPEND or REPLACE is not heard to its end.
    std::string tag;         ///< Of the command under way.
    bool by_uid = false;     ///< It names messages by their UIDs.
    std::size_t failed_logins = 0;

    std::string user;
    /// After the login. Questions that were asked ahead (read_ahead.hpp) own it too.
    std::shared_ptr<Backend> backend;
    Enabled enabled;
    std::optional<Selected> selected;
    std::optional<Watching> watching;
    bool tree_changed = false;                                     ///< Watched, and not told yet.
    std::set<std::string> watched_changed;                         ///< Likewise: mailboxes
    std::map<std::string, std::set<std::string>> metadata_changed; ///< Likewise: entries
    bool closing = false;                                          ///< The server wants an end.
    std::string closing_words;

    NameForm name_form() const
    {
        return enabled.utf8 || enabled.rev2 ? NameForm::utf8 : NameForm::modified_utf7;
    }
    std::string_view selected_name() const
    {
        return selected ? std::string_view(selected->name) : std::string_view();
    }
    ParserSettings parser_settings() const { return {name_form(), settings.limits.parser}; }
    /// The largest letter that is taken.
    std::uint64_t append_limit() const
    {
        return settings.append_limit ? settings.append_limit
                                     : settings.limits.framing.message_bytes;
    }
    bool may_login_plainly() const { return secured || settings.plaintext_auth; }

    // ---- the client's words -------------------------------------------------------------------

    /// The next frame (never NeedsInput); what was said before is sent first.
    Task<std::variant<Frame, Sign>> listen(Instant until);
    /// The same for a command under way, which no nudge concerns. Nothing: `over`, the client left
    /// or took too long.
    Task<std::optional<Frame>> hear();

    /// Nobody is logged in any more (RFC 8437).
    void forget_login();

    // ---- answers ------------------------------------------------------------------------------

    void say(std::string_view untagged); ///< "* ", the text, and the line end.
    void say_tagged(const Reply&, std::string_view command_name);
    void say_bye(std::string_view text); ///< And `over`.

    // ---- the selected mailbox -----------------------------------------------------------------

    /// Begins with a mailbox that open() gave.
    void enter(std::string name, Opened);
    /// Leaves it; [CLOSED] is said by whoever selects another (RFC 7162 §3.2.11).
    void leave();
    /// Asks what is new, and tells of it.
    Task<void> bring_forward(Expunges);
    /// The same where something is known to have changed; else tells only of what waits.
    Task<void> tell_news(Expunges);
    /// The client follows mod-sequences from now on, and hears where they stand (RFC 7162 §3.1).
    void follow_modseqs();
    /// Tells of changed flags: entries packed with change_fields; of those with smaller UIDs.
    Task<void> tell_flags(std::string_view entries, std::uint32_t below = no_uid);
    /// "* 3 FETCH (" or "* 3 UIDFETCH (" up to the first item; with the UID where it is due.
    void begin_fetch(std::string& to, std::uint32_t number, std::uint32_t uid) const;
    /// Takes over a mailbox's keywords; new ones are told.
    void learn_keywords(const std::vector<std::string>&);

    /// The UIDs that a command means. Numbers beyond the mailbox are a client's fault (RFC 9051
    /// §9, seq-number): nothing then.
    std::optional<mail::UidSet> uids_meant(Numbering, const SequenceSet&) const;

    /// Keeps the last of them, if they are more than one command may name. What it returns is the
    /// response code that says so (RFC 9738 §3), or empty.
    std::string keep_within_limit(mail::UidSet&) const;

    /// Logs in: from now on its events are heard, as long as this is there.
    void take_backend(std::unique_ptr<Backend>);

private:
    /// Is the UID told with whatever is told of a message? RFC 9051 §6.4.9 (under a UID command)
    /// and §7.5.2, RFC 7162 §3.2.4, RFC 5465 §5.1.
    bool names_uids() const { return enabled.qresync || enabled.rev2 || by_uid || watching; }
    void hear_event(Event);
    std::shared_ptr<Dialogue*> self_ = std::make_shared<Dialogue*>(this);
};

/// Does a set name messages that there are not? `5:*` does not, however few there are: it is asked
/// by clients that look for new ones, and means the last one then.
bool reaches_beyond(const SequenceSet&, std::uint32_t exists);

/// "\Seen Junk \Recent", without parentheses.
void append_flags(std::string& to, const mail::MessageEntry&, const Selected&, const Enabled&);
mail::Flags flags_of(const mail::MessageEntry&, const std::vector<std::string>& keywords);

} // namespace posthouse::imap
