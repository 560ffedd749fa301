// SPDX-License-Identifier: Apache-2.0
// What a name means, and what may be done with it.
#include "base/text.hpp"
#include "keeper/mailboxes_parts.hpp"

namespace posthouse::keeper {

using wire::Failure;

namespace {

/// INBOX is written in any way, also as the first part of a longer name: RFC 9051 §5.1
std::string canonical(std::string path)
{
    constexpr std::string_view inbox = "INBOX";
    const auto first = std::string_view(path).substr(0, path.find('/'));
    if (equal_ignoring_case(first, inbox))
        path.replace(0, inbox.size(), inbox);
    return path;
}

} // namespace

void Mailboxes::Place::use_own_numbers(imap::SearchKey& program) const
{
    const auto make_own = [&](std::string& object) {
        if (const auto told = object.empty() ? std::nullopt : base32_decode(object.substr(1)))
            object = object.front() + base32_encode(number(*told));
    };
    imap::for_each_key(program, [&](imap::SearchKey& key) {
        if (auto* email = std::get_if<imap::search::EmailId>(&key.is))
            make_own(email->id);
        else if (auto* thread = std::get_if<imap::search::ThreadId>(&key.is))
            make_own(thread->id);
    });
}

mailbox::Rights Mailboxes::Tree::rights_above() const
{
    for (auto slash = path.rfind('/'); slash != std::string::npos && slash != 0;
         slash = path.rfind('/', slash - 1))
        if (const auto id = account->find(std::string_view(path).substr(0, slash)))
            return rights(*account->mailbox(*id));
    return {};
}

Task<wire::Result<Mailboxes::Tree>> Mailboxes::tree_of(Viewer viewer, std::string name)
{
    Tree tree;
    tree.viewer = viewer.who.id;
    tree.owner = viewer.who;
    tree.path = std::move(name);
    if (auto foreign = sharing_.enabled() ? Sharing::parse(tree.path) : std::nullopt) {
        const auto address = foreign->owner.text();
        auto owner = co_await sharing_.known_person(std::move(foreign->owner));
        if (!owner)
            co_return std::unexpected(owner.error());
        // By the one name that is listed. His own mailboxes nobody finds among others'.
        if (!*owner || (*owner)->id == viewer.who.id ||
            !equal_ignoring_case((*owner)->address, address) || foreign->path.empty())
            co_return std::unexpected(Failure::nonexistent);
        tree.owner = std::move(**owner);
        tree.path = canonical(std::move(foreign->path));
    }
    auto account = co_await office_.open_accounts.open(tree.owner.id);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    tree.account = std::move(*account);
    co_return tree;
}

Task<wire::Result<Mailboxes::Spot>> Mailboxes::spot_of(Viewer viewer, std::string name,
                                                       mailbox::Rights needed)
{
    auto tree = co_await tree_of(std::move(viewer), std::move(name));
    if (!tree)
        co_return std::unexpected(tree.error());
    const auto id = tree->account->find(tree->path);
    const auto* box = id ? tree->account->mailbox(*id) : nullptr;
    if (box == nullptr)
        co_return std::unexpected(Failure::nonexistent);
    const auto rights = tree->rights(*box);
    if (!rights.has_all(needed)) // RFC 4314 §6
        co_return std::unexpected(rights.has(mailbox::Right::lookup) ? Failure::no_permission
                                                                     : Failure::nonexistent);
    co_return Spot{std::move(*tree), *id, rights};
}

} // namespace posthouse::keeper
