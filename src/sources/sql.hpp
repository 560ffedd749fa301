// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/logins.hpp"
#include "sources/health.hpp"
#include "sources/judge.hpp"
#include "sources/query.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::sources {

/// What a database may answer, and how long that may take.
struct SqlLimits {
    static constexpr Duration connect = std::chrono::seconds(5);
    static constexpr Duration answer = std::chrono::seconds(10);
    static constexpr std::size_t rows = 500;
    static constexpr std::size_t columns = 16;
    static constexpr std::size_t value_bytes = 4096;
};

struct SqlTrouble {
    enum class Kind : std::uint8_t {
        lost,    // The connection is of no more use; another may do.
        refused, // The database says no to this query, or its answer is beyond the limits.
    } kind;
    std::string text;
};

using SqlRow = std::vector<std::optional<std::string>>;

/// A connection to a database. Blocks, but not for much longer than the limits.
class SqlConnection {
public:
    virtual ~SqlConnection() = default;
    virtual std::expected<std::vector<SqlRow>, SqlTrouble>
    run(const Query&, const std::vector<std::string>& values) = 0;
};

/// Makes connections to one database. Shared by threads.
class SqlDatabase {
public:
    virtual ~SqlDatabase() = default;
    virtual std::expected<std::unique_ptr<SqlConnection>, SqlTrouble> connect() const = 0;
};

/// How a connection to a database is kept from others' eyes.
struct SqlTls {
    enum class Use : std::uint8_t {
        none,     // a Unix socket, this host, or where it was so configured
        verified, // the server's certificate is of `ca_file` and names its host
    } use = Use::verified;
    std::string ca_file;

    static SqlTls of(const config::LoginSource&, const std::string& system_ca_file);
};

/// What the connections to one database have in common.
struct SqlTerms {
    std::string source; // its name
    Query login;
    std::optional<Query> address;
    std::shared_ptr<const SqlDatabase> database;
    std::shared_ptr<Health> health;
    std::shared_ptr<Judge> judge;

    /// The error is a sentence about a query.
    static std::expected<SqlTerms, std::string> make(const config::LoginSource&,
                                                     std::shared_ptr<const SqlDatabase>);
};

/// A database as a source. The login query's one row is the stored password, then, if it has them,
/// the account's address and whether it is disabled; the address query's rows are addresses, the
/// account's own first. A database that is not there makes it unavailable.
class SqlBackend final : public Backend {
public:
    explicit SqlBackend(std::shared_ptr<const SqlTerms> terms) : terms_(std::move(terms)) {}

    SourceResult<std::optional<SourcePerson>> find(const mail::Mailbox&) override;
    SourceResult<Checked> check(const mail::Mailbox&, const Secret& password) override;

private:
    SourceResult<std::optional<Entry>> look_up(const mail::Mailbox&);
    SourceResult<std::vector<mail::Mailbox>> addresses_of(const mail::Mailbox&);
    SourceResult<std::vector<SqlRow>> run(const Query&, const Names&);
    SourceResult<void> connect();
    SourceError broken(std::string_view reason) const;

    std::shared_ptr<const SqlTerms> terms_;
    std::unique_ptr<SqlConnection> connection_;
};

} // namespace posthouse::sources
