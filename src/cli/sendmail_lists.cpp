// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_lists.hpp"

#include "base/text.hpp"
#include "cli/told.hpp"
#include "config/load.hpp"
#include "process/table_files.hpp"
#include "tables/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <sstream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

constexpr std::uint32_t letters_a_request = 500;
constexpr auto data_error = static_cast<Exit>(65); // sysexits(3)

bool holds(const json::object& letter, const QueuePattern& pattern)
{
    switch (pattern.part) {
    case QueuePattern::Part::id:
        return text_of(letter, "id").contains(pattern.text);
    case QueuePattern::Part::sender:
        return bracketed(text_of(letter, "sender")).contains(pattern.text);
    case QueuePattern::Part::recipient:
        return std::ranges::any_of(list_of(letter, "recipients"), [&](const json::value& one) {
            return one.is_string() &&
                   bracketed(std::string(one.get_string())).contains(pattern.text);
        });
    }
    return false;
}

/// Each letter of the queue that the patterns take, the oldest first.
template <class Visit>
std::expected<void, Exit> visit_queue(Context& context, const std::vector<QueuePattern>& patterns,
                                      Visit&& visit)
{
    auto desk = desk_for(context);
    if (!desk)
        return std::unexpected(desk.error());
    wire::Admin request;
    request.set_command("queue-list");
    request.mutable_filter();
    request.set_limit(letters_a_request);
    do {
        const auto told = ask_for_result(context, **desk, request);
        if (!told)
            return std::unexpected(told.error());
        for (const auto& letter : list_of(told->result, "letters"))
            if (letter.is_object() && takes(patterns, letter.get_object()))
                visit(letter.get_object());
        request.set_after(told->next);
    } while (!request.after().empty());
    return {};
}

/// Four lines' worth of what mailq has always looked like, for people and for programs that count.
void print_letter(Console& console, const json::object& letter)
{
    const auto shown = [&](const std::string& text) { return styled(console, Style::plain, text); };
    console.out << fmt::format(
        "{:<16}{:>8} {:<20} {}\n", shown(text_of(letter, "id")), number_of(letter, "bytes"),
        short_time(text_of(letter, "received_at")), shown(bracketed(text_of(letter, "sender"))));
    const auto state = text_of(letter, "state");
    if (const auto reply = text_of(letter, "last_reply"); !reply.empty())
        console.out << fmt::format("{:17}({}: {})\n", "", shown(state), shown(reply));
    else if (!state.empty())
        console.out << fmt::format("{:17}({})\n", "", shown(state));
    const auto& recipients = list_of(letter, "recipients");
    for (const auto& recipient : recipients)
        if (recipient.is_string())
            console.out << fmt::format("{:45} {}\n", "",
                                       shown(bracketed(std::string(recipient.get_string()))));
    const auto more =
        number_of(letter, "recipient_count") - static_cast<std::int64_t>(recipients.size());
    if (more > 0)
        console.out << fmt::format("{:45} and {} more\n", "", more);
}

std::string alias_text(const tables::Item& item)
{
    const std::string text(item.text);
    switch (static_cast<tables::Target>(item.kind)) {
    case tables::Target::keep:
        return '\\' + text;
    case tables::Target::program:
        return "\"|" + text + '"';
    case tables::Target::error:
        return ":error: " + text;
    case tables::Target::address:
    case tables::Target::local:
    case tables::Target::file:
        break;
    }
    return text;
}

void tell_problems(Console& console, const tables::Compiled& compiled)
{
    for (const auto& problem : compiled.problems)
        console.err << styled(console, Style::plain,
                              fmt::format("{}:{}: {}", problem.file, problem.line, problem.what))
                    << '\n';
    if (compiled.untold > 0)
        console.err << fmt::format("{} more problems\n", compiled.untold);
}

bool lost_lines(const tables::Compiled& compiled)
{
    return compiled.untold > 0 || std::ranges::any_of(compiled.problems, [](const auto& problem) {
               return problem.weight == tables::Problem::Weight::skipped;
           });
}

std::expected<config::Tables, Exit> configured_tables(Context& context)
{
    auto config = config::load_file(context.config_path);
    if (config)
        return std::move(config->tables);
    for (const auto& problem : config.error())
        complain(context.console, Exit::config, problem.text());
    return std::unexpected(Exit::config);
}

} // namespace

bool takes(const std::vector<QueuePattern>& patterns, const json::object& letter)
{
    return std::ranges::all_of(patterns, [&](const QueuePattern& pattern) {
        return holds(letter, pattern) == (pattern.sense == QueuePattern::Sense::holds);
    });
}

Exit mail_queue(Context& context, const std::vector<QueuePattern>& patterns)
{
    auto& console = context.console;
    std::size_t count = 0;
    const auto visited = visit_queue(context, patterns, [&](const json::object& letter) {
        if (count++ == 0)
            console.out << "-----Q-ID-----  --Size-- -----Q-Time (UTC)--- "
                           "------------Sender/Recipient-----------\n";
        print_letter(console, letter);
    });
    if (!visited)
        return visited.error();
    if (count == 0)
        console.out << "Mail queue is empty\n";
    console.out << fmt::format("\t\tTotal requests: {}\n", count);
    return Exit::ok;
}

Exit run_queue(Context& context, const SendmailCall& call)
{
    std::ostringstream unheard;
    Console quiet{context.console.in, unheard, context.console.err, Look::plain, {}};
    const bool verbose = call.speech == SendmailCall::Speech::verbose;
    Context inner{verbose ? context.console : quiet, context.world, context.config_path,
                  context.output};
    QueueChoice choice;
    if (call.patterns.empty()) {
        choice.extent = QueueChoice::Extent::everything;
        return queue_change(inner, "retry", {}, choice);
    }
    std::vector<std::string> ids;
    const auto visited = visit_queue(inner, call.patterns, [&](const json::object& letter) {
        ids.push_back(text_of(letter, "id"));
    });
    if (!visited || ids.empty())
        return visited ? Exit::ok : visited.error();
    return queue_change(inner, "retry", ids, choice);
}

Exit check_tables(Context& context)
{
    const auto configured = configured_tables(context);
    if (!configured)
        return configured.error();
    const auto compiled = process::read_tables(*configured);
    bool whole = true;
    for (const auto& [table, read] : compiled) {
        tell_problems(context.console, read);
        context.console.out << fmt::format("{}: {} entries\n", tables::name_of(table),
                                           read.entries);
        whole = whole && !lost_lines(read);
    }
    if (compiled.empty())
        context.console.out << "No tables are configured.\n";
    return whole ? Exit::ok : data_error;
}

Exit list_aliases(Context& context, const SendmailCall& call)
{
    config::Tables wanted;
    if (call.alias_file.empty()) {
        auto configured = configured_tables(context);
        if (!configured)
            return configured.error();
        wanted.aliases = std::move(configured->aliases);
    } else {
        wanted.aliases = {call.alias_file};
    }
    const auto compiled = process::read_tables(wanted);
    const auto found = compiled.find(tables::Table::aliases);
    if (found == compiled.end())
        return complain(context.console, Exit::ok, "no aliases are configured");
    tell_problems(context.console, found->second);
    const auto image = tables::Image::open(found->second.image);
    if (!image)
        return complain(context.console, Exit::software, image.error());
    std::map<std::string, std::string> aliases;
    for (std::size_t i = 0; i < image->size(); ++i) {
        const auto entry = image->entry(i);
        auto& line = aliases[std::string(entry.key())];
        for (std::size_t j = 0; j < entry.size(); ++j)
            line += (j == 0 ? "" : ", ") + alias_text(entry.item(j));
    }
    const auto print = [&](const std::string& key, const std::string& value) {
        context.console.out << styled(context.console, Style::plain, key + ": " + value) << '\n';
    };
    for (const auto& key : call.arguments) {
        const auto alias = aliases.find(lowercase(key));
        print(key, alias == aliases.end() ? "No such alias" : alias->second);
    }
    if (call.arguments.empty())
        for (const auto& [key, value] : aliases)
            print(key, value);
    return Exit::ok;
}

} // namespace posthouse::cli
