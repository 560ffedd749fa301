// SPDX-License-Identifier: Apache-2.0
// Letters that were expunged, and bringing them back.
#include "base/log.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "mail/base64.hpp"
#include "mail/message_entry.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace json = boost::json;

namespace posthouse::keeper {
namespace {

/// ADDRESS, mailbox, since when in microseconds, UIDs; "" for any. Nothing: they are none.
std::optional<mailbox::Account::WantedBack> wanted_of(const wire::Admin& request)
{
    mailbox::Account::WantedBack wanted;
    if (const auto& name = request.arguments(1); !name.empty())
        wanted.mailbox = name;
    if (const auto& since = request.arguments(2); !since.empty()) {
        std::int64_t microseconds = 0;
        const auto* end = since.data() + since.size();
        if (std::from_chars(since.data(), end, microseconds).ptr != end)
            return std::nullopt;
        wanted.since = from_microseconds(microseconds);
    }
    if (const auto& uids = request.arguments(3); !uids.empty()) {
        wanted.uids = mail::UidSet::parse(uids);
        if (!wanted.uids)
            return std::nullopt;
    }
    return wanted;
}

/// Subject and From as they are searched for: folded.
std::array<std::string, 2> names_of(std::string_view folded)
{
    std::array<std::string, 2> names;
    for (auto& name : names)
        name = mail::take_bytes(folded).value_or(std::string_view());
    return names;
}

} // namespace

Task<Admin::Found> Admin::account_at(std::string text)
{
    const auto address = mail::Mailbox::parse(text);
    if (!address)
        co_return std::unexpected(refusal(
            process::Exit::usage, fmt::format("{} is no address: {}", text, address.error().what)));
    const auto id = co_await office_.accounts.id_of(*address);
    if (!id)
        co_return std::unexpected(refusal(id.error(), address->text()));
    if (!*id)
        co_return std::unexpected(refusal(directory::Error::not_found, address->text()));
    auto account =
        co_await office_.open_accounts.open(mailbox::AccountId{static_cast<std::uint64_t>(**id)});
    if (!account)
        co_return std::unexpected(refusal(process::Exit::io_error,
                                          fmt::format("the mailboxes of {} cannot be opened: {}",
                                                      text, mailbox::describe(account.error()))));
    co_return std::move(*account);
}

Task<wire::AdminAnswer> Admin::mailbox_graced(Request request)
{
    auto wanted = wanted_of(request);
    if (!wanted)
        co_return refusal(process::Exit::usage, "that is no time, or no set of UIDs");
    auto account = co_await account_at(request.arguments(0));
    if (!account)
        co_return std::move(account.error());
    auto after = mail::decode_base64(request.after()); // A row's key, which is no text.
    if (!after)
        co_return refusal(process::Exit::usage, "that is no place to go on from");
    auto page = co_await (*account)->graced(std::move(*wanted), std::move(*after));
    if (!page)
        co_return refusal(process::Exit::io_error, std::string(mailbox::describe(page.error())));
    std::vector<std::uint64_t> emails;
    for (const auto& graced : page->messages)
        emails.push_back(graced.entry.email);
    const auto folded = co_await (*account)->folded(std::move(emails));
    json::array messages;
    for (std::size_t i = 0; i < page->messages.size(); ++i) {
        const auto& graced = page->messages[i];
        const auto names = names_of(folded ? (*folded)[i] : std::string_view());
        messages.push_back({{"mailbox", graced.mailbox},
                            {"uid", graced.entry.uid},
                            {"expunged", time_text(graced.expunged)},
                            {"received", time_text(graced.entry.internal_date)},
                            {"bytes", graced.entry.size},
                            {"subject", names[0]},
                            {"from", names[1]}});
    }
    auto answer = answer_of(json::object{{"letters", std::move(messages)}});
    answer.set_next(mail::base64(page->next));
    co_return answer;
}

Task<wire::AdminAnswer> Admin::mailbox_undelete(Request request)
{
    auto wanted = wanted_of(request);
    if (!wanted)
        co_return refusal(process::Exit::usage, "that is no time, or no set of UIDs");
    auto account = co_await account_at(request.arguments(0));
    if (!account)
        co_return std::move(account.error());
    using Uids = mailbox::Account::UidsBack;
    auto back = co_await (*account)->undelete(
        std::move(*wanted), request.arguments(4) == "new" ? Uids::fresh : Uids::kept, wall_clock());
    if (!back)
        co_return refusal(process::Exit::io_error, std::string(mailbox::describe(back.error())));
    if (back->messages > 0)
        log::info("mailbox.undeleted", {{"account", static_cast<std::uint64_t>((*account)->id())},
                                        {"messages", back->messages}});
    if (back->stopped)
        co_return refusal(process::Exit::temporary,
                          fmt::format("{} letters came back, then not all of the rest: {}",
                                      back->messages, mailbox::describe(*back->stopped)));
    json::array boxes;
    for (const auto& [name, uids] : back->uids)
        boxes.push_back({{"mailbox", name}, {"uids", uids.text()}});
    co_return answer_of(json::object{{"letters", back->messages}, {"mailboxes", std::move(boxes)}});
}

} // namespace posthouse::keeper
