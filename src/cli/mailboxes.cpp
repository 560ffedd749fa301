// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox index.
#include "cli/commands.hpp"

#include "cli/told.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace json = boost::json;

namespace posthouse::cli {

using process::Exit;

Exit mailbox_index(Context& context, const std::string& address, const std::string& what)
{
    wire::Admin request;
    request.set_command("mailbox-index");
    request.add_arguments(address);
    request.add_arguments(what);
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    auto& out = context.console.out;
    if (context.output == Output::json) {
        out << json::serialize(told->result) << '\n';
        return Exit::ok;
    }
    const auto state = text_of(told->result, "state");
    if (state == "none")
        out << "There is no index: the first search for a text begins it.\n";
    else
        out << "The index has " << number_of(told->result, "indexed") << " of "
            << number_of(told->result, "letters") << " letters"
            << (state == "working"  ? ", and is being worked on.\n"
                : state == "behind" ? "; the rest comes with the next search or within minutes.\n"
                                    : ".\n");
    return Exit::ok;
}

} // namespace posthouse::cli
