// SPDX-License-Identifier: Apache-2.0
#include "imap/session/dialogue.hpp"

#include "base/contract.hpp"
#include "imap/response_text.hpp"
#include "imap/session/contexts.hpp"
#include "imap/session/notify.hpp"
#include "imap/session/numbers.hpp"
#include "imap/session/rights.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::imap {

Dialogue::Dialogue(const SessionSettings& wanted, Channel& to, Login& who)
    : settings(wanted),
      channel(to),
      login(who),
      framer(wanted.limits.framing),
      out(to, wanted.limits.output_bytes),
      secured(wanted.implicit_tls)
{
}

Dialogue::~Dialogue() = default;

// ---- the client's words -------------------------------------------------------------------------

Task<std::variant<Frame, Sign>> Dialogue::listen(Instant until)
{
    while (true) {
        auto frame = framer.next();
        if (std::holds_alternative<frame::MessageHead>(frame))
            in_message = true;
        else if (std::holds_alternative<frame::MessageTail>(frame) ||
                 std::holds_alternative<frame::Refused>(frame))
            in_message = false;
        if (!std::holds_alternative<frame::NeedsInput>(frame))
            co_return frame;
        co_await out.pass();
        if (out.gone())
            co_return Sign::end;
        auto arrival = co_await channel.wait(until);
        switch (arrival.what) {
        case Arrival::What::bytes:
            framer.feed(arrival.bytes);
            break;
        case Arrival::What::nudge:
            co_return Sign::nudge;
        case Arrival::What::time:
            co_return Sign::time;
        case Arrival::What::end:
            co_return Sign::end;
        }
    }
}

Task<std::optional<Frame>> Dialogue::hear()
{
    const auto until = channel.now() + (backend ? settings.limits.idle : settings.limits.login);
    while (true) {
        auto heard = co_await listen(until);
        if (auto* frame = std::get_if<Frame>(&heard))
            co_return std::move(*frame);
        switch (std::get<Sign>(heard)) {
        case Sign::nudge:
            if (!closing)
                continue;
            say_bye(closing_words);
            break;
        case Sign::time:
            say_bye("Disconnected for inactivity");
            break;
        case Sign::end:
            out.give_up();
            break;
        }
        over = true;
        co_return std::nullopt;
    }
}

void Dialogue::forget_login()
{
    leave();
    backend.reset();
    user.clear();
    enabled = {};
    watching.reset();
    tree_changed = false;
    watched_changed.clear();
    metadata_changed.clear();
    framer.distrust();
}

// ---- answers ------------------------------------------------------------------------------------

void Dialogue::say(std::string_view untagged)
{
    out << "* " << untagged << "\r\n";
}

void Dialogue::say_tagged(const Reply& reply, std::string_view command_name)
{
    if (reply.kind == Reply::Kind::said)
        return;
    const auto text = reply.text.empty() ? std::string(command_name) + " completed" : reply.text;
    response::append_status(
        out.text(), {.tag = tag,
                     .completion = reply.kind == Reply::Kind::ok   ? response::Completion::ok
                                   : reply.kind == Reply::Kind::no ? response::Completion::no
                                                                   : response::Completion::bad,
                     .code = reply.code,
                     .text = text});
}

void Dialogue::say_bye(std::string_view text)
{
    response::append_status(out.text(), {.completion = response::Completion::bye, .text = text});
    over = true;
}

Reply reply_to(Trouble trouble)
{
    switch (trouble) {
    case Trouble::unavailable:
        return Reply::no("UNAVAILABLE", "Not now; try again later");
    case Trouble::no_space:
        return Reply::no("UNAVAILABLE", "The server's disk is full");
    case Trouble::over_quota:
        return Reply::no("OVERQUOTA", "Quota exceeded");
    case Trouble::nonexistent:
        return Reply::no("NONEXISTENT", "No such mailbox");
    case Trouble::exists:
        return Reply::no("ALREADYEXISTS", "Mailbox already exists");
    case Trouble::no_permission:
        return Reply::no("NOPERM", "Permission denied");
    case Trouble::cannot:
        return Reply::no("CANNOT", "That cannot be done");
    case Trouble::has_children:
        return Reply::no("HASCHILDREN", "Mailbox has children");
    case Trouble::limit:
        return Reply::no("LIMIT", "A limit was reached");
    case Trouble::too_big:
        return Reply::no("TOOBIG", "Message too large");
    case Trouble::gone:
        return Reply::no("EXPUNGEISSUED", "Some of the requested messages no longer exist");
    case Trouble::damaged:
        return Reply::no("SERVERBUG", "A message cannot be read");
    case Trouble::unknown_charset:
        return Reply::no("BADCHARSET (US-ASCII UTF-8)", "Unknown charset");
    }
    return Reply::no("SERVERBUG", "Internal error");
}

Reply reply_to_destination(Trouble trouble)
{
    if (trouble == Trouble::nonexistent)
        return Reply::no("TRYCREATE", "Mailbox doesn't exist");
    return reply_to(trouble);
}

// ---- the selected mailbox -----------------------------------------------------------------------

void Dialogue::enter(std::string name, Opened opened)
{
    expects(!selected);
    selected.emplace();
    selected->name = std::move(name);
    selected->handle = opened.handle;
    selected->uid_validity = opened.uid_validity;
    selected->rights = std::move(opened.rights);
    selected->access = opened.access;
    selected->more_keywords = opened.more_keywords;
    selected->keywords = std::move(opened.keywords);
    selected->certain_modseq = opened.highest_modseq;
    selected->view =
        View({std::move(opened.uids), opened.uid_next, opened.highest_modseq, opened.first_recent});
}

void Dialogue::leave()
{
    if (!selected)
        return;
    backend->close(selected->handle);
    selected.reset();
}

Task<void> Dialogue::bring_forward(Expunges expunges)
{
    if (!selected || !notify_tells(*this, command::NotifyEvent::Kind::message_new))
        co_return;
    selected->changed = false;
    auto changes = co_await backend->changes(selected->handle, selected->view.highest_modseq());
    if (!changes) {
        selected->changed = true; // Later, then.
        if (changes.error() == Trouble::gone || changes.error() == Trouble::nonexistent)
            say_bye("The mailbox is gone");
        co_return;
    }
    if (changes->deleted) {
        say_bye("The mailbox was deleted");
        co_return;
    }
    if (changes->rights)
        take_rights(*this, std::move(*changes->rights));
    auto& view = selected->view;
    view.vanish(changes->vanished);
    mail::UidSet arrived;
    const auto first_new = view.uid_next(); // Who is told that it exists asks for what it is.
    for (mail::EntryUnpacker entries(change_fields, changes->entries); auto entry = entries.next();)
        if (view.arrive(entry->uid))
            arrived.add(entry->uid);
    co_await tell_news(expunges);
    mail::UidSet touched; // For searches that are kept up to date.
    if (!selected->contexts.empty())
        for (mail::EntryUnpacker entries(change_fields, changes->entries);
             auto entry = entries.next();)
            touched.add(entry->uid);
    if (!arrived.empty()) {
        say(fmt::format("{} EXISTS", view.exists()));
        if (!enabled.rev2)
            say(fmt::format("{} RECENT", view.recent()));
    }
    learn_keywords(changes->keywords);
    if (notify_tells(*this, command::NotifyEvent::Kind::flag_change))
        co_await tell_flags(changes->entries, first_new);
    view.reach(changes->highest_modseq, changes->uid_next);
    if (view.vanished().empty())
        selected->certain_modseq = view.highest_modseq();
    else if (enabled.qresync) // It would take what it was just told for the whole: RFC 7162 §3.2
        say(fmt::format("OK [HIGHESTMODSEQ {}] Not all is told yet", selected->certain_modseq));
    co_await tell_contexts_of_changed(*this, std::move(touched), arrived);
    arrived = arrived.without(std::exchange(selected->own_arrivals, {}));
    co_await tell_items_of_arrived(*this, std::move(arrived));
}

Task<void> Dialogue::tell_news(Expunges expunges)
{
    if (!selected || expunges == Expunges::untold)
        co_return;
    tell_contexts_of_vanished(*this, selected->view.vanished());
    const auto form =
        enabled.qresync || enabled.uidonly ? View::Form::vanished : View::Form::expunge;
    while (!selected->view.tell_vanished(out.text(), form, settings.limits.output_bytes))
        co_await out.pass();
    selected->certain_modseq = selected->view.highest_modseq();
}

void Dialogue::follow_modseqs()
{
    if (std::exchange(enabled.condstore, true) || !selected)
        return;
    say(fmt::format("OK [HIGHESTMODSEQ {}] Highest", selected->view.highest_modseq()));
}

Task<void> Dialogue::tell_flags(std::string_view packed, std::uint32_t below)
{
    auto& view = selected->view;
    View::Numbers numbers(view);
    mail::EntryUnpacker entries(change_fields, packed);
    while (auto entry = entries.next()) {
        if (view.is_own(entry->modseq) || entry->uid >= below)
            continue;
        const auto number = numbers.of(entry->uid);
        if (number == 0)
            continue;
        auto& to = out.text();
        begin_fetch(to, number, entry->uid);
        to += "FLAGS (";
        append_flags(to, *entry, *selected, enabled);
        to += ')';
        if (enabled.condstore) {
            to += " MODSEQ (";
            append_number(to, entry->modseq);
            to += ')';
        }
        to += ")\r\n";
        if (out.full())
            co_await out.pass();
    }
}

void Dialogue::learn_keywords(const std::vector<std::string>& keywords)
{
    if (keywords.size() <= selected->keywords.size())
        return;
    selected->keywords = keywords;
    std::string flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
    for (const auto& keyword : keywords)
        flags += ' ' + keyword;
    say(fmt::format("FLAGS ({})", flags));
    if (selected->may_store())
        say_permanent_flags(*this);
}

bool reaches_beyond(const SequenceSet& set, std::uint32_t exists)
{
    return std::ranges::any_of(set.ranges, [&](const SequenceRange& range) {
        const bool open = range.first == 0 || range.last == 0;
        return !open && std::max(range.first, range.last) > exists;
    });
}

std::optional<mail::UidSet> Dialogue::uids_meant(Numbering by, const SequenceSet& set) const
{
    const auto& view = selected->view;
    if (set.saved_result)
        return selected->saved.intersected(view.uids());
    if (by == Numbering::uid)
        return set.resolved(view.largest_uid()).intersected(view.uids());
    if (reaches_beyond(set, view.exists()))
        return std::nullopt;
    return view.uids_of(set.resolved(view.exists()));
}

std::string Dialogue::keep_within_limit(mail::UidSet& uids) const
{
    const auto most = settings.message_limit;
    if (most == 0 || uids.size() <= most)
        return {};
    uids = last_of(uids, most);
    return fmt::format("MESSAGELIMIT {} {}", most, uids.smallest());
}

void Dialogue::take_backend(std::unique_ptr<Backend> taken)
{
    backend = std::move(taken);
    backend->on_event([self = std::weak_ptr(self_), whose = backend.get()](Event event) {
        const auto there = self.lock(); // It may hear of things for longer than we live.
        if (there && (*there)->backend.get() == whose)
            (*there)->hear_event(std::move(event));
    });
}

void Dialogue::hear_event(Event event)
{
    if (event.closing) {
        closing = true;
        closing_words = std::move(event.words);
    }
    if (event.tree)
        tree_changed = true;
    if (event.metadata && (watching || enabled.metadata)) {
        std::size_t known = 0;
        for (const auto& [name, entries] : metadata_changed)
            known += entries.size();
        for (auto& entry : event.metadata->entries) {
            if (known >= settings.limits.metadata_told) // A hint: the rest is not told of.
                break;
            known += metadata_changed[event.metadata->mailbox].insert(std::move(entry)).second;
        }
    }
    if (selected && event.handle == selected->handle)
        selected->changed = true;
    else if (watching && !event.mailbox.empty())
        watched_changed.insert(std::move(event.mailbox));
    channel.nudge();
}

// ---- FETCH's common part ------------------------------------------------------------------------

void append_flags(std::string& to, const mail::MessageEntry& entry, const Selected& selected,
                  const Enabled& enabled)
{
    const auto before = to.size();
    const auto add = [&](std::string_view name) {
        if (to.size() != before)
            to += ' ';
        to += name;
    };
    using mail::SystemFlag;
    if (!entry.flags.none()) {
        for (const auto flag : {SystemFlag::answered, SystemFlag::flagged, SystemFlag::deleted,
                                SystemFlag::seen, SystemFlag::draft})
            if (entry.flags.has(flag))
                add(mail::name_of(flag));
    }
    for (auto bits = entry.keywords; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::size_t>(__builtin_ctzll(bits));
        if (bit < selected.keywords.size())
            add(selected.keywords[bit]);
    }
    if (!enabled.rev2 && selected.view.is_recent(entry.uid))
        add("\\Recent");
}

mail::Flags flags_of(const mail::MessageEntry& entry, const std::vector<std::string>& keywords)
{
    mail::Flags flags;
    flags.system = entry.flags;
    for (std::size_t bit = 0; bit < keywords.size() && bit < 64; ++bit)
        if (entry.keywords >> bit & 1U)
            flags.keywords.push_back(keywords[bit]);
    return flags;
}

void Dialogue::begin_fetch(std::string& to, std::uint32_t number, std::uint32_t uid) const
{
    to += "* ";
    append_number(to, enabled.uidonly ? uid : number);
    to += enabled.uidonly ? " UIDFETCH (" : " FETCH (";
    if (names_uids() && !enabled.uidonly) {
        to += "UID ";
        append_number(to, uid);
        to += ' ';
    }
}

} // namespace posthouse::imap
