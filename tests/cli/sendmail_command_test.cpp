// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"
#include "tests/cli/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

namespace posthouse::cli::tests {
namespace {

using process::Exit;
using testing::HasSubstr;
using testing::StartsWith;

int number(Exit code)
{
    return static_cast<int>(code);
}

/// A stage with a drop, a socket's place and somebody who calls.
class SendmailCommand : public testing::Test {
protected:
    SendmailCommand()
    {
        stage.write("posthouse.toml", stage.good() + "[submission]\nsocket = \"" + socket_path() +
                                          "\"\ndrop = \"" + drop_path() + "\"\n");
        std::filesystem::create_directory(drop_path());
    }

    std::string socket_path() const { return stage.directory + "/submit"; }
    std::string drop_path() const { return stage.directory + "/drop"; }

    int call(std::string_view program, std::vector<std::string> arguments,
             const std::string& letter = "To: ben@example.net\n\nhello\n")
    {
        arguments.insert(arguments.begin(), "-C" + stage.directory + "/posthouse.toml");
        stage.in.clear();
        stage.in.str(letter);
        stage.out.str({});
        stage.err.str({});
        Console console{stage.in, stage.out, stage.err, Look::plain, {}};
        World world;
        world.caller = [] { return Caller{"ann", "Ann Other,,,", "somewhere.example"}; };
        world.open_desk = [this](const config::Config&) -> OpenDesk {
            return std::make_unique<Answering>(stage);
        };
        return number(run_as(program, std::move(arguments), console, world));
    }

    /// What is in the drop: names and texts.
    std::vector<std::pair<std::string, std::string>> dropped() const
    {
        std::vector<std::pair<std::string, std::string>> files;
        for (const auto& entry : std::filesystem::directory_iterator(drop_path())) {
            std::ifstream file(entry.path());
            files.emplace_back(entry.path().filename().string(),
                               std::string(std::istreambuf_iterator<char>(file), {}));
        }
        return files;
    }

    struct Answering final : Desk {
        explicit Answering(Stage& of) : stage(of) {}
        wire::AdminAnswer ask(const wire::Admin& request) override
        {
            stage.asked.push_back(request);
            if (stage.answers.empty())
                return {};
            auto answer = std::move(stage.answers.front());
            stage.answers.pop_front();
            return answer;
        }
        Stage& stage;
    };

    Stage stage;
};

/// Takes one connection and answers each command by its first word; keeps what it was told.
class Server {
public:
    Server(const std::string& path, std::string rcpt, std::string end)
        : rcpt_(std::move(rcpt)),
          end_(std::move(end))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                  0);
        EXPECT_EQ(::listen(listener_.get(), 1), 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() { join(); }
    std::string told()
    {
        join();
        return told_;
    }

private:
    void join()
    {
        if (thread_.joinable())
            thread_.join();
    }
    void serve()
    {
        const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
        say(peer, "220 mx\r\n");
        std::string pending;
        bool data = false;
        char buffer[4096];
        for (;;) {
            const auto got = ::recv(peer.get(), buffer, sizeof buffer, 0);
            if (got <= 0)
                return;
            pending.append(buffer, static_cast<std::size_t>(got));
            for (auto end = pending.find("\r\n"); end != std::string::npos;
                 end = pending.find("\r\n")) {
                const auto line = pending.substr(0, end);
                pending.erase(0, end + 2);
                told_ += line + '\n';
                if (data) {
                    data = line != ".";
                    if (!data)
                        say(peer, end_);
                } else if (line.starts_with("EHLO")) {
                    say(peer, "250-mx\r\n250 8BITMIME\r\n");
                } else if (line.starts_with("RCPT")) {
                    say(peer, line.contains("bad") ? rcpt_ : "250 ok\r\n");
                } else if (line == "DATA") {
                    data = true;
                    say(peer, "354 go\r\n");
                } else {
                    say(peer, "250 ok\r\n");
                }
            }
        }
    }
    static void say(const UniqueFd& peer, const std::string& text)
    {
        ::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }

    std::string rcpt_, end_, told_;
    UniqueFd listener_;
    std::thread thread_;
};

TEST_F(SendmailCommand, HandsALetterToTheServer)
{
    Server server(socket_path(), "", "250 2.0.0 taken\r\n");
    EXPECT_EQ(call("/usr/sbin/sendmail", {"-t", "-i", "root"}), 0) << stage.err.str();
    EXPECT_EQ(stage.out.str() + stage.err.str(), "");
    const auto told = server.told();
    EXPECT_THAT(told, HasSubstr("MAIL FROM:<ann@mx.example.org>\n"));
    EXPECT_THAT(told, HasSubstr("RCPT TO:<root@mx.example.org>\nRCPT TO:<ben@example.net>\n"));
    EXPECT_THAT(told, HasSubstr("From: Ann Other <ann@mx.example.org>\n"));
    EXPECT_THAT(told, HasSubstr("\n\nhello\n.\n"));
    EXPECT_TRUE(dropped().empty());
}

TEST_F(SendmailCommand, NamesWhoWasRefusedAndSendsToTheOthers)
{
    Server server(socket_path(), "550 5.1.1 unknown\r\n", "250 2.0.0 taken\r\n");
    EXPECT_EQ(call("sendmail", {"good@example.org", "bad@example.org", "a@@"}), 67);
    EXPECT_THAT(stage.err.str(), HasSubstr("bad@example.org: 550 5.1.1 unknown\n"));
    EXPECT_THAT(stage.err.str(), HasSubstr("5.1.3"));
    EXPECT_THAT(server.told(), HasSubstr("hello"));
}

TEST_F(SendmailCommand, SaysWhatTheServerSaysToTheLetter)
{
    for (const auto& [reply, code] :
         std::vector<std::pair<std::string, int>>{{"451 4.3.0 later\r\n", 75},
                                                  {"552 5.3.4 too big\r\n", 69},
                                                  {"550 5.7.1 not yours\r\n", 77}}) {
        std::filesystem::remove(socket_path());
        Server server(socket_path(), "", reply);
        EXPECT_EQ(call("sendmail", {"good@example.org"}), code) << reply;
        EXPECT_THAT(stage.err.str(), HasSubstr(reply.substr(0, 9)));
        EXPECT_TRUE(dropped().empty());
    }
}

TEST_F(SendmailCommand, LeavesTheLetterInTheDropWhileTheServerIsDown)
{
    EXPECT_EQ(call("sendmail", {"-f", "<>", "-N", "never", "ben@example.net"},
                   "Subject: \xc3\xa4\n\n\xc3\xb6\n.\nnot this\n"),
              0)
        << stage.err.str();
    const auto files = dropped();
    ASSERT_EQ(files.size(), 1u);
    const auto& [name, text] = files.front();
    EXPECT_TRUE(name.ends_with(".letter"));
    const auto parsed = mail::parse_drop(text);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->drop.sender.is_null());
    EXPECT_EQ(parsed->drop.notify, mail::notify::never);
    EXPECT_EQ(parsed->drop.body, mail::Drop::Body::eight_bit_mime);
    EXPECT_FALSE(parsed->drop.smtputf8);
    const auto letter = text.substr(parsed->head_bytes);
    EXPECT_THAT(letter, StartsWith("Subject: =?"));
    EXPECT_THAT(letter, HasSubstr("From: Ann Other <ann@mx.example.org>\r\n"));
    EXPECT_THAT(letter, HasSubstr("\r\n\r\n\xc3\xb6\r\n"));
    EXPECT_EQ(letter.find("not this"), std::string::npos);
    struct stat found{};
    ASSERT_EQ(::stat((drop_path() + '/' + name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777u, 0600u);

    EXPECT_EQ(call("sendmail", {"ben@example.net"}), 0); // Names are its own.
    EXPECT_EQ(dropped().size(), 2u);
}

TEST_F(SendmailCommand, LeavesALetterInTheDropThatTheServerTurnsAway)
{
    Server server(socket_path(), "421 4.3.2 closing\r\n", "");
    EXPECT_EQ(call("sendmail", {"bad@example.org"}), 0) << stage.err.str();
    EXPECT_EQ(dropped().size(), 1u);
}

TEST_F(SendmailCommand, TriesLaterWhereEvenTheDropIsMissing)
{
    std::filesystem::remove(drop_path());
    EXPECT_EQ(call("sendmail", {"ben@example.net"}), 75);
    EXPECT_THAT(stage.err.str(), HasSubstr(drop_path()));
}

TEST_F(SendmailCommand, RefusesCallsThatNameNobody)
{
    EXPECT_EQ(call("sendmail", {}), 64);
    EXPECT_EQ(call("sendmail", {"-t"}, "Subject: x\n\nTo: ben@example.net\n"), 64);
    EXPECT_EQ(call("sendmail", {"-t"}, ""), 64);
    EXPECT_EQ(call("sendmail", {"-f", "a@b\nc", "ben@example.net"}), 64);
    EXPECT_EQ(call("sendmail", {"a\nRCPT TO:<x@example.org>"}), 67);
    EXPECT_EQ(call("sendmail", {"-bd"}), 64);
    EXPECT_TRUE(dropped().empty());
}

TEST_F(SendmailCommand, ReadsNoOtherFileForItsConfiguration)
{
    const auto path = stage.write("sendmail.cf", "O QueueDirectory=/x\n");
    EXPECT_EQ(call("sendmail", {"-C" + path, "ben@example.net"}), 78);
    EXPECT_EQ(call("sendmail", {"-C" + path + ".none", "ben@example.net"}), 78);
    EXPECT_TRUE(dropped().empty());
}

TEST_F(SendmailCommand, TellsAProgramThatSpeaksSmtpThatNobodyIsThere)
{
    EXPECT_EQ(call("sendmail", {"-bs"}), 75);
    EXPECT_THAT(stage.out.str(), StartsWith("421 4.3.2 "));
}

const std::string queue = R"({"letters":[{"id":"7qhzra5zx0f74","bytes":4301,
    "received_at":"2026-11-22T04:20:30.123Z","state":"deferred","sender":"ann@example.org",
    "recipients":["ben@example.net"],"recipient_count":3,"last_reply":"4.2.0 \u001b[31mlater"},
    {"id":"8qhzra5zx0f74","bytes":1,"state":"waiting","sender":"",
    "recipients":["cy@example.com"],"recipient_count":1}]})";

TEST_F(SendmailCommand, ListsTheQueueAsMailqDoes)
{
    stage.answer(queue);
    EXPECT_EQ(call("mailq", {}), 0);
    const auto told = stage.out.str();
    for (const auto* part :
         {"-----Q-ID-----", "7qhzra5zx0f74 ", " 4301 ", "2026-11-22 04:20:30", "<ann@example.org>",
          "(deferred: 4.2.0 ", "<ben@example.net>", "and 2 more", "<>", "Total requests: 2\n"})
        EXPECT_THAT(told, HasSubstr(part));
    EXPECT_EQ(told.find('\033'), std::string::npos);
    stage.answer(R"({"letters":[]})");
    EXPECT_EQ(call("sendmail", {"-bp"}), 0);
    EXPECT_THAT(stage.out.str(), HasSubstr("is empty"));
    stage.answer(queue);
    EXPECT_EQ(call("mailq", {"-qRexample.com"}), 0);
    EXPECT_THAT(stage.out.str(), HasSubstr("Total requests: 1\n"));
    EXPECT_THAT(stage.out.str(), HasSubstr("8qhzra5zx0f74"));
}

TEST_F(SendmailCommand, TriesTheQueueWithoutAWord)
{
    stage.answer(R"({"changed":2})");
    EXPECT_EQ(call("sendmail", {"-q"}), 0) << stage.err.str();
    EXPECT_EQ(stage.out.str(), "");
    ASSERT_EQ(stage.asked.size(), 1u);
    EXPECT_EQ(stage.asked[0].command(), "queue-retry");
    EXPECT_EQ(stage.asked[0].arguments(0), "all");

    stage.answer(queue);
    stage.answer(R"({"changed":1})");
    EXPECT_EQ(call("sendmail", {"-q!Sann"}), 0) << stage.err.str();
    ASSERT_EQ(stage.asked.size(), 3u);
    EXPECT_EQ(stage.asked[2].command(), "queue-retry");
    ASSERT_EQ(stage.asked[2].arguments_size(), 1);
    EXPECT_EQ(stage.asked[2].arguments(0), "8qhzra5zx0f74");
}

TEST_F(SendmailCommand, ChecksAndPrintsAliases)
{
    const auto aliases =
        stage.write("aliases", "root: ann, ben@example.net\nMary: |\"/bin/x y\"\n");
    stage.write("posthouse.toml", stage.good() + "[tables]\naliases = [\"" + aliases + "\"]\n");
    EXPECT_EQ(call("newaliases", {}), 0) << stage.err.str();
    EXPECT_THAT(stage.out.str(), HasSubstr("aliases: 2 entries\n"));
    EXPECT_EQ(call("praliases", {}), 0);
    EXPECT_THAT(stage.out.str(), HasSubstr("root: ann, ben@example.net\n"));
    EXPECT_EQ(call("praliases", {"ROOT", "nobody"}), 0);
    EXPECT_EQ(stage.out.str(), "ROOT: ann, ben@example.net\nnobody: No such alias\n");
    EXPECT_EQ(call("praliases", {"-f", aliases, "root"}), 0);
    EXPECT_EQ(stage.out.str(), "root: ann, ben@example.net\n");

    stage.write("aliases", "root: ann\n: nothing\n");
    EXPECT_EQ(call("sendmail", {"-bi"}), 65);
    EXPECT_THAT(stage.err.str(), HasSubstr(aliases + ":2: "));
}

TEST_F(SendmailCommand, ShowsAndForgetsHosts)
{
    stage.answer(R"({"hosts":[{"destination":"smtp:example.net","site":"example.net",
        "state":"dead","attempts":1,"allowed":1,"in_memory":3,
        "dead_until":"2026-11-22T05:00:00.000Z","at":"2026-11-22T04:00:00.000Z",
        "host":"mx.example.net","status":"4.4.1","text":"no \u001b answer"}]})",
                 "smtp:example.net");
    stage.answer(R"({"hosts":[]})");
    EXPECT_EQ(call("hoststat", {}), 0);
    for (const auto* part :
         {"smtp:example.net", "dead", "2026-11-22 05:00:00", "mx.example.net", "4.4.1 no ? answer"})
        EXPECT_THAT(stage.out.str(), HasSubstr(part));
    EXPECT_EQ(stage.asked.back().after(), "smtp:example.net");
    stage.answer(R"({"hosts":[]})");
    EXPECT_EQ(stage.run({"hosts"}), Exit::ok);
    EXPECT_EQ(stage.out.str(), "No hosts.\n");

    stage.answer(R"({"forgotten":4})");
    EXPECT_EQ(call("purgestat", {}), 0);
    EXPECT_THAT(stage.out.str(), HasSubstr("Forgot 4"));
    EXPECT_EQ(stage.asked.back().arguments_size(), 0);
    stage.answer(R"({"forgotten":1})");
    EXPECT_EQ(stage.run({"hosts", "forget", "example.net"}), Exit::ok);
    EXPECT_EQ(stage.asked.back().command(), "hosts-forget");
    EXPECT_EQ(stage.asked.back().arguments(0), "example.net");
}

TEST_F(SendmailCommand, IsASubcommandToo)
{
    EXPECT_EQ(stage.run({"sendmail", "-ti", "-bd"}), Exit::usage);
    EXPECT_THAT(stage.err.str(), HasSubstr("posthouse serve"));
    stage.answer(R"({"running":true})");
    EXPECT_EQ(call("mailstats", {"-p"}), 0);
    EXPECT_EQ(stage.asked.back().command(), "status");
}

} // namespace
} // namespace posthouse::cli::tests
