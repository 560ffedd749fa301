// SPDX-License-Identifier: Apache-2.0
// Opened mailboxes and what is in them.
#include "gate/keeper_backend.hpp"

#include "base/contract.hpp"
#include "gate/keeper_asking.hpp"
#include "imap/search_wire.hpp"
#include "mail/charset.hpp"
#include "mail/fold.hpp"
#include "wire/messages.pb.h"

#include <utility>

namespace posthouse::gate {

using imap::Trouble;
using wire::Method;

namespace {

template <class Keywords>
std::vector<std::string> keywords_of(const Keywords& keywords)
{
    return {keywords.begin(), keywords.end()};
}

} // namespace

imap::Trouble trouble_of(wire::Failure failure)
{
    using wire::Failure;
    switch (failure) {
    case Failure::nonexistent:
        return Trouble::nonexistent;
    case Failure::exists:
        return Trouble::exists;
    case Failure::over_quota:
        return Trouble::over_quota;
    case Failure::cannot:
        return Trouble::cannot;
    case Failure::has_children:
        return Trouble::has_children;
    case Failure::limit:
        return Trouble::limit;
    case Failure::too_big:
        return Trouble::too_big;
    case Failure::gone:
        return Trouble::gone;
    case Failure::damaged:
        return Trouble::damaged;
    case Failure::no_permission:
        return Trouble::no_permission;
    case Failure::unknown_charset:
        return Trouble::unknown_charset;
    case Failure::no_space:
        return Trouble::no_space;
    case Failure::closed:
    case Failure::invalid:
    case Failure::refused:
    case Failure::unavailable:
    case Failure::busy:
        break;
    }
    return Trouble::unavailable;
}

KeeperBackend::KeeperBackend(std::shared_ptr<wire::Link> keeper, std::uint64_t session,
                             ReaderEvents& events)
    : keeper_(std::move(keeper)),
      session_(session),
      events_(events)
{
    events_.listen(session_, [this](const wire::MailboxEvent& event) { hear(event); });
}

KeeperBackend::~KeeperBackend()
{
    events_.forget(session_);
    wire::Session session;
    session.set_session(session_);
    keeper_->notify(Method::close_session, session);
}

// ---- an opened mailbox ----------------------------------------------------------------------

Task<imap::Result<imap::Opened>> KeeperBackend::open(std::string name, imap::Access access)
{
    wire::OpenMailbox request;
    request.set_name(std::move(name));
    request.set_read_only(access == imap::Access::read_only);
    auto answer = co_await ask<wire::OpenedMailbox>(Method::mailbox_open, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    const auto& said = answer->message;
    auto uids = uids_in(answer->raw);
    if (!uids || said.handle() == 0)
        co_return std::unexpected(Trouble::unavailable);
    imap::Opened opened;
    opened.handle = imap::Handle{said.handle()};
    opened.id = said.id();
    opened.uid_validity = said.uid_validity();
    opened.uid_next = said.uid_next();
    opened.highest_modseq = said.highest_modseq();
    opened.uids = std::move(*uids);
    opened.first_recent = said.first_recent();
    if (said.first_unseen() != 0)
        opened.first_unseen = said.first_unseen();
    opened.keywords = keywords_of(said.keywords());
    opened.more_keywords = said.more_keywords();
    opened.rights = said.rights();
    opened.access = said.read_only() ? imap::Access::read_only : imap::Access::read_write;
    co_return opened;
}

void KeeperBackend::close(imap::Handle handle)
{
    wire::MailboxHandle notice;
    notice.set_session(session_);
    notice.set_handle(number(handle));
    keeper_->notify(Method::mailbox_close, notice);
}

Task<imap::Result<imap::Changes>> KeeperBackend::changes(imap::Handle handle,
                                                         std::uint64_t since_modseq)
{
    wire::AskChanges request;
    request.set_handle(number(handle));
    request.set_since(since_modseq);
    auto answer = co_await ask<wire::MailboxChanges>(Method::mailbox_changes, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    const auto& said = answer->message;
    imap::Changes changes;
    changes.deleted = said.deleted();
    if (!said.rights().empty())
        changes.rights = said.rights();
    auto vanished = uids_in(said.vanished());
    if (!vanished)
        co_return std::unexpected(Trouble::unavailable);
    changes.highest_modseq = said.highest_modseq();
    changes.uid_next = said.uid_next();
    changes.vanished = std::move(*vanished);
    changes.keywords = keywords_of(said.keywords());
    changes.entries = std::move(answer->raw);
    if (auto all = co_await complete(handle, changes.entries, said.rest()); !all)
        co_return std::unexpected(all.error());
    co_return changes;
}

/// Entries are packed by differences: where some did not fit, all are asked for again, as one run.
Task<imap::Result<void>> KeeperBackend::complete(imap::Handle handle, std::string& entries,
                                                 const std::string& rest)
{
    if (rest.empty())
        co_return imap::Result<void>();
    auto uids = uids_in(rest).value_or(mail::UidSet());
    mail::EntryUnpacker first(imap::change_fields, entries);
    while (const auto entry = first.next())
        uids.add(entry->uid);
    auto all = co_await entries_of(handle, uids.text(), imap::change_fields);
    if (!all)
        co_return std::unexpected(all.error());
    entries = std::move(*all);
    co_return imap::Result<void>();
}

/// However many pages they take, packed as one run.
Task<imap::Result<std::string>> KeeperBackend::entries_of(imap::Handle handle, std::string uids,
                                                          std::uint8_t fields)
{
    wire::AskEntries request;
    request.set_handle(number(handle));
    request.set_uids(uids);
    request.set_fields(fields);
    auto page = co_await ask<wire::EntriesPage>(Method::mailbox_entries, request);
    if (!page)
        co_return std::unexpected(page.error());
    if (!page->message.more())
        co_return std::move(page->raw);
    auto left = uids_in(uids).value_or(mail::UidSet());
    std::string all;
    mail::EntryPacker packer(fields);
    for (;;) {
        mail::EntryUnpacker unpacker(fields, page->raw);
        while (const auto entry = unpacker.next())
            packer.append(*entry, all);
        if (!page->message.more() || page->message.last() == 0)
            co_return all;
        left.remove(1, page->message.last());
        if (left.empty())
            co_return all;
        request.set_uids(left.text());
        page = co_await ask<wire::EntriesPage>(Method::mailbox_entries, request);
        if (!page)
            co_return std::unexpected(page.error());
    }
}

Task<imap::Result<std::string>> KeeperBackend::entries(imap::Handle handle, mail::UidSet uids,
                                                       std::uint8_t fields)
{
    co_return co_await entries_of(handle, uids.text(), fields);
}

Task<imap::Result<imap::Stored>> KeeperBackend::store(imap::Handle handle, imap::StoreOrder order)
{
    wire::StoreFlags request;
    request.set_handle(number(handle));
    request.set_uids(order.uids.text());
    request.set_change(order.change == imap::FlagChange::add      ? wire::StoreFlags::ADD
                       : order.change == imap::FlagChange::remove ? wire::StoreFlags::REMOVE
                                                                  : wire::StoreFlags::REPLACE);
    put_flags(order.flags, request);
    request.set_conditional(order.unchanged_since.has_value());
    request.set_unchanged_since(order.unchanged_since.value_or(0));
    request.set_known_modseq(order.known_modseq);
    request.set_tell_stale(order.tell == imap::StoreOrder::Tell::stale);
    auto answer = co_await ask<wire::FlagsStored>(Method::mailbox_store, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    const auto& said = answer->message;
    auto refused = uids_in(said.refused());
    auto stale = uids_in(said.stale());
    if (!refused || !stale)
        co_return std::unexpected(Trouble::unavailable);
    imap::Stored stored;
    stored.modified = std::move(*refused);
    stored.stale = std::move(*stale);
    stored.modseqs = {said.earlier_modseqs().begin(), said.earlier_modseqs().end()};
    stored.modseqs.push_back(said.modseq());
    stored.changes.highest_modseq = said.highest_modseq();
    stored.changes.uid_next = said.uid_next();
    stored.changes.keywords = keywords_of(said.keywords());
    stored.changes.entries = std::move(answer->raw);
    if (auto all = co_await complete(handle, stored.changes.entries, said.rest()); !all)
        co_return std::unexpected(all.error());
    co_return stored;
}

Task<imap::Result<mail::UidSet>> KeeperBackend::expunge(imap::Handle handle,
                                                        std::optional<mail::UidSet> uids)
{
    wire::ExpungeMessages request;
    request.set_handle(number(handle));
    request.set_all(!uids);
    if (uids)
        request.set_uids(uids->text());
    auto answer = co_await ask<wire::MessagesExpunged>(Method::mailbox_expunge, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    auto gone = uids_in(answer->message.uids());
    if (!gone)
        co_return std::unexpected(Trouble::unavailable);
    co_return std::move(*gone);
}

Task<imap::Result<imap::Copied>> KeeperBackend::copy(imap::Handle handle, mail::UidSet uids,
                                                     std::string to, imap::CopyHow how)
{
    wire::CopyMessages request;
    request.set_handle(number(handle));
    request.set_uids(uids.text());
    request.set_to(std::move(to));
    request.set_move(how == imap::CopyHow::move);
    auto answer = co_await ask<wire::MessagesCopied>(Method::mailbox_copy, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    auto from = uids_in(answer->message.from());
    auto there = uids_in(answer->message.to());
    if (!from || !there)
        co_return std::unexpected(Trouble::unavailable);
    co_return imap::Copied{answer->message.uid_validity(), std::move(*from), std::move(*there),
                           answer->message.modseq()};
}

Task<imap::Result<imap::Summaries>> KeeperBackend::summaries(imap::Handle handle, mail::UidSet uids,
                                                             std::uint16_t fields)
{
    wire::AskSummaries request;
    request.set_handle(number(handle));
    request.set_uids(uids.text());
    request.set_fields(fields);
    auto answer = co_await ask<wire::EntriesPage>(Method::mailbox_summaries, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    co_return imap::Summaries{std::move(answer->raw), answer->message.last(),
                              answer->message.more()};
}

Task<imap::Result<std::string>> KeeperBackend::read(imap::Handle handle, std::uint32_t uid,
                                                    std::uint64_t offset, std::uint32_t length)
{
    wire::ReadPart request;
    request.set_handle(number(handle));
    request.set_uid(uid);
    request.set_offset(offset);
    request.set_length(length);
    auto answer = co_await ask<wire::Piece>(Method::mailbox_read, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    co_return std::move(answer->raw);
}

Task<imap::Result<imap::Found>> KeeperBackend::search(imap::Handle handle, imap::SearchOrder order)
{
    wire::SearchMessages request;
    request.set_handle(number(handle));
    request.set_limited(order.among.has_value());
    if (order.among)
        request.set_among(order.among->text());
    const auto program = imap::unpack_program(order.program);
    if (!program)
        co_return std::unexpected(Trouble::limit);
    if (!program->charset.empty() && !mail::is_known_charset(program->charset))
        co_return std::unexpected(Trouble::unknown_charset);
    imap::for_each_key(program->key, [&](const imap::SearchKey& key) {
        const auto* header = std::get_if<imap::search::Header>(&key.is);
        const auto* text = std::get_if<imap::search::Text>(&key.is);
        if (header != nullptr || text != nullptr)
            request.add_folded(
                mail::fold(mail::to_utf8(header != nullptr ? header->text : text->text,
                                         program->charset.empty() ? "utf-8" : program->charset)));
    });
    auto answer = co_await ask<wire::MessagesFound>(Method::mailbox_search, std::move(request),
                                                    std::move(order.program));
    if (!answer)
        co_return std::unexpected(answer.error());
    auto uids = uids_in(answer->message.uids());
    if (!uids)
        co_return std::unexpected(Trouble::unavailable);
    co_return imap::Found{std::move(*uids), answer->message.highest_modseq(),
                          answer->message.incomplete()};
}

// ---- what is heard --------------------------------------------------------------------------

void KeeperBackend::on_event(std::function<void(imap::Event)> listener)
{
    listener_ = std::move(listener);
}

void KeeperBackend::hear(const wire::MailboxEvent& said)
{
    if (!listener_)
        return;
    const auto listener = listener_;
    for (const auto handle : said.handles()) {
        imap::Event event;
        event.handle = imap::Handle{handle};
        listener(std::move(event));
    }
    for (const auto& name : said.names()) {
        imap::Event event;
        event.mailbox = name;
        listener(std::move(event));
    }
    for (const auto& change : said.metadata()) {
        imap::Event event;
        event.metadata.emplace(change.name(), std::vector<std::string>(change.entries().begin(),
                                                                       change.entries().end()));
        listener(std::move(event));
    }
    if (said.tree() || said.closing()) {
        imap::Event event;
        event.tree = said.tree();
        event.closing = said.closing();
        event.words = said.words();
        listener(std::move(event));
    }
}

} // namespace posthouse::gate
