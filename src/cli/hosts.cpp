// SPDX-License-Identifier: Apache-2.0
// posthouse hosts, posthouse hosts forget: what sendmail's hoststat and purgestat are for.
#include "cli/commands.hpp"
#include "cli/told.hpp"

#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

Style style_of(const std::string& state)
{
    return state == "dead" ? Style::bad : state == "probing" ? Style::doubtful : Style::plain;
}

std::vector<Cell> line_of(const json::object& host)
{
    const auto state = text_of(host, "state");
    const auto status = text_of(host, "status"), text = text_of(host, "text");
    return {{text_of(host, "destination"), Style::bold},
            {state, style_of(state)},
            {fmt::format("{}", number_of(host, "attempts"))},
            {short_time(text_of(host, "dead_until"))},
            {short_time(text_of(host, "at"))},
            {text_of(host, "host")},
            {status.empty() ? text : status + ' ' + text, Style::dim}};
}

} // namespace

Exit hosts(Context& context)
{
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    wire::Admin request;
    request.set_command("hosts");
    json::array all;
    do {
        const auto told = ask_for_result(context, **desk, request);
        if (!told)
            return told.error();
        for (const auto& host : list_of(told->result, "hosts"))
            if (host.is_object())
                all.push_back(host);
        request.set_after(told->next);
    } while (!request.after().empty());
    auto& out = context.console.out;
    if (context.output == Output::json) {
        out << json::serialize(json::object{{"hosts", std::move(all)}}) << '\n';
        return Exit::ok;
    }
    if (all.empty()) {
        out << "No hosts.\n";
        return Exit::ok;
    }
    std::vector<std::vector<Cell>> rows;
    for (const auto& host : all)
        rows.push_back(line_of(host.get_object()));
    print_table(context.console,
                {"DESTINATION", "STATE", "TRIES NOW", "DEAD UNTIL (UTC)", "LAST HEARD (UTC)",
                 "HOST", "WHAT IT SAID"},
                rows);
    return Exit::ok;
}

Exit hosts_forget(Context& context, const std::string& domain)
{
    wire::Admin request;
    request.set_command("hosts-forget");
    if (!domain.empty())
        request.add_arguments(domain);
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    if (context.output == Output::json)
        context.console.out << json::serialize(told->result) << '\n';
    else
        context.console.out << "Forgot " << number_of(told->result, "forgotten")
                            << " destinations.\n";
    return Exit::ok;
}

} // namespace posthouse::cli
