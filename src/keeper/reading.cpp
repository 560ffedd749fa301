// SPDX-License-Identifier: Apache-2.0
#include "keeper/reading.hpp"

#include "base/log.hpp"
#include "keeper/letter_text.hpp"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::keeper {

using wire::Answer;
using wire::Failure;
using wire::Method;

// ---- gates ----------------------------------------------------------------------------------

Task<wire::Result<Answer>> Reading::answer_gate(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::open_session:
        co_return open_session(gate.get(), frame);
    case Method::open_maildrop:
        co_return co_await open_maildrop(gate.get(), std::move(frame));
    case Method::read_message:
        co_return co_await read_message(gate.get(), std::move(frame));
    case Method::expunge:
        co_return co_await expunge(gate.get(), std::move(frame));
    case Method::close_session:
        if (const auto request = wire::parse<wire::Session>(frame.message))
            if (session_of(gate.get(), request->session()) != nullptr)
                sessions_.erase(request->session());
        co_return wire::answer_with(wire::Done());
    default:
        co_return std::unexpected(Failure::refused);
    }
}

void Reading::gone(const wire::Link* gate)
{
    std::erase_if(sessions_, [&](const auto& entry) { return entry.second.gate == gate; });
}

void Reading::close_sessions(mailbox::AccountId account)
{
    std::erase_if(sessions_, [&](const auto& entry) { return entry.second.account == account; });
}

Reading::Session* Reading::session_of(const wire::Link* gate, std::uint64_t handle)
{
    const auto found = sessions_.find(handle);
    return found == sessions_.end() || found->second.gate != gate ? nullptr : &found->second;
}

wire::Result<Answer> Reading::open_session(const wire::Link* gate, const wire::Frame& frame)
{
    const auto request = wire::parse<wire::OpenSession>(frame.message);
    if (!request)
        return std::unexpected(Failure::invalid);
    const auto vouched = logins_.redeem(request->ticket());
    if (!vouched)
        return std::unexpected(Failure::refused);
    const auto account = vouched->account;
    if (sessions_.size() >= Limits::sessions)
        return std::unexpected(Failure::busy);
    auto handle = office_.random.next();
    while (handle == 0 || sessions_.contains(handle))
        handle = office_.random.next();
    sessions_[handle] = {account, gate, 0, nullptr};
    wire::Session answer;
    answer.set_session(handle);
    return wire::answer_with(answer);
}

Task<wire::Result<Answer>> Reading::open_maildrop(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::OpenMaildrop>(frame.message);
    const auto* session = request ? session_of(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    auto account = co_await office_.open_accounts.open(session->account);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    auto shot = co_await (*account)->snapshot();
    if (!shot)
        co_return std::unexpected(failure_of(shot.error()));
    wire::Maildrop answer;
    answer.set_uid_validity(static_cast<std::uint32_t>(shot->validity));
    std::size_t bytes = 0;
    for (const auto& entry : shot->messages) {
        auto* message = answer.add_messages();
        message->set_uid(static_cast<std::uint32_t>(entry.uid));
        message->set_bytes(entry.bytes);
        bytes += message->ByteSizeLong() + 8; // With its tag and length.
        if (bytes > wire::FrameLimits::message_bytes - 64) {
            answer.mutable_messages()->RemoveLast(); // A maildrop is what fits: the oldest ones.
            break;
        }
    }
    co_return wire::answer_with(answer);
}

Task<wire::Result<Answer>> Reading::read_message(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::ReadMessage>(frame.message);
    auto* session = request ? session_of(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    auto message = session->uid == request->uid() ? session->message : nullptr;
    if (!message) {
        auto account = co_await office_.open_accounts.open(session->account);
        if (!account)
            co_return std::unexpected(failure_of(account.error()));
        auto found = co_await (*account)->message(mailbox::Uid{request->uid()});
        if (!found)
            co_return std::unexpected(failure_of(found.error()));
        message = std::make_shared<const mailbox::Message>(std::move(*found));
        session = session_of(gate, request->session());
        if (session == nullptr)
            co_return std::unexpected(Failure::refused);
        session->uid = request->uid();
        session->message = message;
    }
    const LetterText text(*message);
    auto bytes = co_await text.read(office_.engine, request->offset(),
                                    std::min(request->length(), Limits::piece));
    if (!bytes) {
        log::error("body.unreadable", {{"reason", store::describe(bytes.error())}});
        co_return std::unexpected(failure_of(bytes.error()));
    }
    wire::Piece answer;
    answer.set_last(request->offset() + bytes->size() >= text.bytes());
    co_return wire::answer_with(answer, std::move(*bytes));
}

Task<wire::Result<Answer>> Reading::expunge(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::Expunge>(frame.message);
    const auto* session = request ? session_of(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    if (request->uids_size() > Limits::uids_a_request)
        co_return std::unexpected(Failure::invalid);
    auto account = co_await office_.open_accounts.open(session->account);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    constexpr int a_commit = 1000;
    for (int at = 0; at < request->uids_size(); at += a_commit) {
        std::vector<mailbox::Uid> uids;
        for (int i = at; i < std::min(at + a_commit, request->uids_size()); ++i)
            uids.push_back(mailbox::Uid{request->uids(i)});
        auto done = co_await (*account)->expunge(std::move(uids));
        if (!done)
            co_return std::unexpected(failure_of(done.error()));
    }
    co_return wire::answer_with(wire::Done());
}

} // namespace posthouse::keeper
