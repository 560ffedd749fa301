// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/told.hpp"
#include "config/load.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace posthouse::cli {

namespace json = boost::json;
using process::Exit;

Exit refuse(Context& context, Exit code, const std::string& sentence)
{
    if (context.output == Output::json)
        context.console.out << json::serialize(json::object{{"error", sentence},
                                                            {"exit_code", static_cast<int>(code)}})
                            << '\n';
    return complain(context.console, code, sentence);
}

std::expected<std::unique_ptr<Desk>, Exit> desk_for(Context& context)
{
    auto config = config::load_file(context.config_path);
    if (!config) {
        std::string all;
        for (const auto& problem : config.error()) {
            if (context.output == Output::text)
                complain(context.console, Exit::config, problem.text());
            all += (all.empty() ? "" : "; ") + problem.text();
        }
        if (context.output == Output::json)
            refuse(context, Exit::config, all);
        return std::unexpected(Exit::config);
    }
    auto desk = context.world.open_desk(*config);
    if (!desk) {
        const auto& obstacle = desk.error();
        if (context.output == Output::text)
            return std::unexpected(complain(context.console, obstacle));
        std::string all; // One document.
        for (const auto& sentence : obstacle.sentences)
            all += (all.empty() ? "" : "; ") + sentence;
        return std::unexpected(refuse(context, obstacle.code, all));
    }
    return std::move(*desk);
}

std::expected<wire::AdminAnswer, Exit> ask(Context& context, Desk& desk, const wire::Admin& request)
{
    auto answer = desk.ask(request);
    if (answer.ok())
        return answer;
    const auto code =
        answer.exit_code() == 0 ? Exit::failure : static_cast<Exit>(answer.exit_code());
    return std::unexpected(refuse(context, code, answer.error()));
}

std::expected<wire::AdminAnswer, Exit> ask(Context& context, const wire::Admin& request)
{
    auto desk = desk_for(context);
    if (!desk)
        return std::unexpected(desk.error());
    return ask(context, **desk, request);
}

std::expected<Told, Exit> ask_for_result(Context& context, Desk& desk, const wire::Admin& request)
{
    auto answer = ask(context, desk, request);
    if (!answer)
        return std::unexpected(answer.error());
    boost::system::error_code error;
    auto result = json::parse(answer->json(), error);
    if (error || !result.is_object())
        return std::unexpected(
            refuse(context, Exit::software, "the server's answer cannot be read"));
    return Told{std::move(result.get_object()), answer->next()};
}

std::expected<Told, Exit> ask_for_result(Context& context, const wire::Admin& request)
{
    auto desk = desk_for(context);
    if (!desk)
        return std::unexpected(desk.error());
    return ask_for_result(context, **desk, request);
}

} // namespace posthouse::cli
