// SPDX-License-Identifier: Apache-2.0
#include "sasl/json_reading.hpp"

namespace posthouse::sasl {

namespace json = boost::json;

std::optional<json::object> parse_json_object(std::string_view text, std::size_t most_bytes)
{
    if (text.size() > most_bytes)
        return std::nullopt;
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 16;
    auto value = json::parse(text, error, {}, options);
    if (error || !value.is_object())
        return std::nullopt;
    return std::move(value.get_object());
}

std::string_view text_in(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_string())
        return {};
    const auto& text = value->get_string();
    return {text.data(), text.size()};
}

std::optional<std::int64_t> date_in(const json::object& object, std::string_view name)
{
    constexpr double most = 1e15; // Far beyond any date, and exact as a number.
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_number())
        return std::nullopt;
    const auto seconds = value->to_number<double>();
    if (!(seconds >= -most && seconds <= most))
        return std::nullopt;
    return static_cast<std::int64_t>(seconds);
}

} // namespace posthouse::sasl
