// SPDX-License-Identifier: Apache-2.0
#include "envoy/kit.hpp"

#include "base/log.hpp"
#include "envoy/issuer.hpp"
#include "envoy/kerberos.hpp"
#include "sources/ldap/directory.hpp"
#include "sources/mariadb/mariadb.hpp"
#include "sources/postgresql/postgresql.hpp"

#include <algorithm>
#include <cstdlib>
#include <netdb.h>
#include <openssl/ssl.h>

namespace posthouse::envoy {
namespace {

using Kind = config::LoginSource::Kind;

constexpr std::size_t threads = 4;
constexpr std::string_view system_ca_file = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::uint16_t port_of_dns = 53; // of an answer that does not fit into a datagram

Secret secret_of(const process::Settings& settings, const std::string& file)
{
    const auto found = settings.secrets.find(file);
    return found == settings.secrets.end() ? Secret() : found->second;
}

/// What getaddrinfo() reads.
void add_name_files(Kit& kit)
{
    for (const char* path : {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
                             "/etc/host.conf", "/etc/gai.conf", "/etc/services"})
        kit.readable_files.emplace_back(path);
    kit.connect_ports.push_back(port_of_dns);
}

template <class Backend, class Terms>
void add_backends(Kit& kit, Terms terms)
{
    const auto shared = std::make_shared<const Terms>(std::move(terms));
    for (std::size_t i = 0; i < threads; ++i)
        kit.workers.push_back(
            std::make_unique<sources::UserWorker>(std::make_unique<Backend>(shared)));
}

void add_passwd_file(Kit& kit, const config::LoginSource& source)
{
    kit.limits.cache = {}; // The file is in memory as it is.
    kit.shelf = std::make_shared<sources::PasswdBackend::Shelf>();
    const auto judge = std::make_shared<sources::Judge>(source.name, sources::Bare::crypt);
    for (std::size_t i = 0; i < threads; ++i)
        kit.workers.push_back(std::make_unique<sources::UserWorker>(
            std::make_unique<sources::PasswdBackend>(kit.shelf, judge)));
}

std::expected<void, std::string> add_ldap(Kit& kit, const config::LoginSource& source,
                                          Secret password)
{
    auto terms = sources::LdapTerms::make(source, std::move(password), std::string(system_ca_file));
    if (!terms)
        return std::unexpected("url: " + terms.error());
    for (const auto& server : terms->servers)
        kit.connect_ports.push_back(server.server.port);
    kit.readable_files.push_back(terms->tls.ca_file);
    add_name_files(kit);
    add_backends<sources::LdapBackend>(kit, std::move(*terms));
    return {};
}

std::expected<void, std::string> add_database(Kit& kit, const config::LoginSource& source,
                                              Secret password)
{
    const auto& connection = source.connection;
    const bool postgresql = source.kind == Kind::postgresql;
    const auto tls = sources::SqlTls::of(source, std::string(system_ca_file));
    auto database = postgresql ? sources::make_postgresql(connection, std::move(password), tls)
                               : sources::make_mariadb(connection, std::move(password), tls);
    auto terms = sources::SqlTerms::make(source, std::move(database));
    if (!terms)
        return std::unexpected(terms.error());
    if (connection.host.starts_with('/')) {
        kit.reach = process::Reach::unix_sockets;
    } else {
        const std::uint16_t usual = postgresql ? 5432 : 3306;
        kit.connect_ports.push_back(connection.port == 0 ? usual : connection.port);
        kit.readable_files.push_back(tls.ca_file);
        add_name_files(kit);
    }
    add_backends<sources::SqlBackend>(kit, std::move(*terms));
    return {};
}

} // namespace

const config::LoginSource* source_of(std::string_view member, const config::Config& config)
{
    const auto slash = member.find('/');
    if (slash == std::string_view::npos)
        return nullptr;
    const auto& sources = config.logins.sources;
    const auto found =
        std::ranges::find(sources, member.substr(slash + 1), &config::LoginSource::name);
    return found == sources.end() ? nullptr : &*found;
}

void prepare_libraries()
{
    ::clearenv();
    ::setenv("HOME", "/nonexistent", 1);
    ::setenv("LDAPNOINIT", "1", 1); // no ldap.conf, no .ldaprc
    ::setenv("RES_OPTIONS", "timeout:2 attempts:2", 1);
    ::OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
                           OPENSSL_INIT_LOAD_CONFIG,
                       nullptr);
    // Loads what the system's name services need beside the C library.
    addrinfo* found = nullptr;
    if (::getaddrinfo("localhost", nullptr, nullptr, &found) == 0)
        ::freeaddrinfo(found);
}

void prepare_libraries(const config::LoginSource& source)
{
    prepare_libraries();
    if (source.kind == Kind::mariadb)
        sources::prepare_mariadb();
    if (source.kind == Kind::ldap) // Its first session reads the options and starts GnuTLS.
        (void)sources::LdapSession::over(UniqueFd(), "ldap://localhost");
}

std::expected<Kit, std::string> make_kit(const config::LoginSource& source,
                                         const process::Settings& settings)
{
    Kit kit{.workers = {},
            .limits = {.cache = source.cache},
            .shelf = {},
            .connect_ports = {},
            .readable_files = {}};
    std::expected<void, std::string> added;
    switch (source.kind) {
    case Kind::passwd_file:
        add_passwd_file(kit, source);
        kit.reach = process::Reach::nowhere; // Its file is handed to it.
        break;
    case Kind::ldap:
        added = add_ldap(kit, source, secret_of(settings, source.bind_password_file));
        break;
    case Kind::postgresql:
    case Kind::mariadb:
        added = add_database(kit, source, secret_of(settings, source.connection.password_file));
        break;
    case Kind::accounts:
    case Kind::pam:
        added = std::unexpected("it is not asked by an envoy");
        break;
    }
    if (!added)
        return std::unexpected(added.error());
    std::erase(kit.readable_files, "");
    return kit;
}

std::expected<Kit, std::string> make_kerberos_kit(const process::Settings& settings)
{
    if (auto taken = take_keytab(std::string(settings.keytab.reveal())); !taken)
        return std::unexpected(taken.error());
    Kit kit{.workers = {},
            .limits = {},
            .shelf = {},
            .connect_ports = {},
            .reach = process::Reach::nowhere, // It asks nobody: a ticket says it all.
            .readable_files = {"/etc/krb5.conf"}};
    kit.workers.push_back(std::make_unique<KerberosWorker>(settings.config.hostname.text()));
    return kit;
}

std::expected<Kit, std::string> make_issuer_kit(const process::Settings& settings)
{
    const auto& oauth = settings.config.logins.oauth;
    auto terms = IssuerTerms::make(oauth, secret_of(settings, oauth.introspection_secret_file),
                                   std::string(system_ca_file));
    if (!terms)
        return std::unexpected(terms.error());
    Kit kit{.workers = {}, .limits = {}, .shelf = {}, .connect_ports = {}, .readable_files = {}};
    kit.connect_ports.push_back(terms->port);
    kit.readable_files.push_back(terms->ca_file);
    add_name_files(kit);
    const auto shared = std::make_shared<const IssuerTerms>(std::move(*terms));
    for (std::size_t i = 0; i < threads; ++i)
        kit.workers.push_back(std::make_unique<IssuerWorker>(shared));
    return kit;
}

void put_passwd_file(const Kit& kit, const config::LoginSource& source, const std::string& text)
{
    if (!kit.shelf)
        return;
    auto file = std::make_shared<sources::PasswdFile>(sources::PasswdFile::parse(text));
    for (const auto& problem : file->problems())
        log::warning("source.line_refused",
                     {{"source", source.name}, {"file", source.path}, {"reason", problem}});
    log::info("source.file_read",
              {{"source", source.name}, {"file", source.path}, {"users", file->users()}});
    kit.shelf->put(std::move(file));
}

} // namespace posthouse::envoy
