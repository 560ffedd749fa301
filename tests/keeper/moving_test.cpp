// SPDX-License-Identifier: Apache-2.0
// Letters brought in and taken out over the control socket.
#include "keeper/mailboxes.hpp"
#include "keeper/moving.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace posthouse::keeper {
namespace {

using wire::Failure;
using wire::Method;

struct Letter {
    std::string text;
    std::uint32_t uid = 0, flags = 0;
    char identity = 'a';
};

struct Desk {
    boost::asio::io_context io;
    store::MemoryEngine engine{io.get_executor()};
    tests::Rig rig{io, engine};
    ReaderSessions sessions{rig.office.random};
    Mailboxes mailboxes{rig.office, sessions, rig.dispatch.sorters()};
    Moving moving{rig.office, mailboxes};
    std::vector<std::shared_ptr<wire::Link>> links;

    Desk()
    {
        rig.answer_sorter = [this](const wire::Link* sorter, wire::Frame frame) {
            return mailboxes.answer_sorter(sorter, std::move(frame));
        };
        EXPECT_TRUE(posthouse::tests::run(io, rig.open({"ann@example.org"})));
    }
    ~Desk()
    {
        for (const auto& link : links)
            link->close();
        io.poll();
    }
    std::shared_ptr<wire::Link> link()
    {
        int ends[2];
        expects(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        links.push_back(wire::Link::open(io.get_executor(), UniqueFd(ends[0]), {}));
        links.push_back(wire::Link::open(io.get_executor(), UniqueFd(ends[1]), {}));
        return links[links.size() - 2];
    }
    template <class Answer, class Request>
    wire::Result<wire::Typed<Answer>> ask(const std::shared_ptr<wire::Link>& to, Method method,
                                          const Request& request, std::string raw = {})
    {
        wire::Frame frame;
        frame.head.method = method;
        frame.message = request.SerializeAsString();
        frame.raw = std::move(raw);
        auto answer = posthouse::tests::run(io, moving.answer(to, std::move(frame)));
        if (!answer)
            return std::unexpected(answer.error());
        wire::Typed<Answer> typed;
        EXPECT_TRUE(typed.message.ParseFromString(answer->message));
        typed.raw = std::move(answer->raw);
        return typed;
    }
    std::string begin(const std::shared_ptr<wire::Link>& to,
                      const std::string& account = "ann@example.org")
    {
        wire::ImportBegin request;
        request.set_account(account);
        request.set_import(std::string(16, 'i'));
        const auto begun = ask<wire::ImportBegun>(to, Method::import_begin, request);
        return begun ? begun->message.trouble() : std::string(wire::describe(begun.error()));
    }
    wire::Result<wire::Typed<wire::ImportedLetters>> enter(const std::shared_ptr<wire::Link>& to,
                                                           const std::string& name)
    {
        wire::ImportLetters request;
        request.mutable_mailbox()->set_name(name);
        request.mutable_mailbox()->set_uid_validity(77);
        request.mutable_mailbox()->set_uid_next(20);
        request.mutable_mailbox()->set_subscribe(true);
        return ask<wire::ImportedLetters>(to, Method::import_letters, request);
    }
    wire::Result<wire::Typed<wire::ImportedLetters>> bring(const std::shared_ptr<wire::Link>& to,
                                                           const std::vector<Letter>& letters,
                                                           bool finish = true)
    {
        wire::ImportLetters request;
        std::string raw;
        for (const auto& letter : letters) {
            auto* piece = request.add_pieces();
            piece->mutable_letter()->set_identity(std::string(16, letter.identity));
            piece->mutable_letter()->set_uid(letter.uid);
            piece->mutable_letter()->set_flags(letter.flags);
            piece->mutable_letter()->add_keywords("$Work");
            piece->set_bytes(static_cast<std::uint32_t>(letter.text.size()));
            piece->set_last(true);
            raw += letter.text;
        }
        request.set_commit(true);
        request.set_finish(finish);
        return ask<wire::ImportedLetters>(to, Method::import_letters, request, std::move(raw));
    }
};

const std::string text = "Subject: hello\r\n\r\nbody\r\n";

TEST(Moving, BringsLettersInAndTakesThemOutAsTheyWere)
{
    Desk desk;
    const auto link = desk.link();
    ASSERT_EQ(desk.begin(link), "");
    auto entered = desk.enter(link, "Work/2024");
    ASSERT_TRUE(entered);
    EXPECT_TRUE(entered->message.keeps_uids());
    const std::string large = "Subject: large\r\n\r\n" + std::string(3 << 20, 'x') + "\r\n";
    auto brought = desk.bring(link, {{text, 3, 1, 'a'}, {text, 9, 0, 'b'}}, false);
    ASSERT_TRUE(brought);
    EXPECT_EQ(brought->message.trouble(), "");
    EXPECT_EQ(brought->message.uids_size(), 2);
    EXPECT_EQ(brought->message.without_summary(), 0U);
    // A large one in pieces.
    for (std::size_t at = 0; at < large.size(); at += 1 << 20) {
        wire::ImportLetters request;
        auto* piece = request.add_pieces();
        if (at == 0) {
            piece->mutable_letter()->set_identity(std::string(16, 'c'));
            piece->mutable_letter()->set_uid(12);
        }
        const auto part = large.substr(at, 1 << 20);
        piece->set_bytes(static_cast<std::uint32_t>(part.size()));
        piece->set_last(at + part.size() == large.size());
        ASSERT_TRUE(desk.ask<wire::ImportedLetters>(link, Method::import_letters, request, part));
    }
    brought = desk.bring(link, {});
    ASSERT_TRUE(brought);
    ASSERT_EQ(brought->message.uids_size(), 1);
    EXPECT_EQ(brought->message.uids(0), 12U);
    ASSERT_TRUE(desk.ask<wire::ImportEnded>(link, Method::import_end, wire::ImportEnd()));

    const auto out = desk.link();
    wire::ExportRead request;
    request.set_account("ann@example.org");
    auto listed = desk.ask<wire::Exported>(out, Method::export_read, request);
    ASSERT_TRUE(listed);
    EXPECT_TRUE(std::ranges::any_of(listed->message.mailboxes(), [](const auto& mailbox) {
        return mailbox.name() == "Work/2024" && mailbox.subscribed() && mailbox.messages() == 3;
    }));
    request.Clear();
    request.set_mailbox("Work/2024");
    auto opened = desk.ask<wire::Exported>(out, Method::export_read, request);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->message.uid_validity(), 77U);
    EXPECT_EQ(opened->message.uid_next(), 20U);
    EXPECT_EQ(opened->message.keywords(0), "$Work");
    std::map<std::uint32_t, std::string> texts;
    request.Clear();
    request.mutable_letters()->set_after(0);
    for (bool more = true; more;) {
        auto page = desk.ask<wire::Exported>(out, Method::export_read, request);
        ASSERT_TRUE(page);
        std::size_t at = 0;
        for (const auto& letter : page->message.letters()) {
            auto& to = texts[letter.uid()];
            to = page->raw.substr(at, letter.bytes());
            at += letter.bytes();
            request.mutable_letters()->set_after(letter.uid());
            wire::ExportRead rest;
            while (to.size() < letter.size()) {
                rest.mutable_letters()->set_uid(letter.uid());
                rest.mutable_letters()->set_offset(to.size());
                auto piece = desk.ask<wire::Exported>(out, Method::export_read, rest);
                ASSERT_TRUE(piece && !piece->raw.empty());
                to += piece->raw;
            }
        }
        more = page->message.more();
    }
    EXPECT_EQ(texts, (std::map<std::uint32_t, std::string>{{3, text}, {9, text}, {12, large}}));
}

TEST(Moving, TellsALaterRunWhatCame)
{
    Desk desk;
    auto link = desk.link();
    ASSERT_EQ(desk.begin(link), "");
    ASSERT_TRUE(desk.enter(link, "INBOX"));
    ASSERT_TRUE(desk.bring(link, {{text, 3, 1, 'a'}}, false));
    desk.moving.gone(link.get()); // In the middle.
    desk.io.poll();
    link = desk.link();
    ASSERT_EQ(desk.begin(link), "");
    auto entered = desk.enter(link, "INBOX");
    ASSERT_TRUE(entered);
    EXPECT_TRUE(entered->message.keeps_uids());
    wire::ImportLetters request;
    request.mutable_known();
    auto known = desk.ask<wire::ImportedLetters>(link, Method::import_letters, request);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->raw, std::string(16, 'a'));
}

TEST(Moving, DropsWhatWasNotWholeWhenTheCommandGoes)
{
    Desk desk;
    const auto link = desk.link();
    ASSERT_EQ(desk.begin(link), "");
    ASSERT_TRUE(desk.enter(link, "INBOX"));
    wire::ImportLetters request;
    auto* piece = request.add_pieces();
    piece->mutable_letter()->set_identity(std::string(16, 'a'));
    piece->set_bytes(1 << 20);
    ASSERT_TRUE(desk.ask<wire::ImportedLetters>(link, Method::import_letters, request,
                                                std::string(1 << 20, 'x')));
    request.mutable_pieces(0)->clear_letter();
    ASSERT_TRUE(desk.ask<wire::ImportedLetters>(link, Method::import_letters, request,
                                                std::string(1 << 20, 'x')));
    desk.moving.gone(link.get());
    desk.io.poll();
    EXPECT_EQ(posthouse::tests::run(desk.io, desk.rig.inbox("ann@example.org")).size(), 0U);
    EXPECT_TRUE(desk.engine.disk()->blobs.empty());
}

TEST(Moving, OutlivesACommandThatGoesWhileItsRequestIsAnswered)
{
    for (int steps = 0; steps < 30; ++steps) {
        Desk desk;
        const auto link = desk.link();
        ASSERT_EQ(desk.begin(link), "");
        ASSERT_TRUE(desk.enter(link, "INBOX"));
        wire::ImportLetters request;
        for (int i = 0; i < 3; ++i) { // Too large for memory
            auto* piece = request.add_pieces();
            if (i == 0)
                piece->mutable_letter()->set_identity(std::string(16, 'a'));
            piece->set_bytes(700'000);
            piece->set_last(i == 2);
        }
        request.set_commit(true);
        wire::Frame frame;
        frame.head.method = Method::import_letters;
        frame.message = request.SerializeAsString();
        frame.raw = std::string(2'100'000, 'x');
        bool ended = false;
        boost::asio::co_spawn(
            desk.io,
            [&]() -> Task<void> {
                (void)co_await desk.moving.answer(link, std::move(frame));
                ended = true;
            },
            boost::asio::detached);
        desk.io.restart();
        for (int i = 0; i < steps && !ended; ++i)
            desk.io.poll_one();
        desk.moving.gone(link.get());
        for (int i = 0; i < 100'000 && !ended; ++i)
            desk.io.run_one_for(std::chrono::milliseconds(1));
        desk.io.poll();
        EXPECT_TRUE(ended);
        EXPECT_EQ(desk.begin(desk.link()), "");
    }
}

TEST(Moving, ServesOneImportOfAnAccountAtATime)
{
    Desk desk;
    const auto first = desk.link(), second = desk.link();
    EXPECT_EQ(desk.begin(first), "");
    EXPECT_NE(desk.begin(second), "");
    desk.moving.gone(first.get());
    EXPECT_EQ(desk.begin(second), "");
    EXPECT_NE(desk.begin(desk.link(), "nobody@example.org"), "");
    EXPECT_NE(desk.begin(desk.link(), "nonsense"), "");
}

TEST(Moving, RefusesWhatIsBeyondItsBounds)
{
    Desk desk;
    const auto link = desk.link();
    EXPECT_EQ(desk.bring(link, {}).error(), Failure::refused); // Nothing was begun.
    ASSERT_EQ(desk.begin(link), "");
    EXPECT_EQ(desk.bring(link, {}).error(), Failure::refused); // No mailbox either.
    ASSERT_TRUE(desk.enter(link, "INBOX"));
    EXPECT_EQ(desk.bring(link, std::vector<Letter>(501, {text})).error(), Failure::limit);
    // Pieces of no letter, and more than there is.
    wire::ImportLetters request;
    request.add_pieces()->set_bytes(1);
    EXPECT_FALSE(desk.ask<wire::ImportedLetters>(link, Method::import_letters, request, "x"));
    request.mutable_pieces(0)->mutable_letter()->set_identity("short");
    request.mutable_pieces(0)->set_bytes(99);
    EXPECT_EQ(desk.ask<wire::ImportedLetters>(link, Method::import_letters, request, "x").error(),
              Failure::invalid);
    EXPECT_NE(desk.enter(desk.link(), "INBOX").error(), Failure{});
}

TEST(Moving, TakesNoMailboxWithABadName)
{
    Desk desk;
    const auto link = desk.link();
    ASSERT_EQ(desk.begin(link), "");
    auto entered = desk.enter(link, "a//b");
    ASSERT_TRUE(entered);
    EXPECT_NE(entered->message.trouble(), "");
}

} // namespace
} // namespace posthouse::keeper
