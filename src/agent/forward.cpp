// SPDX-License-Identifier: Apache-2.0
#include "agent/forward.hpp"

#include "agent/files.hpp"
#include "agent/letter.hpp"
#include "agent/limits.hpp"
#include "base/text.hpp"
#include "tables/formats.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>

namespace posthouse::agent {
namespace {

constexpr mode_t others_write = S_IWGRP | S_IWOTH;

/// Not there, or not for us: no redirection. Else it is a fault that may pass (a file server).
bool means_absent(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM ||
           error == ENXIO;
}

/// Why it is not to be followed; "": it is.
std::string unsafe(const struct stat& file, const ForwardOwner& owner)
{
    if (!S_ISREG(file.st_mode))
        return "it is no regular file";
    if (file.st_uid != owner.id && file.st_uid != 0)
        return "it belongs to another user";
    if ((file.st_mode & others_write) != 0)
        return "it is writable by others";
    if (file.st_size > static_cast<off_t>(Limits::forward_bytes))
        return "it is too long";
    return {};
}

enum class Followed : std::uint8_t { yes, no };

std::expected<Followed, int> follow(int home, const std::string& name, const ForwardOwner& owner,
                                    Forward& forward)
{
    const auto refuse = [&](std::string_view why) {
        forward.warnings.push_back(fmt::format("{}: {}", name, why));
        return Followed::no;
    };
    const auto file = open_at(home, name,
                              {.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                               .resolve = beneath | without_links});
    if (!file && (file.error() == ELOOP || file.error() == EXDEV))
        return refuse("it is a symbolic link");
    if (!file && means_absent(file.error()))
        return Followed::no;
    if (!file)
        return std::unexpected(file.error());
    struct stat found{};
    if (::fstat(file->get(), &found) != 0)
        return std::unexpected(errno);
    if (auto why = unsafe(found, owner); !why.empty())
        return refuse(why);
    std::string text;
    auto done = read_pieces(file->get(), [&](std::string_view piece) -> std::expected<void, int> {
        text += piece;
        if (text.size() > Limits::forward_bytes) // It grows as we read.
            return std::unexpected(EFBIG);
        return {};
    });
    if (!done)
        return std::unexpected(done.error());
    auto parsed = parse_forward(text, owner);
    forward.recipients = std::move(parsed.recipients);
    for (auto& warning : parsed.warnings)
        forward.warnings.push_back(fmt::format("{}: {}", name, warning));
    return Followed::yes;
}

bool is_file_name(std::string_view detail)
{
    return !detail.empty() && detail.size() <= 64 && !detail.contains('/') &&
           !detail.contains('\0');
}

std::string recipient_of(const tables::Targets::One& target, const ForwardOwner& owner)
{
    switch (target.kind) {
    case tables::Target::address:
        return equal_ignoring_case(target.text, owner.address) ? '\\' + owner.user : target.text;
    case tables::Target::local:
        return equal_ignoring_case(target.text, owner.user) ? '\\' + owner.user : target.text;
    case tables::Target::keep:
        return '\\' + target.text;
    case tables::Target::file:
        return target.text;
    case tables::Target::program:
        return '|' + target.text;
    case tables::Target::error:
        break;
    }
    return {};
}

} // namespace

Forward parse_forward(std::string_view text, const ForwardOwner& owner)
{
    Forward forward;
    const auto parsed = tables::parse_targets(text, ".forward");
    for (const auto& problem : parsed.problems)
        if (forward.warnings.size() < 10)
            forward.warnings.push_back(fmt::format("line {}: {}", problem.line, problem.what));
    for (const auto& target : parsed.targets) {
        auto recipient = recipient_of(target, owner);
        if (recipient.empty()) {
            forward.warnings.push_back(fmt::format("line {}: only addresses, files and programs "
                                                   "can be named here",
                                                   target.line));
            continue;
        }
        if (forward.recipients.size() == Limits::forward_targets) {
            forward.warnings.push_back(fmt::format("more than {}", Limits::forward_targets));
            break;
        }
        if (std::ranges::find(forward.recipients, recipient) == forward.recipients.end())
            forward.recipients.push_back(std::move(recipient));
    }
    return forward;
}

std::expected<Forward, int> read_forward(const ForwardOwner& owner)
{
    Forward forward;
    const auto home = open_directory(owner.home);
    if (!home && means_absent(home.error()))
        return forward;
    if (!home)
        return std::unexpected(home.error());
    struct stat found{};
    if (::fstat(home->get(), &found) != 0)
        return std::unexpected(errno);
    std::vector<std::string> names;
    if (is_file_name(owner.detail))
        names.push_back(".forward+" + owner.detail);
    names.emplace_back(".forward");
    for (const auto& name : names) {
        struct stat there{};
        if ((found.st_mode & others_write) != 0 ||
            (found.st_uid != owner.id && found.st_uid != 0)) {
            // Whoever may write there may have put it there.
            if (::fstatat(home->get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0)
                forward.warnings.push_back(name + ": others may write in the home directory");
            continue;
        }
        const auto followed = follow(home->get(), name, owner, forward);
        if (!followed)
            return std::unexpected(followed.error());
        if (*followed == Followed::yes)
            break;
    }
    return forward;
}

bool only_keeps(const Forward& forward, const ForwardOwner& owner)
{
    return std::ranges::all_of(forward.recipients, [&](const std::string& recipient) {
        return recipient == '\\' + owner.user;
    });
}

} // namespace posthouse::agent
