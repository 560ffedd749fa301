// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

/// The structured log: one line an event, in logfmt, to standard error by one write().
/// Event names and fields are an interface and are listed in docs/events.md. Drivers log; pure
/// code returns facts. Never message content, never secrets.
namespace posthouse::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// One field. Values are made printable and quoted where they need it.
struct Field {
    std::string_view name;
    std::string value;

    Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const char* v) : name(n), value(v) {}
    template <class T>
        requires std::is_arithmetic_v<T>
    Field(std::string_view n, T v) : name(n),
                                     value(std::to_string(v))
    {
    }
};

/// Named once, before the first line: the role and, where it has one, its number ("gate.mail/1").
void set_process(std::string name);
/// Lines below this level are not written. Default: info.
void set_level(Level);
bool enabled(Level);

void write(Level, std::string_view event, std::initializer_list<Field> fields);
inline void debug(std::string_view event, std::initializer_list<Field> fields = {})
{
    if (enabled(Level::debug))
        write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {})
{
    write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {})
{
    write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {})
{
    write(Level::error, event, fields);
}

/// The line itself, without time and process: what the tests look at.
std::string line(Level, std::string_view event, std::initializer_list<Field> fields);

} // namespace posthouse::log
