// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

/// Reading the desk's answers. What is missing reads as empty: the server may be of another
/// version.
namespace posthouse::cli {

struct Told {
    boost::json::object result;
    std::string next; // empty: that was all
};

std::string text_of(const boost::json::object&, std::string_view key);
std::int64_t number_of(const boost::json::object&, std::string_view key);
bool is_set(const boost::json::object&, std::string_view key);
const boost::json::array& list_of(const boost::json::object&, std::string_view key);
const boost::json::object& object_of(const boost::json::object&, std::string_view key);

/// "2026-11-22 04:20:30" of an RFC 3339 time; "-" of none.
std::string short_time(const std::string&);
/// "512", "4.2K", "17M"
std::string short_size(std::int64_t bytes);
/// "12M of 1.0G, 345 letters": what an account's answer tells of it. In user_quota.cpp
std::string usage_words(const boost::json::object& account);
/// An address in angle brackets; the null sender is "<>".
std::string bracketed(const std::string& address);

} // namespace posthouse::cli
