// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The parameters of Content-Type and Content-Disposition: RFC 2045 §5.1, RFC 2231.
namespace posthouse::mail {

/// As IMAP gives it to a client: continuations (RFC 2231 §3) joined, quotes taken off, nothing
/// decoded. A name that ends with `*` has a value with charset and percent signs (RFC 2231 §4).
struct Parameter {
    std::string name; ///< Lower case.
    std::string value;
    auto operator<=>(const Parameter&) const = default;
};
using ParameterList = std::vector<Parameter>;

struct ParameterLimits {
    std::size_t count = 64; ///< Of one field; pieces of a continued one count each.
    std::size_t value_bytes = 4096;
};

/// What stands behind the first `;` of a field's unfolded value. Total. Of two with one name the
/// first counts. Without quotes, a value may hold spaces, as old programs write file names.
ParameterList parse_parameters(std::string_view text, const ParameterLimits& = {});

/// The value as it was written; nullptr if there is none. `name` without `*`, in lower case.
const std::string* raw_parameter(const ParameterList&, std::string_view name);

/// As UTF-8 on one line: decoded by RFC 2231, or by RFC 2047 as some programs have it. Empty if
/// there is none.
std::string parameter_text(const ParameterList&, std::string_view name);

} // namespace posthouse::mail
