// SPDX-License-Identifier: Apache-2.0
#include "gate/milter_filtering.hpp"
#include "gate/milter_translation.hpp"
#include "tests/gate/rig.hpp"
#include "tests/milter/rehearsal.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace posthouse::gate {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using milter::FakeFilter;
using milter::packet;
using milter::texts;
using milter::u32;
using testing::HasSubstr;

constexpr std::string_view text = "Subject: hi\r\nMessage-ID: <1@a.example>\r\n\r\nbody\r\n";

/// A filter at the other end of a socket.
Task<void> serve(std::shared_ptr<FakeFilter> filter, stream_protocol::socket socket)
{
    InputBuffer input;
    std::array<char, 4096> buffer;
    for (;;) {
        auto [error, count] = co_await socket.async_read_some(asio::buffer(buffer),
                                                              asio::as_tuple(asio::use_awaitable));
        if (error)
            co_return;
        input.append({buffer.data(), count});
        std::string answers;
        for (;;) {
            auto asked = milter::take_packet(input, 2 << 20);
            if (!asked || !*asked)
                break;
            answers += filter->answer_to(**asked);
            if (filter->closes_kept && (*asked)->code == 'K')
                co_return;
        }
        co_await asio::async_write(socket, asio::buffer(answers),
                                   asio::as_tuple(asio::use_awaitable));
    }
}

/// What a session has around it, and a supervisor who connects to filters.
struct Surroundings {
    explicit Surroundings(std::vector<config::Milter> milters)
    {
        auto made = std::make_shared<process::Settings>(*settings_with());
        made->config.milters = std::move(milters);
        for (const auto& milter : made->config.milters)
            filter(milter.name);
        settings = std::move(made);
    }
    ~Surroundings()
    {
        pool.forget_idle();
        context.restart();
        context.poll();
    }

    void connect(const wire::Control::Connect& request)
    {
        asio::post(context, [this, request] {
            const auto found = filters.find(request.milter());
            if (found == filters.end())
                return outside.connected(request.id(), {}, "nobody is there");
            std::array<int, 2> ends{};
            ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                                      ends.data()));
            ++found->second->connections;
            asio::co_spawn(
                context,
                serve(found->second, stream_protocol::socket(context, stream_protocol(), ends[1])),
                asio::detached);
            outside.connected(request.id(), UniqueFd(ends[0]), {});
        });
    }

    template <class T>
    T wait(Task<T> task)
    {
        std::optional<T> result;
        asio::co_spawn(context, std::move(task),
                       [&](const std::exception_ptr&, T value) { result = std::move(value); });
        EXPECT_TRUE(Loop(context).run_until([&] { return result.has_value(); }));
        return std::move(*result);
    }
    void wait(Task<void> task)
    {
        bool done = false;
        asio::co_spawn(context, std::move(task), [&](const std::exception_ptr&) { done = true; });
        EXPECT_TRUE(Loop(context).run_until([&] { return done; }));
    }

    FakeFilter& filter(const std::string& name)
    {
        auto& filter = filters[name];
        if (!filter)
            filter = std::make_shared<FakeFilter>();
        return *filter;
    }

    asio::io_context context{1};
    net::Deadlines deadlines{context};
    std::map<std::string, std::shared_ptr<FakeFilter>> filters;
    Outside outside{[this](const wire::Control::Connect& request) { connect(request); }};
    MilterPool pool{deadlines, outside};
    Desk desk{.deadlines = deadlines, .milters = &pool};
    std::shared_ptr<const process::Settings> settings;
};

smtp::server_step::CheckRecipients question()
{
    return {.peer = {.helo = "client.example", .extended = true},
            .sender = *mail::ReversePath::parse("a@a.example"),
            .parameters = {},
            .recipients = {*mail::ForwardPath::parse("b@here.example")},
            .terms = {{}}};
}

wire::Origin origin()
{
    wire::Origin origin;
    origin.set_client_address("2001:db8::7");
    origin.set_helo("client.example");
    origin.set_tls("TLSv1.3 TLS_AES_256_GCM_SHA384");
    origin.set_listener("[::]:25");
    return origin;
}

wire::Accept envelope()
{
    wire::Accept accept;
    accept.set_sender("a@a.example");
    accept.add_recipients("b@here.example");
    accept.set_prefix("Received: by us\r\n");
    accept.set_id_offset(5);
    return accept;
}

struct Sent {
    smtp::Verdict recipient, data, letter;
    wire::Accept accept;
    std::string text;
};

Sent send(Surroundings& town, Filtering& filtering, std::uint32_t number = 1)
{
    Sent sent;
    std::vector<smtp::Verdict> verdicts(1);
    town.wait(filtering.ask_recipients(number, question(), origin(), verdicts));
    sent.recipient = verdicts[0];
    if (!sent.recipient)
        return sent;
    sent.data = town.wait(filtering.ask_data());
    Letter letter(nullptr, envelope());
    letter.keep_whole();
    letter.append(std::string(text));
    EXPECT_TRUE(filtering.reserve(text.size()));
    sent.letter = town.wait(filtering.ask_letter(letter));
    sent.accept = letter.envelope();
    sent.text = letter.text();
    return sent;
}

std::vector<config::Milter> named(std::initializer_list<std::string> names)
{
    std::vector<config::Milter> milters;
    for (const auto& name : names) {
        milters.emplace_back();
        milters.back().name = name;
    }
    return milters;
}

TEST(MilterFiltering, SendsWhatFiltersChangeToTheKeeper)
{
    Surroundings town(named({"one", "two"}));
    town.filter("one").on('E', packet('h', texts({"X-A", "1"})) +
                                   packet('i', u32(0) + texts({"X-Top", "2"})) +
                                   packet('2', texts({"<c@d.example>", "NOTIFY=SUCCESS,FAILURE"})) +
                                   packet('e', texts({"<s@a.example>", "RET=HDRS ENVID=x+2By"})) +
                                   packet('q', texts({"odd"})) + packet('c'));
    town.filter("two");
    Filtering filtering(town.settings, town.desk, "s1");
    const auto sent = send(town, filtering);
    ASSERT_TRUE(sent.recipient && sent.data && sent.letter);
    const auto& accept = sent.accept;
    EXPECT_EQ(accept.prefix(), "X-Top: 2\r\nReceived: by us\r\n");
    EXPECT_EQ(accept.id_offset(), 5U + 10U);
    ASSERT_EQ(accept.edits_size(), 1);
    EXPECT_EQ(accept.edits(0).text(), "X-A: 1\r\n");
    EXPECT_EQ(accept.edits(0).offset(), text.find("\r\n\r\n") + 2);
    EXPECT_EQ(accept.recipients_size(), 2);
    ASSERT_EQ(accept.terms_size(), 2);
    EXPECT_EQ(accept.terms(1).notify(), 6U);
    EXPECT_EQ(accept.sender(), "s@a.example");
    EXPECT_EQ(accept.ret(), "HDRS");
    EXPECT_EQ(accept.envelope_id(), "x+y");
    EXPECT_EQ(accept.quarantine(), "odd");
    ASSERT_EQ(accept.notes_size(), 2);
    EXPECT_THAT(accept.notes(0), HasSubstr("milter one: added X-A, added X-Top"));
    EXPECT_EQ(accept.notes(1), "milter two: accepted");
    EXPECT_EQ(sent.text, text);
    EXPECT_THAT(town.filter("two").heard, testing::Contains("L X-A 1"));
    town.wait(filtering.leave());
}

TEST(MilterFiltering, TellsMacros)
{
    Surroundings town(named({"one"}));
    auto& filter = town.filter("one");
    Filtering filtering(town.settings, town.desk, "s1");
    (void)send(town, filtering, 7);
    EXPECT_EQ(filter.macros['C']["j"], "mx.example.org");
    EXPECT_EQ(filter.macros['C']["_"], "[2001:db8::7] [2001:db8::7]");
    EXPECT_EQ(filter.macros['C']["{daemon_addr}"], "::");
    EXPECT_EQ(filter.macros['C']["{daemon_port}"], "25");
    EXPECT_EQ(filter.macros['H']["{tls_version}"], "TLSv1.3");
    EXPECT_EQ(filter.macros['H']["{cipher}"], "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(filter.macros['H']["{cipher_bits}"], "256");
    EXPECT_EQ(filter.macros['M']["{mail_host}"], "a.example");
    EXPECT_EQ(filter.macros['M']["i"], "s1.7");
    EXPECT_EQ(filter.macros['E']["{msg_id}"], "<1@a.example>");
    EXPECT_EQ(filter.heard[1].substr(0, 17), "C [2001:db8::7]" + std::string("\0"
                                                                             "6",
                                                                             2));
    town.wait(filtering.leave());
}

TEST(MilterFiltering, PutsRefusalsInThePlaceOfOurConsent)
{
    Surroundings town(named({"one"}));
    town.filter("one").on('R', packet('y', texts({"550 5.7.1 no"})));
    Filtering filtering(town.settings, town.desk, "s1");
    std::vector<smtp::Verdict> verdicts(2);
    verdicts[1] = std::unexpected(smtp::Reply(551, "5.1.1 ours"));
    auto asked = question();
    asked.recipients.push_back(asked.recipients.front());
    asked.terms.emplace_back();
    town.wait(filtering.ask_recipients(1, asked, origin(), verdicts));
    EXPECT_EQ(verdicts[0].error(), smtp::Reply(550, "5.7.1 no"));
    EXPECT_EQ(verdicts[1].error(), smtp::Reply(551, "5.1.1 ours"));
    EXPECT_EQ(town.filter("one").counts['R'], 1U);
    town.wait(filtering.leave());
}

TEST(MilterFiltering, AnswersForAFilterThatIsNotThere)
{
    Surroundings town(named({"gone"}));
    town.filters.clear();
    Filtering filtering(town.settings, town.desk, "s1");
    const auto sent = send(town, filtering);
    EXPECT_EQ(sent.recipient.error().code, 451);
    town.wait(filtering.leave());
}

TEST(MilterFiltering, KeepsConnectionsForTheNextClient)
{
    Surroundings town(named({"one"}));
    for (int i = 0; i < 3; ++i) {
        Filtering filtering(town.settings, town.desk, "s1");
        EXPECT_TRUE(send(town, filtering).letter);
        town.wait(filtering.leave());
    }
    EXPECT_EQ(town.filter("one").connections, 1U);
    EXPECT_EQ(town.filter("one").counts['O'], 1U);
    EXPECT_EQ(town.filter("one").counts['C'], 3U);
}

TEST(MilterFiltering, ConnectsAnewWhereAFilterClosedWhatWasKept)
{
    Surroundings town(named({"one"}));
    town.filter("one").closes_kept = true;
    for (int i = 0; i < 2; ++i) {
        Filtering filtering(town.settings, town.desk, "s1");
        EXPECT_TRUE(send(town, filtering).letter);
        town.wait(filtering.leave());
    }
    EXPECT_EQ(town.filter("one").connections, 2U);
}

TEST(MilterFiltering, RewritesALetterWhoseBodyIsReplaced)
{
    Surroundings town(named({"one"}));
    town.filter("one").on('E', packet('b', "new\n") + packet('h', texts({"X", "y"})) + packet('c'));
    Filtering filtering(town.settings, town.desk, "s1");
    const auto sent = send(town, filtering);
    EXPECT_EQ(sent.text, "Subject: hi\r\nMessage-ID: <1@a.example>\r\nX: y\r\n\r\nnew\r\n");
    EXPECT_EQ(sent.accept.edits_size(), 0);
    town.wait(filtering.leave());
}

TEST(MilterFiltering, RewritesALetterWithMoreEditsThanTheKeeperTakes)
{
    Surroundings town(named({"one"}));
    const auto value = std::string(30'000, 'v');
    const auto front = std::string(5'000, 'f');
    town.filter("one").on('E', packet('h', texts({"X", value})) +
                                   packet('i', u32(0) + texts({"Y", front})) + packet('c'));
    Filtering filtering(town.settings, town.desk, "s1");
    const auto sent = send(town, filtering);
    EXPECT_EQ(sent.accept.edits_size(), 0);
    EXPECT_EQ(sent.text, "Y: " + front + "\r\nSubject: hi\r\nMessage-ID: <1@a.example>\r\nX: " +
                             value + "\r\n\r\nbody\r\n");
    EXPECT_EQ(sent.accept.prefix(), envelope().prefix());
    town.wait(filtering.leave());
}

TEST(MilterFiltering, DropsWhatIsDiscardedOrForNobody)
{
    for (const auto& answer :
         {packet('d'), packet('-', texts({"<b@here.example>"})) + packet('c')}) {
        Surroundings town(named({"one"}));
        town.filter("one").on('E', answer);
        Filtering filtering(town.settings, town.desk, "s1");
        const auto sent = send(town, filtering);
        EXPECT_TRUE(sent.letter);
        EXPECT_TRUE(sent.accept.discard());
        town.wait(filtering.leave());
    }
}

TEST(MilterFiltering, AbortsALetterWhenTheNextBegins)
{
    Surroundings town(named({"one"}));
    Filtering filtering(town.settings, town.desk, "s1");
    std::vector<smtp::Verdict> verdicts(1);
    town.wait(filtering.ask_recipients(1, question(), origin(), verdicts));
    town.wait(filtering.ask_recipients(1, question(), origin(), verdicts));
    EXPECT_TRUE(send(town, filtering, 2).letter);
    EXPECT_EQ(town.filter("one").counts['M'], 2U);
    EXPECT_EQ(town.filter("one").counts['R'], 3U);
    EXPECT_EQ(town.filter("one").counts['A'], 1U);
    town.wait(filtering.leave());
}

TEST(MilterFiltering, LimitsTheLettersThatWaitInMemory)
{
    Surroundings town(named({"one"}));
    Filtering one(town.settings, town.desk, "s1");
    {
        Filtering other(town.settings, town.desk, "s2");
        EXPECT_TRUE(other.reserve(MilterPool::Limits::letters_bytes - 10));
        EXPECT_FALSE(one.reserve(11));
        EXPECT_TRUE(one.reserve(10));
    }
    EXPECT_TRUE(one.reserve(11));
}

TEST(MilterFiltering, LimitsTheConnectionsThatAreKept)
{
    Surroundings town(named({"one"}));
    std::vector<std::unique_ptr<Filtering>> sessions;
    for (std::size_t i = 0; i < MilterPool::Limits::idle_per_filter + 2; ++i) {
        sessions.push_back(std::make_unique<Filtering>(town.settings, town.desk, "s"));
        EXPECT_TRUE(send(town, *sessions.back()).letter);
    }
    for (auto& session : sessions)
        town.wait(session->leave());
    const auto before = town.filter("one").connections;
    EXPECT_EQ(before, sessions.size());
    for (auto& session : sessions) {
        session = std::make_unique<Filtering>(town.settings, town.desk, "s");
        EXPECT_TRUE(send(town, *session).letter);
    }
    EXPECT_EQ(town.filter("one").connections, before + 2);
    for (auto& session : sessions)
        town.wait(session->leave());
}

} // namespace
} // namespace posthouse::gate
