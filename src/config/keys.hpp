// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Every key of the configuration file, once: what is read, what is refused as unknown, and what
/// docs/configuration.md says all come from here.
namespace posthouse::config {

/// Of a list, one of its items alone will do too.
enum class Type : std::uint8_t {
    text,
    domain,
    mailbox,
    path,
    optional_path, // or ""
    relative_path, // below a home
    command,       // an absolute path and arguments
    user,          // or group
    name,          // of something in this file
    mode,          // of a file: "0660"
    separator,     // characters, or ""
    ip_address,
    listen_address,
    milter_address,
    next_hop,
    destination,
    endpoints,
    networks,
    domains,
    mailboxes,
    paths,
    users,
    texts, // any
    addressees, // local parts or addresses
    next_hops,
    fingerprints,
    certificate_names, // of hosts, or "*." and a domain
    choice,
    boolean,
    integer,
    factor,
    size,
    duration,
};

/// In a path "*" stands for any name and "[]" for the tables of an array.
struct Key {
    std::string_view path;
    Type type;
    std::string_view by_default; // As it would stand in the file; "" where there is no value.
    std::string_view meaning;
    std::int64_t minimum = 0,
                 maximum = 0;      // Of numbers; bytes, milliseconds, thousandths of a factor.
    std::string_view choices = ""; // Separated by spaces.
};

/// Those of one table stand together.
std::span<const Key> keys();
/// Nothing for a path that no key has.
const Key* find_key(std::string_view path);

/// What a value must be: `a size from 64KiB to 2GiB, such as "32MiB"`.
std::string expectation(const Key&);

/// The tables of docs/configuration.md.
std::string markdown_tables();

/// Of `candidates`, the one that `name` was most likely meant to be; "" where none is near.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

} // namespace posthouse::config
