// SPDX-License-Identifier: Apache-2.0
// posthouse check: everything that would keep the server from starting, in one go.
#include "cli/commands.hpp"
#include "config/load.hpp"
#include "config/warnings.hpp"
#include "process/table_files.hpp"
#include "process/tls_files.hpp"
#include "process/users.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <unistd.h>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

/// The directory, or where it would be made.
std::optional<std::string> trouble_with_data_dir(const std::string& data_dir)
{
    std::error_code error;
    std::filesystem::path path(data_dir);
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::exists(status)) {
        if (!std::filesystem::is_directory(status))
            return fmt::format("data_dir: {} is no directory", data_dir);
        if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0 && ::access(path.c_str(), F_OK) == 0)
            return fmt::format("data_dir: {} cannot be written by this user (its owner or root "
                               "starts the server)",
                               data_dir);
        return std::nullopt;
    }
    auto parent = path;
    while (parent.has_relative_path() && !std::filesystem::exists(parent, error))
        parent = parent.parent_path();
    if (::access(parent.c_str(), W_OK | X_OK) != 0)
        return fmt::format("data_dir: {} is not there and cannot be made in {} by this user",
                           data_dir, parent.string());
    return std::nullopt;
}

/// Where root starts the server, its roles' users must be there.
std::vector<std::string> missing_users(const config::Users& users)
{
    std::vector<std::string> missing;
    for (const auto& name : {users.gate, users.keeper, users.sorter, users.courier, users.resolver,
                             users.clerk, users.tables, users.signer})
        if (const auto found = process::identity_of(name);
            !found && std::ranges::find(missing, found.error()) == missing.end())
            missing.push_back(found.error());
    return missing;
}

/// Of one configuration: its problems, the rest that would keep the server from starting, and what
/// would not.
struct Findings {
    std::vector<config::Problem> problems = {};
    std::vector<std::string> sentences = {}, warnings = {};
    std::map<tables::Table, tables::Compiled> tables = {};
};

json::array json_of(const std::map<tables::Table, tables::Compiled>& tables)
{
    json::array list;
    for (const auto& [table, compiled] : tables)
        for (const auto& problem : compiled.problems)
            list.push_back({{"table", name_of(table)},
                            {"file", problem.file},
                            {"line", problem.line},
                            {"skipped", problem.weight == tables::Problem::Weight::skipped},
                            {"text", problem.what}});
    return list;
}

/// Lines that would be left out; they do not keep the server from starting.
void tell_tables(Console& console, const std::map<tables::Table, tables::Compiled>& tables)
{
    for (const auto& [table, compiled] : tables) {
        for (const auto& problem : compiled.problems)
            console.err << styled(console, Style::plain,
                                  fmt::format("{}:{}: {}: {}", problem.file, problem.line,
                                              name_of(table), problem.what))
                        << '\n';
        if (compiled.untold > 0)
            console.err << fmt::format("{}: {} more problems", name_of(table), compiled.untold)
                        << '\n';
    }
}

Exit tell(Context& context, const Findings& findings)
{
    auto& console = context.console;
    const auto& [problems, sentences, warnings, tables] = findings;
    const bool fine = problems.empty() && sentences.empty();
    if (context.output == Output::json) {
        json::array list;
        for (const auto& problem : problems)
            list.push_back({{"file", problem.file},
                            {"line", problem.line},
                            {"column", problem.column},
                            {"key", problem.key},
                            {"wrong", problem.wrong},
                            {"right", problem.right},
                            {"text", problem.text()}});
        for (const auto& sentence : sentences)
            list.push_back({{"file", context.config_path}, {"text", sentence}});
        console.out << json::serialize(json::object{
                           {"ok", fine},
                           {"problems", list},
                           {"tables", json_of(tables)},
                           {"warnings", json::array(warnings.begin(), warnings.end())}})
                    << '\n';
        return fine ? Exit::ok : Exit::config;
    }
    for (const auto& problem : problems)
        console.err << styled(console, Style::plain, problem.text()) << '\n';
    for (const auto& sentence : sentences)
        console.err << context.config_path << ": " << styled(console, Style::plain, sentence)
                    << '\n';
    for (const auto& warning : warnings)
        console.err << context.config_path
                    << ": warning: " << styled(console, Style::plain, warning) << '\n';
    tell_tables(console, tables);
    if (fine)
        console.out << context.config_path << ": " << styled(console, Style::good, "fine") << '\n';
    return fine ? Exit::ok : Exit::config;
}

} // namespace

Exit check(Context& context)
{
    auto config = config::load_file(context.config_path);
    if (!config)
        return tell(context, {.problems = config.error()});
    Findings findings{.warnings = config::warnings(*config)};
    auto& sentences = findings.sentences;
    if (auto documents = process::read_documents(context.config_path); !documents)
        sentences = documents.error().sentences;
    if (auto trouble = trouble_with_data_dir(config->data_dir))
        sentences.push_back(std::move(*trouble));
    for (auto& user : missing_users(config->process.users))
        sentences.push_back("process.users: " + user);
    for (auto& file : process::trouble_with_tls_files(config->tls))
        sentences.push_back(std::move(file));
    for (auto& file : process::trouble_with_table_files(config->tables))
        sentences.push_back(std::move(file));
    findings.tables = process::read_tables(config->tables);
    return tell(context, findings);
}

} // namespace posthouse::cli
