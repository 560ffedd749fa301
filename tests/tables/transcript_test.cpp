// SPDX-License-Identifier: Apache-2.0
// Each format by example: transcripts/*.txt, whose own form is told in the first lines of
// aliases.txt.
#include "base/text.hpp"
#include "tables/formats.hpp"
#include "tables/image.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace {

using namespace posthouse;
using namespace posthouse::tables;

struct Case {
    Table table{};
    std::string claim;
    std::vector<Source> sources = {};
    std::map<std::string, std::string> included = {};
    std::vector<std::string> entries = {}, problems = {};
};

std::optional<Table> table_named(std::string_view name)
{
    for (std::uint8_t number = 1; number <= 11; ++number)
        if (name_of(static_cast<Table>(number)) == name)
            return static_cast<Table>(number);
    return std::nullopt;
}

std::vector<Case> read_cases(const std::filesystem::path& path)
{
    std::ifstream file(path);
    std::vector<Case> cases;
    std::string* text = nullptr;
    for (std::string line; std::getline(file, line);) {
        const auto rest = line.size() > 2 ? line.substr(2) : std::string();
        if (line.starts_with("==")) {
            const auto colon = line.find(": ");
            const auto table = table_named(line.substr(3, colon - 3));
            EXPECT_TRUE(table) << line;
            cases.push_back({.table = *table, .claim = line.substr(colon + 2)});
            cases.back().sources.push_back({"table", ""});
            text = &cases.back().sources.back().text;
        } else if (line.starts_with("| ") || line == "|") {
            *text += rest + "\n";
        } else if (line.starts_with("+ ")) {
            cases.back().sources.push_back({rest, ""});
            text = &cases.back().sources.back().text;
        } else if (line.starts_with("@ ")) {
            text = &cases.back().included[rest];
        } else if (line.starts_with("> ")) {
            cases.back().entries.push_back(rest);
        } else if (line.starts_with("! ")) {
            cases.back().problems.push_back(rest);
        } else {
            EXPECT_TRUE(line.empty() || line.starts_with("#")) << line;
        }
    }
    return cases;
}

std::string_view kind_name(Table table, std::uint8_t kind)
{
    using Names = std::vector<std::string_view>;
    static const std::map<Table, Names> names = {
        {Table::aliases, {"", "address", "local", "keep", "file", "program", "error"}},
        {Table::virtusers, {"", "address", "error", "nouser", "keep"}},
        {Table::mailers, {"", "esmtp", "relay", "local", "lmtp", "error", "discard"}},
        {Table::access, {"", "ok", "relay", "reject", "discard", "skip", "quarantine", "error"}},
    };
    const auto found = names.find(table);
    return found == names.end() ? "" : found->second.at(kind);
}

std::string told(Table table, const Entry& entry)
{
    auto text = fmt::format("{} {} =", entry.line(), entry.key());
    for (std::size_t i = 0; i < entry.size(); ++i) {
        const auto item = entry.item(i);
        const auto kind = kind_name(table, item.kind);
        text += fmt::format("{}{}{}{}{}", i == 0 ? "" : " ;", kind.empty() ? "" : " ", kind,
                            item.text.empty() ? "" : " ", item.text);
    }
    return text;
}

std::string told(const Problem& problem)
{
    return fmt::format("{}:{}: {}{}", problem.file, problem.line,
                       problem.weight == Problem::Weight::note ? "note: " : "", problem.what);
}

class Formats : public testing::TestWithParam<std::string> {};

TEST_P(Formats, AreReadAsTheExamplesSay)
{
    const auto cases = read_cases(std::filesystem::path(POSTHOUSE_SOURCE) / "tests/tables" /
                                  "transcripts" / (GetParam() + ".txt"));
    ASSERT_FALSE(cases.empty());
    for (const auto& one : cases) {
        SCOPED_TRACE(one.claim);
        const auto compiled = compile(one.table, one.sources,
                                      [&](const std::string& path) -> std::optional<std::string> {
                                          const auto found = one.included.find(path);
                                          if (found == one.included.end())
                                              return std::nullopt;
                                          return found->second;
                                      });
        const auto image = Image::open(compiled.image);
        ASSERT_TRUE(image) << image.error();
        EXPECT_EQ(image->size(), compiled.entries);
        std::vector<std::string> entries, problems;
        for (std::size_t i = 0; i < image->size(); ++i) {
            const auto entry = image->entry(i);
            entries.push_back(told(one.table, entry));
            const auto found = image->find(entry.key());
            ASSERT_TRUE(found) << entry.key();
            EXPECT_EQ(told(one.table, *found), entries.back());
        }
        for (const auto& problem : compiled.problems)
            problems.push_back(told(problem));
        EXPECT_THAT(entries, testing::UnorderedElementsAreArray(one.entries));
        EXPECT_EQ(problems, one.problems);
    }
}

INSTANTIATE_TEST_SUITE_P(Transcripts, Formats,
                         testing::Values("aliases", "includes", "alias_loops", "virtusertable",
                                         "mailertable", "access", "genericstable", "classes",
                                         "senders", "lines"));

} // namespace
