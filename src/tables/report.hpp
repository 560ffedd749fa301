// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/formats.hpp"

#include <string>
#include <vector>

namespace posthouse::tables {

/// Gathers what was wrong with one file after the other.
class Report {
public:
    /// Whose lines the following problems are about.
    void begin_file(std::string_view name) { file_ = name; }
    const std::string& file() const { return file_; }

    void skipped(std::uint32_t line, std::string what)
    {
        add({file_, line, std::move(what), Problem::Weight::skipped});
    }
    void noted(std::uint32_t line, std::string what)
    {
        add({file_, line, std::move(what), Problem::Weight::note});
    }
    void add(Problem);

    std::vector<Problem> problems;
    std::size_t untold = 0;

private:
    std::string file_;
};

} // namespace posthouse::tables
