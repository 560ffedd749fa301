// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_envelope.hpp"

#include "base/text.hpp"
#include "mail/address_list.hpp"

#include <algorithm>
#include <set>

namespace posthouse::cli {
namespace {

constexpr int bad_address = 553;

bool is_one_line(std::string_view text)
{
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Nothing is guessed where somebody is to get a letter: only a domain may be missing.
std::vector<mail::AddressEntry> addresses_in(std::string_view text)
{
    auto list = mail::parse_address_list(
        text, {.bytes = SendmailLimits::argument_bytes, .entries = SendmailLimits::recipients});
    if (!list.complete || (!list.well_formed && !list.lacks_domains))
        return {};
    std::erase_if(list.entries, [](const mail::AddressEntry& entry) {
        return entry.kind != mail::AddressEntry::Kind::mailbox || entry.local_part.empty();
    });
    return std::move(list.entries);
}

/// The mailbox of an entry that was read, in this host's domain where it has none.
std::expected<mail::Mailbox, mail::AddressError> mailbox_of(mail::AddressEntry entry,
                                                            const mail::Domain& hostname)
{
    if (entry.domain.empty())
        entry.domain = hostname.text();
    return mail::Mailbox::parse(entry.address());
}

} // namespace

std::expected<mail::ReversePath, std::string> parse_sender(std::string_view written,
                                                           const mail::Domain& hostname)
{
    const auto text = trimmed(written);
    if (text.empty() || text == "<>")
        return mail::ReversePath();
    const auto wrong = [&](const std::string& why) {
        return std::unexpected("-f " + printable(text, 320) + ": " + why);
    };
    if (!is_one_line(text))
        return wrong("control characters");
    auto entries = addresses_in(text);
    if (entries.size() != 1)
        return wrong("one address is wanted");
    auto mailbox = mailbox_of(std::move(entries.front()), hostname);
    if (!mailbox)
        return wrong(mailbox.error().what);
    return mail::ReversePath(std::move(*mailbox));
}

RecipientList parse_recipients(const std::vector<std::string>& written,
                               const mail::Domain& hostname)
{
    RecipientList list;
    std::set<mail::Mailbox> seen;
    const auto refuse = [&](std::string_view address, std::string why) {
        list.refused.push_back({printable(address, 320), bad_address, std::move(why)});
    };
    for (const auto& text : written) {
        if (!is_one_line(text)) {
            refuse(text, "5.1.3 control characters in an address");
            continue;
        }
        auto entries = addresses_in(text);
        if (entries.empty())
            refuse(text, "5.1.3 this is no address");
        for (auto& entry : entries) {
            const auto address = entry.address();
            auto mailbox = mailbox_of(std::move(entry), hostname);
            if (!mailbox)
                refuse(address, "5.1.3 " + mailbox.error().what);
            else if (seen.insert(*mailbox).second)
                list.accepted.emplace_back(std::move(*mailbox));
        }
    }
    return list;
}

std::vector<std::vector<mail::ForwardPath>> in_batches(std::vector<mail::ForwardPath> all)
{
    std::vector<std::vector<mail::ForwardPath>> batches;
    for (auto& path : all) {
        if (batches.empty() || batches.back().size() == mail::DropLimits::recipients)
            batches.emplace_back();
        batches.back().push_back(std::move(path));
    }
    return batches;
}

bool needs_utf8(const mail::Drop& drop)
{
    return !drop.sender.is_ascii() ||
           !std::ranges::all_of(drop.recipients, &mail::ForwardPath::is_ascii);
}

} // namespace posthouse::cli
