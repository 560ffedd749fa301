// SPDX-License-Identifier: Apache-2.0
// A gate that was broken into asks everything with handles that are not its own.
#include "keeper/mailboxes.hpp"
#include "keeper/reading.hpp"
#include "keeper/submission.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/login.pb.h"
#include "wire/mailboxes.pb.h"

#include <gtest/gtest.h>

namespace posthouse::keeper {
namespace {

using wire::Failure;
using wire::Method;

struct Desks {
    boost::asio::io_context io;
    store::MemoryEngine engine{io.get_executor()};
    tests::Rig rig{io, engine};
    Logins logins{rig.office};
    ReaderSessions sessions{rig.office.random};
    Reading reading{rig.office, logins, sessions};
    Mailboxes mailboxes{rig.office, sessions, rig.dispatch.sorters()};
    std::vector<std::shared_ptr<wire::Link>> links;

    std::shared_ptr<wire::Link> gate()
    {
        int ends[2];
        expects(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        links.push_back(wire::Link::open(io.get_executor(), UniqueFd(ends[0]), {}));
        links.push_back(wire::Link::open(io.get_executor(), UniqueFd(ends[1]), {}));
        return links[links.size() - 2];
    }
    ~Desks()
    {
        for (const auto& link : links)
            link->close();
        io.poll();
    }

    std::uint64_t log_in(const std::shared_ptr<wire::Link>& gate, std::uint64_t account)
    {
        ReaderSession session;
        session.account = mailbox::AccountId{account};
        session.gate = gate;
        return sessions.open(std::move(session))->handle;
    }
    template <class Request>
    wire::Result<wire::Answer> ask(const std::shared_ptr<wire::Link>& gate, Method method,
                                   const Request& request, std::string raw = {})
    {
        wire::Frame frame;
        frame.head.method = method;
        frame.message = request.SerializeAsString();
        frame.raw = std::move(raw);
        return posthouse::tests::run(io, is_of_mailboxes(method)
                                             ? mailboxes.answer(gate, std::move(frame))
                                             : reading.answer_gate(gate, std::move(frame)));
    }
    std::uint32_t open(const std::shared_ptr<wire::Link>& gate, std::uint64_t session)
    {
        wire::OpenMailbox request;
        request.set_session(session);
        request.set_name("INBOX");
        const auto answer = ask(gate, Method::mailbox_open, request);
        EXPECT_TRUE(answer);
        wire::OpenedMailbox opened;
        EXPECT_TRUE(answer && opened.ParseFromString(answer->message));
        return opened.handle();
    }
};

/// Every request with this session and, where it has one, this mailbox.
std::vector<std::pair<Method, Failure>> ask_everything(Desks& desks,
                                                       const std::shared_ptr<wire::Link>& gate,
                                                       std::uint64_t session, std::uint32_t handle,
                                                       bool opened_ones_only)
{
    std::vector<std::pair<Method, Failure>> passed; // refused: not passed
    const auto ask = [&](Method method, auto request) {
        request.set_session(session);
        if constexpr (requires { request.set_handle(handle); })
            request.set_handle(handle);
        else if (opened_ones_only)
            return;
        if constexpr (requires { request.set_uids(std::string()); })
            request.set_uids("1:*");
        const auto answer = desks.ask(gate, method, request);
        if (answer || answer.error() != Failure::refused)
            passed.emplace_back(method, answer ? Failure{} : answer.error());
    };
    ask(Method::mailbox_list, wire::ListMailboxes());
    ask(Method::mailbox_tree, wire::ChangeTree());
    ask(Method::mailbox_open, wire::OpenMailbox());
    ask(Method::mailbox_changes, wire::AskChanges());
    ask(Method::mailbox_entries, wire::AskEntries());
    ask(Method::mailbox_store, wire::StoreFlags());
    ask(Method::mailbox_expunge, wire::ExpungeMessages());
    ask(Method::mailbox_copy, wire::CopyMessages());
    ask(Method::mailbox_summaries, wire::AskSummaries());
    ask(Method::mailbox_read, wire::ReadPart());
    ask(Method::mailbox_search, wire::SearchMessages());
    ask(Method::mailbox_append, [] {
        wire::AppendMessages request;
        request.add_messages()->set_upload(1);
        return request;
    }());
    ask(Method::open_upload, wire::OpenUpload());
    ask(Method::quota, wire::MailboxQuota());
    ask(Method::metadata, wire::MailboxMetadata());
    ask(Method::access_rights, wire::MailboxAccess());
    ask(Method::watch, wire::WatchMailboxes());
    ask(Method::open_maildrop, wire::OpenMaildrop());
    ask(Method::maildrop_list, wire::AskMaildrop());
    ask(Method::read_message, wire::ReadMessage());
    ask(Method::expunge, wire::Expunge());
    return passed;
}

TEST(Handles, OfAnotherGateAreRefusedWhateverIsAsked)
{
    Desks desks;
    const auto mine = desks.gate();
    const auto theirs = desks.gate();
    const auto session = desks.log_in(theirs, 7);
    const auto handle = desks.open(theirs, session);
    EXPECT_TRUE(ask_everything(desks, mine, session, handle, false).empty());
    // The same questions do get answers from whose handle it is.
    EXPECT_GT(ask_everything(desks, theirs, session, handle, false).size(), 15U);
}

TEST(Handles, ThatNobodyHasAreRefused)
{
    Desks desks;
    const auto gate = desks.gate();
    const auto session = desks.log_in(gate, 7);
    for (const auto wrong : {std::uint64_t{0}, session + 1, ~std::uint64_t{0}})
        EXPECT_TRUE(ask_everything(desks, gate, wrong, 1, false).empty());
    EXPECT_TRUE(ask_everything(desks, gate, session, 1, true).empty()) << "nothing is open yet";
}

TEST(Handles, OfMailboxesCountInTheirOwnSessionOnly)
{
    Desks desks;
    const auto gate = desks.gate();
    const auto one = desks.log_in(gate, 7);
    const auto other = desks.log_in(gate, 8);
    const auto handle = desks.open(gate, one);
    EXPECT_TRUE(ask_everything(desks, gate, other, handle, true).empty());
    desks.sessions.close(one);
    EXPECT_TRUE(ask_everything(desks, gate, one, handle, false).empty());
}

TEST(Handles, OfUploadsCountInTheirOwnSessionOnly)
{
    Desks desks;
    const auto mine = desks.gate();
    const auto theirs = desks.gate();
    const auto owner = desks.log_in(theirs, 7);
    const auto stranger = desks.log_in(theirs, 8);
    wire::OpenUpload open;
    open.set_session(owner);
    const auto answer = desks.ask(theirs, Method::open_upload, open);
    ASSERT_TRUE(answer);
    wire::Upload upload;
    ASSERT_TRUE(upload.ParseFromString(answer->message));
    EXPECT_EQ(desks.ask(mine, Method::append_upload, upload, "bytes").error(), Failure::refused);
    EXPECT_TRUE(desks.ask(theirs, Method::append_upload, upload, "bytes"));
    wire::AppendMessages append;
    append.set_session(stranger);
    append.set_to("INBOX");
    append.add_messages()->set_upload(upload.upload());
    EXPECT_EQ(desks.ask(theirs, Method::mailbox_append, append).error(), Failure::refused);
    append.set_session(owner);
    EXPECT_TRUE(desks.ask(theirs, Method::mailbox_append, append));
}

/// "INBOX" with letters of these sizes, which come along in `raw`.
wire::Result<wire::Answer> append_along(Desks& desks, const std::vector<std::uint32_t>& sizes,
                                        std::string raw)
{
    const auto gate = desks.gate();
    wire::AppendMessages append;
    append.set_session(desks.log_in(gate, 7));
    append.set_to("INBOX");
    for (const auto size : sizes)
        append.add_messages()->set_bytes(size);
    return desks.ask(gate, Method::mailbox_append, append, std::move(raw));
}

TEST(Append, TakesSmallLettersThatComeAlongEachWithItsOwnBytes)
{
    Desks desks;
    const auto answer = append_along(desks, {9, 7}, "one: 111\ntwo: 2");
    ASSERT_FALSE(answer) << "a byte more is asked for than came";
    const auto both = append_along(desks, {9, 7}, "one: 111\ntwo: 2\n");
    ASSERT_TRUE(both);
    wire::MessagesAppended appended;
    ASSERT_TRUE(appended.ParseFromString(both->message));
    EXPECT_EQ(appended.uids(), "1:2");
}

TEST(Append, TakesNoMoreBytesThanCameAlong)
{
    Desks desks;
    EXPECT_FALSE(append_along(desks, {0}, "bytes"));
    EXPECT_FALSE(append_along(desks, {6}, "bytes"));
    EXPECT_FALSE(append_along(desks, {5, 1}, "bytes"));
    EXPECT_FALSE(append_along(desks, {2, 0xffffffff}, "bytes"));
    EXPECT_TRUE(append_along(desks, {5}, "bytes"));
}

} // namespace
} // namespace posthouse::keeper
