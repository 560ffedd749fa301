// SPDX-License-Identifier: Apache-2.0
#include "sources/sql.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace posthouse::sources {
namespace {

/// As databases say it: t, true, 1, y, yes.
bool is_true(const std::optional<std::string>& value)
{
    if (!value || value->empty())
        return false;
    const char first = to_lower(value->front());
    return first == 't' || first == 'y' || (is_digit(first) && *value != "0");
}

bool is_this_host(std::string_view host)
{
    return host.starts_with('/') || host == "localhost" || host.starts_with("127.") ||
           host == "::1";
}

} // namespace

SqlTls SqlTls::of(const config::LoginSource& source, const std::string& system_ca_file)
{
    const auto& host = source.connection.host;
    if (host.starts_with('/') || (source.ca_file.empty() && is_this_host(host)) ||
        !source.start_tls)
        return {Use::none, {}};
    return {Use::verified, source.ca_file.empty() ? system_ca_file : source.ca_file};
}

std::expected<SqlTerms, std::string> SqlTerms::make(const config::LoginSource& source,
                                                    std::shared_ptr<const SqlDatabase> database)
{
    const auto dialect = source.kind == config::LoginSource::Kind::postgresql ? Dialect::postgresql
                                                                              : Dialect::mariadb;
    auto login = Query::compile(source.login_query, dialect);
    if (!login)
        return std::unexpected("login_query: " + login.error());
    SqlTerms terms{.source = source.name,
                   .login = std::move(*login),
                   .address = {},
                   .database = std::move(database),
                   .health = std::make_shared<Health>(source.name, source.connection.host),
                   .judge = std::make_shared<Judge>(source.name, Bare::crypt)};
    if (!source.address_query.empty()) {
        auto address = Query::compile(source.address_query, dialect);
        if (!address)
            return std::unexpected("address_query: " + address.error());
        terms.address = std::move(*address);
    }
    return terms;
}

SourceResult<std::optional<SourcePerson>> SqlBackend::find(const mail::Mailbox& mailbox)
{
    const auto entry = look_up(mailbox);
    if (!entry)
        return std::unexpected(entry.error());
    return *entry ? std::optional(terms_->judge->person_of(**entry)) : std::nullopt;
}

SourceResult<Checked> SqlBackend::check(const mail::Mailbox& mailbox, const Secret& password)
{
    const auto entry = look_up(mailbox);
    if (!entry)
        return std::unexpected(entry.error());
    return terms_->judge->check(*entry, password);
}

SourceResult<std::optional<Entry>> SqlBackend::look_up(const mail::Mailbox& mailbox)
{
    auto addresses = addresses_of(mailbox);
    if (!addresses)
        return std::unexpected(addresses.error());
    if (addresses->empty())
        return std::nullopt;
    Entry entry{.address = addresses->front()};
    entry.aliases.assign(addresses->begin() + 1, addresses->end());
    const auto rows = run(terms_->login, Names(entry.address));
    if (!rows)
        return std::unexpected(rows.error());
    if (rows->size() > 1)
        return std::unexpected(broken("login_query finds more than one row for a user"));
    if (rows->empty()) // Without an address query, it is the one that says who exists.
        return terms_->address ? std::optional(std::move(entry)) : std::nullopt;
    const auto& row = rows->front();
    if (!row.empty() && row[0] && !row[0]->empty())
        entry.stored.push_back(*row[0]);
    if (row.size() > 1 && row[1] && !row[1]->empty()) {
        auto own = address_from(*row[1]);
        if (!own)
            return std::unexpected(broken("login_query's second column is not an address"));
        entry.address = std::move(*own);
    }
    entry.disabled = row.size() > 2 && is_true(row[2]);
    return entry;
}

/// The account's own first; none: nobody has it.
SourceResult<std::vector<mail::Mailbox>> SqlBackend::addresses_of(const mail::Mailbox& mailbox)
{
    const Names names(mailbox);
    if (!terms_->address)
        return std::vector{address_from(names.address).value_or(mailbox)};
    const auto rows = run(*terms_->address, names);
    if (!rows)
        return std::unexpected(rows.error());
    std::vector<mail::Mailbox> addresses;
    for (const auto& row : *rows) {
        auto address = !row.empty() && row[0] ? address_from(*row[0]) : std::nullopt;
        if (!address && addresses.empty())
            return std::unexpected(broken("address_query's first row is not an address"));
        if (address && std::ranges::find(addresses, *address) == addresses.end())
            addresses.push_back(std::move(*address));
    }
    return addresses;
}

SourceResult<std::vector<SqlRow>> SqlBackend::run(const Query& query, const Names& names)
{
    constexpr auto at_once = std::chrono::seconds(1);
    for (;;) {
        const bool fresh = !connection_;
        if (fresh)
            if (const auto connected = connect(); !connected)
                return std::unexpected(connected.error());
        const auto begun = Instant::clock::now();
        auto rows = connection_->run(query, query.values(names));
        if (rows)
            return std::move(*rows);
        if (rows.error().kind == SqlTrouble::Kind::refused)
            return std::unexpected(broken(rows.error().text));
        connection_.reset();
        if (!fresh && Instant::clock::now() - begun < at_once)
            continue; // A server that was started again has closed it.
        terms_->health->failed(Instant::clock::now(), rows.error().text);
        return std::unexpected(SourceError::unavailable);
    }
}

SourceResult<void> SqlBackend::connect()
{
    if (!terms_->health->may_try(Instant::clock::now()))
        return std::unexpected(SourceError::unavailable);
    auto connection = terms_->database->connect();
    if (!connection) {
        terms_->health->failed(Instant::clock::now(), connection.error().text);
        return std::unexpected(connection.error().kind == SqlTrouble::Kind::refused
                                   ? SourceError::broken
                                   : SourceError::unavailable);
    }
    terms_->health->worked();
    connection_ = std::move(*connection);
    return {};
}

SourceError SqlBackend::broken(std::string_view reason) const
{
    log::error("source.broken", {{"source", terms_->source}, {"reason", printable(reason, 256)}});
    return SourceError::broken;
}

} // namespace posthouse::sources
