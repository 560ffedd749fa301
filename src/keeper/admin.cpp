// SPDX-License-Identifier: Apache-2.0
#include "keeper/admin.hpp"

#include "keeper/admin_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace posthouse::keeper {

struct Admin::Command {
    std::string_view name;
    int fewest, most; // arguments
    Answer (Admin::*run)(Request);
};

const Admin::Command* Admin::find(std::string_view name)
{
    static constexpr std::array commands{
        Command{"user-add", 2, 4, &Admin::user_add},
        Command{"user-list", 0, 0, &Admin::user_list},
        Command{"user-show", 1, 1, &Admin::user_show},
        Command{"user-passwd", 2, 4, &Admin::user_passwd},
        Command{"user-remove", 1, 1, &Admin::user_remove},
        Command{"user-enable", 1, 1, &Admin::user_access},
        Command{"user-disable", 1, 1, &Admin::user_access},
        Command{"user-alias-add", 2, 2, &Admin::user_alias},
        Command{"user-alias-remove", 2, 2, &Admin::user_alias},
        Command{"user-delegate-add", 2, 2, &Admin::user_delegate},
        Command{"user-delegate-remove", 2, 2, &Admin::user_delegate},
        Command{"user-totp-set", 2, 2, &Admin::user_totp},
        Command{"user-totp-remove", 1, 1, &Admin::user_totp},
        Command{"user-protocols", 1, 4, &Admin::user_protocols},
        Command{"user-quota", 3, 3, &Admin::user_quota},
        Command{"app-password-add", 4, 6, &Admin::app_password_add},
        Command{"app-password-remove", 2, 2, &Admin::app_password_remove},
        Command{"queue-list", 0, 0, &Admin::queue_list},
        Command{"queue-show", 1, 1, &Admin::queue_show},
        Command{"queue-hold", 0, 1000, &Admin::queue_change},
        Command{"queue-release", 0, 1000, &Admin::queue_change},
        Command{"queue-retry", 0, 1000, &Admin::queue_change},
        Command{"queue-remove", 0, 1000, &Admin::queue_change},
        Command{"trace", 1, 1, &Admin::trace},
        Command{"explain", 1, 3, &Admin::explain},
        Command{"status", 0, 0, &Admin::status},
        Command{"who", 0, 1, &Admin::who},
        Command{"kick", 1, 1, &Admin::kick},
        Command{"mailbox-index", 2, 2, &Admin::mailbox_index},
        Command{"mailbox-graced", 4, 4, &Admin::mailbox_graced},
        Command{"mailbox-undelete", 5, 5, &Admin::mailbox_undelete},
        Command{"mailbox-acl", 2, 4, &Admin::mailbox_acl},
        Command{"hosts", 0, 0, &Admin::hosts},
        Command{"hosts-forget", 0, 1, &Admin::hosts_forget},
    };
    const auto found = std::ranges::find(commands, name, &Command::name);
    return found == commands.end() ? nullptr : found;
}

Task<wire::AdminAnswer> Admin::answer(wire::Admin request)
{
    const auto* command = find(request.command());
    if (command == nullptr)
        co_return refusal(process::Exit::usage,
                          fmt::format("the server does not know the command {}; is it of another "
                                      "version?",
                                      request.command()));
    if (request.arguments_size() < command->fewest || request.arguments_size() > command->most)
        co_return refusal(process::Exit::usage,
                          fmt::format("wrong number of arguments for {}", request.command()));
    co_return co_await (this->*command->run)(request);
}

} // namespace posthouse::keeper
