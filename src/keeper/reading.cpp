// SPDX-License-Identifier: Apache-2.0
#include "keeper/reading.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/mailboxes.hpp"
#include "keeper/whole_letters.hpp"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::keeper {

using wire::Answer;
using wire::Failure;
using wire::Method;

// ---- sessions -------------------------------------------------------------------------------

Task<wire::Result<Answer>> Reading::answer_gate(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::open_session:
        co_return open_session(std::move(gate), frame);
    case Method::open_maildrop:
        co_return co_await open_maildrop(gate.get(), std::move(frame));
    case Method::maildrop_list:
        co_return co_await maildrop_list(gate.get(), std::move(frame));
    case Method::read_message:
        co_return co_await read_message(gate.get(), std::move(frame));
    case Method::expunge:
        co_return co_await expunge(gate.get(), std::move(frame));
    case Method::close_session:
        co_return close_session(gate.get(), frame);
    default:
        co_return std::unexpected(Failure::refused);
    }
}

wire::Result<Answer> Reading::open_session(std::shared_ptr<wire::Link> gate,
                                           const wire::Frame& frame)
{
    const auto request = wire::parse<wire::OpenSession>(frame.message);
    if (!request)
        return std::unexpected(Failure::invalid);
    auto vouched = logins_.redeem(request->ticket());
    if (!vouched)
        return std::unexpected(Failure::refused);
    ReaderSession session;
    session.account = vouched->account;
    session.address = std::move(vouched->address);
    session.protocol = std::move(vouched->protocol);
    session.client = std::move(vouched->client);
    session.since = wall_clock();
    session.gate = std::move(gate);
    const auto* opened = sessions_.open(std::move(session));
    if (opened == nullptr)
        return std::unexpected(Failure::busy);
    wire::Session answer;
    answer.set_session(opened->handle);
    return wire::answer_with(answer);
}

wire::Result<Answer> Reading::close_session(const wire::Link* gate, const wire::Frame& frame)
{
    if (const auto request = wire::parse<wire::Session>(frame.message))
        if (sessions_.find(gate, request->session()) != nullptr)
            sessions_.close(request->session());
    return wire::answer_with(wire::Done());
}

// ---- maildrops ------------------------------------------------------------------------------

Task<wire::Result<std::shared_ptr<mailbox::Account>>>
Reading::inbox_of(const ReaderSession& session)
{
    auto account = co_await office_.open_accounts.open(session.account);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    if (auto loaded = co_await (*account)->load(mailbox::inbox); !loaded)
        co_return std::unexpected(failure_of(loaded.error()));
    co_return std::move(*account);
}

Task<wire::Result<Answer>> Reading::open_maildrop(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::OpenMaildrop>(frame.message);
    const auto* session = request ? sessions_.find(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    auto account = co_await inbox_of(*session);
    if (!account)
        co_return std::unexpected(account.error());
    wire::Maildrop answer;
    answer.set_uid_validity((*account)->mailbox(mailbox::inbox)->uid_validity());
    std::size_t bytes = 64;
    for (const auto& entry : (*account)->entries(mailbox::inbox)) {
        if ((bytes += 24) > wire::FrameLimits::message_bytes)
            break; // A maildrop is what fits: the oldest ones.
        auto* message = answer.add_messages();
        message->set_uid(entry.uid);
        message->set_bytes(entry.size);
    }
    co_return wire::answer_with(answer);
}

Task<wire::Result<Answer>> Reading::maildrop_list(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::AskMaildrop>(frame.message);
    const auto* session = request ? sessions_.find(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    auto account = co_await inbox_of(*session);
    if (!account)
        co_return std::unexpected(account.error());
    auto uidls = co_await (*account)->uidls(mailbox::inbox);
    if (!uidls)
        co_return std::unexpected(failure_of(uidls.error()));
    wire::MaildropPage answer;
    answer.set_uid_validity((*account)->mailbox(mailbox::inbox)->uid_validity());
    std::string raw;
    mail::EntryPacker packer(static_cast<std::uint8_t>(mail::EntryField::size));
    const auto& box = (*account)->state().boxes.at(mailbox::inbox);
    std::size_t bytes = 0;
    for (const auto& entry : box.range(request->after() + 1, 0xffffffff)) {
        if (raw.size() + bytes >= Limits::page_bytes) {
            answer.set_more(true);
            break;
        }
        packer.append(entry, raw);
        answer.set_last(entry.uid);
        if (const auto uidl = uidls->find(entry.uid); uidl != uidls->end()) {
            bytes += uidl->second.size() + 16;
            (*answer.mutable_uidls())[entry.uid] = uidl->second;
        }
    }
    co_return wire::answer_with(answer, std::move(raw));
}

Task<wire::Result<Answer>> Reading::read_message(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::ReadMessage>(frame.message);
    auto* session = request ? sessions_.find(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    auto message = session->read_owner == session->account &&
                           session->read_mailbox == mailbox::inbox &&
                           session->read_uid == request->uid()
                       ? session->read_message
                       : nullptr;
    if (!message) {
        auto account = co_await inbox_of(*session);
        if (!account)
            co_return std::unexpected(account.error());
        auto found = co_await (*account)->message(mailbox::inbox, mailbox::Uid{request->uid()});
        if (!found)
            co_return std::unexpected(failure_of(found.error()));
        message = std::make_shared<const mailbox::Message>(std::move(*found));
        session = sessions_.find(gate, request->session());
        if (session == nullptr)
            co_return std::unexpected(Failure::refused);
        session->read_owner = session->account;
        session->read_mailbox = mailbox::inbox;
        session->read_uid = request->uid();
        session->read_message = message;
    }
    const auto account = session->account;
    const LetterText text(*message);
    auto bytes = co_await text.read(office_.engine, request->offset(),
                                    std::min(request->length(), Limits::piece));
    if (!bytes) {
        log::error("body.unreadable", {{"reason", store::describe(bytes.error())}});
        co_return std::unexpected(failure_of(bytes.error()));
    }
    wire::Piece answer;
    answer.set_last(request->offset() + bytes->size() >= text.bytes());
    if (request->behind_size() > 0 && answer.last() && !bytes->empty())
        co_await add_behind(account, *request, answer, *bytes);
    co_return wire::answer_with(answer, std::move(*bytes));
}

/// What the client will ask for next, perhaps: whatever is amiss is told when it does.
Task<void> Reading::add_behind(mailbox::AccountId id, const wire::ReadMessage& request,
                               wire::Piece& answer, std::string& raw)
{
    auto account = co_await office_.open_accounts.open(id);
    if (!account)
        co_return;
    const auto box = (*account)->state().boxes.find(mailbox::inbox);
    std::vector<std::uint64_t> emails, expected;
    for (int i = 0; i < std::min(request.behind_size(), Limits::letters_behind); ++i) {
        const auto* entry =
            box == (*account)->state().boxes.end() ? nullptr : box->second.find(request.behind(i));
        if (entry == nullptr)
            break;
        emails.push_back(entry->email);
        expected.push_back(entry->size);
    }
    const auto letters = co_await whole_letters(office_.engine, **account, std::move(emails),
                                                std::min(request.room(), Limits::piece));
    if (!letters)
        co_return;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < letters->sizes.size(); ++i) {
        const auto size = letters->sizes[i].value_or(0);
        if (size == 0 || size != expected[i])
            break;
        bytes += size;
        answer.add_behind(static_cast<std::uint32_t>(size));
    }
    raw.append(letters->bytes, 0, bytes);
}

Task<wire::Result<Answer>> Reading::expunge(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::Expunge>(frame.message);
    const auto* session = request ? sessions_.find(gate, request->session()) : nullptr;
    if (session == nullptr)
        co_return std::unexpected(Failure::refused);
    if (request->uids_size() > Limits::uids_a_request)
        co_return std::unexpected(Failure::invalid);
    mail::UidSet uids;
    for (const auto uid : request->uids())
        if (uid != 0)
            uids.add(uid);
    auto account = co_await inbox_of(*session);
    if (!account)
        co_return std::unexpected(account.error());
    auto gone = co_await (*account)->expunge(mailbox::inbox, std::move(uids));
    if (!gone)
        co_return std::unexpected(failure_of(gone.error()));
    co_return wire::answer_with(wire::Done());
}

} // namespace posthouse::keeper
