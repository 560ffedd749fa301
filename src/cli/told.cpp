// SPDX-License-Identifier: Apache-2.0
#include "cli/told.hpp"

#include <fmt/format.h>

namespace posthouse::cli {

namespace json = boost::json;

std::string text_of(const json::object& from, std::string_view key)
{
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::int64_t number_of(const json::object& from, std::string_view key)
{
    const auto* value = from.if_contains(key);
    if (value == nullptr)
        return 0;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    return error ? 0 : number;
}

bool is_set(const json::object& from, std::string_view key)
{
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array& list_of(const json::object& from, std::string_view key)
{
    static const json::array none;
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

const json::object& object_of(const json::object& from, std::string_view key)
{
    static const json::object none;
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

std::string short_time(const std::string& rfc3339)
{
    if (rfc3339.size() < 19)
        return "-";
    auto text = rfc3339.substr(0, 19);
    text[10] = ' ';
    return text;
}

std::string short_size(std::int64_t bytes)
{
    if (bytes < 1024)
        return fmt::format("{}", bytes);
    auto value = static_cast<double>(bytes);
    std::string_view units = "KMGT";
    value /= 1024;
    while (value >= 1024 && units.size() > 1) {
        value /= 1024;
        units.remove_prefix(1);
    }
    return value < 10 ? fmt::format("{:.1f}{}", value, units.front())
                      : fmt::format("{:.0f}{}", value, units.front());
}

std::string bracketed(const std::string& address)
{
    return '<' + address + '>';
}

} // namespace posthouse::cli
