// SPDX-License-Identifier: Apache-2.0
// posthouse user quota.
#include "cli/commands.hpp"
#include "cli/grammar.hpp"
#include "cli/told.hpp"
#include "config/values.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace posthouse::cli {

using process::Exit;

std::string usage_words(const boost::json::object& account)
{
    const auto of = [](std::string what, std::int64_t limit, const std::string& shown) {
        return limit == 0 ? what : fmt::format("{} of {}", what, shown);
    };
    const auto bytes_limit = number_of(account, "bytes_limit");
    const auto letters_limit = number_of(account, "letters_limit");
    auto words = fmt::format(
        "{}, {} letters",
        of(short_size(number_of(account, "bytes")), bytes_limit, short_size(bytes_limit)),
        of(std::to_string(number_of(account, "letters")), letters_limit,
           std::to_string(letters_limit)));
    if (is_set(account, "own_quota"))
        words += " (a quota of its own)";
    if (const auto graced = number_of(account, "graced_letters"); graced != 0)
        words += fmt::format("; {} expunged ones, {}, can be brought back", graced,
                             short_size(number_of(account, "graced_bytes")));
    return words;
}

Exit user_quota(Context& context, const QuotaWish& wish)
{
    auto size = wish.size;
    if (!size.empty() && size != "none" && size != "default") {
        const auto bytes = config::parse_size(size);
        if (!bytes)
            return refuse(context, Exit::usage,
                          fmt::format("{} is no size; say 512MiB, 2GiB, none or default", size));
        size = std::to_string(*bytes);
    }
    const auto& messages = wish.messages;
    if (!messages.empty() && messages != "none" && messages != "default" &&
        (messages.size() > 12 ||
         !std::ranges::all_of(messages, [](char c) { return c >= '0' && c <= '9'; })))
        return refuse(context, Exit::usage,
                      fmt::format("{} is no number; say 10000, none or default", messages));
    wire::Admin request;
    request.set_command("user-quota");
    for (const std::string& argument : {wish.address, size, messages})
        request.add_arguments(argument);
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    auto& out = context.console.out;
    if (context.output == Output::json)
        out << boost::json::serialize(told->result) << '\n';
    else
        out << styled(context.console, Style::bold, text_of(told->result, "address")) << " holds "
            << usage_words(told->result) << ".\n";
    return Exit::ok;
}

void Grammar::add_quota_command(CLI::App* user)
{
    auto* quota = add(user, "quota", "How much an account may hold: show it, or set it",
                      "  posthouse user quota alice@example.org\n"
                      "  posthouse user quota alice@example.org 10GiB\n"
                      "  posthouse user quota alice@example.org none --messages 100000\n"
                      "  posthouse user quota alice@example.org default    # as configured");
    auto wish = std::make_shared<QuotaWish>();
    quota->add_option("ADDRESS", wish->address, "The account's address")->required();
    quota->add_option("SIZE", wish->size,
                      "512MiB, 10GiB; none: no limit; default: the domain's or everybody's");
    quota
        ->add_option("--messages", wish->messages, "How many letters; none or default as with SIZE")
        ->type_name("N");
    on(quota, [this, wish] { return user_quota(context_, *wish); });
}

} // namespace posthouse::cli
