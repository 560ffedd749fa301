// SPDX-License-Identifier: Apache-2.0
#include "keeper/reader_sessions.hpp"

#include "wire/mailboxes.pb.h"

namespace posthouse::keeper {

ReaderSession* ReaderSessions::open(ReaderSession session)
{
    if (sessions_.size() >= Limits::sessions)
        return nullptr;
    auto handle = random_.next();
    while (handle == 0 || sessions_.contains(handle))
        handle = random_.next();
    session.handle = handle;
    by_account_[session.account].insert(handle);
    return &sessions_.emplace(handle, std::move(session)).first->second;
}

ReaderSession* ReaderSessions::find(const wire::Link* gate, std::uint64_t handle)
{
    const auto found = sessions_.find(handle);
    return found == sessions_.end() || found->second.gate.get() != gate ? nullptr : &found->second;
}

void ReaderSessions::close(std::uint64_t handle)
{
    const auto found = sessions_.find(handle);
    if (found == sessions_.end())
        return;
    drop(by_account_, found->second.account, handle);
    for (const auto& [owner, address] : found->second.followed)
        drop(by_owner_, owner, handle);
    sessions_.erase(found);
}

void ReaderSessions::drop(Handles& handles, mailbox::AccountId account, std::uint64_t handle)
{
    const auto found = handles.find(account);
    found->second.erase(handle);
    if (found->second.empty())
        handles.erase(found);
}

void ReaderSessions::gone(const wire::Link* gate)
{
    std::vector<std::uint64_t> handles;
    for (const auto& [handle, session] : sessions_)
        if (session.gate.get() == gate)
            handles.push_back(handle);
    for (const auto handle : handles)
        close(handle);
}

void ReaderSessions::tell_closing(const ReaderSession& session, std::string_view why)
{
    wire::MailboxEvent event;
    event.set_session(session.handle);
    event.set_closing(true);
    event.set_words(std::string(why));
    session.gate->notify(wire::Method::mailbox_event, event);
}

std::size_t ReaderSessions::close_account(mailbox::AccountId account, std::string_view why)
{
    const auto handles =
        by_account_.contains(account) ? by_account_.at(account) : std::set<std::uint64_t>();
    for (const auto handle : handles) {
        tell_closing(sessions_.at(handle), why);
        close(handle);
    }
    return handles.size();
}

bool ReaderSessions::kick(std::uint64_t handle, std::string_view why)
{
    const auto found = sessions_.find(handle);
    if (found == sessions_.end())
        return false;
    tell_closing(found->second, why);
    close(handle);
    return true;
}

std::vector<ReaderSession*> ReaderSessions::in(const Handles& handles, mailbox::AccountId account)
{
    std::vector<ReaderSession*> found;
    if (const auto some = handles.find(account); some != handles.end())
        for (const auto handle : some->second)
            found.push_back(&sessions_.at(handle));
    return found;
}

std::vector<ReaderSession*> ReaderSessions::of(mailbox::AccountId account)
{
    return in(by_account_, account);
}

std::vector<ReaderSession*> ReaderSessions::followers_of(mailbox::AccountId owner)
{
    return in(by_owner_, owner);
}

std::vector<ReaderSession*> ReaderSessions::everyone()
{
    std::vector<ReaderSession*> all;
    for (auto& [handle, session] : sessions_)
        all.push_back(&session);
    return all;
}

bool ReaderSessions::follow(ReaderSession& session, const Person& owner)
{
    if (!session.followed.contains(owner.id) && session.followed.size() >= Limits::followed)
        return false;
    session.followed[owner.id] = owner.address;
    by_owner_[owner.id].insert(session.handle);
    return true;
}

} // namespace posthouse::keeper
