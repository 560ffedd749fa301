// SPDX-License-Identifier: Apache-2.0
// Letters that are taken out: a mailbox at a time, as it was when it was opened.
#include "base/log.hpp"
#include "keeper/moving_parts.hpp"
#include "mail/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace posthouse::keeper {

using wire::Failure;

namespace {

void put_entry(const mail::MessageEntry& entry, wire::Exported::Letter& to)
{
    to.set_uid(entry.uid);
    to.set_flags(entry.flags.bits());
    to.set_keywords(entry.keywords);
    to.set_size(entry.size);
    to.set_internal_date(entry.internal_date);
}

} // namespace

Task<Moving::Answer> Moving::export_read(const wire::Link* link, wire::ExportRead request)
{
    if (!request.account().empty() && !exports_.contains(link)) {
        wire::Exported answer;
        if (imports_.contains(link) || imports_.size() + exports_.size() >= Limits::at_once)
            co_return std::unexpected(Failure::busy);
        auto account = co_await account_of(request.account());
        if (!account) {
            answer.set_trouble(account.error() == Failure::nonexistent
                                   ? fmt::format("there is no account {}", request.account())
                                   : fmt::format("the mailboxes of {} cannot be opened: {}",
                                                 request.account(),
                                                 wire::describe(account.error())));
            co_return wire::answer_with(answer);
        }
        auto made = std::make_shared<Export>();
        made->address = request.account();
        made->account = *account;
        exports_[link] = std::move(made);
        log::info("export.begun", {{"account", request.account()}});
    }
    const auto found = exports_.find(link);
    if (found == exports_.end() || found->second->busy)
        co_return std::unexpected(Failure::refused);
    const auto taken = found->second;
    const Turn turn(taken->busy);
    if (!co_await refresh(taken->address, taken->account)) {
        wire::Exported answer;
        answer.set_trouble("the account went meanwhile");
        co_return wire::answer_with(answer);
    }
    if (!request.mailbox().empty())
        co_return co_await open(taken, request.mailbox());
    if (request.has_letters())
        co_return co_await letters(taken, request.letters());
    co_return co_await list(taken, request.after());
}

Task<Moving::Answer> Moving::list(std::shared_ptr<Export> taken, std::string after)
{
    const auto& state = taken->account->state();
    std::map<std::string, const mailbox::Mailbox*> names;
    for (const auto& name : state.subscriptions)
        names[name] = nullptr;
    for (const auto& [id, box] : state.boxes)
        if (!box.record.doomed())
            names[box.record.name()] = &box.record;
    wire::Exported answer;
    for (auto name = names.upper_bound(after); name != names.end(); ++name) {
        if (answer.mailboxes_size() == Limits::mailboxes_a_page) {
            answer.set_more(true);
            break;
        }
        auto* item = answer.add_mailboxes();
        item->set_name(name->first);
        item->set_subscribed(state.subscriptions.contains(name->first));
        if (name->second != nullptr) {
            item->set_exists(true);
            item->set_messages(name->second->messages());
            item->set_bytes(name->second->bytes());
        }
    }
    co_return wire::answer_with(answer);
}

Task<Moving::Answer> Moving::open(std::shared_ptr<Export> taken, std::string name)
{
    auto& account = *taken->account;
    const auto id = account.find(name);
    if (!id)
        co_return std::unexpected(Failure::nonexistent);
    if (auto loaded = co_await account.load(*id); !loaded)
        co_return std::unexpected(failure_of(loaded.error()));
    const auto* box = account.mailbox(*id);
    if (box == nullptr)
        co_return std::unexpected(Failure::nonexistent);
    // All of it at one moment.
    const auto entries = account.entries(*id);
    taken->entries.assign(entries.begin(), entries.end());
    taken->mailbox = *id;
    taken->uid = 0;
    wire::Exported answer;
    answer.set_uid_validity(box->uid_validity());
    answer.set_uid_next(box->uid_next());
    answer.set_count(taken->entries.size());
    *answer.mutable_keywords() = box->keywords();
    taken->uidls.clear();
    if (box->has_uidls()) {
        auto uidls = co_await account.uidls(*id);
        if (!uidls)
            co_return std::unexpected(failure_of(uidls.error()));
        taken->uidls = std::move(*uidls);
    }
    co_return wire::answer_with(answer);
}

Task<Moving::Answer> Moving::letters(std::shared_ptr<Export> taken, wire::ExportRead::Letters from)
{
    wire::Exported answer;
    std::string raw;
    const bool one = from.uid() != 0;
    auto entry = std::ranges::upper_bound(taken->entries, one ? from.uid() - 1 : from.after(), {},
                                          &mail::MessageEntry::uid);
    for (; entry != taken->entries.end(); ++entry) {
        if (one && entry->uid != from.uid())
            break;
        auto* letter = answer.add_letters();
        put_entry(*entry, *letter);
        if (const auto uidl = taken->uidls.find(entry->uid); uidl != taken->uidls.end())
            letter->set_uidl(uidl->second);
        if (!one || taken->uid != entry->uid) {
            taken->uid = entry->uid;
            taken->text.reset();
            auto message = co_await taken->account->message(entry->email);
            if (message)
                taken->text.emplace(*message);
            else if (message.error() == mailbox::Error::nonexistent)
                letter->set_gone(true);
            else if (message.error() == mailbox::Error::corrupt)
                letter->set_damaged(true);
            else
                co_return std::unexpected(failure_of(message.error()));
        }
        if (taken->text) {
            letter->set_size(taken->text->bytes());
            auto bytes = co_await taken->text->read(office_.engine, one ? from.offset() : 0,
                                                    Limits::raw_bytes - raw.size());
            if (bytes) {
                letter->set_bytes(static_cast<std::uint32_t>(bytes->size()));
                raw += *bytes;
            } else if (bytes.error() == store::Error::corrupt) {
                // Its body went with it meanwhile, or is damaged.
                const bool there = taken->account->mailbox(taken->mailbox) != nullptr &&
                                   (co_await taken->account->message(entry->email)).has_value();
                (there ? letter->set_damaged(true) : letter->set_gone(true));
            } else {
                co_return std::unexpected(failure_of(bytes.error()));
            }
        }
        if (one || raw.size() >= Limits::raw_bytes ||
            static_cast<std::size_t>(answer.letters_size()) >= Limits::letters_an_answer) {
            ++entry;
            break;
        }
    }
    answer.set_more(entry != taken->entries.end());
    co_return wire::answer_with(answer, std::move(raw));
}

} // namespace posthouse::keeper
