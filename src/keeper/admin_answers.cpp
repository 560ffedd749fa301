// SPDX-License-Identifier: Apache-2.0
#include "keeper/admin_answers.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace posthouse::keeper {

using process::Exit;

wire::AdminAnswer answer_of(const boost::json::value& result)
{
    wire::AdminAnswer answer;
    answer.set_ok(true);
    answer.set_json(boost::json::serialize(result));
    return answer;
}

wire::AdminAnswer refusal(Exit code, std::string why)
{
    wire::AdminAnswer answer;
    answer.set_error(std::move(why));
    answer.set_exit_code(static_cast<int>(code));
    return answer;
}

wire::AdminAnswer refusal(store::Error error)
{
    switch (error) {
    case store::Error::no_space:
        return refusal(Exit::io_error, "the disk is full; nothing was changed");
    case store::Error::corrupt:
        return refusal(Exit::io_error, "the store's record of it is damaged");
    case store::Error::unknown:
        return refusal(Exit::temporary,
                       "the store did not answer; it may or may not have been done");
    default:
        return refusal(Exit::temporary,
                       fmt::format("the store refused it: {}", store::describe(error)));
    }
}

wire::AdminAnswer refusal(directory::Error error, const std::string& address)
{
    using directory::Error;
    Exit code = Exit::failure;
    if (error == Error::no_space || error == Error::broken)
        code = Exit::io_error;
    if (error == Error::unavailable || error == Error::unknown)
        code = Exit::temporary;
    if (error == Error::foreign)
        return refusal(code, fmt::format("{}: its domain is none of ours; give the domain a table "
                                         "[domains.\"…\"] in the configuration first",
                                         address));
    return refusal(code, fmt::format("{}: {}", address, directory::describe(error)));
}

std::string time_text(Timestamp at)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(at - seconds).count();
    return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(seconds.time_since_epoch().count()),
                       milliseconds);
}

std::string time_text(std::int64_t microseconds)
{
    return time_text(from_microseconds(microseconds));
}

} // namespace posthouse::keeper
