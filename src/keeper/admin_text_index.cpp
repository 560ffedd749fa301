// SPDX-License-Identifier: Apache-2.0
// The index of an account's texts.
#include "base/log.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/text_indexing.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace json = boost::json;

namespace posthouse::keeper {
namespace {

std::string_view name_of(TextIndexing::State state)
{
    switch (state) {
    case TextIndexing::State::none:
        return "none";
    case TextIndexing::State::current:
        return "current";
    case TextIndexing::State::behind:
        return "behind";
    case TextIndexing::State::working:
        break;
    }
    return "working";
}

} // namespace

/// ADDRESS, and what to do: update, rebuild, or status alone.
Task<wire::AdminAnswer> Admin::mailbox_index(Request request)
{
    const auto address = mail::Mailbox::parse(request.arguments(0));
    const auto& what = request.arguments(1);
    if (!address)
        co_return refusal(
            process::Exit::usage,
            fmt::format("{} is no address: {}", request.arguments(0), address.error().what));
    if (what != "update" && what != "rebuild" && what != "status")
        co_return refusal(process::Exit::usage, fmt::format("{} is nothing to do with it", what));
    if (house_.texts == nullptr)
        co_return refusal(process::Exit::unavailable, "indexes are made by the running server");
    auto& texts = *house_.texts;
    if (what != "status" && !texts.is_on())
        co_return refusal(process::Exit::config, "mailboxes.text_index is off");
    const auto id = co_await office_.accounts.id_of(*address);
    if (!id)
        co_return refusal(id.error(), address->text());
    if (!*id)
        co_return refusal(directory::Error::not_found, address->text());
    auto account =
        co_await office_.open_accounts.open(mailbox::AccountId{static_cast<std::uint64_t>(**id)});
    mailbox::Result<void> done;
    if (account && what == "rebuild")
        done = co_await texts.rebuild(*account);
    else if (account && what == "update")
        texts.wanted((*account)->id());
    auto status = account && done ? co_await texts.status(*account)
                                  : mailbox::Result<TextIndexing::Status>(
                                        std::unexpected(account ? done.error() : account.error()));
    if (!status)
        co_return refusal(process::Exit::io_error,
                          fmt::format("the index of {} cannot be used: {}", address->text(),
                                      mailbox::describe(status.error())));
    co_return answer_of(json::object{{"address", address->text()},
                                     {"state", name_of(status->state)},
                                     {"indexed", status->indexed},
                                     {"letters", status->letters}});
}

} // namespace posthouse::keeper
