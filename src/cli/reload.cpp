// SPDX-License-Identifier: Apache-2.0
// posthouse reload: the supervisor reads its configuration again, if it is right.
#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "cli/commands.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <ostream>
#include <sys/file.h>
#include <unistd.h>

namespace posthouse::cli {
namespace {

using process::Exit;

/// Who holds the lock on the pid file; nothing: nobody.
std::optional<pid_t> running_server(const std::string& path)
{
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return std::nullopt;
    char text[32]{};
    const auto got = ::read(file.get(), text, sizeof text - 1);
    if (got <= 0)
        return std::nullopt;
    const std::string_view line(text, static_cast<std::size_t>(got));
    const auto pid = parse_number(line.substr(0, line.find('\n')));
    if (!pid || *pid < 2 || *pid > 0x7fffffff)
        return std::nullopt;
    return static_cast<pid_t>(*pid);
}

} // namespace

Exit reload(Context& context)
{
    const auto documents = process::read_documents(context.config_path);
    if (!documents) {
        std::string all;
        for (const auto& sentence : documents.error().sentences)
            all += (all.empty() ? "" : "; ") + sentence;
        refuse(context, documents.error().code, all + " (nothing was reloaded)");
        return documents.error().code;
    }
    const auto& data_dir = documents->config.data_dir;
    const auto pid = running_server(process::pid_file_path(data_dir));
    if (!pid)
        return refuse(context, Exit::unavailable,
                      fmt::format("no server runs on the data directory {}", data_dir));
    if (::kill(*pid, SIGHUP) != 0)
        return refuse(context, errno == EPERM ? Exit::no_permission : Exit::os_error,
                      fmt::format("the server (process {}) cannot be told to reload: {}", *pid,
                                  std::strerror(errno)));
    if (context.output == Output::json)
        context.console.out << boost::json::serialize(boost::json::object{{"pid", *pid}}) << '\n';
    else
        context.console.out << "Told the server (process " << *pid
                            << ") to read its configuration again.\n";
    return Exit::ok;
}

} // namespace posthouse::cli
