// SPDX-License-Identifier: Apache-2.0
// Who asks, and who is told.
#include "keeper/mailboxes.hpp"

#include "keeper/mailboxes_parts.hpp"
#include "wire/parse.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>

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
      sorters_(sorters),
      texts_(office, sorters)
{
    office_.open_accounts.on_open([this](mailbox::Account& account) { opened(account); });
    sharing_.on_shared(
        [this](const Person& owner, mailbox::AccountId grantee) { tell_shared(owner, grantee); });
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

Task<wire::Result<std::shared_ptr<mailbox::Account>>> Mailboxes::account_of(Viewer viewer)
{
    auto account = co_await office_.open_accounts.open(viewer.who.id);
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
    Place place;
    place.viewer = session.account;
    place.owner.id = opened.owner;
    place.id = opened.mailbox;
    place.read_only = opened.read_only;
    const bool foreign = opened.owner != session.account;
    if (foreign) {
        place.owner.address = session.followed.at(opened.owner);
        auto there = co_await sharing_.is_there(place.owner);
        if (!there)
            co_return std::unexpected(there.error());
        if (!*there || !sharing_.enabled())
            co_return std::unexpected(Failure::gone);
    }
    auto account = co_await office_.open_accounts.open(opened.owner);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    place.account = std::move(*account);
    // Of messages that came back with old UIDs a session cannot be told (RFC 9051 §2.3.1.2), and
    // what it is told behind them would have a QRESYNC client take them for gone for ever.
    const auto is_the_same = [&] {
        const auto* box = place.mailbox();
        return box != nullptr && box->uid_validity() == opened.uid_validity &&
               place.account->undeletions(opened.mailbox) == opened.undeletions;
    };
    if (!is_the_same())
        co_return std::unexpected(Failure::gone);
    if (auto loaded = co_await place.account->load(opened.mailbox); !loaded)
        co_return std::unexpected(failure_of(loaded.error()));
    if (foreign)
        if (auto loaded = co_await place.account->load_seen(opened.mailbox, place.viewer); !loaded)
            co_return std::unexpected(failure_of(loaded.error()));
    if (!is_the_same())
        co_return std::unexpected(Failure::gone); // Meanwhile
    if (foreign) {
        place.rights = mailbox::rights_of(place.viewer, *place.mailbox());
        place.seen = place.account->seen_by(opened.mailbox, place.viewer);
        if (!place.rights.has(mailbox::Right::read))
            co_return std::unexpected(Failure::gone); // It was taken back.
        if (!place.seen)
            co_return std::unexpected(Failure::unavailable);
    }
    co_return place;
}

// ---- telling --------------------------------------------------------------------------------

void Mailboxes::opened(mailbox::Account& account)
{
    quotas_.opened(account);
    account.on_change(
        [this, id = account.id()](mailbox::MailboxId mailbox) { changed(id, mailbox); });
    account.on_seen(
        [this, id = account.id()](mailbox::MailboxId mailbox, mailbox::AccountId reader) {
            changed_for(id, mailbox, reader);
        });
    sharing_.opened(account);
    texts_.changed(account);
}

void Mailboxes::changed(mailbox::AccountId id, mailbox::MailboxId mailbox)
{
    if (const auto* account = office_.open_accounts.known(id))
        texts_.changed(*account);
    auto sessions = sessions_.of(id);
    std::ranges::copy(sessions_.followers_of(id), std::back_inserter(sessions));
    for (auto* session : sessions) {
        bool news = false;
        if (mailbox == mailbox::MailboxId{0}) {
            if (session->watches_tree)
                news = session->changed_tree = true;
        } else {
            news = note_changed(*session, id, mailbox);
        }
        if (news)
            tell_soon(*session);
    }
}

/// Is it news to the session?
bool Mailboxes::note_changed(ReaderSession& session, mailbox::AccountId owner,
                             mailbox::MailboxId mailbox)
{
    bool news = false;
    for (const auto& [handle, opened] : session.opened)
        if (opened.mailbox == mailbox && opened.owner == owner)
            news = session.changed_handles.insert(handle).second || news;
    return note_watched(session, owner, mailbox) || news;
}

/// Of a mailbox that it has not opened.
bool Mailboxes::note_watched(ReaderSession& session, mailbox::AccountId id,
                             mailbox::MailboxId mailbox)
{
    if (session.watched.empty())
        return false;
    const auto* account = office_.open_accounts.known(id);
    const auto* box = account == nullptr ? nullptr : account->mailbox(mailbox);
    if (box == nullptr)
        return false;
    auto name = box->name();
    if (id != session.account) {
        const auto owner = session.followed.find(id);
        if (owner == session.followed.end() || !sharing_.enabled() ||
            !mailbox::rights_of(session.account, *box).has(mailbox::Right::read))
            return false;
        name = Sharing::name_of({id, owner->second}, name);
    }
    return session.watched.contains(name) && session.changed_names.insert(name).second;
}

/// What a reader has seen concerns his own sessions.
void Mailboxes::changed_for(mailbox::AccountId owner, mailbox::MailboxId mailbox,
                            mailbox::AccountId reader)
{
    for (auto* session : sessions_.of(reader))
        if (note_changed(*session, owner, mailbox))
            tell_soon(*session);
}

/// Something was opened to somebody, or to anyone: more mailboxes are to be seen.
void Mailboxes::tell_shared(const Person& owner, mailbox::AccountId grantee)
{
    for (auto* session :
         grantee == mailbox::AccountId{0} ? sessions_.everyone() : sessions_.of(grantee)) {
        if (!session->watches_tree || !sessions_.follow(*session, owner))
            continue;
        session->changed_tree = true;
        tell_soon(*session);
    }
}

void Mailboxes::tell_soon(ReaderSession& session)
{
    if (session.telling)
        return;
    session.telling = true;
    // What changes in this turn of the loop is told in one notice.
    boost::asio::post(office_.executor(),
                      [this, gate = session.gate.get(), handle = session.handle] {
                          if (auto* one = sessions_.find(gate, handle))
                              tell(*one);
                      });
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
    session.changed_entries = 0;
    for (const auto& [name, entries] : std::exchange(session.changed_metadata, {})) {
        auto* change = event.add_metadata();
        change->set_name(name);
        for (const auto& entry : entries)
            change->add_entries(entry);
    }
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
    session.watches_metadata = request.metadata();
    const bool others = request.tree() || request.metadata() ||
                        std::ranges::any_of(session.watched, [](const auto& name) {
                            return name.starts_with(Sharing::prefix);
                        });
    if (!others)
        co_return wire::answer_with(wire::Done());
    const Viewer viewer(session);
    auto owners = co_await sharing_.owners_for(viewer.who.id);
    if (!owners)
        co_return std::unexpected(owners.error());
    auto* again = sessions_.find(viewer.gate, viewer.session);
    if (again == nullptr)
        co_return std::unexpected(Failure::refused);
    for (const auto& owner : *owners)
        if (!sessions_.follow(*again, owner))
            break;
    co_return wire::answer_with(wire::Done());
}

} // namespace posthouse::keeper
