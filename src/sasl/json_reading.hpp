// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

/// JSON from strangers, read with bounds.
namespace posthouse::sasl {

/// Nothing: it is too long, too deep, or no object.
std::optional<boost::json::object> parse_json_object(std::string_view, std::size_t most_bytes);

/// "" where it is not there, or no text.
std::string_view text_in(const boost::json::object&, std::string_view name);

/// Seconds since 1970, as RFC 7519 §2 has dates: a number, perhaps with a fraction, that is cut
/// off.
std::optional<std::int64_t> date_in(const boost::json::object&, std::string_view name);

} // namespace posthouse::sasl
