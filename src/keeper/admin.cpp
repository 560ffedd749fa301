// SPDX-License-Identifier: Apache-2.0
#include "keeper/admin.hpp"

namespace posthouse::keeper {

Task<wire::AdminAnswer> Admin::answer(wire::Admin request)
{
    wire::AdminAnswer answer;
    answer.set_error("unknown command " + request.command());
    answer.set_exit_code(64);
    if (request.command() == "user-add" && request.arguments_size() == 2) {
        const auto address = mail::Mailbox::parse(request.arguments(0));
        if (!address)
            co_return answer;
        auto added = co_await office_.accounts.add(*address, request.arguments(1), wall_clock());
        answer.set_ok(added.has_value());
        if (!added)
            answer.set_error(std::string(directory::describe(added.error())));
    }
    co_return answer;
}

} // namespace posthouse::keeper
