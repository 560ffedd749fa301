// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/listing.hpp"
#include "imap/session/status.hpp"
#include "imap/session/written.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

namespace posthouse::imap {

namespace {

/// All names that others stand below, or subscribed ones do.
std::unordered_set<std::string> parents_of(const std::vector<Mailbox>& mailboxes, bool subscribed)
{
    std::unordered_set<std::string> parents;
    for (const auto& mailbox : mailboxes) {
        if (subscribed ? !mailbox.subscribed : !mailbox.exists)
            continue;
        for (auto end = mailbox.name.rfind('/'); end != std::string::npos && end != 0;
             end = mailbox.name.rfind('/', end - 1))
            if (!parents.insert(mailbox.name.substr(0, end)).second)
                break; // And so are all above it.
    }
    return parents;
}

class Listing {
public:
    Listing(Dialogue& dialogue, const command::List& command)
        : dialogue_(dialogue),
          command_(command)
    {
        for (const auto& pattern : command.patterns)
            patterns_.push_back(joined(command.reference, pattern));
    }

    Task<std::optional<Reply>> send()
    {
        const auto& want = command_.want;
        auto mailboxes = co_await dialogue_.backend->list({!want.status.empty(), want.metadata});
        if (!mailboxes)
            co_return reply_to(mailboxes.error());
        parents_ = parents_of(*mailboxes, false);
        if (command_.select.recursive_match)
            subscribed_parents_ = parents_of(*mailboxes, true);
        for (const auto& mailbox : *mailboxes) {
            if (!wanted(mailbox))
                continue;
            say(mailbox);
            if (dialogue_.out.full())
                co_await dialogue_.out.pass();
        }
        co_return std::nullopt;
    }

private:
    /// RFC 9051 §6.3.9: a reference is a prefix, and a pattern is never absolute here.
    static std::string joined(const std::string& reference, const std::string& pattern)
    {
        if (reference.empty() || reference.ends_with('/'))
            return reference + pattern;
        return reference + pattern;
    }

    bool child_subscribed(const Mailbox& mailbox) const
    {
        return command_.select.recursive_match && subscribed_parents_.contains(mailbox.name);
    }

    bool wanted(const Mailbox& mailbox) const
    {
        const auto& select = command_.select;
        if (std::ranges::none_of(patterns_, [&](const std::string& pattern) {
                return list_matches(pattern, mailbox.name);
            }))
            return false;
        if (select.special_use && mailbox.special_use.empty())
            return false;
        if (select.subscribed)
            return mailbox.subscribed || child_subscribed(mailbox);
        return mailbox.exists || parents_.contains(mailbox.name);
    }

    std::string attributes(const Mailbox& mailbox) const
    {
        std::string all;
        const auto add = [&](std::string_view name) {
            if (!all.empty())
                all += ' ';
            all += name;
        };
        const bool extended = command_.extended || dialogue_.enabled.rev2;
        if (!mailbox.exists)
            add(extended ? "\\NonExistent" : "\\Noselect");
        else if (!mailbox.selectable)
            add("\\Noselect");
        if ((command_.want.subscribed || command_.select.subscribed) && mailbox.subscribed)
            add("\\Subscribed");
        add(parents_.contains(mailbox.name) ? "\\HasChildren" : "\\HasNoChildren");
        if (!mailbox.special_use.empty())
            add(mailbox.special_use);
        return all;
    }

    void say(const Mailbox& mailbox)
    {
        auto& to = dialogue_.out.text();
        to += fmt::format("* LIST ({}) \"/\" ", attributes(mailbox));
        append_mailbox(to, mailbox.name, dialogue_);
        if (child_subscribed(mailbox)) // RFC 5258 §3.5
            to += " (\"CHILDINFO\" (\"SUBSCRIBED\"))";
        to += "\r\n";
        if (!mailbox.exists || !mailbox.selectable)
            return;
        if (!command_.want.status.empty() && mailbox.status) // RFC 5819 §2
            say_status(dialogue_, mailbox, command_.want.status);
        if (command_.want.my_rights && !mailbox.rights.empty()) { // RFC 8440 §3
            to += "* MYRIGHTS ";
            append_mailbox(to, mailbox.name, dialogue_);
            to += ' ' + mailbox.rights + "\r\n";
        }
        if (!command_.want.metadata.empty())
            say_metadata(mailbox);
    }

    /// RFC 9590 §3
    void say_metadata(const Mailbox& mailbox)
    {
        auto& to = dialogue_.out.text();
        to += "* METADATA ";
        append_mailbox(to, mailbox.name, dialogue_);
        char before = '(';
        to += ' ';
        for (const auto& entry : command_.want.metadata) {
            to += before;
            before = ' ';
            append_astring(to, entry, NameForm::utf8);
            to += ' ';
            const auto found = mailbox.metadata.find(entry);
            if (found == mailbox.metadata.end())
                to += "NIL";
            else
                append_string(to, found->second, dialogue_.name_form());
        }
        to += ")\r\n";
    }

    Dialogue& dialogue_;
    const command::List& command_;
    std::vector<std::string> patterns_;
    std::unordered_set<std::string> parents_, subscribed_parents_;
};

} // namespace

bool list_matches(std::string_view pattern, std::string_view name)
{
    // The places in the pattern that the name so far can have come to: linear in each.
    std::vector<bool> at(pattern.size() + 1), next;
    const auto close = [&](std::vector<bool>& places) {
        for (std::size_t i = 0; i < pattern.size(); ++i)
            if (places[i] && (pattern[i] == '*' || pattern[i] == '%'))
                places[i + 1] = true;
    };
    at[0] = true;
    close(at);
    for (const char c : name) {
        next.assign(pattern.size() + 1, false);
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (!at[i])
                continue;
            if (pattern[i] == '*' || (pattern[i] == '%' && c != '/'))
                next[i] = true;
            else if (pattern[i] == c)
                next[i + 1] = true;
        }
        at.swap(next);
        close(at);
    }
    return at[pattern.size()];
}

/// RFC 9051 §6.3.9
Task<Reply> carry_out(Dialogue& dialogue, const command::List& command)
{
    if (!command.extended && command.patterns.size() == 1 && command.patterns.front().empty()) {
        dialogue.say("LIST (\\Noselect) \"/\" \"\""); // What is the separator?
        co_return Reply::ok();
    }
    if (command.select.recursive_match && !command.select.subscribed)
        co_return Reply::bad("RECURSIVEMATCH cannot stand alone"); // RFC 5258 §3.1
    Listing listing(dialogue, command);
    if (auto trouble = co_await listing.send())
        co_return *trouble;
    co_return Reply::ok();
}

/// RFC 3501 §6.3.9
Task<Reply> carry_out(Dialogue& dialogue, const command::Lsub& command)
{
    auto mailboxes = co_await dialogue.backend->list({});
    if (!mailboxes)
        co_return reply_to(mailboxes.error());
    const auto pattern = command.reference + command.pattern;
    std::set<std::string> subscribed, parents;
    for (const auto& mailbox : *mailboxes) {
        if (!mailbox.subscribed)
            continue;
        if (list_matches(pattern, mailbox.name)) {
            subscribed.insert(mailbox.name);
            continue;
        }
        // `%` shows a parent, if only its children are subscribed.
        for (auto end = mailbox.name.rfind('/'); end != std::string::npos && end != 0;
             end = mailbox.name.rfind('/', end - 1))
            if (const auto parent = mailbox.name.substr(0, end);
                pattern.ends_with('%') && list_matches(pattern, parent))
                parents.insert(parent);
    }
    const auto say = [&](const std::string& name, std::string_view attributes) {
        auto& to = dialogue.out.text();
        to += fmt::format("* LSUB ({}) \"/\" ", attributes);
        append_mailbox(to, name, dialogue);
        to += "\r\n";
    };
    for (const auto& name : parents)
        if (!subscribed.contains(name))
            say(name, "\\Noselect");
    for (const auto& name : subscribed)
        say(name, "");
    co_return Reply::ok();
}

} // namespace posthouse::imap
