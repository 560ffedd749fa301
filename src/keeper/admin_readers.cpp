// SPDX-License-Identifier: Apache-2.0
// Who reads, and sending them away.
#include "base/text.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/reading.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace json = boost::json;

namespace posthouse::keeper {

Task<wire::AdminAnswer> Admin::who(Request request)
{
    json::array sessions;
    if (house_.reading != nullptr)
        for (const auto& [handle, session] : house_.reading->sessions().all()) {
            if (request.arguments_size() > 0 && request.arguments(0) != session.address)
                continue;
            if (sessions.size() == Limits::sessions_shown)
                break;
            sessions.push_back({{"session", base32_encode(handle)},
                                {"address", session.address},
                                {"protocol", session.protocol},
                                {"client", session.client},
                                {"mailboxes", session.opened.size()},
                                {"since", time_text(session.since)}});
        }
    co_return answer_of(json::object{{"sessions", std::move(sessions)}});
}

/// By session, or all of an address.
Task<wire::AdminAnswer> Admin::kick(Request request)
{
    const auto& whom = request.arguments(0);
    std::size_t ended = 0;
    if (house_.reading != nullptr) {
        auto& sessions = house_.reading->sessions();
        std::vector<std::uint64_t> handles;
        const auto one = whom.contains('@') ? std::nullopt : base32_decode(whom);
        for (const auto& [handle, session] : sessions.all())
            if (handle == one || equal_ignoring_case(session.address, whom))
                handles.push_back(handle);
        for (const auto handle : handles)
            ended += sessions.kick(handle, "The administrator has ended this session") ? 1 : 0;
    }
    if (ended == 0)
        co_return refusal(process::Exit::failure, fmt::format("nobody is logged in as {}", whom));
    co_return answer_of(json::object{{"ended", ended}});
}

} // namespace posthouse::keeper
