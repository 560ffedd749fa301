// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/logins.hpp"
#include "keeper/reading.hpp"
#include "keeper/text_indexing.hpp"
#include "sasl/scram_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;

wire::AdminAnswer no_address(const std::string& text, const mail::AddressError& error)
{
    return refusal(process::Exit::usage, fmt::format("{} is no address: {}", text, error.what));
}

json::object shown(const directory::Account& account)
{
    return {{"address", account.address},
            {"id", directory::partition_name(account.id).substr(2)},
            {"created", time_text(account.created)},
            {"login", account.disabled            ? "disabled"
                      : !account.source.empty()   ? "source " + account.source
                      : !account.verifier.empty() ? "password"
                                                  : "no password"}};
}

/// Arguments from the second on: a verifier, then SCRAM keys as text.
std::optional<directory::NewPassword> password_of(const wire::Admin& request)
{
    directory::NewPassword password{.verifier = request.arguments(1)};
    for (int i = 2; i < request.arguments_size(); ++i) {
        auto keys = sasl::parse_scram_text(request.arguments(i));
        if (!keys)
            return std::nullopt;
        password.salt = keys->salt;
        password.scram.push_back(std::move(*keys));
    }
    return password;
}

} // namespace

Task<wire::AdminAnswer> Admin::user_add(Request request)
{
    const auto address = mail::Mailbox::parse(request.arguments(0));
    if (!address)
        co_return no_address(request.arguments(0), address.error());
    auto password = password_of(request);
    if (!password)
        co_return refusal(directory::Error::bad_verifier, address->text());
    auto added = co_await office_.accounts.add(
        directory::Accounts::Newcomer{.address = *address, .password = std::move(*password)},
        wall_clock());
    if (!added)
        co_return refusal(added.error(), address->text());
    log::info("account.added", {{"address", added->address}});
    co_return answer_of(shown(*added));
}

Task<wire::AdminAnswer> Admin::user_list(Request request)
{
    const auto limit = request.limit() == 0
                           ? Limits::accounts_a_page
                           : std::min<std::size_t>(request.limit(), Limits::accounts_a_page);
    auto page = co_await office_.accounts.list(request.after(), limit);
    if (!page)
        co_return refusal(page.error(), "the accounts cannot be listed");
    json::array accounts;
    for (const auto& account : page->accounts)
        accounts.push_back(shown(account));
    auto answer = answer_of(json::object{{"accounts", std::move(accounts)}});
    answer.set_next(page->after);
    co_return answer;
}

Task<wire::AdminAnswer> Admin::user_passwd(Request request)
{
    const auto address = mail::Mailbox::parse(request.arguments(0));
    if (!address)
        co_return no_address(request.arguments(0), address.error());
    auto password = password_of(request);
    if (!password)
        co_return refusal(directory::Error::bad_verifier, address->text());
    auto done = co_await office_.accounts.set_password(*address, std::move(*password));
    if (!done)
        co_return refusal(done.error(), address->text());
    if (const auto account = co_await office_.accounts.find(*address); account && *account)
        credentials_changed(**account);
    log::info("account.password_set", {{"address", address->text()}});
    co_return answer_of(json::object{{"address", address->text()}});
}

/// Nobody logs in and no mail is taken from the directory's commit on; then the letters go. That
/// they are to go is written down before.
Task<wire::AdminAnswer> Admin::user_remove(Request request)
{
    const auto address = mail::Mailbox::parse(request.arguments(0));
    if (!address)
        co_return no_address(request.arguments(0), address.error());
    const auto found = co_await office_.accounts.find(*address);
    if (!found)
        co_return refusal(found.error(), address->text());
    if (*found)
        if (auto noted = co_await note_removal(**found); !noted)
            co_return refusal(process::Exit::io_error, std::string(store::describe(noted.error())));
    auto removed = co_await office_.accounts.remove(*address);
    if (!removed)
        co_return refusal(removed.error(), address->text());
    log::info("account.removed", {{"address", removed->address}});
    const mailbox::AccountId id{static_cast<std::uint64_t>(removed->id)};
    credentials_changed(*removed);
    if (house_.reading != nullptr)
        house_.reading->sessions().close_account(id, "The account was removed");
    if (auto erased = co_await erase_removed(id); !erased)
        co_return refusal(process::Exit::io_error,
                          fmt::format("{} is removed, but its letters are still in the store: {}. "
                                      "The next start of the server tries it again",
                                      address->text(), mailbox::describe(erased.error())));
    co_return answer_of(shown(*removed));
}

} // namespace posthouse::keeper
