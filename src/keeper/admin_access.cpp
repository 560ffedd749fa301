// SPDX-License-Identifier: Apache-2.0
// Who may do what with a mailbox, besides its owner.
#include "base/log.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/sharing.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace json = boost::json;

namespace posthouse::keeper {
namespace {

using How = mailbox::AccessChange::How;

/// "+lr", "-w", "lrs".
std::optional<Sharing::Edit> edit_of(std::string identifier, std::string_view rights)
{
    Sharing::Edit edit;
    edit.identifier = std::move(identifier);
    if (rights.starts_with('+') || rights.starts_with('-')) {
        edit.how = rights.front() == '+' ? How::add : How::remove;
        rights.remove_prefix(1);
    }
    const auto meant = mailbox::Rights::parse(rights);
    if (!meant)
        return std::nullopt;
    edit.rights = *meant;
    return edit;
}

} // namespace

/// ADDRESS MAILBOX [IDENTIFIER RIGHTS]: what the list is then.
Task<wire::AdminAnswer> Admin::mailbox_acl(Request request)
{
    auto account = co_await account_at(request.arguments(0));
    if (!account)
        co_return std::move(account.error());
    const auto& name = request.arguments(1);
    const auto id = (*account)->find(name);
    if (!id)
        co_return refusal(process::Exit::failure,
                          fmt::format("{} has no mailbox {}", request.arguments(0), name));
    // The running keeper's; where there is none, nobody else writes what it writes.
    Sharing alone(office_);
    auto& sharing = house_.sharing != nullptr ? *house_.sharing : alone;
    const auto owner = co_await sharing.known_person(*mail::Mailbox::parse(request.arguments(0)));
    if (!owner || !*owner)
        co_return refusal(process::Exit::temporary, "the account cannot be looked up");
    if (request.arguments_size() > 2) {
        auto edit = edit_of(request.arguments(2),
                            request.arguments_size() > 3 ? request.arguments(3) : std::string());
        if (!edit)
            co_return refusal(process::Exit::usage,
                              fmt::format("{} are no rights: they are letters of {}",
                                          request.arguments(3), mailbox::right_letters));
        const auto rights = edit->rights.text();
        auto done = co_await sharing.change({*account, **owner, *id}, std::move(*edit));
        if (!done && done.error() == wire::Failure::cannot)
            co_return refusal(process::Exit::failure,
                              sharing.enabled()
                                  ? fmt::format("{} is neither another account nor \"anyone\"",
                                                request.arguments(2))
                                  : std::string("mailboxes.sharing is turned off"));
        if (!done)
            co_return refusal(process::Exit::temporary, done.error() == wire::Failure::limit
                                                            ? "the access list is full"
                                                            : "the access list cannot be changed");
        log::info("access.changed", {{"account", static_cast<std::uint64_t>((*account)->id())},
                                     {"mailbox", name},
                                     {"identifier", request.arguments(2)},
                                     {"rights", rights}});
    }
    const auto* box = (*account)->mailbox(*id);
    if (box == nullptr)
        co_return refusal(process::Exit::failure, "the mailbox is gone");
    auto list = co_await sharing.shown(*box);
    if (!list)
        co_return refusal(process::Exit::temporary, "the access list cannot be read");
    json::array entries;
    entries.push_back(
        {{"identifier", (*owner)->address}, {"rights", mailbox::Rights::all().text()}});
    for (const auto& [identifier, rights] : *list)
        entries.push_back({{"identifier", identifier}, {"rights", rights.text()}});
    co_return answer_of(json::object{{"mailbox", name}, {"entries", std::move(entries)}});
}

} // namespace posthouse::keeper
