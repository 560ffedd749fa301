// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace posthouse::config {

inline const std::string minimal = "hostname = \"mx.example.org\"\n";

inline Config loaded(const std::string& text)
{
    auto config = load_text(text, "t.toml");
    if (!config)
        for (const auto& problem : config.error())
            ADD_FAILURE() << problem.text();
    return *config;
}

/// The problems of a text, as an administrator sees them.
inline std::vector<std::string> problems(const std::string& text)
{
    std::vector<std::string> lines;
    if (const auto config = load_text(text, "t.toml"); !config)
        for (const auto& problem : config.error())
            lines.push_back(problem.text());
    return lines;
}

inline std::string only_problem(const std::string& text)
{
    const auto all = problems(text);
    return all.size() == 1 ? all[0] : testing::PrintToString(all);
}

inline mail::Domain domain(std::string_view text)
{
    return *mail::Domain::parse(text);
}

} // namespace posthouse::config
