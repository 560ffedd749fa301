// SPDX-License-Identifier: Apache-2.0
// The agent and its runner at work, each in its own process, confined as in the house; the test is
// their supervisor and their keeper.
#include "agent/agent.hpp"
#include "agent/runner.hpp"

#include "agent/login.hpp"
#include "agent/outcome.hpp"
#include "tests/agent/rig.hpp"
#include "tests/wire/link_pair.hpp"

#include <boost/asio/co_spawn.hpp>

#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <optional>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

using namespace testing;
namespace fs = std::filesystem;

class Role {
public:
    using Run = process::Exit (*)(process::StartUp);

    Role(Run run, const std::string& name, const config::Config& config,
         std::vector<process::LinkEnd> links)
        : channels_(process::ControlChannel::make_pair())
    {
        process::Settings settings{
            .config = config, .dns_servers = {}};
        process::StartUp start{.name = name,
                               .settings = std::make_shared<process::Settings>(std::move(settings)),
                               .listeners = {},
                               .links = std::move(links),
                               .identity = {},
                               .control = std::move(channels_.second)};
        pid_ = ::fork();
        if (pid_ == 0)
            ::_exit(static_cast<int>(run(std::move(start))));
    }
    Role(const Role&) = delete;
    ~Role() { end(SIGKILL); }

    bool becomes_ready() const
    {
        const auto said = channels_.first.receive();
        return said && said->message.has_ready();
    }
    void end(int signal)
    {
        if (pid_ <= 0)
            return;
        ::kill(pid_, signal);
        ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
    pid_t pid() const { return pid_; }

private:
    std::pair<process::ControlChannel, process::ControlChannel> channels_;
    pid_t pid_ = -1;
};

/// One that ended and that nobody asked about has ended.
bool is_running(pid_t pid)
{
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    return !stat.empty() && !stat.contains(") Z ");
}

std::string name_of_user(uid_t user)
{
    const auto* found = ::getpwuid(user);
    return found != nullptr ? found->pw_name : "";
}

class AgentRole : public ::testing::Test {
protected:
    AgentRole()
    {
        expects(::chmod(directory.path().c_str(), 0755) == 0);
        auto& terms = config.local_delivery;
        terms.mbox_directory = directory / "mail";
        fs::create_directory(terms.mbox_directory);
        terms.forward = false; // The home is the tester's own.
        terms.default_user = ::geteuid() == 0 ? "nobody" : me;
        terms.programs_allowed = {directory / "program", directory / "sm.bin/"};
        terms.program_timeout = std::chrono::seconds(20);
    }

    void start()
    {
        int ends[2];
        expects(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        std::vector<process::LinkEnd> of_agent, of_runner;
        of_agent.push_back({"runner", 0, UniqueFd(ends[0])});
        of_runner.push_back({"agent", 0, UniqueFd(ends[1])});
        runner.emplace(run_runner, "runner", config, std::move(of_runner));
        auto [keepers, agents] = tests::socket_pair(); // Not for the runner to have.
        of_agent.push_back({"keeper", 0, std::move(agents)});
        agent.emplace(run_agent, "agent", config, std::move(of_agent));
        ASSERT_TRUE(runner->becomes_ready());
        ASSERT_TRUE(agent->becomes_ready());
        wire::Link::Options options;
        options.handler = [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
            return read_letter(std::move(frame));
        };
        link = wire::Link::open(io.get_executor(), std::move(keepers), std::move(options));
    }
    Task<wire::Result<wire::Answer>> read_letter(wire::Frame frame)
    {
        wire::ReadLetter question;
        expects(frame.head.method == wire::Method::read_letter &&
                question.ParseFromString(frame.message));
        co_return wire::answer_with(wire::Piece(),
                                    large_letter.substr(question.offset(), question.length()));
    }
    void program(std::string_view script, const std::string& name = "program") const
    {
        fs::create_directories(fs::path(directory / name).parent_path());
        write_file(directory / name, "#!/bin/sh\n" + std::string(script), 0755);
    }

    template <class Response>
    wire::Result<Response> ask(wire::Method method, const google::protobuf::MessageLite& question,
                               std::string raw = {})
    {
        std::optional<wire::Result<Response>> result;
        boost::asio::co_spawn(io, link->call<Response>(method, question, std::move(raw)),
                              [&](std::exception_ptr, auto answer) {
                                  if (answer)
                                      result.emplace(std::move(answer->message));
                                  else
                                      result.emplace(std::unexpected(answer.error()));
                              });
        while (!result) {
            io.restart();
            io.run_one();
        }
        return std::move(*result);
    }
    wire::Deliver request(std::string target = "mailbox", std::string user = "") const
    {
        wire::Deliver asked;
        asked.set_letter(7);
        asked.set_delivery(0x1234);
        asked.set_sender("bob@example.net");
        asked.set_recipient("sales@example.org");
        asked.set_final_address(me + "@example.org");
        asked.set_user(std::move(user));
        asked.set_target(std::move(target));
        asked.set_received_at(1'795'317'605'000'000);
        return asked;
    }
    Outcome deliver(wire::Deliver asked, const std::string& letter = "Subject: x\r\n\r\nhello\r\n")
    {
        asked.set_bytes(letter.size());
        const auto answer = ask<wire::Delivered>(wire::Method::deliver, asked, letter);
        return answer ? answer->outcome() : failed("", std::string(describe(answer.error())));
    }
    std::string mailbox() const { return read_file(directory / ("mail/" + me)); }

    const std::string me = name_of_user(::geteuid());
    TemporaryDirectory directory;
    config::Config config{.hostname = mail::Domain::parse("mx.test").value()};
    std::string large_letter;
    boost::asio::io_context io;
    std::optional<Role> runner, agent;
    std::shared_ptr<wire::Link> link;
};

TEST_F(AgentRole, SaysWhoIsAUserHere)
{
    start();
    wire::FindUsers asked;
    for (const auto& name : {me, std::string("no-such-user-here"), std::string("../" + me),
                             std::string(""), std::string("nobody")})
        asked.add_names(name);
    const auto found = ask<wire::FoundUsers>(wire::Method::find_users, asked);
    ASSERT_TRUE(found);
    const std::vector<int> answers(found->answers().begin(), found->answers().end());
    EXPECT_EQ(answers, (std::vector<int>{1, 0, 0, 0, 1}));
}

TEST_F(AgentRole, LooksUpAsManyAsALetterMayHave)
{
    start();
    wire::FindUsers asked;
    for (int i = 0; i < 2500; ++i)
        asked.add_names(i == 2400 ? me : fmt::format("no-such-user-{}", i));
    const auto found = ask<wire::FoundUsers>(wire::Method::find_users, asked);
    ASSERT_TRUE(found) << wire::describe(found.error());
    ASSERT_EQ(found->answers_size(), 2500);
    for (int i = 0; i < 2500; ++i)
        EXPECT_EQ(found->answers(i), i == 2400 ? wire::FoundUsers::FOUND : wire::FoundUsers::NONE);
}

TEST_F(AgentRole, PutsALetterIntoAMailbox)
{
    start();
    const auto outcome = deliver(request("mailbox", me));
    EXPECT_EQ(outcome.result(), wire::Attempted::DELIVERED) << outcome.text();
    EXPECT_EQ(mailbox(), "From bob@example.net Sun Nov 22 03:20:05 2026\n"
                         "Return-Path: <bob@example.net>\n"
                         "X-Original-To: sales@example.org\n"
                         "Delivered-To: " +
                             me + "@example.org\nSubject: x\n\nhello\n\n");
    EXPECT_EQ(deliver(request("mailbox", me)).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(std::string_view(mailbox()).substr(5).find("\nFrom "), std::string::npos); // Once.
}

TEST_F(AgentRole, FetchesALargeLetter)
{
    start();
    large_letter = "Subject: x\r\n\r\n";
    while (large_letter.size() < 3 << 20)
        large_letter += "a line of a letter that is too large for one request\r\n";
    auto asked = request("mailbox", me);
    asked.set_bytes(large_letter.size());
    const auto answer = ask<wire::Delivered>(wire::Method::deliver, asked);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome().result(), wire::Attempted::DELIVERED) << answer->outcome().text();
    auto text = large_letter;
    std::erase(text, '\r');
    EXPECT_TRUE(mailbox().ends_with(text + "\n"));
}

TEST_F(AgentRole, EndsALetterThatGoesInACircle)
{
    start();
    const auto outcome = deliver(request("mailbox", me),
                                 "Delivered-To: " + me + "@EXAMPLE.org\r\nSubject: x\r\n\r\n");
    EXPECT_EQ(outcome.result(), wire::Attempted::FAILED);
    EXPECT_EQ(outcome.status(), "5.4.6");
    EXPECT_EQ(mailbox(), "");
}

TEST_F(AgentRole, KnowsNobodyWhoIsNotThere)
{
    start();
    EXPECT_EQ(deliver(request("mailbox", "no-such-user-here")).status(), "5.1.1");
}

TEST_F(AgentRole, RefusesRequestsThatMakeNoSense)
{
    start();
    for (const auto& [target, user] :
         {std::pair{std::string("elsewhere"), me}, {"mailbox", "../x"}, {"mailbox", "-x"}})
        EXPECT_EQ(deliver(request(target, user)).text(), describe(wire::Failure::invalid));
    auto asked = request("mailbox", me);
    asked.set_sender("no address");
    EXPECT_EQ(deliver(asked).text(), describe(wire::Failure::invalid));
}

TEST_F(AgentRole, AppendsToAFileAsItsUser)
{
    const auto place = directory / "files";
    fs::create_directory(place);
    ASSERT_EQ(::chmod(place.c_str(), 0777), 0);
    start();
    auto outcome = deliver(request("file:" + place + "/list"));
    EXPECT_EQ(outcome.result(), wire::Attempted::DELIVERED) << outcome.text();
    struct stat found{};
    ASSERT_EQ(::stat((place + "/list").c_str(), &found), 0);
    EXPECT_EQ(name_of_user(found.st_uid), config.local_delivery.default_user);
    EXPECT_TRUE(read_file(place + "/list").ends_with("\n\nhello\n\n"));
    // A link on the way, or at its end, is not followed.
    ASSERT_EQ(::symlink(place.c_str(), (directory / "way").c_str()), 0);
    EXPECT_EQ(deliver(request("file:" + (directory / "way/list"))).result(),
              wire::Attempted::DEFERRED);
    EXPECT_EQ(deliver(request("file:/dev/null")).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(deliver(request("file:/dev/zero")).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(deliver(request("file:relative")).result(), wire::Attempted::DEFERRED);
}

TEST_F(AgentRole, WritesNoFileThatItsUserMayNot)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root becomes another";
    fs::create_directory(directory / "roots");
    start();
    EXPECT_EQ(deliver(request("file:" + (directory / "roots/list"))).result(),
              wire::Attempted::DEFERRED);
    EXPECT_TRUE(fs::is_empty(directory / "roots"));
}

TEST_F(AgentRole, RunsAnAllowedProgramAsItsUserWithoutAShell)
{
    program("echo \"$(id -un) $# $1 $SENDER $RECIPIENT $HOME\"; cat; exit 67");
    start();
    const auto outcome = deliver(request("program:" + (directory / "program 'a b *'")));
    EXPECT_EQ(outcome.result(), wire::Attempted::FAILED);
    EXPECT_EQ(outcome.status(), "5.1.1") << outcome.text();
    const auto user = config.local_delivery.default_user;
    const auto login = look_up_login(user);
    EXPECT_TRUE(outcome.output().starts_with(
        fmt::format("{} 1 a b * bob@example.net {}@example.org {}\n", user, me, login->home)))
        << outcome.output();
    EXPECT_TRUE(outcome.output().ends_with("\nSubject: x\n\nhello\n"));
    EXPECT_TRUE(outcome.output().contains("\nFrom bob@example.net "));
}

TEST_F(AgentRole, RunsNoProgramThatIsNotAllowed)
{
    program("exit 0", "other");
    program("exit 0", "sm.bin/vacation");
    start();
    const auto refused = deliver(request("program:" + (directory / "other")));
    EXPECT_EQ(refused.result(), wire::Attempted::FAILED);
    EXPECT_EQ(refused.status(), "5.7.1");
    EXPECT_EQ(deliver(request("program:/bin/sh -c id")).status(), "5.7.1");
    EXPECT_EQ(deliver(request("program:/usr/bin/vacation x")).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(deliver(request("program:" + (directory / "program"))).status(),
              "4.3.0"); // Not there.
}

TEST_F(AgentRole, RunsNothingAsRoot)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root could";
    program("id -u; exit 67");
    start();
    EXPECT_EQ(deliver(request("program:" + (directory / "program"), "root")).output(), "65534\n");
}

TEST_F(AgentRole, DefersWhatAProgramWouldHaveDone)
{
    program("case $1 in temp) exit 75;; signal) kill -9 $$;; other) exit 1;; esac; exit 0");
    start();
    const auto run = [&](const std::string& how) {
        return deliver(request("program:" + (directory / "program ") + how));
    };
    EXPECT_EQ(run("temp").result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(run("signal").result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(run("other").result(), wire::Attempted::FAILED);
    EXPECT_EQ(run("other || exit 75").result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(run("fine").result(), wire::Attempted::DELIVERED);
}

TEST_F(AgentRole, EndsAProgramThatTakesTooLongWithAllItStarted)
{
    config.local_delivery.program_timeout = std::chrono::milliseconds(300);
    program("sleep 1000 & echo $!; sleep 1000");
    start();
    const auto outcome = deliver(request("program:" + (directory / "program")));
    EXPECT_EQ(outcome.result(), wire::Attempted::DEFERRED);
    const auto started = std::stoi(outcome.output());
    for (int i = 0; i < 1000 && is_running(started); ++i)
        ::usleep(1000);
    EXPECT_FALSE(is_running(started));
}

TEST_F(AgentRole, EndsAProgramThatTalksTooMuch)
{
    config.local_delivery.program_output = 1000;
    program("while :; do echo too much; done");
    start();
    const auto outcome = deliver(request("program:" + (directory / "program")));
    EXPECT_EQ(outcome.result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(outcome.text().contains("too much")) << outcome.text();
}

TEST_F(AgentRole, DoesNotWaitForWhatAProgramLeavesRunning)
{
    program("sleep 1000 & echo $! ; exit 67");
    start();
    const auto outcome = deliver(request("program:" + (directory / "program")));
    EXPECT_EQ(outcome.status(), "5.1.1");
    ::kill(std::stoi(outcome.output()), SIGKILL);
}

TEST_F(AgentRole, DeliversByAProgramInPlaceOfMailboxes)
{
    config.local_delivery.format = config::LocalDelivery::Format::program;
    config.local_delivery.program = directory / "own -d %u -f %s -a %d";
    program("echo \"$@\"; exit 67", "own");
    start();
    auto asked = request("mailbox", ::geteuid() == 0 ? "nobody" : me);
    asked.set_detail("lists");
    EXPECT_EQ(deliver(asked).output(),
              fmt::format("-d {} -f bob@example.net -a lists\n", asked.user()));
    asked.set_sender("-rf@example.net");
    EXPECT_EQ(deliver(asked).status(), "5.1.3");
}

TEST_F(AgentRole, OutlivesItsRunnerAndDefersMeanwhile)
{
    start();
    runner->end(SIGKILL);
    EXPECT_EQ(deliver(request("mailbox", me)).result(), wire::Attempted::DEFERRED);
    wire::FindUsers asked;
    asked.add_names(me);
    const auto found = ask<wire::FoundUsers>(wire::Method::find_users, asked);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->answers(0), wire::FoundUsers::UNAVAILABLE);
}

TEST_F(AgentRole, LosesAndDoublesNothingWhenItIsKilled)
{
    large_letter = "Subject: x\r\n\r\n" + std::string(1 << 20, 'x') + "\r\n";
    for (int i = 0; i < 8; ++i) {
        start();
        auto asked = request("mailbox", me);
        asked.set_bytes(large_letter.size());
        bool done = false;
        boost::asio::co_spawn(io, link->call<wire::Delivered>(wire::Method::deliver, asked),
                              [&](std::exception_ptr, auto) { done = true; });
        const auto deadline = Instant::clock::now() + std::chrono::milliseconds(10 * i);
        while (!done && Instant::clock::now() < deadline) {
            io.restart();
            io.run_one_until(deadline);
        }
        agent->end(SIGKILL); // And its children with it.
        while (!done) {
            io.restart();
            io.run_one();
        }
        // What was under way has ended when nobody has the lock of the file any more.
        ::usleep(20'000);
        ::unlink((directory / ("mail/" + me + ".lock")).c_str());
        runner.reset();
        agent.reset();
    }
    start();
    auto asked = request("mailbox", me);
    asked.set_bytes(large_letter.size());
    const auto answer = ask<wire::Delivered>(wire::Method::deliver, asked);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome().result(), wire::Attempted::DELIVERED) << answer->outcome().text();
    std::size_t letters = 0;
    const auto text = mailbox();
    for (auto at = text.find("Subject: x"); at != std::string::npos;
         at = text.find("Subject: x", at + 1))
        ++letters;
    EXPECT_EQ(letters, 1u);
    EXPECT_TRUE(text.ends_with("xxx\n\n"));
}

} // namespace
} // namespace posthouse::agent
