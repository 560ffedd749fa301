// SPDX-License-Identifier: Apache-2.0
// posthouse trace, explain, status
#include "cli/commands.hpp"
#include "cli/told.hpp"

#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

Style style_of(std::string_view event)
{
    if (event == "delivered")
        return Style::good;
    if (event == "failed" || event == "removed")
        return Style::bad;
    if (event == "deferred" || event == "held")
        return Style::doubtful;
    return Style::bold;
}

void print_trace(Context& context, const json::object& story)
{
    auto& console = context.console;
    console.out << styled(console, Style::bold, text_of(story, "id")) << "  "
                << styled(console, Style::dim, text_of(story, "state")) << '\n';
    for (const auto& entry : list_of(story, "events")) {
        if (!entry.is_object())
            continue;
        const auto& event = entry.get_object();
        auto at = text_of(event, "at");
        if (at.size() > 10)
            at[10] = ' ';
        const auto name = text_of(event, "event");
        console.out << styled(console, Style::dim, at) << "  "
                    << styled(console, style_of(name), fmt::format("{:<9}", name)) << "  "
                    << styled(console, Style::plain, text_of(event, "text")) << '\n';
    }
}

void print_steps(Context& context, const json::object& from)
{
    for (const auto& step : list_of(from, "steps"))
        if (step.is_string())
            context.console.out << "  " << styled(context.console, Style::plain, step.get_string())
                                << '\n';
}

void print_targets(Context& context, const json::object& targets)
{
    auto& console = context.console;
    print_steps(context, targets);
    if (is_set(targets, "failed")) {
        console.out << styled(console, Style::bad,
                              fmt::format("{} {}", text_of(targets, "status"),
                                          text_of(targets, "text")))
                    << (is_set(targets, "permanent") ? "\n" : " (it would be tried again later)\n");
        return;
    }
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : list_of(targets, "hosts")) {
        if (!entry.is_object())
            continue;
        const auto& host = entry.get_object();
        std::string addresses;
        for (const auto& address : list_of(host, "addresses"))
            if (address.is_string())
                addresses += (addresses.empty() ? "" : ", ") + std::string(address.get_string());
        rows.push_back({{fmt::format("{}", number_of(host, "preference"))},
                        {text_of(host, "host"), Style::bold},
                        {addresses}});
    }
    print_table(console, {"PREFERENCE", "HOST", "ADDRESSES"}, rows);
}

void print_delivery(Context& context, const json::object& delivery)
{
    auto& console = context.console;
    const auto destination = text_of(delivery, "destination");
    const auto rule =
        " (rule " + std::string(styled(console, Style::plain, text_of(delivery, "rule"))) + ")\n";
    if (destination.empty()) {
        console.out << styled(console, Style::bad,
                              fmt::format("Refused: {} {}", text_of(delivery, "status"),
                                          text_of(delivery, "text")))
                    << rule;
        return;
    }
    if (destination == "mailbox:")
        console.out << styled(console, Style::good, "To the mailbox of ")
                    << styled(console, Style::bold, text_of(delivery, "final_address"));
    else if (destination == "agent:")
        console.out << styled(console, Style::good, "On this host: ")
                    << styled(console, Style::bold, text_of(delivery, "target"))
                    << (text_of(delivery, "user").empty() ? "" : " as ")
                    << styled(console, Style::bold, text_of(delivery, "user"));
    else if (destination == "discard:")
        console.out << styled(console, Style::doubtful, "Discarded");
    else
        console.out << styled(console, Style::good, "To other hosts: ")
                    << styled(console, Style::bold, destination) << " for "
                    << styled(console, Style::plain, text_of(delivery, "final_address"));
    console.out << rule;
    if (const auto sender = text_of(delivery, "sender"); !sender.empty())
        console.out << "  with the sender " << styled(console, Style::plain, sender) << '\n';
    if (const auto& targets = object_of(delivery, "targets"); !targets.empty())
        print_targets(context, targets);
}

void print_explanation(Context& context, const json::object& told)
{
    auto& console = context.console;
    const auto& verdict = object_of(told, "verdict");
    console.out << "At RCPT:\n";
    print_steps(context, verdict);
    const auto said = fmt::format("{} {}", number_of(verdict, "code"), text_of(verdict, "text"));
    if (!is_set(told, "accepted"))
        console.out << styled(console, Style::bad, "Refused for this client: " + said) << '\n';
    else if (is_set(verdict, "discard"))
        console.out << styled(console, Style::doubtful, "Accepted and discarded") << '\n';
    else if (is_set(verdict, "quarantine"))
        console.out << styled(console, Style::doubtful, "Accepted and held: " + said) << '\n';
    else
        console.out << styled(console, Style::good, "Accepted") << '\n';
    console.out << "Then:\n";
    print_steps(context, told);
    for (const auto& entry : list_of(told, "deliveries"))
        if (entry.is_object())
            print_delivery(context, entry.get_object());
    if (const auto note = text_of(told, "note"); !note.empty())
        console.out << styled(console, Style::doubtful, note) << '\n';
}

std::expected<json::object, Exit> result_of(Context& context, const wire::Admin& request)
{
    auto told = ask_for_result(context, request);
    if (!told)
        return std::unexpected(told.error());
    if (context.output == Output::json)
        context.console.out << json::serialize(told->result) << '\n';
    return std::move(told->result);
}

} // namespace

Exit trace(Context& context, const std::string& id)
{
    wire::Admin request;
    request.set_command("trace");
    request.add_arguments(id);
    const auto story = result_of(context, request);
    if (!story)
        return story.error();
    if (context.output == Output::text)
        print_trace(context, *story);
    return Exit::ok;
}

Exit explain(Context& context, const Question& question)
{
    wire::Admin request;
    request.set_command("explain");
    request.add_arguments(question.recipient);
    request.add_arguments(question.sender);
    request.add_arguments(question.client);
    const auto told = result_of(context, request);
    if (!told)
        return told.error();
    if (context.output == Output::text)
        print_explanation(context, *told);
    return Exit::ok;
}

Exit status(Context& context)
{
    wire::Admin request;
    request.set_command("status");
    const auto told = result_of(context, request);
    if (!told || context.output == Output::json)
        return told ? Exit::ok : told.error();
    auto& console = context.console;
    for (const auto& [key, value] : *told) {
        auto name = std::string(key);
        std::ranges::replace(name, '_', ' ');
        const auto shown = value.is_string() ? std::string(value.get_string())
                           : value.is_bool() ? (value.get_bool() ? "yes" : "no")
                                             : json::serialize(value);
        console.out << styled(console, Style::dim, fmt::format("{:<22}", name))
                    << styled(console, Style::plain, shown) << '\n';
    }
    return Exit::ok;
}

} // namespace posthouse::cli
