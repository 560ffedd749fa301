// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "config/sections.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace posthouse::config {

namespace {

constexpr std::size_t file_bytes = 1 << 20;

/// Whole only if there were no problems.
void read_all(const Section& root, Config& config)
{
    root.read("data_dir", config.data_dir);
    root.read_choice("log_level", config.log_level);
    read_domains(root, config);
    read_tls(root, config);
    read_listeners(root, config);
    read_smtp(root, config);
    read_dns(root, config);
    read_limits(root, config);
    read_queue(root, config);
    read_outbound(root, config);
    read_destinations(root, config);
    read_backup_mx(root, config);
    read_tables(root, config);
    read_routing(root, config);
    read_masquerade(root, config);
    read_local_delivery(root, config);
    read_submission(root, config);
    read_notifications(root, config);
    read_milters(root, config);
    read_mailboxes(root, config);
    read_submit(root, config);
    read_pop3(root, config);
    read_login(root, config);
    read_process(root, config);
}

std::unexpected<std::vector<Problem>> one_problem(const std::string& file, std::string wrong,
                                                  std::string right)
{
    Problems problems(file);
    problems.add({}, {}, std::move(wrong), std::move(right));
    return std::unexpected(problems.take());
}

} // namespace

std::string Problem::text() const
{
    std::string text = file;
    if (line != 0)
        text += fmt::format(":{}:{}", line, column);
    text += fmt::format(": {}{}{}", key, key.empty() ? "" : " ", wrong);
    if (!right.empty())
        text += fmt::format("; right would be: {}", right);
    return text;
}

Loaded load_text(std::string_view toml, std::string file)
{
    Problems problems(std::move(file));
    const auto document = parse_document(toml);
    if (!document) {
        problems.add(document.error().place, {}, printable(document.error().what), "");
        return std::unexpected(problems.take());
    }
    check_names(*document, problems);
    const Section root(&*document, "", "", problems);
    std::optional<mail::Domain> hostname;
    root.require("hostname");
    root.read("hostname", hostname);
    Config config{.hostname = hostname.value_or(*mail::Domain::parse("localhost"))};
    read_all(root, config);
    if (!problems.none())
        return std::unexpected(problems.take());
    return config;
}

Loaded load_file(const std::string& path)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd)
        return one_problem(path, fmt::format("cannot be opened: {}", std::strerror(errno)),
                           "a file that can be read");
    std::string text;
    for (;;) {
        char piece[16 * 1024];
        const auto count = ::read(fd.get(), piece, sizeof piece);
        if (count < 0)
            return one_problem(path, fmt::format("cannot be read: {}", std::strerror(errno)),
                               "a file that can be read");
        if (count == 0)
            break;
        text.append(piece, static_cast<std::size_t>(count));
        if (text.size() > file_bytes)
            return one_problem(path, "is too long", "at most 1MiB");
    }
    return load_text(text, path);
}

} // namespace posthouse::config
