// SPDX-License-Identifier: Apache-2.0
#include "tables/alias_graph.hpp"
#include "tables/builder.hpp"
#include "tables/lines.hpp"
#include "tables/target_list.hpp"
#include "tables/values.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace posthouse::tables {
namespace {

std::unexpected<std::string> wrong(std::string what)
{
    return std::unexpected(std::move(what));
}

struct KeyAndTargets {
    std::string key; // in lower case
    std::string_view targets;
};

/// Splits at the colon behind the name, which may be quoted.
std::expected<KeyAndTargets, std::string> split_alias(std::string_view line)
{
    std::size_t colon = 0;
    if (line.starts_with('"')) {
        const auto quoted = unquote(line);
        if (quoted.end == line.npos)
            return wrong("a closing \" is missing");
        colon = quoted.end;
    }
    colon = line.find(':', colon);
    if (colon == line.npos || colon == 0)
        return wrong("this is no alias; name: target, target would be right");
    auto name = std::string(trimmed(line.substr(0, colon)));
    if (name.starts_with('"'))
        if (auto quoted = unquote(name); quoted.end == name.size() && quoted.text.contains('@'))
            name = quoted.text; // "user@domain" as a whole
    const auto key = read_address(name);
    if (!key)
        return wrong(key.error());
    if (name.front() == '|' || name.front() == '/' || name.front() == '\\')
        return wrong(fmt::format("'{}' is no name of an alias", printable(name, 100)));
    return KeyAndTargets{lowercase(*key), trimmed(line.substr(colon + 1))};
}

/// Reads all alias files and what they include.
class AliasReader {
public:
    AliasReader(const Includer& includer, Builder& builder) : includer_(includer), builder_(builder)
    {
    }

    void read_file(std::string_view text);
    void finish();

private:
    void read_alias(const Line&);
    /// Appends what `text` leads to.
    void read_targets(std::string_view text, std::uint32_t line, Alias&);
    void read_include(const std::string& path, std::uint32_t line, Alias&);
    void read_included(const std::string& text, Alias&);
    void add_target(Alias&, Target, std::string text);
    const std::optional<std::string>& text_of(const std::string& path);
    void break_loops();

    const Includer& includer_;
    Builder& builder_;
    std::vector<Alias> aliases_;
    std::unordered_map<std::string, std::size_t> numbers_;
    std::unordered_map<std::string, std::optional<std::string>> included_; // by path
    std::vector<std::string> open_; // the :include:d files that are being read
    std::size_t bytes_ = 0;         // of all targets
};

void AliasReader::add_target(Alias& alias, Target kind, std::string text)
{
    bytes_ += text.size() + sizeof(Alias::To);
    alias.targets.push_back({kind, std::move(text)});
}

const std::optional<std::string>& AliasReader::text_of(const std::string& path)
{
    const auto known = included_.find(path);
    if (known != included_.end())
        return known->second;
    return included_.emplace(path, includer_ ? includer_(path) : std::nullopt).first->second;
}

void AliasReader::read_included(const std::string& text, Alias& alias)
{
    LineReader lines(text, Layout::listed, builder_.report);
    while (const auto line = lines.next())
        read_targets(line->text, line->number, alias);
}

void AliasReader::read_include(const std::string& path, std::uint32_t line, Alias& alias)
{
    if (std::ranges::find(open_, path) != open_.end()) {
        builder_.report.skipped(line, fmt::format("{} includes itself", printable(path)));
        return;
    }
    if (open_.size() >= Limits::include_depth) {
        builder_.report.skipped(line, fmt::format("{} is nested too deeply: at most {} lists "
                                                  "include one another",
                                                  printable(path), Limits::include_depth));
        return;
    }
    const auto& text = text_of(path);
    if (!text) {
        builder_.report.skipped(line, fmt::format("{} cannot be read", printable(path)));
        // The list may be back tomorrow: senders are to try again, not to be told that nobody
        // is there.
        add_target(alias, Target::error, "4.2.4 451 A list of recipients cannot be read now");
        return;
    }
    const auto outer = builder_.report.file();
    builder_.report.begin_file(path);
    open_.push_back(path);
    read_included(*text, alias);
    open_.pop_back();
    builder_.report.begin_file(outer);
}

void AliasReader::read_targets(std::string_view text, std::uint32_t line, Alias& alias)
{
    for (const auto one : split_targets(text)) {
        if (alias.targets.size() > Limits::items)
            return;
        auto target = read_target(one);
        if (!target)
            builder_.report.skipped(line, std::move(target).error());
        else if (target->sort == Listed::Sort::include)
            read_include(target->text, line, alias);
        else
            add_target(alias, target->kind, std::move(target->text));
    }
}

void AliasReader::read_alias(const Line& line)
{
    auto& report = builder_.report;
    const auto split = split_alias(line.text);
    if (!split) {
        report.skipped(line.number, split.error());
        return;
    }
    if (const auto known = numbers_.find(split->key); known != numbers_.end()) {
        const auto& first = aliases_[known->second].place;
        report.noted(line.number, fmt::format("{} is there already, in {}:{}, which counts",
                                              printable(split->key, 200),
                                              builder_.writer.file(first.file), first.line));
        return;
    }
    if (aliases_.size() >= Limits::entries || bytes_ > Limits::image_bytes) {
        report.skipped(line.number, "the table is too large");
        return;
    }
    Alias alias{split->key, {builder_.file, line.number}, {}};
    read_targets(split->targets, line.number, alias);
    if (alias.targets.size() > Limits::items) {
        report.skipped(line.number,
                       fmt::format("the alias leads to more than {} targets", Limits::items));
        alias.targets.clear();
        add_target(alias, Target::error, "4.3.0 451 This list of recipients is too long");
    }
    if (alias.targets.empty()) {
        report.skipped(line.number,
                       fmt::format("the alias {} leads nowhere", printable(split->key, 100)));
        return;
    }
    for (auto& target : alias.targets)
        if (target.kind == Target::local && equal_ignoring_case(target.text, alias.key))
            target.kind = Target::keep;
    numbers_.emplace(alias.key, aliases_.size());
    aliases_.push_back(std::move(alias));
}

void AliasReader::read_file(std::string_view text)
{
    LineReader lines(text, Layout::continued, builder_.report);
    while (const auto line = lines.next())
        read_alias(*line);
}

void AliasReader::break_loops()
{
    for (const auto& loop : find_loops(aliases_)) {
        for (const auto i : loop.members) {
            auto& alias = aliases_[i];
            alias.targets = {{Target::error, "5.4.6 554 Alias loop: " + loop.way}};
            builder_.report.add({builder_.writer.file(alias.place.file), alias.place.line,
                                 "alias loop: " + loop.way, Problem::Weight::note});
        }
    }
}

void AliasReader::finish()
{
    break_loops();
    std::vector<NewItem> items;
    for (const auto& alias : aliases_) {
        items.clear();
        for (const auto& target : alias.targets)
            items.push_back({std::to_underlying(target.kind), target.text});
        builder_.report.begin_file(builder_.writer.file(alias.place.file));
        builder_.add(alias.key, alias.place, items);
    }
}

} // namespace

void read_aliases(std::span<const Source> sources, const Includer& includer, Builder& builder)
{
    AliasReader reader(includer, builder);
    for (const auto& source : sources) {
        builder.begin_file(source.name);
        reader.read_file(source.text);
    }
    reader.finish();
}

Targets parse_targets(std::string_view text, std::string_view file)
{
    Report report;
    report.begin_file(file);
    Targets targets;
    LineReader lines(text, Layout::listed, report);
    while (const auto line = lines.next())
        for (const auto one : split_targets(line->text)) {
            auto target = read_target(one);
            if (!target)
                report.skipped(line->number, std::move(target).error());
            else if (target->sort == Listed::Sort::include)
                report.skipped(line->number, ":include: is for aliases only");
            else if (targets.targets.size() >= Limits::items)
                report.skipped(line->number,
                               fmt::format("there are more than {} targets", Limits::items));
            else
                targets.targets.push_back({target->kind, std::move(target->text), line->number});
        }
    targets.problems = std::move(report.problems);
    return targets;
}

} // namespace posthouse::tables
