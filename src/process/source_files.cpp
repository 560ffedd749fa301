// SPDX-License-Identifier: Apache-2.0
#include "process/source_files.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace posthouse::process {
namespace {

constexpr std::size_t most_file_bytes = 16 << 20; // what is handed over at once
constexpr std::size_t most_secret_bytes = 1024;

std::expected<std::string, std::string> read_file(std::string_view key, const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::unexpected(
            fmt::format("{}: {} cannot be read: {}", key, path, std::strerror(errno)));
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.size() > most_file_bytes)
        return std::unexpected(
            fmt::format("{}: {} is longer than {} bytes", key, path, most_file_bytes));
    return text;
}

std::expected<Secret, std::string> read_secret(std::string_view key, const std::string& path)
{
    auto text = read_file(key, path);
    if (!text)
        return std::unexpected(text.error());
    auto line = text->substr(0, text->find('\n'));
    ::explicit_bzero(text->data(), text->size());
    if (line.ends_with('\r'))
        line.pop_back();
    if (line.empty() || line.size() > most_secret_bytes)
        return std::unexpected(
            fmt::format("{}: {} has no password of at most {} bytes in its first line", key, path,
                        most_secret_bytes));
    return Secret(std::move(line));
}

} // namespace

SourceFiles::Share SourceFiles::share_of(const Member& member, const config::Config& config) const
{
    Share share;
    const auto add_secret = [&](const std::string& path) {
        if (const auto found = secrets.find(path); found != secrets.end())
            share.secrets.insert(*found);
    };
    if (member.name == kerberos_envoy)
        share.keytab = keytab;
    if (member.name == issuer_envoy)
        add_secret(config.logins.oauth.introspection_secret_file);
    if (const auto* source = source_of_envoy(member, config); source != nullptr) {
        if (const auto found = passwd_files.find(source->path); found != passwd_files.end())
            share.passwd_file = found->second;
        add_secret(source->bind_password_file);
        add_secret(source->connection.password_file);
    }
    return share;
}

std::expected<SourceFiles, std::string> read_source_files(const config::Config& config)
{
    using Kind = config::LoginSource::Kind;
    SourceFiles files;
    const auto& logins = config.logins;
    if (!logins.keytab.empty()) {
        auto keys = read_file("login.keytab", logins.keytab);
        if (!keys)
            return std::unexpected(keys.error());
        files.keytab = Secret(std::move(*keys));
    }
    const auto add_secret = [&](std::string_view key,
                                const std::string& path) -> std::expected<void, std::string> {
        if (path.empty())
            return {};
        auto secret = read_secret(key, path);
        if (!secret)
            return std::unexpected(secret.error());
        files.secrets.insert_or_assign(path, std::move(*secret));
        return {};
    };
    if (auto added = add_secret("login.oauth.introspection_secret_file",
                                logins.oauth.introspection_secret_file);
        !added)
        return std::unexpected(added.error());
    for (const auto& source : logins.sources) {
        if (source.kind == Kind::passwd_file) {
            auto text = read_file("login.source.path", source.path);
            if (!text)
                return std::unexpected(text.error());
            files.passwd_files.insert_or_assign(source.path, std::move(*text));
        }
        for (const auto& [key, path] :
             {std::pair{"login.source.bind_password_file", source.bind_password_file},
              std::pair{"login.source.connection.password_file", source.connection.password_file}})
            if (auto added = add_secret(key, path); !added)
                return std::unexpected(added.error());
    }
    return files;
}

const config::LoginSource* source_of_envoy(const Member& member, const config::Config& config)
{
    if (member.role != Role::envoy)
        return nullptr;
    for (const auto& source : config.logins.sources)
        if (envoy_of(source) == member.name)
            return &source;
    return nullptr;
}

} // namespace posthouse::process
