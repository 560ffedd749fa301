// SPDX-License-Identifier: Apache-2.0
// posthouse who and kick: the sessions of those who are logged in.
#include "cli/commands.hpp"

#include "cli/told.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace json = boost::json;

namespace posthouse::cli {

using process::Exit;

Exit who(Context& context, const std::string& address)
{
    wire::Admin request;
    request.set_command("who");
    if (!address.empty())
        request.add_arguments(address);
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    auto& out = context.console.out;
    if (context.output == Output::json) {
        out << json::serialize(told->result) << '\n';
        return Exit::ok;
    }
    std::vector<std::vector<Cell>> rows;
    for (const auto& session : list_of(told->result, "sessions")) {
        if (!session.is_object())
            continue;
        const auto& one = session.get_object();
        rows.push_back({{text_of(one, "session")},
                        {text_of(one, "address")},
                        {text_of(one, "protocol")},
                        {text_of(one, "client")},
                        {short_time(text_of(one, "since"))}});
    }
    if (rows.empty())
        out << "Nobody is logged in.\n";
    else
        print_table(context.console, {"SESSION", "ADDRESS", "PROTOCOL", "CLIENT", "SINCE (UTC)"},
                    rows);
    return Exit::ok;
}

Exit kick(Context& context, const std::string& whom)
{
    wire::Admin request;
    request.set_command("kick");
    request.add_arguments(whom);
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    if (context.output == Output::json)
        context.console.out << json::serialize(told->result) << '\n';
    else
        context.console.out << "Ended " << number_of(told->result, "ended") << " sessions.\n";
    return Exit::ok;
}

} // namespace posthouse::cli
