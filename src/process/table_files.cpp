// SPDX-License-Identifier: Apache-2.0
#include "process/table_files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

std::int64_t nanoseconds(const timespec& time)
{
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileMark mark_of(const struct stat& status)
{
    return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

std::optional<std::string> read_path(const std::string& path)
{
    const auto opened = open_table_file(path);
    if (!opened)
        return std::nullopt;
    auto text = read_table_file(opened->file.get());
    return text ? std::optional(*std::move(text)) : std::nullopt;
}

} // namespace

std::map<tables::Table, std::vector<std::string>> files_of(const config::Tables& config)
{
    using enum tables::Table;
    std::map<tables::Table, std::vector<std::string>> files = {
        {aliases, config.aliases},
        {virtusers, config.virtusertable},
        {mailers, config.mailertable},
        {access, config.access},
        {generics, config.genericstable},
        {local_hosts, config.local_host_names},
        {relay_domains, config.relay_domains},
        {sender_relays, config.sender_relays},
        {generics_domains, config.generics_domains},
        {copies, config.copies},
    };
    std::erase_if(files, [](const auto& table) { return table.second.empty(); });
    return files;
}

std::optional<FileMark> mark_of(const std::string& path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return mark_of(status);
}

std::expected<OpenedFile, std::string> open_table_file(const std::string& path)
{
    // Not to wait for whoever would open the other end of a pipe.
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0)
        return std::unexpected(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
    if (!S_ISREG(status.st_mode))
        return std::unexpected(fmt::format("{} cannot be read: it is no regular file", path));
    return OpenedFile{std::move(file), mark_of(status), status.st_mode};
}

std::expected<std::string, std::string> read_table_file(int descriptor)
{
    constexpr std::size_t step = 1 << 16;
    std::string text;
    while (text.size() <= tables::Limits::file_bytes) {
        const auto have = text.size();
        text.resize(have + std::min(step, tables::Limits::file_bytes + 1 - have));
        const auto got =
            ::pread(descriptor, text.data() + have, text.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno != EINTR)
            return std::unexpected(std::string(std::strerror(errno)));
        text.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0)
            break;
    }
    return text;
}

std::vector<std::string> trouble_with_table_files(const config::Tables& config)
{
    std::vector<std::string> sentences;
    for (const auto& [table, paths] : files_of(config))
        for (const auto& path : paths)
            if (const auto opened = open_table_file(path); !opened)
                sentences.push_back(fmt::format("{}: {}", name_of(table), opened.error()));
    return sentences;
}

std::map<tables::Table, tables::Compiled> read_tables(const config::Tables& config)
{
    std::map<tables::Table, tables::Compiled> compiled;
    for (const auto& [table, paths] : files_of(config)) {
        std::vector<tables::Source> sources;
        std::vector<tables::Problem> unreadable;
        for (const auto& path : paths) {
            auto text = read_path(path);
            if (text)
                sources.push_back({path, *std::move(text)});
            else
                unreadable.push_back({path, 0, "the file cannot be read"});
        }
        auto done = tables::compile(table, sources, read_path);
        done.problems.insert(done.problems.begin(), unreadable.begin(), unreadable.end());
        compiled.emplace(table, std::move(done));
    }
    return compiled;
}

} // namespace posthouse::process
