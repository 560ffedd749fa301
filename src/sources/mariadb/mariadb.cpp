// SPDX-License-Identifier: Apache-2.0
#include "sources/mariadb/mariadb.hpp"

#include "base/time.hpp"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include <algorithm>
#include <string>

namespace posthouse::sources {
namespace {

using Kind = SqlTrouble::Kind;

/// MYSQL_CLIENT_AUTHENTICATION_PLUGIN, whose header asks for one that is not there.
constexpr int authentication_plugin = 2;

struct Close {
    void operator()(MYSQL* connection) const { ::mysql_close(connection); }
};
struct CloseStatement {
    void operator()(MYSQL_STMT* statement) const { ::mysql_stmt_close(statement); }
};
using Handle = std::unique_ptr<MYSQL, Close>;
using Statement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

SqlTrouble trouble(unsigned error, const char* text)
{
    // What the library says itself is about the connection; a server that goes says so too.
    const bool lost = (error >= CR_MIN_ERROR && error <= CR_MAX_ERROR) || error == 0 ||
                      error == ER_SERVER_SHUTDOWN || error == ER_CON_COUNT_ERROR ||
                      error == ER_TOO_MANY_USER_CONNECTIONS || error == ER_QUERY_INTERRUPTED;
    return {lost ? Kind::lost : Kind::refused, text};
}

class Connection final : public SqlConnection {
public:
    explicit Connection(Handle handle) : handle_(std::move(handle)) {}

    std::expected<std::vector<SqlRow>, SqlTrouble>
    run(const Query& query, const std::vector<std::string>& values) override
    {
        const Statement statement(::mysql_stmt_init(handle_.get()));
        if (!statement)
            return std::unexpected(SqlTrouble{Kind::lost, "no memory"});
        if (::mysql_stmt_prepare(statement.get(), query.text.data(), query.text.size()) != 0)
            return failed(statement.get());
        if (::mysql_stmt_param_count(statement.get()) != values.size())
            return std::unexpected(
                SqlTrouble{Kind::refused, "the query's parameters are not where they seem"});
        std::vector<MYSQL_BIND> parameters(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            parameters[i].buffer_type = MYSQL_TYPE_STRING;
            parameters[i].buffer = const_cast<char*>(values[i].data());
            parameters[i].buffer_length = values[i].size();
        }
        if (!values.empty() && ::mysql_stmt_bind_param(statement.get(), parameters.data()) != 0)
            return failed(statement.get());
        if (::mysql_stmt_execute(statement.get()) != 0)
            return failed(statement.get());
        return fetch(statement.get());
    }

private:
    struct Column {
        std::vector<char> bytes = std::vector<char>(SqlLimits::value_bytes);
        unsigned long size = 0;
        my_bool is_null = 0;
    };

    static std::unexpected<SqlTrouble> failed(MYSQL_STMT* statement)
    {
        return std::unexpected(
            trouble(::mysql_stmt_errno(statement), ::mysql_stmt_error(statement)));
    }

    static std::expected<std::vector<SqlRow>, SqlTrouble> fetch(MYSQL_STMT* statement)
    {
        const auto count = ::mysql_stmt_field_count(statement);
        if (count == 0 || count > SqlLimits::columns)
            return std::unexpected(
                SqlTrouble{Kind::refused, "the query answers with no columns, or too many"});
        std::vector<Column> columns(count);
        std::vector<MYSQL_BIND> places(count);
        for (std::size_t i = 0; i < count; ++i) {
            places[i].buffer_type = MYSQL_TYPE_STRING;
            places[i].buffer = columns[i].bytes.data();
            places[i].buffer_length = columns[i].bytes.size();
            places[i].length = &columns[i].size;
            places[i].is_null = &columns[i].is_null;
        }
        if (::mysql_stmt_bind_result(statement, places.data()) != 0)
            return failed(statement);
        std::vector<SqlRow> rows;
        for (;;) {
            const int got = ::mysql_stmt_fetch(statement);
            if (got == MYSQL_NO_DATA)
                return rows;
            if (got == MYSQL_DATA_TRUNCATED)
                return std::unexpected(
                    SqlTrouble{Kind::refused, "it answers with a value that is too long"});
            if (got != 0)
                return failed(statement);
            if (rows.size() >= SqlLimits::rows)
                return std::unexpected(SqlTrouble{Kind::lost, "it answers with too many rows"});
            rows.push_back(row_of(columns));
        }
    }

    static SqlRow row_of(const std::vector<Column>& columns)
    {
        SqlRow row;
        for (const auto& column : columns) {
            if (column.is_null != 0)
                row.emplace_back();
            else
                row.emplace_back(std::string(
                    column.bytes.data(), std::min<std::size_t>(column.size, column.bytes.size())));
        }
        return row;
    }

    Handle handle_;
};

class Database final : public SqlDatabase {
public:
    Database(config::LoginSource::Connection terms, Secret password, SqlTls tls)
        : terms_(std::move(terms)),
          password_(std::move(password)),
          tls_(std::move(tls))
    {
    }

    std::expected<std::unique_ptr<SqlConnection>, SqlTrouble> connect() const override
    {
        Handle handle(::mysql_init(nullptr));
        if (!handle)
            return std::unexpected(SqlTrouble{Kind::lost, "no memory"});
        const bool local = terms_.host.starts_with('/');
        set_options(handle.get(), local);
        if (::mysql_real_connect(handle.get(), local ? nullptr : terms_.host.c_str(),
                                 terms_.user.c_str(), password_.reveal().data(),
                                 terms_.dbname.c_str(), terms_.port == 0 ? 3306 : terms_.port,
                                 local ? terms_.host.c_str() : nullptr, 0) == nullptr)
            return std::unexpected(
                trouble(::mysql_errno(handle.get()), ::mysql_error(handle.get())));
        return std::make_unique<Connection>(std::move(handle));
    }

private:
    void set_options(MYSQL* handle, bool local) const
    {
        const auto seconds = [](Duration duration) {
            return static_cast<unsigned>(
                std::chrono::duration_cast<std::chrono::seconds>(duration).count());
        };
        const unsigned connect = seconds(SqlLimits::connect), answer = seconds(SqlLimits::answer);
        const unsigned protocol = local ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
        const unsigned no_files_for_the_server = 0;
        const unsigned long packet = 1 << 20;
        const my_bool on = 1;
        ::mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
        ::mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &answer);
        ::mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &answer);
        ::mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
        ::mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no_files_for_the_server);
        ::mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
        ::mysql_options(handle, MYSQL_REPORT_DATA_TRUNCATION, &on);
        ::mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
        if (tls_.use == SqlTls::Use::none)
            return;
        ::mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
        ::mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
        ::mysql_options(handle, MYSQL_OPT_SSL_CA, tls_.ca_file.c_str());
        ::mysql_options(handle, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    }

    config::LoginSource::Connection terms_;
    Secret password_;
    SqlTls tls_;
};

} // namespace

void prepare_mariadb()
{
    ::mysql_server_init(0, nullptr, nullptr);
    const Handle handle(::mysql_init(nullptr));
    // MariaDB's own, and MySQL's. One that is not installed is only missed where it is asked for.
    for (const char* plugin : {"client_ed25519", "caching_sha2_password", "sha256_password"})
        ::mysql_load_plugin(handle.get(), plugin, authentication_plugin, 0);
}

std::shared_ptr<const SqlDatabase> make_mariadb(const config::LoginSource::Connection& terms,
                                                Secret password, SqlTls tls)
{
    return std::make_shared<Database>(terms, std::move(password), std::move(tls));
}

} // namespace posthouse::sources
