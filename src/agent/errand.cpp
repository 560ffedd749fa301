// SPDX-License-Identifier: Apache-2.0
#include "agent/errand.hpp"

#include "agent/files.hpp"
#include "agent/limits.hpp"
#include "agent/maildir.hpp"
#include "agent/mbox.hpp"
#include "base/descriptor_io.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/header_block.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

using Format = config::LocalDelivery::Format;

/// Did this letter go through here before, and come back?
std::expected<bool, int> was_here(const Errand& errand)
{
    const auto header = read_at(errand.letter_file, errand.own_bytes, Limits::header_bytes);
    if (!header)
        return std::unexpected(header.error());
    return mail::HeaderBlock::parse(*header).has("Delivered-To", errand.address);
}

std::optional<Outcome> redirect(const Errand& errand)
{
    const ForwardOwner owner{.user = errand.login.name,
                             .address = errand.address,
                             .home = errand.login.home,
                             .id = errand.login.user,
                             .detail = errand.detail};
    auto forward = read_forward(owner);
    if (!forward)
        return trouble(forward.error(), "whether there is a .forward cannot be known now");
    for (const auto& warning : forward->warnings)
        log::warning(
            "agent.forward_ignored",
            {{"letter", base32_encode(errand.letter)}, {"user", owner.user}, {"reason", warning}});
    if (only_keeps(*forward, owner))
        return std::nullopt;
    Outcome outcome;
    outcome.set_result(wire::Attempted::EXPANDED);
    outcome.set_status("2.0.0");
    outcome.set_text("forwarded by " + owner.user);
    for (auto& recipient : forward->recipients)
        outcome.add_recipients(std::move(recipient));
    return outcome;
}

MboxLetter for_mbox(const Errand& errand)
{
    return {.file = errand.letter_file, .from_line = errand.from_line};
}

MaildirLetter for_maildir(const Errand& errand)
{
    return {.file = errand.letter_file,
            .bytes = errand.letter_bytes,
            .name = errand.maildir_name,
            .received = errand.received};
}

Outcome deliver_to_home(const Errand& errand, const config::LocalDelivery& terms, Clock& clock)
{
    const auto home = open_directory(errand.login.home);
    if (!home)
        return trouble(home.error(), "the home directory");
    const auto maildir = make_directory_beneath(home->get(), terms.maildir);
    if (!maildir)
        return trouble(maildir.error(), "the Maildir cannot be opened");
    return deliver_to_maildir(maildir->get(), for_maildir(errand), {terms.quota_bytes}, clock);
}

Outcome deliver_to_mbox(const Errand& errand, const config::LocalDelivery& terms, Clock& clock)
{
    const auto directory = open_directory(terms.mbox_directory);
    if (!directory)
        return trouble(directory.error(), "the directory of mailboxes");
    return append_to_mbox(directory->get(), errand.login.name, for_mbox(errand),
                          {errand.login.user, terms.quota_bytes}, clock);
}

Outcome deliver_to_file(const Errand& errand, Clock& clock)
{
    if (errand.file == "/dev/null")
        return delivered("thrown away, as is wanted");
    const auto place = find_file(errand.file, errand.login.home);
    if (!place)
        return trouble(place.error(), place.error() == ELOOP ? "a symbolic link leads to the file"
                                                             : "the file's directory");
    if (place->name.empty())
        return deliver_to_maildir(place->directory.get(), for_maildir(errand), {}, clock);
    return append_to_mbox(place->directory.get(), place->name, for_mbox(errand),
                          {.owner = errand.login.user}, clock);
}

} // namespace

std::optional<Outcome> run_errand(const Errand& errand, const config::LocalDelivery& terms,
                                  gid_t mailbox_group, Clock& clock)
{
    const auto before = was_here(errand);
    if (!before)
        return trouble(before.error(), "the letter cannot be read");
    if (*before)
        return failed("5.4.6", "this mailbox had the letter before: it goes in a circle");
    if (errand.target == Errand::Target::file)
        return deliver_to_file(errand, clock);
    if (errand.reads_forward)
        if (auto outcome = redirect(errand))
            return outcome;
    switch (terms.format) {
    case Format::maildir:
        return deliver_to_home(errand, terms, clock);
    case Format::program:
        return std::nullopt;
    case Format::mbox:
        break;
    }
    if (mailbox_group != errand.login.group && ::setegid(mailbox_group) != 0)
        return trouble(errno, "the group of mailboxes");
    return deliver_to_mbox(errand, terms, clock);
}

gid_t mailbox_group(const config::LocalDelivery& terms, const Login& login)
{
    struct stat found{};
    if (terms.format != Format::mbox || ::stat(terms.mbox_directory.c_str(), &found) != 0)
        return login.group;
    const bool of_group = (found.st_mode & S_IWGRP) != 0 && (found.st_mode & S_IWOTH) == 0;
    // Root's group may do more than make mailboxes.
    return of_group && found.st_uid == 0 && found.st_gid != 0 ? found.st_gid : login.group;
}

} // namespace posthouse::agent
