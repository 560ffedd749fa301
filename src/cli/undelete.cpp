// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox undelete.
#include "cli/commands.hpp"
#include "cli/grammar.hpp"
#include "cli/told.hpp"
#include "config/values.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <ctime>
#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

/// "2h": so long ago. "2026-11-22", "2026-11-22 04:20:30", "2026-11-22T04:20:30Z": in UTC.
std::optional<Timestamp> time_of(const std::string& text, Timestamp now)
{
    if (const auto span = config::parse_span(text))
        return now - *span;
    for (const char* form : {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"}) {
        std::tm parts{};
        if (const char* end = ::strptime(text.c_str(), form, &parts); end != nullptr && *end == 0)
            return Timestamp(std::chrono::seconds(::timegm(&parts)));
    }
    return std::nullopt;
}

Exit list_graced(Context& context, wire::Admin request)
{
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    request.set_command("mailbox-graced");
    json::array letters;
    do {
        const auto told = ask_for_result(context, **desk, request);
        if (!told)
            return told.error();
        for (const auto& letter : list_of(told->result, "letters"))
            letters.push_back(letter);
        request.set_after(told->next);
    } while (!request.after().empty());
    auto& out = context.console.out;
    if (context.output == Output::json) {
        out << json::serialize(json::object{{"letters", letters}}) << '\n';
        return Exit::ok;
    }
    std::vector<std::vector<Cell>> rows;
    for (const auto& one : letters) {
        const auto& letter = one.as_object();
        rows.push_back({{text_of(letter, "mailbox"), Style::bold},
                        {std::to_string(number_of(letter, "uid"))},
                        {short_time(text_of(letter, "expunged"))},
                        {short_size(number_of(letter, "bytes"))},
                        {text_of(letter, "from")},
                        {text_of(letter, "subject")}});
    }
    if (rows.empty())
        out << "Nothing that can be brought back.\n";
    else
        print_table(context.console,
                    {"MAILBOX", "UID", "EXPUNGED (UTC)", "SIZE", "FROM", "SUBJECT"}, rows);
    return Exit::ok;
}

} // namespace

Exit mailbox_undelete(Context& context, const UndeleteWish& wish)
{
    wire::Admin request;
    request.add_arguments(wish.address);
    request.add_arguments(wish.mailbox);
    std::string since;
    if (!wish.since.empty()) {
        const auto time = time_of(wish.since, wall_clock());
        if (!time)
            return refuse(context, Exit::usage,
                          fmt::format("{} is no time; say 2h, 3d or 2026-11-22", wish.since));
        since = std::to_string(to_microseconds(*time));
    }
    request.add_arguments(since);
    request.add_arguments(fmt::format("{}", fmt::join(wish.uids, ",")));
    if (wish.list)
        return list_graced(context, std::move(request));
    request.set_command("mailbox-undelete");
    request.add_arguments(wish.new_uids ? "new" : "kept");
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    auto& out = context.console.out;
    if (context.output == Output::json) {
        out << json::serialize(told->result) << '\n';
        return Exit::ok;
    }
    const auto letters = number_of(told->result, "letters");
    if (letters == 0)
        out << "Nothing that can be brought back.\n";
    for (const auto& one : list_of(told->result, "mailboxes")) {
        const auto& box = one.as_object();
        out << styled(context.console, Style::bold, text_of(box, "mailbox")) << " has again "
            << text_of(box, "uids") << '\n';
    }
    return Exit::ok;
}

void Grammar::add_undelete_command(CLI::App* mailbox)
{
    auto* undelete =
        add(mailbox, "undelete", "Bring back letters that were expunged",
            "  posthouse mailbox undelete alice@example.org --list\n"
            "  posthouse mailbox undelete alice@example.org --mailbox INBOX --since 2h\n"
            "  posthouse mailbox undelete alice@example.org --mailbox Sent 17 20:25");
    auto wish = std::make_shared<UndeleteWish>();
    undelete->add_option("ADDRESS", wish->address, "The account's address")->required();
    undelete->add_option("UID", wish->uids, "Only these: 17, or 20:25");
    undelete->add_option("--mailbox", wish->mailbox, "Only what was expunged from it")
        ->type_name("NAME");
    undelete
        ->add_option("--since", wish->since,
                     "Only what was expunged since: 2h, 3d, 2026-11-22, \"2026-11-22 04:20:30\"")
        ->type_name("TIME");
    auto* list = undelete->add_flag("--list", wish->list, "Change nothing, say what there is");
    undelete
        ->add_flag("--new-uids", wish->new_uids,
                   "As new letters: no session ends, and every client finds them")
        ->excludes(list);
    on(undelete, [this, wish] { return mailbox_undelete(context_, *wish); });
}

} // namespace posthouse::cli
