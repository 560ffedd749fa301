// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/logins.hpp"
#include "keeper/mailboxes.hpp"
#include "mail/message_entry.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/mailboxes.pb.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// Three people's mailboxes in one keeper, asked as a gate asks.
namespace posthouse::keeper::tests {

using wire::Failure;
using wire::Method;

inline const std::string alice = "alice@example.org", bob = "bob@example.org",
                         eve = "eve@example.org";
inline const std::string foreign = "Other Users/alice@example.org/";

/// A keeper with three accounts, and a session of each at one gate.
struct House {
    explicit House(const std::string& configuration = {})
        : rig(io, engine, delivered, configuration)
    {
        rig.answer_sorter = [this](const wire::Link* sorter, wire::Frame frame) {
            return mailboxes.answer_sorter(sorter, std::move(frame));
        };
        EXPECT_TRUE(posthouse::tests::run(io, rig.open({alice, bob, eve})));
        int ends[2];
        expects(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        gate = wire::Link::open(io.get_executor(), UniqueFd(ends[0]), {});
        wire::Link::Options options;
        options.handler = [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
            return hear(std::move(link), std::move(frame));
        };
        far = wire::Link::open(io.get_executor(), UniqueFd(ends[1]), std::move(options));
        for (const auto& address : {alice, bob, eve})
            sessions_of[address] = log_in(address);
    }
    ~House()
    {
        gate->close();
        far->close();
        io.poll();
    }

    Task<wire::Result<wire::Answer>> hear(std::shared_ptr<wire::Link>, wire::Frame frame)
    {
        wire::MailboxEvent event;
        if (frame.head.method == Method::mailbox_event && event.ParseFromString(frame.message))
            events.push_back(std::move(event));
        co_return wire::answer_with(wire::Done());
    }
    std::uint64_t id_of(const std::string& address)
    {
        const auto id =
            posthouse::tests::run(io, rig.office.accounts.id_of(*mail::Mailbox::parse(address)));
        EXPECT_TRUE(id && *id) << address;
        return static_cast<std::uint64_t>(**id);
    }
    std::uint64_t log_in(const std::string& address)
    {
        ReaderSession session;
        session.account = mailbox::AccountId{id_of(address)};
        session.address = address;
        session.gate = gate;
        return sessions.open(std::move(session))->handle;
    }

    template <class Reply = wire::Done, class Request>
    std::expected<Reply, Failure> ask(const std::string& who, Method method, Request request,
                                      std::string raw = {})
    {
        request.set_session(sessions_of.at(who));
        wire::Frame frame;
        frame.head.method = method;
        frame.message = request.SerializeAsString();
        frame.raw = std::move(raw);
        auto answer = posthouse::tests::run(io, mailboxes.answer(gate, std::move(frame)));
        if (!answer)
            return std::unexpected(answer.error());
        Reply reply;
        EXPECT_TRUE(reply.ParseFromString(answer->message));
        raw_answer = std::move(answer->raw);
        return reply;
    }

    std::optional<Failure> grant(const std::string& name, const std::string& whom,
                                 const std::string& rights, const std::string& who = alice)
    {
        wire::MailboxAccess request;
        request.set_name(name);
        request.set_change(true);
        request.set_identifier(whom);
        request.set_rights(rights);
        const auto done = ask<wire::AccessRights>(who, Method::access_rights, request);
        return done ? std::nullopt : std::optional(done.error());
    }
    std::expected<wire::OpenedMailbox, Failure> open(const std::string& who,
                                                     const std::string& name)
    {
        wire::OpenMailbox request;
        request.set_name(name);
        return ask<wire::OpenedMailbox>(who, Method::mailbox_open, request);
    }
    std::optional<Failure> append(const std::string& who, const std::string& name,
                                  std::string letter, std::uint32_t flags = 0,
                                  std::vector<std::string> keywords = {})
    {
        wire::AppendMessages request;
        request.set_to(name);
        auto* one = request.add_messages();
        one->set_bytes(static_cast<std::uint32_t>(letter.size()));
        one->set_flags(flags);
        for (auto& keyword : keywords)
            one->add_keywords(std::move(keyword));
        const auto done = ask<wire::MessagesAppended>(who, Method::mailbox_append, request, letter);
        return done ? std::nullopt : std::optional(done.error());
    }
    std::optional<Failure> create(const std::string& who, const std::string& name)
    {
        return tree(who, wire::ChangeTree::CREATE, name);
    }
    std::optional<Failure> tree(const std::string& who, wire::ChangeTree::What what,
                                const std::string& name, const std::string& to = {})
    {
        wire::ChangeTree request;
        request.set_what(what);
        request.set_name(name);
        request.set_to(to);
        const auto done = ask<wire::TreeChanged>(who, Method::mailbox_tree, request);
        return done ? std::nullopt : std::optional(done.error());
    }
    /// Names with rights, of what there is.
    std::map<std::string, wire::MailboxList::Item> list(const std::string& who,
                                                        const std::string& alone = {})
    {
        std::map<std::string, wire::MailboxList::Item> all;
        wire::ListMailboxes request;
        request.set_status(true);
        request.set_name(alone);
        const auto listed = ask<wire::MailboxList>(who, Method::mailbox_list, request);
        EXPECT_TRUE(listed);
        for (const auto& item : listed ? listed->items() : wire::MailboxList().items())
            if (item.exists())
                all[item.name()] = item;
        return all;
    }
    std::expected<wire::FlagsStored, Failure>
    store(const std::string& who, std::uint32_t handle, const std::string& uids,
          std::uint32_t flags, wire::StoreFlags::Change change = wire::StoreFlags::ADD)
    {
        wire::StoreFlags request;
        request.set_handle(handle);
        request.set_uids(uids);
        request.set_flags(flags);
        request.set_change(change);
        return ask<wire::FlagsStored>(who, Method::mailbox_store, request);
    }
    /// "1 \Seen; 2"
    std::vector<mail::MessageEntry> entries(const std::string& who, std::uint32_t handle)
    {
        wire::AskEntries request;
        request.set_handle(handle);
        request.set_uids("1:1000");
        request.set_fields(mail::all_entry_fields);
        EXPECT_TRUE(ask<wire::EntriesPage>(who, Method::mailbox_entries, request));
        std::vector<mail::MessageEntry> all;
        mail::EntryUnpacker unpacker(mail::all_entry_fields, raw_answer);
        while (const auto entry = unpacker.next())
            all.push_back(*entry);
        return all;
    }
    std::expected<wire::MailboxChanges, Failure> changes(const std::string& who,
                                                         std::uint32_t handle, std::uint64_t since)
    {
        wire::AskChanges request;
        request.set_handle(handle);
        request.set_since(since);
        return ask<wire::MailboxChanges>(who, Method::mailbox_changes, request);
    }
    /// What this one's sessions have been told since.
    std::vector<wire::MailboxEvent> told(const std::string& who)
    {
        io.restart();
        while (io.poll() > 0)
            ;
        std::vector<wire::MailboxEvent> his;
        std::vector<wire::MailboxEvent> others;
        for (auto& event : events)
            (event.session() == sessions_of.at(who) ? his : others).push_back(std::move(event));
        events = std::move(others);
        return his;
    }

    boost::asio::io_context io;
    store::MemoryEngine engine{io.get_executor()};
    tests::Rig rig;
    ReaderSessions sessions{rig.office.random};
    Mailboxes mailboxes{rig.office, sessions, rig.dispatch.sorters()};
    std::shared_ptr<wire::Link> gate, far;
    std::map<std::string, std::uint64_t> sessions_of;
    std::vector<wire::MailboxEvent> events;
    std::string raw_answer;
};

} // namespace posthouse::keeper::tests
