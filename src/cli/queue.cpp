// SPDX-License-Identifier: Apache-2.0
// posthouse queue list|show|hold|release|retry|remove
#include "cli/commands.hpp"
#include "cli/told.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

constexpr std::uint32_t letters_a_request = 500;
constexpr std::size_t ids_a_request = 500;

wire::Admin request_for(const std::string& command, const QueueChoice& choice)
{
    wire::Admin request;
    request.set_command(command);
    request.mutable_filter()->set_sender(choice.sender);
    request.mutable_filter()->set_recipient(choice.recipient);
    request.mutable_filter()->set_domain(choice.domain);
    request.mutable_filter()->set_state(choice.state);
    request.set_after(choice.after);
    return request;
}

Style style_of(std::string_view state)
{
    if (state == "poison" || state == "failed" || state == "damaged")
        return Style::bad;
    if (state == "held" || state == "deferred")
        return Style::doubtful;
    if (state == "delivered")
        return Style::good;
    return Style::plain;
}

std::vector<Cell> line_of(const json::object& letter)
{
    const auto& recipients = list_of(letter, "recipients");
    std::string to;
    if (!recipients.empty() && recipients[0].is_string())
        to = bracketed(std::string(recipients[0].get_string()));
    if (const auto count = number_of(letter, "recipient_count"); count > 1)
        to += fmt::format(" +{}", count - 1);
    const auto state = text_of(letter, "state");
    return {{text_of(letter, "id"), Style::bold},
            {short_time(text_of(letter, "received_at"))},
            {short_size(number_of(letter, "bytes"))},
            {is_set(letter, "under_way") ? "on its way" : state, style_of(state)},
            {fmt::format("{}", number_of(letter, "attempts"))},
            {short_time(text_of(letter, "next_attempt"))},
            {bracketed(text_of(letter, "sender"))},
            {to},
            {text_of(letter, "last_reply"), Style::dim}};
}

/// Prints letters as they come: a table for each page, or one JSON document.
class Listing {
public:
    explicit Listing(Context& context) : context_(context) {}

    void print(const json::array& letters)
    {
        auto& console = context_.console;
        if (context_.output == Output::json) {
            if (count_ == 0 && !letters.empty()) // Otherwise end() begins it.
                console.out << R"({"letters":[)";
            for (const auto& letter : letters)
                console.out << (count_++ == 0 ? "" : ",") << json::serialize(letter);
            return;
        }
        std::vector<std::vector<Cell>> rows;
        for (const auto& letter : letters)
            if (letter.is_object())
                rows.push_back(line_of(letter.get_object()));
        static const std::vector<std::string> headings{
            "ID", "ARRIVED (UTC)", "SIZE", "STATE", "TRIES", "NEXT TRY (UTC)", "FROM",
            "TO", "LAST REPLY"};
        if (!rows.empty())
            print_table(console, count_ == 0 ? headings : std::vector<std::string>(), rows);
        count_ += rows.size();
    }
    void end(const std::string& next)
    {
        auto& console = context_.console;
        if (context_.output == Output::json) {
            console.out << (count_ == 0 ? R"({"letters":[)" : "") << R"(],"next":)"
                        << json::serialize(json::value(next)) << "}\n";
            return;
        }
        if (count_ == 0)
            console.out << "No letters.\n";
        if (!next.empty())
            console.out << styled(console, Style::dim,
                                  "More: --after " + next + ", or --all for everything")
                        << '\n';
    }
    std::size_t count() const { return count_; }

private:
    Context& context_;
    std::size_t count_ = 0;
};

void print_details(Context& context, const json::object& letter)
{
    auto& console = context.console;
    const auto line = [&](std::string_view name, const std::string& value, Style style) {
        if (!value.empty())
            console.out << styled(console, Style::dim, fmt::format("{:<12}", name))
                        << styled(console, style, value) << '\n';
    };
    const auto state = text_of(letter, "state");
    line("letter", text_of(letter, "id"), Style::bold);
    line("state", state, style_of(state));
    line("arrived", short_time(text_of(letter, "received_at")) + " UTC", Style::plain);
    line("size", short_size(number_of(letter, "bytes")), Style::plain);
    line("from", bracketed(text_of(letter, "sender")), Style::plain);
    line("client", text_of(letter, "client"), Style::plain);
    line("helo", text_of(letter, "helo"), Style::plain);
    line("protocol", text_of(letter, "protocol"), Style::plain);
    line("tls", text_of(letter, "tls"), Style::plain);
    line("report on", text_of(letter, "notification_of"), Style::plain);
    line("held for", text_of(letter, "held_for"), Style::doubtful);
    for (const auto& recipient : list_of(letter, "recipients"))
        if (recipient.is_string())
            line("to", bracketed(std::string(recipient.get_string())), Style::plain);
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : list_of(letter, "deliveries")) {
        if (!entry.is_object())
            continue;
        const auto& delivery = entry.get_object();
        const auto delivery_state = text_of(delivery, "state");
        auto words = text_of(delivery, "status");
        for (const auto* key : {"host", "text"})
            if (const auto more = text_of(delivery, key); !more.empty())
                words += (words.empty() ? "" : " ") + more;
        const auto destination = text_of(delivery, "destination");
        rows.push_back({{bracketed(text_of(delivery, "final_address"))},
                        {destination.empty() ? "-" : destination},
                        {is_set(delivery, "under_way") ? "on its way" : delivery_state,
                         style_of(delivery_state)},
                        {fmt::format("{}", number_of(delivery, "attempts"))},
                        {short_time(text_of(delivery, "next_attempt"))},
                        {words, Style::dim}});
    }
    if (rows.empty())
        return;
    console.out << '\n';
    print_table(console,
                {"DELIVERY", "DESTINATION", "STATE", "TRIES", "NEXT TRY (UTC)", "LAST REPLY"},
                rows);
}

// ---- changes --------------------------------------------------------------------------------

struct Sum {
    std::int64_t letters = 0, deliveries = 0;
    json::array told;
};

std::string_view done_name(std::string_view action)
{
    return action == "hold"      ? "Held"
           : action == "release" ? "Released"
           : action == "retry"   ? "To be tried now:"
                                 : "Removed";
}

void add_to(Sum& sum, const json::object& result)
{
    sum.letters += number_of(result, "changed");
    sum.deliveries += number_of(result, "deliveries");
    for (const auto& letter : list_of(result, "letters"))
        sum.told.push_back(letter);
}

/// 1 where something that was asked for could not be done.
Exit tell_change(Context& context, const std::string& action, const Sum& sum)
{
    auto& console = context.console;
    bool all = true;
    for (const auto& entry : sum.told) {
        const auto& letter = entry.as_object();
        const auto note = text_of(letter, "note");
        all = all && note.empty();
        if (!note.empty() && context.output == Output::text)
            complain(console, Exit::failure, text_of(letter, "id") + ": " + note);
    }
    if (context.output == Output::json)
        console.out << json::serialize(json::object{{"changed", sum.letters},
                                                    {"deliveries", sum.deliveries},
                                                    {"letters", sum.told}})
                    << '\n';
    else
        console.out << done_name(action) << ' ' << sum.letters
                    << (sum.letters == 1 ? " letter.\n" : " letters.\n");
    return all ? Exit::ok : Exit::failure;
}

} // namespace

Exit queue_list(Context& context, const QueueChoice& choice)
{
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    auto request = request_for("queue-list", choice);
    const bool everything = choice.extent == QueueChoice::Extent::everything;
    Listing listing(context);
    for (;;) {
        const auto left = everything ? letters_a_request
                                     : choice.limit - static_cast<std::uint32_t>(listing.count());
        request.set_limit(std::min(left, letters_a_request));
        const auto told = ask_for_result(context, **desk, request);
        if (!told)
            return told.error();
        listing.print(list_of(told->result, "letters"));
        request.set_after(told->next);
        if (told->next.empty() || (!everything && listing.count() >= choice.limit))
            break;
    }
    listing.end(request.after());
    return Exit::ok;
}

Exit queue_show(Context& context, const std::string& id)
{
    wire::Admin request;
    request.set_command("queue-show");
    request.add_arguments(id);
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    if (context.output == Output::json)
        context.console.out << json::serialize(told->result) << '\n';
    else
        print_details(context, told->result);
    return Exit::ok;
}

Exit queue_change(Context& context, const std::string& action, const std::vector<std::string>& ids,
                  const QueueChoice& choice)
{
    const bool everything = choice.extent == QueueChoice::Extent::everything;
    if (ids.empty() != everything)
        return refuse(context, Exit::usage,
                      ids.empty() ? "name letters, or say --all (with --sender, --recipient, "
                                    "--domain or --state to choose)"
                                  : "letters' ids and --all do not go together");
    if (!everything && !(choice.sender.empty() && choice.recipient.empty() &&
                         choice.domain.empty() && choice.state.empty()))
        return refuse(context, Exit::usage,
                      "--sender, --recipient, --domain and --state choose among --all");
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    Sum sum;
    for (std::size_t first = 0; first < ids.size(); first += ids_a_request) {
        wire::Admin request;
        request.set_command("queue-" + action);
        for (auto i = first; i < std::min(ids.size(), first + ids_a_request); ++i)
            request.add_arguments(ids[i]);
        const auto told = ask_for_result(context, **desk, request);
        if (!told)
            return told.error();
        add_to(sum, told->result);
    }
    if (everything) {
        auto request = request_for("queue-" + action, choice);
        request.add_arguments("all");
        do {
            const auto told = ask_for_result(context, **desk, request);
            if (!told)
                return told.error();
            add_to(sum, told->result);
            request.set_after(told->next);
        } while (!request.after().empty());
    }
    return tell_change(context, action, sum);
}

} // namespace posthouse::cli
