// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <atomic>
#include <ctime>
#include <fmt/format.h>
#include <unistd.h>

namespace posthouse::log {
namespace {

std::string process = "posthouse";
std::atomic<Level> lowest = Level::info;

std::string_view name_of(Level level)
{
    switch (level) {
    case Level::debug:
        return "debug";
    case Level::info:
        return "info";
    case Level::warning:
        return "warning";
    case Level::error:
        break;
    }
    return "error";
}

void append_value(std::string& to, const std::string& value)
{
    const auto text = printable(value, 1024);
    if (!text.empty() && text.find_first_of(" \"=\\") == text.npos) {
        to += text;
        return;
    }
    to += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            to += '\\';
        to += c;
    }
    to += '"';
}

} // namespace

void set_process(std::string name)
{
    process = std::move(name);
}

void set_level(Level level)
{
    lowest = level;
}

bool enabled(Level level)
{
    return level >= lowest.load(std::memory_order_relaxed);
}

std::string line(Level level, std::string_view event, std::initializer_list<Field> fields)
{
    std::string text = fmt::format("level={} event={}", name_of(level), event);
    for (const auto& field : fields) {
        text += ' ';
        text += field.name;
        text += '=';
        append_value(text, field.value);
    }
    return text;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields)
{
    if (!enabled(level))
        return;
    const auto now = wall_clock();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z process={} {}\n",
                                  utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                  utc.tm_min, utc.tm_sec, (now - seconds).count() / 1000, process,
                                  line(level, event, fields));
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace posthouse::log
