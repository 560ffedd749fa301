// SPDX-License-Identifier: Apache-2.0
// What accounts hold and may hold.
#include "base/log.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace json = boost::json;

namespace posthouse::keeper {
namespace {

/// "none": no limit; "default": as configured; "": as it is.
bool read_limit(const std::string& text, std::optional<std::uint64_t>& to)
{
    if (text.empty())
        return true;
    if (text == "default") {
        to.reset();
        return true;
    }
    std::uint64_t number = 0;
    if (text != "none") {
        const auto* end = text.data() + text.size();
        if (const auto read = std::from_chars(text.data(), end, number);
            read.ec != std::errc() || read.ptr != end)
            return false;
    }
    to = number;
    return true;
}

void add_to(json::object& told, const mailbox::Account& account)
{
    const auto& record = account.state().record;
    const auto limits = account.quota();
    const auto own = account.own_quota();
    told["bytes"] = record.bytes();
    told["bytes_limit"] = limits.bytes;
    told["letters"] = record.messages();
    told["letters_limit"] = limits.messages;
    told["own_quota"] = own.bytes || own.messages;
    told["graced_bytes"] = record.graced_bytes();
    told["graced_letters"] = record.graced_messages();
}

} // namespace

/// Nothing where it has no mailboxes yet.
Task<void> Admin::add_usage(json::object& told, directory::AccountId of)
{
    const mailbox::AccountId id{static_cast<std::uint64_t>(of)};
    const auto version = co_await office_.engine.partitions().version(mailbox::partition_of(id));
    if (!version || *version == store::Version::none)
        co_return;
    if (const auto account = co_await office_.open_accounts.open(id))
        add_to(told, **account);
}

/// ADDRESS, and bytes and letters: each a number, none, default, or "" where it stays.
Task<wire::AdminAnswer> Admin::user_quota(Request request)
{
    auto account = co_await account_at(request.arguments(0));
    if (!account)
        co_return std::move(account.error());
    auto own = (*account)->own_quota();
    if (!read_limit(request.arguments(1), own.bytes) ||
        !read_limit(request.arguments(2), own.messages))
        co_return refusal(process::Exit::usage, "a quota is a number, none or default");
    if (!request.arguments(1).empty() || !request.arguments(2).empty()) {
        if (auto done = co_await (*account)->set_own_quota(own); !done)
            co_return refusal(process::Exit::io_error,
                              std::string(mailbox::describe(done.error())));
        log::info("account.quota_set", {{"address", request.arguments(0)},
                                        {"bytes", request.arguments(1)},
                                        {"letters", request.arguments(2)}});
    }
    json::object told{{"address", request.arguments(0)}};
    add_to(told, **account);
    co_return answer_of(told);
}

} // namespace posthouse::keeper
