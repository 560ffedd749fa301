// SPDX-License-Identifier: Apache-2.0
#include "directory/accounts_impl.hpp"

#include "directory/records.pb.h"

#include <fmt/format.h>

namespace posthouse::directory {
namespace {

// Part of the store's format: none may ever change.
constexpr std::size_t shards = 16;
constexpr std::string_view row_prefix = "a", alias_prefix = "l";

ScramRecord record_of(const sasl::ScramKeys& keys)
{
    ScramRecord record;
    record.set_hash(static_cast<std::uint32_t>(keys.hash));
    record.set_iterations(keys.iterations);
    record.set_stored_key(keys.stored_key);
    record.set_server_key(keys.server_key);
    return record;
}

/// Keys that are not sound are left out: then there is no login by them.
void take(const ScramRecord& record, const std::string& salt, std::vector<sasl::ScramKeys>& to)
{
    sasl::ScramKeys keys{.hash =
                             record.hash() == 0 ? sasl::ScramHash::sha_1 : sasl::ScramHash::sha_256,
                         .iterations = record.iterations(),
                         .salt = salt,
                         .stored_key = record.stored_key(),
                         .server_key = record.server_key()};
    if (record.hash() <= 1 && sasl::is_sound(keys))
        to.push_back(std::move(keys));
}

void encode_app_password(const AppPassword& password, AppPasswordRecord& record)
{
    record.set_id(password.id);
    record.set_name(password.name);
    record.mutable_protocols()->Assign(password.protocols.begin(), password.protocols.end());
    record.set_digest(password.digest);
    record.set_created_us(to_microseconds(password.created));
    for (const auto& keys : password.scram)
        *record.add_scram() = record_of(keys);
}

AppPassword decode_app_password(const AppPasswordRecord& record, const std::string& salt)
{
    AppPassword password{.id = record.id(),
                         .name = record.name(),
                         .protocols = {record.protocols().begin(), record.protocols().end()},
                         .digest = record.digest(),
                         .created = from_microseconds(record.created_us())};
    for (const auto& keys : record.scram())
        take(keys, salt, password.scram);
    return password;
}

} // namespace

std::size_t shard_of(std::string_view key)
{
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    for (const char c : key)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return (hash >> 32) % shards;
}

store::PartitionId partition_of(std::size_t shard)
{
    return {fmt::format("d/{:02}", shard)};
}

std::string row_key(std::string_view key)
{
    return std::string(row_prefix).append(key);
}

std::string alias_row_key(std::string_view key)
{
    return std::string(alias_prefix).append(key);
}

std::string encode(const Account& account)
{
    const auto& credentials = account.credentials;
    AccountRecord record;
    record.set_address(account.address);
    record.set_id(static_cast<std::uint64_t>(account.id));
    record.set_verifier(account.verifier);
    record.set_created_us(to_microseconds(account.created));
    record.set_disabled(account.disabled);
    record.set_salt(credentials.salt);
    for (const auto& keys : credentials.scram)
        *record.add_scram() = record_of(keys);
    for (const auto& password : credentials.app_passwords)
        encode_app_password(password, *record.add_app_passwords());
    record.set_totp(credentials.totp);
    record.mutable_disabled_protocols()->Assign(credentials.disabled_protocols.begin(),
                                                credentials.disabled_protocols.end());
    record.set_version(account.version);
    record.set_source(account.source);
    record.mutable_aliases()->Assign(account.aliases.begin(), account.aliases.end());
    for (const auto& delegate : account.delegates) {
        auto* put = record.add_delegates();
        put->set_id(static_cast<std::uint64_t>(delegate.id));
        put->set_address(delegate.address);
    }
    return record.SerializeAsString();
}

Result<Account> decode(const std::string& bytes)
{
    AccountRecord record;
    if (!record.ParseFromString(bytes) || record.id() == 0)
        return std::unexpected(Error::broken);
    Account account{.address = record.address(),
                    .id = AccountId{record.id()},
                    .verifier = record.verifier(),
                    .created = from_microseconds(record.created_us()),
                    .disabled = record.disabled()};
    auto& credentials = account.credentials;
    credentials.salt = record.salt();
    for (const auto& keys : record.scram())
        take(keys, credentials.salt, credentials.scram);
    for (const auto& password : record.app_passwords())
        credentials.app_passwords.push_back(decode_app_password(password, credentials.salt));
    credentials.totp = record.totp();
    credentials.disabled_protocols = {record.disabled_protocols().begin(),
                                      record.disabled_protocols().end()};
    account.version = record.version();
    account.source = record.source();
    account.aliases = {record.aliases().begin(), record.aliases().end()};
    for (const auto& delegate : record.delegates())
        account.delegates.push_back({AccountId{delegate.id()}, delegate.address()});
    return account;
}

Error from(store::Error error)
{
    switch (error) {
    case store::Error::no_space:
        return Error::no_space;
    case store::Error::unknown:
        return Error::unknown;
    case store::Error::conflict: // Nothing was written.
    case store::Error::unavailable:
        return Error::unavailable;
    case store::Error::too_large:
        return Error::bad_address;
    case store::Error::exists:
    case store::Error::not_found:
    case store::Error::fenced:
    case store::Error::corrupt:
        break;
    }
    return Error::broken;
}

bool is_login_protocol(std::string_view name)
{
    return name == "imap" || name == "pop3" || name == "submission";
}

} // namespace posthouse::directory
