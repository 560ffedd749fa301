// SPDX-License-Identifier: Apache-2.0
#include "sources/passwd_file.hpp"

#include "base/text.hpp"
#include "sources/names.hpp"

#include <fmt/format.h>

namespace posthouse::sources {
namespace {

/// Up to and without the next `separator`, which is consumed.
std::string_view take_until(std::string_view& text, char separator)
{
    const auto end = text.find(separator);
    const auto part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

void read_extra_fields(std::string_view fields, PasswdFile::Line& line)
{
    while (!fields.empty()) {
        auto value = take_until(fields, ' ');
        const auto name = take_until(value, '=');
        if (name == "user")
            line.address = std::string(value);
        else if (name == "nologin" || name == "allow_nets")
            line.disabled = true;
    }
}

} // namespace

PasswdFile PasswdFile::parse(std::string_view text)
{
    PasswdFile file;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = take_until(text, '\n');
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (!line.empty() && !line.starts_with('#'))
            file.add_line(line, number);
    }
    return file;
}

void PasswdFile::add_line(std::string_view line, std::size_t number)
{
    if (line.size() > Limits::line_bytes)
        return problem(number, "is too long");
    if (line.contains('\0'))
        return problem(number, "has a zero byte");
    const auto name = lowercase(trimmed(take_until(line, ':')));
    if (name.empty())
        return problem(number, "has no user");
    Line entry{.stored = std::string(take_until(line, ':'))};
    for (int skipped = 0; skipped < 5; ++skipped) // uid, gid, gecos, home, shell
        take_until(line, ':');
    read_extra_fields(line, entry);
    if (users_.size() >= Limits::users && !users_.contains(name))
        return problem(number, "is beyond the most users that a file may have");
    if (!users_.emplace(name, std::move(entry)).second)
        problem(number, "names a user that an earlier line has");
}

void PasswdFile::problem(std::size_t number, std::string_view what)
{
    if (problems_.size() < Limits::problems)
        problems_.push_back(fmt::format("line {} {}", number, what));
}

const PasswdFile::Line* PasswdFile::find(const mail::Mailbox& mailbox) const
{
    const Names names(mailbox);
    for (const auto* name : {&names.address, &names.local})
        if (const auto found = users_.find(*name); found != users_.end())
            return &found->second;
    return nullptr;
}

void PasswdBackend::Shelf::put(std::shared_ptr<const PasswdFile> file)
{
    const std::lock_guard hold(lock_);
    file_ = std::move(file);
}

std::shared_ptr<const PasswdFile> PasswdBackend::Shelf::file() const
{
    const std::lock_guard hold(lock_);
    return file_;
}

std::optional<Entry> PasswdBackend::entry_of(const mail::Mailbox& mailbox) const
{
    const auto file = shelf_->file();
    const auto* line = file->find(mailbox);
    if (line == nullptr)
        return std::nullopt;
    const Names names(mailbox);
    Entry entry{
        .address =
            address_from(line->address.empty() ? names.address : line->address).value_or(mailbox)};
    if (!line->stored.empty())
        entry.stored.push_back(line->stored);
    entry.disabled = line->disabled;
    return entry;
}

SourceResult<std::optional<SourcePerson>> PasswdBackend::find(const mail::Mailbox& mailbox)
{
    const auto entry = entry_of(mailbox);
    return entry ? std::optional(judge_->person_of(*entry)) : std::nullopt;
}

SourceResult<Checked> PasswdBackend::check(const mail::Mailbox& mailbox, const Secret& password)
{
    return judge_->check(entry_of(mailbox), password);
}

} // namespace posthouse::sources
