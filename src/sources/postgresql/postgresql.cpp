// SPDX-License-Identifier: Apache-2.0
#include "sources/postgresql/postgresql.hpp"

#include "base/time.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <string>

namespace posthouse::sources {
namespace {

using Kind = SqlTrouble::Kind;

struct Finish {
    void operator()(PGconn* connection) const { ::PQfinish(connection); }
};
struct Clear {
    void operator()(PGresult* result) const { ::PQclear(result); }
};
using Handle = std::unique_ptr<PGconn, Finish>;
using Result = std::unique_ptr<PGresult, Clear>;

std::unexpected<SqlTrouble> lost(PGconn* connection)
{
    return std::unexpected(SqlTrouble{Kind::lost, ::PQerrorMessage(connection)});
}

/// False: not by then.
bool wait_for(PGconn* connection, short events, Instant deadline)
{
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Instant::clock::now());
    pollfd socket{::PQsocket(connection), events, 0};
    return left.count() > 0 && ::poll(&socket, 1, static_cast<int>(left.count())) == 1;
}

class Connection final : public SqlConnection {
public:
    explicit Connection(Handle handle) : handle_(std::move(handle)) {}

    std::expected<std::vector<SqlRow>, SqlTrouble>
    run(const Query& query, const std::vector<std::string>& values) override
    {
        std::vector<const char*> parameters;
        for (const auto& value : values)
            parameters.push_back(value.c_str());
        const auto deadline = Instant::clock::now() + SqlLimits::answer;
        // Row by row: who has too many is left before they are all in memory.
        if (::PQsendQueryParams(handle_.get(), query.text.c_str(),
                                static_cast<int>(parameters.size()), nullptr, parameters.data(),
                                nullptr, nullptr, 0) != 1 ||
            ::PQsetSingleRowMode(handle_.get()) != 1)
            return lost(handle_.get());
        std::vector<SqlRow> rows;
        std::optional<SqlTrouble> trouble;
        for (;;) {
            auto result = next(deadline);
            if (!result)
                return std::unexpected(result.error());
            if (!*result)
                break;
            if (auto wrong = take(result->get(), rows); wrong && !trouble)
                trouble = std::move(wrong);
            if (trouble && trouble->kind == Kind::lost)
                break;
        }
        if (trouble)
            return std::unexpected(std::move(*trouble));
        return rows;
    }

private:
    /// Null: that was all.
    std::expected<Result, SqlTrouble> next(Instant deadline)
    {
        for (;;) {
            const int left = ::PQflush(handle_.get());
            if (left < 0)
                return lost(handle_.get());
            if (left == 0 && ::PQisBusy(handle_.get()) == 0)
                return Result(::PQgetResult(handle_.get()));
            const auto events = static_cast<short>(left > 0 ? POLLIN | POLLOUT : POLLIN);
            if (!wait_for(handle_.get(), events, deadline))
                return std::unexpected(SqlTrouble{Kind::lost, "it did not answer in time"});
            if (::PQconsumeInput(handle_.get()) != 1)
                return lost(handle_.get());
        }
    }

    std::optional<SqlTrouble> take(PGresult* result, std::vector<SqlRow>& rows)
    {
        const auto status = ::PQresultStatus(result);
        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
            const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
            // 57P01: it is being shut down; 08…, 53…: the connection, its means.
            const std::string_view code = state == nullptr ? "" : state;
            const bool gone = code.empty() || code.starts_with("57P") || code.starts_with("08") ||
                              code.starts_with("53");
            return SqlTrouble{gone ? Kind::lost : Kind::refused, ::PQresultErrorMessage(result)};
        }
        const int columns = ::PQnfields(result);
        for (int row = 0; row < ::PQntuples(result); ++row) {
            if (rows.size() >= SqlLimits::rows || columns > static_cast<int>(SqlLimits::columns))
                return SqlTrouble{Kind::lost, "it answers with too many rows or columns"};
            SqlRow values;
            for (int column = 0; column < columns; ++column) {
                const auto size = static_cast<std::size_t>(::PQgetlength(result, row, column));
                if (size > SqlLimits::value_bytes)
                    return SqlTrouble{Kind::refused, "it answers with a value that is too long"};
                if (::PQgetisnull(result, row, column) != 0)
                    values.emplace_back();
                else
                    values.emplace_back(std::string(::PQgetvalue(result, row, column), size));
            }
            rows.push_back(std::move(values));
        }
        return std::nullopt;
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
        auto handle = start();
        if (!handle || ::PQstatus(handle.get()) == CONNECTION_BAD)
            return lost(handle.get());
        const auto deadline = Instant::clock::now() + SqlLimits::connect;
        auto state = PGRES_POLLING_WRITING;
        while (state != PGRES_POLLING_OK) {
            if (state == PGRES_POLLING_FAILED)
                return lost(handle.get());
            if (!wait_for(handle.get(), state == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                          deadline))
                return std::unexpected(SqlTrouble{Kind::lost, "no connection in time"});
            state = ::PQconnectPoll(handle.get());
        }
        ::PQsetnonblocking(handle.get(), 1);
        ::PQsetNoticeProcessor(handle.get(), [](void*, const char*) {}, nullptr);
        return std::make_unique<Connection>(std::move(handle));
    }

private:
    Handle start() const
    {
        // Its own library names a Unix socket by its directory and port.
        constexpr std::string_view socket = "/.s.PGSQL.";
        auto host = terms_.host;
        auto port = std::to_string(terms_.port == 0 ? 5432 : terms_.port);
        if (const auto at = host.rfind(socket); host.starts_with('/') && at != std::string::npos) {
            port = host.substr(at + socket.size());
            host.erase(at);
        }
        const bool verified = tls_.use == SqlTls::Use::verified;
        std::vector<std::pair<const char*, const char*>> options = {
            {"host", host.c_str()},
            {"port", port.c_str()},
            {"dbname", terms_.dbname.c_str()},
            {"user", terms_.user.c_str()},
            {"password", password_.reveal().data()}, // A Secret's text ends with a zero byte.
            {"passfile", "/nonexistent"},
            {"application_name", "posthouse"},
            {"client_encoding", "UTF8"},
            {"gssencmode", "disable"},
            {"sslmode", verified ? "verify-full" : "disable"},
            {"ssl_min_protocol_version", "TLSv1.2"}};
        if (verified)
            options.emplace_back("sslrootcert", tls_.ca_file.c_str());
        std::vector<const char*> names, values;
        for (const auto& [name, value] : options) {
            names.push_back(name);
            values.push_back(value);
        }
        names.push_back(nullptr);
        values.push_back(nullptr);
        return Handle(::PQconnectStartParams(names.data(), values.data(), 0));
    }

    config::LoginSource::Connection terms_;
    Secret password_;
    SqlTls tls_;
};

} // namespace

std::shared_ptr<const SqlDatabase> make_postgresql(const config::LoginSource::Connection& terms,
                                                   Secret password, SqlTls tls)
{
    return std::make_shared<Database>(terms, std::move(password), std::move(tls));
}

} // namespace posthouse::sources
