// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/written.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::imap {

namespace {

using Entries = std::map<std::string, std::string>;

/// RFC 5464 §3.2
bool is_entry(std::string_view name)
{
    return (name.starts_with("/private/") || name.starts_with("/shared/")) &&
           !name.ends_with('/') && name.find("//") == name.npos &&
           name.find_first_of("*%") == name.npos;
}

/// RFC 5464 §4.2.2: the entry itself, its children, all below it.
bool within(std::string_view entry, std::string_view name, command::MetadataDepth depth)
{
    if (entry == name)
        return true;
    if (depth == command::MetadataDepth::zero || !name.starts_with(entry) ||
        name[entry.size()] != '/')
        return false;
    return depth == command::MetadataDepth::infinity ||
           name.find('/', entry.size() + 1) == name.npos;
}

struct Chosen {
    std::map<std::string, std::optional<std::string>> entries;
    std::size_t longest = 0; ///< Of those left out for their length.
};

Chosen choose(const Entries& all, const command::GetMetadata& command)
{
    Chosen chosen;
    for (const auto& entry : command.entries) {
        if (command.depth == command::MetadataDepth::zero && !all.contains(entry))
            chosen.entries[entry] = std::nullopt;
        for (const auto& [name, value] : all) {
            if (!within(entry, name, command.depth))
                continue;
            if (command.max_size && value.size() > *command.max_size)
                chosen.longest = std::max(chosen.longest, value.size());
            else
                chosen.entries[name] = value;
        }
    }
    return chosen;
}

Reply refusal_of(Trouble trouble, std::size_t most)
{
    switch (trouble) {
    case Trouble::too_big:
        return Reply::no(fmt::format("METADATA MAXSIZE {}", most), "Value too long");
    case Trouble::limit:
        return Reply::no("METADATA TOOMANY", "Too many entries");
    default:
        return reply_to(trouble);
    }
}

} // namespace

/// RFC 5464 §4.2
Task<Reply> carry_out(Dialogue& dialogue, const command::GetMetadata& command)
{
    const auto is_root = [](std::string_view name) {
        return name == "/private" || name == "/shared";
    };
    if (!std::ranges::all_of(command.entries, [&](const std::string& entry) {
            return is_entry(entry) || is_root(entry); // All that is below it
        }))
        co_return Reply::bad("An entry's name begins with /private/ or /shared/");
    const auto name = command.mailbox ? command.mailbox->text : std::string();
    auto all = co_await dialogue.backend->metadata(name);
    if (!all)
        co_return reply_to(all.error());
    const auto chosen = choose(*all, command);
    if (!chosen.entries.empty()) {
        auto& to = dialogue.out.text();
        to += "* METADATA ";
        append_mailbox(to, name, dialogue);
        char before = '(';
        to += ' ';
        for (const auto& [entry, value] : chosen.entries) {
            to += before;
            before = ' ';
            append_astring(to, entry, NameForm::utf8);
            to += ' ';
            append_nstring(to, value, dialogue.name_form());
        }
        to += ")\r\n";
    }
    if (chosen.longest != 0)
        co_return Reply::ok(fmt::format("METADATA LONGENTRIES {}", chosen.longest));
    co_return Reply::ok();
}

/// RFC 5464 §4.3
Task<Reply> carry_out(Dialogue& dialogue, const command::SetMetadata& command)
{
    const auto most = dialogue.settings.limits.metadata_bytes;
    std::map<std::string, std::optional<std::string>> entries;
    for (const auto& [entry, value] : command.entries) {
        if (!is_entry(entry))
            co_return Reply::bad("An entry's name begins with /private/ or /shared/");
        if (value && value->size() > most)
            co_return refusal_of(Trouble::too_big, most);
        entries[entry] = value;
    }
    auto done = co_await dialogue.backend->set_metadata(
        command.mailbox ? command.mailbox->text : std::string(), std::move(entries));
    co_return done ? Reply::ok() : refusal_of(done.error(), most);
}

} // namespace posthouse::imap
