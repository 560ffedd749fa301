// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sources/names.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sources {

/// How a database writes parameters and joins texts.
enum class Dialect : std::uint8_t {
    postgresql, // $1; 'a' || $1
    mariadb,    // ?; CONCAT('a', ?)
};

/// A query of the configuration with its %u, %n and %d turned into parameters, so that no name
/// ever becomes part of it. They may stand alone or, as Dovecot and Postfix have them, in a string:
/// '%u', '%n@%d'. "%%" is "%".
struct Query {
    std::string text;
    std::string parameters; // letters: of which names, in the parameters' order

    /// The error is a sentence: a name where no parameter can be, a string that does not end.
    static std::expected<Query, std::string> compile(std::string_view pattern, Dialect);
    std::vector<std::string> values(const Names&) const;
};

} // namespace posthouse::sources
