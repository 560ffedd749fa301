// SPDX-License-Identifier: Apache-2.0
// Who asks, and who is told.
#include "keeper/mailboxes.hpp"

#include "keeper/mailboxes_parts.hpp"
#include "wire/parse.hpp"

#include <boost/asio/post.hpp>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

wire::Failure failure_of(mailbox::Error error)
{
    using mailbox::Error;
    switch (error) {
    case Error::nonexistent:
        return Failure::nonexistent;
    case Error::exists:
        return Failure::exists;
    case Error::bad_name:
    case Error::cannot:
        return Failure::cannot;
    case Error::has_children:
        return Failure::has_children;
    case Error::over_quota:
        return Failure::over_quota;
    case Error::limit:
        return Failure::limit;
    case Error::no_space:
        return Failure::no_space;
    case Error::corrupt:
        return Failure::damaged;
    case Error::unavailable:
    case Error::unknown:
        break;
    }
    return Failure::unavailable;
}

Mailboxes::Mailboxes(Office& office, ReaderSessions& sessions, Workers& sorters)
    : office_(office),
      sessions_(sessions),
      sorters_(sorters)
{
    office_.open_accounts.on_open([this](mailbox::Account& account) { opened(account); });
}

Mailboxes::~Mailboxes() = default;

template <class Request>
Task<Mailboxes::Answer>
Mailboxes::with_session(const wire::Link* gate, wire::Frame frame,
                        Task<Answer> (Mailboxes::*ask)(ReaderSession&, Request, std::string))
{
    auto request = wire::parse<Request>(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    auto* session = sessions_.find(gate, request->session());
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    co_return co_await (this->*ask)(*session, std::move(*request), std::move(frame.raw));
}

Task<wire::Result<wire::Answer>> Mailboxes::answer(std::shared_ptr<wire::Link> link,
                                                   wire::Frame frame)
{
    const auto* gate = link.get();
    switch (frame.head.method) {
    case Method::mailbox_list:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::list);
    case Method::mailbox_tree:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::change_tree);
    case Method::mailbox_open:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::open);
    case Method::mailbox_close:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::close);
    case Method::mailbox_changes:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::changes);
    case Method::mailbox_entries:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::entries);
    case Method::mailbox_store:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::store);
    case Method::mailbox_expunge:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::expunge);
    case Method::mailbox_copy:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::copy);
    case Method::mailbox_summaries:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::summaries);
    case Method::mailbox_read:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::read);
    case Method::mailbox_search:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::search);
    case Method::mailbox_append:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::append);
    case Method::open_upload:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::open_upload);
    case Method::quota:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::quota);
    case Method::metadata:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::metadata);
    case Method::access_rights:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::access_rights);
    case Method::watch:
        co_return co_await with_session(gate, std::move(frame), &Mailboxes::watch);
    case Method::append_upload:
        co_return co_await append_upload(gate, std::move(frame));
    case Method::abandon_upload:
        if (const auto request = wire::parse<wire::Upload>(frame.message))
            if (const auto found = uploads_.find(request->upload());
                found != uploads_.end() && found->second->gate == gate)
                uploads_.erase(found);
        co_return wire::answer_with(wire::Done());
    default:
        co_return std::unexpected(Failure::refused);
    }
}

void Mailboxes::gone(const wire::Link* gate)
{
    std::erase_if(uploads_, [&](const auto& entry) { return entry.second->gate == gate; });
}

Task<wire::Result<std::shared_ptr<mailbox::Account>>>
Mailboxes::account_of(const ReaderSession& session)
{
    auto account = co_await office_.open_accounts.open(session.account);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    co_return std::move(*account);
}

Task<wire::Result<Mailboxes::Place>> Mailboxes::place_of(const ReaderSession& session,
                                                         std::uint32_t handle)
{
    const auto found = session.opened.find(handle);
    if (found == session.opened.end())
        co_return std::unexpected(Failure::refused);
    const auto opened = found->second;
    auto account = co_await account_of(session);
    if (!account)
        co_return std::unexpected(account.error());
    const auto* mailbox = (*account)->mailbox(opened.mailbox);
    if (mailbox == nullptr || mailbox->uid_validity() != opened.uid_validity)
        co_return std::unexpected(Failure::gone);
    if (auto loaded = co_await (*account)->load(opened.mailbox); !loaded)
        co_return std::unexpected(failure_of(loaded.error()));
    if ((*account)->mailbox(opened.mailbox) == nullptr)
        co_return std::unexpected(Failure::gone); // Meanwhile
    co_return Place{std::move(*account), opened.mailbox, opened.read_only};
}

// ---- telling --------------------------------------------------------------------------------

void Mailboxes::opened(mailbox::Account& account)
{
    const auto& quota = office_.config().mailboxes;
    account.set_quota({quota.quota_bytes, quota.quota_messages});
    account.on_change(
        [this, id = account.id()](mailbox::MailboxId mailbox) { changed(id, mailbox); });
}

void Mailboxes::changed(mailbox::AccountId id, mailbox::MailboxId mailbox)
{
    for (auto* session : sessions_.of(id)) {
        bool news = false;
        if (mailbox == mailbox::MailboxId{0}) {
            if (session->watches_tree)
                news = session->changed_tree = true;
        } else {
            for (const auto& [handle, opened] : session->opened)
                if (opened.mailbox == mailbox)
                    news = session->changed_handles.insert(handle).second || news;
            if (!session->watched.empty())
                if (auto* account = office_.open_accounts.known(id))
                    if (const auto* box = account->mailbox(mailbox);
                        box != nullptr && session->watched.contains(box->name()))
                        news = session->changed_names.insert(box->name()).second || news;
        }
        if (!news || session->telling)
            continue;
        session->telling = true;
        // What changes in this turn of the loop is told in one notice.
        boost::asio::post(office_.executor(),
                          [this, gate = session->gate.get(), handle = session->handle] {
                              if (auto* one = sessions_.find(gate, handle))
                                  tell(*one);
                          });
    }
}

void Mailboxes::tell(ReaderSession& session)
{
    session.telling = false;
    wire::MailboxEvent event;
    event.set_session(session.handle);
    for (const auto handle : std::exchange(session.changed_handles, {}))
        event.add_handles(handle);
    for (const auto& name : std::exchange(session.changed_names, {}))
        event.add_names(name);
    event.set_tree(std::exchange(session.changed_tree, false));
    session.gate->notify(Method::mailbox_event, event);
}

Task<Mailboxes::Answer> Mailboxes::watch(ReaderSession& session, wire::WatchMailboxes request,
                                         std::string)
{
    if (static_cast<std::size_t>(request.names_size()) > ReaderSessions::Limits::watched)
        co_return std::unexpected(Failure::limit);
    session.watched = {request.names().begin(), request.names().end()};
    session.watches_tree = request.tree();
    co_return wire::answer_with(wire::Done());
}

} // namespace posthouse::keeper
