// SPDX-License-Identifier: Apache-2.0
#include "process/premises.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "config/words.hpp"
#include "process/listeners.hpp"
#include "process/table_files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

constexpr std::size_t most_password_bytes = 1024;

Obstacle obstacle(Exit code, std::string sentence)
{
    return {code, {std::move(sentence)}};
}

std::expected<std::string, Obstacle> read_file(const std::string& path, std::string_view what)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::unexpected(obstacle(Exit::config, fmt::format("{} {} cannot be read: {}", what,
                                                                  path, std::strerror(errno))));
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The passwords of the logins at other hosts: the first line of each file.
std::expected<std::map<std::string, Secret>, Obstacle> read_secrets(const config::Config& config)
{
    std::vector<const config::Login*> logins;
    if (config.outbound.smart_host_login)
        logins.push_back(&*config.outbound.smart_host_login);
    for (const auto& destination : config.destinations)
        if (destination.login)
            logins.push_back(&*destination.login);
    std::map<std::string, Secret> secrets;
    for (const auto* login : logins) {
        auto text = read_file(login->password_file, "login.password_file:");
        if (!text)
            return std::unexpected(text.error());
        auto line = text->substr(0, text->find('\n'));
        if (line.ends_with('\r'))
            line.pop_back();
        if (line.empty() || line.size() > most_password_bytes)
            return std::unexpected(
                obstacle(Exit::config, fmt::format("login.password_file: {} has no password of at "
                                                   "most {} bytes in its first line",
                                                   login->password_file, most_password_bytes)));
        secrets.emplace(login->password_file, Secret(std::move(line)));
    }
    return secrets;
}

/// The name servers of resolv.conf: what the C library would ask.
std::vector<std::string> system_name_servers()
{
    std::vector<std::string> servers;
    std::ifstream file("/etc/resolv.conf");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("nameserver"))
            continue;
        const auto address = trimmed(std::string_view(line).substr(10));
        if (!address.empty() && servers.size() < 3)
            servers.emplace_back(address);
    }
    if (servers.empty())
        servers.emplace_back("127.0.0.1");
    return servers;
}

std::string user_of(const config::Users& users, Role role)
{
    switch (role) {
    case Role::gate:
        return users.gate;
    case Role::keeper:
        return users.keeper;
    case Role::sorter:
        return users.sorter;
    case Role::courier:
        return users.courier;
    case Role::resolver:
        return users.resolver;
    case Role::clerk:
        return users.clerk;
    case Role::envoy: // Neither can do anything to the other.
        return users.clerk;
    case Role::tables:
        return users.tables;
    case Role::signer:
        return users.signer;
    case Role::supervisor:
    case Role::agent:
    case Role::runner:
    case Role::pam:
        break;
    }
    return "root";
}

std::expected<std::map<Role, Identity>, Obstacle> find_identities(const config::Config& config)
{
    std::map<Role, Identity> identities;
    for (const auto role : confined_roles) {
        const auto user = user_of(config.process.users, role);
        auto identity = identity_of(user);
        if (!identity)
            return std::unexpected(obstacle(Exit::config, identity.error()));
        if (*identity)
            identities.emplace(role, **identity);
    }
    return identities;
}

std::expected<void, Obstacle> prepare_data_dir(const std::string& path,
                                               const std::map<Role, Identity>& identities)
{
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
        return std::unexpected(
            obstacle(Exit::cannot_create, fmt::format("the data directory {} cannot be made: {}",
                                                      path, error.message())));
    if (const auto keeper = identities.find(Role::keeper); keeper != identities.end()) {
        if (::chown(path.c_str(), keeper->second.user, keeper->second.group) != 0)
            return std::unexpected(obstacle(
                Exit::cannot_create, fmt::format("the data directory {} cannot be given to the "
                                                 "service user: {}",
                                                 path, std::strerror(errno))));
        ::chmod(path.c_str(), 0700);
    }
    if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0)
        return std::unexpected(
            obstacle(Exit::cannot_create, fmt::format("the data directory {} cannot be written: {}",
                                                      path, std::strerror(errno))));
    return {};
}

std::expected<UniqueFd, Obstacle> lock_pid_file(const std::string& data_dir)
{
    const auto path = pid_file_path(data_dir);
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file)
        return std::unexpected(
            obstacle(Exit::cannot_create,
                     fmt::format("{} cannot be written: {}", path, std::strerror(errno))));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        char pid[32]{};
        [[maybe_unused]] const auto got = ::read(file.get(), pid, sizeof pid - 1);
        return std::unexpected(
            obstacle(Exit::temporary,
                     fmt::format("another Posthouse (process {}) runs on the data directory {}",
                                 trimmed(std::string_view(pid, ::strcspn(pid, "\n"))), data_dir)));
    }
    const auto text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file.get(), 0) != 0 ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return std::unexpected(obstacle(
            Exit::io_error, fmt::format("{} cannot be written: {}", path, std::strerror(errno))));
    return file;
}

} // namespace

std::string control_socket_path(const std::string& data_dir)
{
    return data_dir + "/control.sock";
}

std::string pid_file_path(const std::string& data_dir)
{
    return data_dir + "/posthouse.pid";
}

std::expected<Documents, Obstacle> read_documents(const std::string& config_path)
{
    auto text = read_file(config_path, "the configuration");
    if (!text)
        return std::unexpected(text.error());
    auto config = config::load_text(*text, config_path);
    if (!config) {
        Obstacle problems{Exit::config, {}};
        for (const auto& problem : config.error())
            problems.sentences.push_back(problem.text());
        return std::unexpected(std::move(problems));
    }
    Documents documents{std::move(*text), std::move(*config), {}};
    for (const auto& path : documents.config.backup_mx.recipients) {
        auto list = read_file(path, "backup_mx.recipients:");
        if (!list)
            return std::unexpected(list.error());
        documents.backup_recipients += *list + '\n';
    }
    if (const auto& path = documents.config.notifications.template_file; !path.empty()) {
        auto words = read_file(path, "notifications.template_file:");
        if (!words)
            return std::unexpected(words.error());
        if (auto trouble = config::trouble_with_words(path, *words))
            return std::unexpected(
                obstacle(Exit::config, "notifications.template_file: " + *trouble));
        documents.notification_template = std::move(*words);
    }
    if (const auto& path = documents.config.logins.oauth.keys_file; !path.empty()) {
        auto keys = read_file(path, "login.oauth.keys_file:");
        if (!keys)
            return std::unexpected(keys.error());
        documents.token_keys = std::move(*keys);
    }
    auto secrets = read_secrets(documents.config);
    if (!secrets)
        return std::unexpected(secrets.error());
    documents.secrets = std::move(*secrets);
    auto sources = read_source_files(documents.config);
    if (!sources)
        return std::unexpected(Obstacle{Exit::config, {sources.error()}});
    documents.sources = std::move(*sources);
    for (const auto& server : documents.config.dns.servers)
        documents.dns_servers.push_back(server.text());
    if (documents.dns_servers.empty())
        documents.dns_servers = system_name_servers();
    return documents;
}

std::expected<void, Obstacle> bind_listeners(const config::Config& config, Sockets& sockets)
{
    Sockets fresh;
    std::set<std::string> wanted;
    for (const auto& listener : config.listen) {
        wanted.insert(listener.text());
        if (sockets.contains(listener.text()))
            continue;
        auto socket = listen_on(listener);
        if (!socket)
            return std::unexpected(obstacle(Exit::unavailable, socket.error()));
        fresh.emplace(listener.text(), std::move(*socket));
    }
    if (const auto& path = config.submission.socket; !path.empty()) {
        wanted.insert("unix:" + path);
        if (!sockets.contains("unix:" + path)) {
            if (auto socket = listen_for_submission(path))
                fresh.emplace("unix:" + path, std::move(*socket));
            else
                log::info("submission.unusable", {{"reason", socket.error()}});
        }
    }
    std::erase_if(sockets, [&](const auto& entry) { return !wanted.contains(entry.first); });
    sockets.merge(fresh);
    return {};
}

std::expected<Premises, Obstacle> prepare_premises(const std::string& config_path)
{
    auto documents = read_documents(config_path);
    if (!documents)
        return std::unexpected(documents.error());
    if (auto trouble = trouble_with_table_files(documents->config.tables); !trouble.empty())
        return std::unexpected(Obstacle{Exit::config, std::move(trouble)});
    auto identities = find_identities(documents->config);
    if (!identities)
        return std::unexpected(identities.error());
    const auto& data_dir = documents->config.data_dir;
    if (auto made = prepare_data_dir(data_dir, *identities); !made)
        return std::unexpected(made.error());
    auto pid_file = lock_pid_file(data_dir);
    if (!pid_file)
        return std::unexpected(pid_file.error());
    Premises premises{std::move(*documents), std::move(*identities), std::move(*pid_file), {}, {}};
    if (auto bound = bind_listeners(premises.documents.config, premises.sockets); !bound)
        return std::unexpected(bound.error());
    auto control = listen_on_path(control_socket_path(premises.documents.config.data_dir));
    if (!control)
        return std::unexpected(obstacle(Exit::cannot_create, control.error()));
    premises.control_socket = std::move(*control);
    if (const auto keeper = premises.identities.find(Role::keeper);
        keeper != premises.identities.end()) {
        // The service user administers too; the name was bound just now, and is not followed.
        const auto path = control_socket_path(premises.documents.config.data_dir);
        if (::lchown(path.c_str(), keeper->second.user, keeper->second.group) != 0)
            return std::unexpected(
                obstacle(Exit::os_error, fmt::format("{} cannot be given to the service user: {}",
                                                     path, std::strerror(errno))));
    }
    return premises;
}

Exit report(const Obstacle& obstacle)
{
    for (const auto& sentence : obstacle.sentences)
        std::fprintf(stderr, "posthouse: %s\n", sentence.c_str());
    return obstacle.code;
}

} // namespace posthouse::process
