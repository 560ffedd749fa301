// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/search_wire.hpp"
#include "keeper/mailboxes.hpp"
#include "mail/fold.hpp"
#include "mailbox/account.hpp"
#include "sorter/index.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/mailboxes.pb.h"
#include "wire/parse.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace posthouse::keeper::tests {

/// One account with an INBOX, and somebody who searches it. A real sorter reads the letters.
struct SearchRig {
    explicit SearchRig(std::shared_ptr<store::MemoryDisk> disk,
                       const std::string& more_configuration = {})
        : engine(io.get_executor(), std::move(disk)),
          rig(io, engine, delivered, more_configuration)
    {
        rig.answer_sorter = [this](const wire::Link* link, wire::Frame frame) {
            const auto request = wire::parse<wire::NextCandidates>(frame.message);
            const bool asks_letters = frame.head.method == wire::Method::next_candidates &&
                                      request && request->uid() != 0 && request->offset() == 0;
            return asks_letters ? count_letters(link, std::move(frame))
                                : mailboxes.answer_sorter(link, std::move(frame));
        };
        int ends[2];
        expects(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        gate = wire::Link::open(io.get_executor(), UniqueFd(ends[0]), {});
        far_gate = wire::Link::open(io.get_executor(), UniqueFd(ends[1]), {});
        ReaderSession one;
        one.account = id;
        one.gate = gate;
        session = sessions.open(std::move(one))->handle;
        wire::OpenMailbox request;
        request.set_session(session);
        request.set_name("INBOX");
        wire::OpenedMailbox box;
        expects(box.ParseFromString(ask(wire::Method::mailbox_open, request)->message));
        handle = box.handle();
    }
    ~SearchRig()
    {
        gate->close();
        far_gate->close();
        io.poll();
    }

    /// Of several that come at once each is one.
    Task<wire::Result<wire::Answer>> count_letters(const wire::Link* link, wire::Frame frame)
    {
        const bool several = wire::parse<wire::NextCandidates>(frame.message)->letters() != 0;
        auto answer = co_await mailboxes.answer_sorter(link, std::move(frame));
        wire::Candidates letters;
        if (answer)
            expects(letters.ParseFromString(answer->message));
        opened += several ? letters.letters_size() : 1;
        co_return answer;
    }

    template <class Request>
    wire::Result<wire::Answer> ask(wire::Method method, const Request& request,
                                   std::string raw = {})
    {
        wire::Frame frame;
        frame.head.method = method;
        frame.message = request.SerializeAsString();
        frame.raw = std::move(raw);
        return posthouse::tests::run(io, mailboxes.answer(gate, std::move(frame)));
    }

    std::shared_ptr<mailbox::Account> account()
    {
        return *posthouse::tests::run(io, rig.office.open_accounts.open(id));
    }

    void append(std::string letter)
    {
        mailbox::Account::NewMessage message;
        auto indexed = sorter::index_letter(letter);
        message.summary = std::move(indexed.summary);
        message.size = letter.size();
        message.message.set_body(engine.blobs().new_id().bytes());
        message.message.set_body_bytes(letter.size());
        message.data = std::move(letter);
        std::vector<mailbox::Account::NewMessage> messages;
        messages.push_back(std::move(message));
        expects(posthouse::tests::run(
                    io, account()->append(mailbox::inbox, std::move(messages), wall_clock()))
                    .has_value());
    }
    void expunge(std::uint32_t uid)
    {
        mail::UidSet uids;
        uids.add(uid);
        expects(posthouse::tests::run(io, account()->expunge(mailbox::inbox, std::move(uids)))
                    .has_value());
    }

    /// UIDs, as text.
    std::string search(const imap::SearchKey& key)
    {
        wire::SearchMessages request;
        request.set_session(session);
        request.set_handle(handle);
        imap::for_each_key(key, [&](const imap::SearchKey& leaf) {
            if (const auto* header = std::get_if<imap::search::Header>(&leaf.is))
                request.add_folded(mail::fold(header->text));
            else if (const auto* text = std::get_if<imap::search::Text>(&leaf.is))
                request.add_folded(mail::fold(text->text));
        });
        const auto answer =
            ask(wire::Method::mailbox_search, request, imap::pack_program({"", key}));
        if (!answer)
            return "failed: " + std::string(wire::describe(answer.error()));
        wire::MessagesFound found;
        expects(found.ParseFromString(answer->message));
        incomplete = found.incomplete();
        return found.uids();
    }
    std::string search_text(const std::string& text)
    {
        return search({imap::search::Text{imap::search::Where::text, text}});
    }

    /// Until the index is as far as it goes for now.
    void wait_for_index()
    {
        posthouse::tests::run(io, [](SearchRig& self) -> Task<bool> {
            while (!self.mailboxes.texts().idle())
                co_await boost::asio::post(self.io, boost::asio::use_awaitable);
            co_return true;
        }(*this));
    }
    TextIndexing::Status status()
    {
        return *posthouse::tests::run(io, mailboxes.texts().status(account()));
    }
    bool has_index()
    {
        return posthouse::tests::run(io, engine.partitions().version(textindex::partition_of(
                                             static_cast<std::uint64_t>(id)))) !=
               store::Version::none;
    }

    static constexpr mailbox::AccountId id{7};
    boost::asio::io_context io;
    store::MemoryEngine engine;
    Rig rig;
    ReaderSessions sessions{rig.office.random};
    Mailboxes mailboxes{rig.office, sessions, rig.dispatch.sorters()};
    std::shared_ptr<wire::Link> gate, far_gate;
    std::uint64_t session = 0;
    std::uint32_t handle = 0;
    int opened = 0;          ///< letters that searches have looked at
    bool incomplete = false; ///< the last one
};

} // namespace posthouse::keeper::tests
