// SPDX-License-Identifier: Apache-2.0
#include "dns/rdata.hpp"
#include "dns/targets.hpp"
#include "dns/unbound/unbound_lookup.hpp"
#include "tests/dns/unbound/nameserver.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sys/socket.h>

namespace asio = boost::asio;

namespace posthouse::dns {
namespace {

using namespace std::chrono_literals;

constexpr auto signed_anchor = "signed.test. IN DS 4814 13 2 "
                               "8fc56de283ebf1fafcde1a4e8c32743c18e5f8d926a24c9c2445338617727ced";

/// A server that takes questions and never answers.
class SilentServer {
public:
    explicit SilentServer(asio::io_context& io) : socket_(io, {asio::ip::address_v4::loopback(), 0})
    {
    }
    std::string address() const
    {
        return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
    }

private:
    asio::ip::udp::socket socket_;
};

std::unique_ptr<UnboundLookup> make(asio::io_context& io, const UnboundOptions& options)
{
    auto made = UnboundLookup::create(io.get_executor(), options);
    EXPECT_TRUE(made) << made.error();
    return made ? std::move(*made) : nullptr;
}

template <class T>
std::optional<T> run(asio::io_context& io, Task<T> task)
{
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&result](std::exception_ptr error, T value) {
        EXPECT_FALSE(error);
        result.emplace(std::move(value));
    });
    io.restart();
    io.run();
    return result;
}

/// One that serves example.test.
class UnboundLookupTest : public testing::Test {
protected:
    void SetUp() override
    {
        if (!Nameserver::installed())
            GTEST_SKIP() << "nsd is not installed";
    }
    bool serve(const std::map<std::string, std::string>& zones, UnboundOptions options = {})
    {
        server = Nameserver::start(zones);
        if (!server)
            return false;
        options.servers = {server->address()};
        lookup = make(io, options);
        return lookup != nullptr;
    }
    bool serve_example() { return serve({{"example.test", "example.test"}}); }
    Answer ask(const std::string& name, RecordType type)
    {
        return run(io, lookup->lookup(name, type)).value();
    }

    asio::io_context io{1};
    std::unique_ptr<Nameserver> server;
    std::unique_ptr<UnboundLookup> lookup;
};

IpAddress ip(std::string_view text)
{
    return IpAddress::parse(text).value();
}

TEST_F(UnboundLookupTest, FindsRecordsOfEachType)
{
    ASSERT_TRUE(serve_example());
    auto mx = records_of<MailExchange>(ask("Example.TEST", RecordType::mx));
    std::ranges::sort(mx);
    EXPECT_EQ(
        mx, (std::vector<MailExchange>{{10, {"mx.example.test"}}, {20, {"backup.example.test"}}}));
    const auto a = ask("mx.example.test", RecordType::a);
    EXPECT_EQ(a.status, Status::ok);
    EXPECT_EQ(a.records, std::vector<Record>{ip("192.0.2.1")});
    EXPECT_EQ(a.canonical_name, "mx.example.test");
    EXPECT_GT(a.ttl, 0s);
    EXPECT_LE(a.ttl, 60s);
    EXPECT_FALSE(a.secure);
    EXPECT_EQ(ask("mx.example.test.", RecordType::aaaa).records,
              std::vector<Record>{ip("2001:db8::1")});
    EXPECT_EQ(ask("example.test", RecordType::txt).records,
              std::vector<Record>{Text{"v=spf1 -all"}});
    EXPECT_EQ(ask("_dmarc.example.test", RecordType::txt).records,
              std::vector<Record>{Text{"v=DMARC1"}});
    EXPECT_EQ(ask("alias.example.test", RecordType::cname).records,
              std::vector<Record>{Name{"mx.example.test"}});
    EXPECT_EQ(ask("null.example.test", RecordType::mx).records,
              (std::vector<Record>{MailExchange{0, {"."}}}));
}

TEST_F(UnboundLookupTest, TellsNoNameFromNoRecord)
{
    ASSERT_TRUE(serve_example());
    EXPECT_EQ(ask("nothing.example.test", RecordType::mx).status, Status::nx_domain);
    EXPECT_EQ(ask("mx.example.test", RecordType::mx).status, Status::no_data);
    EXPECT_EQ(ask("not a name.example.test", RecordType::mx).status, Status::nx_domain);
    EXPECT_EQ(ask("", RecordType::mx).status, Status::nx_domain);
}

TEST_F(UnboundLookupTest, FollowsAliasesAndEndsWhereTheyLoop)
{
    ASSERT_TRUE(serve_example());
    const auto found = ask("alias.example.test", RecordType::a);
    EXPECT_EQ(found.status, Status::ok);
    EXPECT_EQ(found.canonical_name, "mx.example.test");
    const auto dangling = ask("dangling.example.test", RecordType::a);
    EXPECT_EQ(dangling.status, Status::nx_domain);
    EXPECT_EQ(ask("loop.example.test", RecordType::a).status, Status::servfail);
}

TEST_F(UnboundLookupTest, DropsNamesThatNameNoHost)
{
    ASSERT_TRUE(serve_example());
    const auto odd = ask("odd.example.test", RecordType::mx);
    EXPECT_EQ(odd.status, Status::ok);
    EXPECT_TRUE(odd.records.empty());
    EXPECT_EQ(odd.dropped, 1u);
}

TEST_F(UnboundLookupTest, ReadsAnswersTooLargeForUdp)
{
    ASSERT_TRUE(serve_example());
    EXPECT_EQ(ask("big.example.test", RecordType::txt).records.size(), 40u);
}

TEST_F(UnboundLookupTest, TakesAZoneThatIsNotServedForAFailure)
{
    ASSERT_TRUE(serve_example());
    EXPECT_EQ(ask("example.org", RecordType::mx).status, Status::servfail);
}

TEST_F(UnboundLookupTest, KnowsLocalhostWithoutAskingAndInvalidNever)
{
    ASSERT_TRUE(serve_example());
    server->stop();
    EXPECT_EQ(ask("localhost", RecordType::a).records, std::vector<Record>{ip("127.0.0.1")});
    EXPECT_EQ(ask("mail.invalid", RecordType::a).status, Status::nx_domain);
}

TEST_F(UnboundLookupTest, AnswersFromItsCacheWhenTheServerIsAway)
{
    ASSERT_TRUE(serve_example());
    const auto first = ask("mx.example.test", RecordType::a);
    server->stop();
    EXPECT_EQ(ask("mx.example.test", RecordType::a).records, first.records);
}

TEST_F(UnboundLookupTest, AsksTheNextServerWhenOneIsAway)
{
    server = Nameserver::start({{"example.test", "example.test"}});
    ASSERT_TRUE(server);
    auto gone = Nameserver::start({{"example.test", "example.test"}});
    ASSERT_TRUE(gone);
    gone->stop();
    UnboundOptions options;
    options.servers = {gone->address(), server->address()};
    lookup = make(io, options);
    ASSERT_TRUE(lookup);
    EXPECT_EQ(ask("mx.example.test", RecordType::a).status, Status::ok);
}

TEST_F(UnboundLookupTest, AnswersManyQuestionsAtOnce)
{
    ASSERT_TRUE(serve_example());
    int found = 0, absent = 0;
    for (int i = 0; i < 200; ++i) {
        const auto count = [&](std::exception_ptr error, const Answer& answer) {
            EXPECT_FALSE(error);
            found += answer.status == Status::ok;
            absent += answer.status == Status::nx_domain;
        };
        asio::co_spawn(io, lookup->lookup("mx.example.test", RecordType::a), count);
        asio::co_spawn(io, lookup->lookup("n" + std::to_string(i) + ".example.test", RecordType::a),
                       count);
    }
    io.run();
    EXPECT_EQ(found, 200);
    EXPECT_EQ(absent, 200);
}

TEST_F(UnboundLookupTest, FindsTheHostsOfADomain)
{
    ASSERT_TRUE(serve_example());
    SeededRandom random(1);
    const Self self;
    const auto domain = mail::Domain::parse("www.example.test").value();
    const auto found = run(io, find_targets(*lookup, domain, self, random)).value();
    ASSERT_TRUE(found) << found.error().text;
    ASSERT_EQ(found->hosts.size(), 1u); // The other has no address.
    EXPECT_EQ(found->hosts[0].name, "mx.example.test");
    EXPECT_EQ(found->hosts[0].addresses, (std::vector{ip("2001:db8::1"), ip("192.0.2.1")}));
    EXPECT_EQ(found->site, "backup.example.test,mx.example.test");
    EXPECT_EQ(found->steps.front(), "www.example.test is an alias of example.test");
}

TEST_F(UnboundLookupTest, TellsSignedAnswersFromForgedOnes)
{
    UnboundOptions options;
    options.trust_anchors = {signed_anchor};
    for (const auto dnssec : {Dnssec::when_offered, Dnssec::required}) {
        options.dnssec = dnssec;
        ASSERT_TRUE(
            serve({{"signed.test", "signed.test"}, {"example.test", "example.test"}}, options));
        const auto mx = ask("signed.test", RecordType::mx);
        EXPECT_EQ(mx.status, Status::ok);
        EXPECT_TRUE(mx.secure);
        EXPECT_TRUE(ask("mx.signed.test", RecordType::a).secure);
        const auto absent = ask("nothing.signed.test", RecordType::a);
        EXPECT_EQ(absent.status, Status::nx_domain);
        EXPECT_TRUE(absent.secure);
        const auto forged = ask("forged.signed.test", RecordType::a);
        EXPECT_EQ(forged.status, Status::bogus);
        EXPECT_TRUE(forged.records.empty());
        EXPECT_FALSE(forged.secure);
        const auto plain = ask("mx.example.test", RecordType::a);
        EXPECT_EQ(plain.status, Status::ok); // Below test., where nothing need be signed.
        EXPECT_FALSE(plain.secure);
    }
}

TEST_F(UnboundLookupTest, ValidatesNothingWhereDnssecIsOff)
{
    UnboundOptions options;
    options.trust_anchors = {signed_anchor};
    options.dnssec = Dnssec::off;
    ASSERT_TRUE(serve({{"signed.test", "signed.test"}}, options));
    const auto forged = ask("forged.signed.test", RecordType::a);
    EXPECT_EQ(forged.status, Status::ok);
    EXPECT_FALSE(forged.secure);
}

TEST_F(UnboundLookupTest, TakesAServerThatStripsSignaturesForInsecure)
{
    ASSERT_TRUE(serve({{".", "root"}}));
    const auto mx = ask("plain.example", RecordType::mx);
    EXPECT_EQ(mx.status, Status::ok);
    EXPECT_FALSE(mx.secure);
}

TEST_F(UnboundLookupTest, WaitsForSignaturesWhereTheyAreRequired)
{
    UnboundOptions options;
    options.dnssec = Dnssec::required;
    ASSERT_TRUE(serve({{".", "root"}}, options));
    EXPECT_TRUE(is_temporary(ask("plain.example", RecordType::mx).status));
}

TEST_F(UnboundLookupTest, TakesServersThatRefuseTheRootsKeyAsThoseThatStripSignatures)
{
    ASSERT_TRUE(serve({{"plain.example", "plain.example"}}));
    EXPECT_EQ(ask("plain.example", RecordType::mx).status, Status::ok);
    UnboundOptions options;
    options.dnssec = Dnssec::required;
    ASSERT_TRUE(serve({{"plain.example", "plain.example"}}, options));
    EXPECT_TRUE(is_temporary(ask("plain.example", RecordType::mx).status));
    options.unsigned_domains = {"plain.example"};
    ASSERT_TRUE(serve({{"plain.example", "plain.example"}}, options));
    EXPECT_EQ(ask("plain.example", RecordType::mx).status, Status::ok);
}

TEST(UnboundLookup, GivesUpOnAServerThatNeverAnswers)
{
    asio::io_context io(1);
    const SilentServer silent(io);
    const auto lookup = make(io, {.servers = {silent.address()},
                                  .timeout = 50ms,
                                  .trust_anchors = {},
                                  .unsigned_domains = {}});
    ASSERT_TRUE(lookup);
    EXPECT_EQ(run(io, lookup->lookup("a.test", RecordType::a))->status, Status::timeout);
}

TEST(UnboundLookup, EndsWhatIsUnderWayWhenItIsDestroyed)
{
    asio::io_context io(1);
    const SilentServer silent(io);
    auto lookup =
        make(io, {.servers = {silent.address()}, .trust_anchors = {}, .unsigned_domains = {}});
    ASSERT_TRUE(lookup);
    int ended = 0;
    for (int i = 0; i < 10; ++i)
        asio::co_spawn(io, lookup->lookup("a.test", RecordType::a),
                       [&](std::exception_ptr, const Answer& answer) {
                           EXPECT_EQ(answer.status, Status::servfail);
                           ++ended;
                       });
    asio::post(io, [&] { lookup.reset(); });
    io.run();
    EXPECT_EQ(ended, 10);
}

TEST(UnboundLookup, LetsALookupBeCancelled)
{
    asio::io_context io(1);
    const SilentServer silent(io);
    const auto lookup =
        make(io, {.servers = {silent.address()}, .trust_anchors = {}, .unsigned_domains = {}});
    ASSERT_TRUE(lookup);
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(io, lookup->lookup("a.test", RecordType::a),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr, const Answer&) { ended = true; }));
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    io.run(); // Long before the twenty seconds of its timeout.
    EXPECT_TRUE(ended);
}

TEST(UnboundLookup, MayBeDestroyedBeforeTheCoroutinesThatUseIt)
{
    asio::io_context io(1);
    const SilentServer silent(io);
    auto lookup =
        make(io, {.servers = {silent.address()}, .trust_anchors = {}, .unsigned_domains = {}});
    ASSERT_TRUE(lookup);
    asio::co_spawn(io, lookup->lookup("a.test", RecordType::a), asio::detached);
    io.poll();
    lookup.reset(); // The coroutine is destroyed by the io_context, unfinished.
}

TEST(UnboundLookup, HasNoMoreUnderWayThanItsLimit)
{
    asio::io_context io(1);
    const SilentServer silent(io);
    auto lookup =
        make(io, {.servers = {silent.address()}, .trust_anchors = {}, .unsigned_domains = {}});
    ASSERT_TRUE(lookup);
    std::size_t refused = 0;
    for (std::size_t i = 0; i < UnboundLookup::Limits::under_way + 3; ++i)
        asio::co_spawn(io, lookup->lookup("n" + std::to_string(i) + ".test", RecordType::a),
                       [&](std::exception_ptr, const Answer& answer) {
                           refused += answer.status == Status::servfail;
                       });
    io.poll();
    EXPECT_EQ(refused, 3u);
}

TEST(UnboundLookup, RunsAllItsThreadsBeforeTheFirstQuestion)
{
    asio::io_context io(1);
    const SilentServer silent(io);
    const auto count = [] {
        const std::filesystem::directory_iterator open("/proc/self/task"), end;
        return std::distance(open, end);
    };
    const auto lookup = make(io, {.servers = {silent.address()},
                                  .timeout = 20ms,
                                  .trust_anchors = {},
                                  .unsigned_domains = {}});
    ASSERT_TRUE(lookup);
    const auto threads = count();
    run(io, lookup->lookup("a.test", RecordType::a));
    EXPECT_EQ(count(), threads); // The one thread ran before the first question.
}

TEST(UnboundLookup, RefusesServersThatAreNone)
{
    asio::io_context io(1);
    const auto error = [&](std::vector<std::string> servers) {
        const auto made = UnboundLookup::create(
            io.get_executor(),
            {.servers = std::move(servers), .trust_anchors = {}, .unsigned_domains = {}});
        return made ? "" : made.error();
    };
    EXPECT_EQ(error({}), "DNS: no server is given");
    EXPECT_EQ(error({"dns.example.org"}), "DNS: 'dns.example.org' is no server; write 192.0.2.53, "
                                          "192.0.2.53:5353 or [2001:db8::53]:5353");
    EXPECT_EQ(error(std::vector<std::string>(17, "192.0.2.53")),
              "DNS: more than 16 servers are given");
    EXPECT_EQ(error({"127.0.0.1", "[::1]:5353", "::1"}), "");
}

TEST(UnboundLookup, RefusesATrustAnchorThatIsNone)
{
    asio::io_context io(1);
    const auto made = UnboundLookup::create(
        io.get_executor(),
        {.servers = {"127.0.0.1"}, .trust_anchors = {"nonsense"}, .unsigned_domains = {}});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().starts_with("DNS resolver, settings and trust anchors: "))
        << made.error();
}

} // namespace
} // namespace posthouse::dns
