// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/stage.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace posthouse::cli::tests {
namespace {

namespace json = boost::json;
using process::Exit;
using testing::HasSubstr;
using testing::StartsWith;

const std::vector<std::vector<std::string>> commands{{"serve"},
                                                     {"check"},
                                                     {"user", "add"},
                                                     {"user", "passwd"},
                                                     {"user", "remove"},
                                                     {"user", "list"},
                                                     {"user", "show"},
                                                     {"user", "enable"},
                                                     {"user", "disable"},
                                                     {"user", "alias", "add"},
                                                     {"user", "alias", "remove"},
                                                     {"user", "delegate", "add"},
                                                     {"user", "delegate", "remove"},
                                                     {"user", "app-password", "add"},
                                                     {"user", "app-password", "list"},
                                                     {"user", "app-password", "remove"},
                                                     {"user", "totp", "enable"},
                                                     {"user", "totp", "disable"},
                                                     {"user", "protocols"},
                                                     {"queue", "list"},
                                                     {"queue", "show"},
                                                     {"queue", "hold"},
                                                     {"queue", "retry"},
                                                     {"queue", "release"},
                                                     {"queue", "remove"},
                                                     {"trace"},
                                                     {"explain"},
                                                     {"status"},
                                                     {"who"},
                                                     {"kick"},
                                                     {"mailbox", "index"},
                                                     {"reload"},
                                                     {"backup", "take"},
                                                     {"backup", "verify"},
                                                     {"backup", "list"},
                                                     {"backup", "forget"},
                                                     {"restore"},
                                                     {"completion"}};

std::string joined(const std::vector<std::string>& words)
{
    std::string all;
    for (const auto& word : words)
        all += (all.empty() ? "" : " ") + word;
    return all;
}

// ---- help and usage -------------------------------------------------------------------------

TEST(CommandLine, HelpsWithAnExampleForEveryCommand)
{
    Stage stage;
    for (auto command : commands) {
        const auto name = joined(command);
        command.push_back("--help");
        EXPECT_EQ(stage.run(command), Exit::ok) << name;
        EXPECT_THAT(stage.out.str(), HasSubstr("Examples:\n  posthouse " + name)) << name;
        EXPECT_EQ(stage.err.str(), "") << name;
    }
    EXPECT_EQ(stage.run({"--help"}), Exit::ok);
    EXPECT_THAT(stage.out.str(), HasSubstr("Examples:"));
    EXPECT_EQ(stage.run({"--version"}), Exit::ok);
    EXPECT_THAT(stage.out.str(), StartsWith("posthouse "));
    EXPECT_TRUE(stage.asked.empty());
}

TEST(CommandLine, RefusesWhatMakesNoSenseInOneSentence)
{
    Stage stage;
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"bogus"}, "bogus"},
        {{"queue", "bogus"}, "bogus"},
        {{"queue", "list", "--nope"}, "--nope"},
        {{"queue", "list", "--limit", "0"}, "--limit"},
        {{"queue", "list", "--limit", "many"}, "--limit"},
        {{"check", "twice"}, "twice"},
        {{"completion", "tcsh"}, "tcsh"},
        {{"user", "add"}, "ADDRESS"},
        {{"queue", "show"}, "ID"},
        {{"queue"}, "posthouse queue --help"},
        {{}, "posthouse --help"},
        {{"queue", "hold"}, "--all"},
        {{"queue", "hold", "--all", "7qhzra5zx0f74"}, "--all"},
        {{"queue", "hold", "--state", "held", "7qhzra5zx0f74"}, "--all"},
        {{"user", "add", "not-an-address", "--password-stdin"}, "not-an-address"},
        {{"user", "add", "ann@example.org"}, "--password-stdin"}};
    for (const auto& [arguments, named] : cases) {
        SCOPED_TRACE(joined(arguments));
        EXPECT_EQ(stage.run(arguments), Exit::usage);
        const auto told = stage.err.str();
        EXPECT_THAT(told, StartsWith("posthouse: "));
        EXPECT_THAT(told, HasSubstr(named));
        EXPECT_EQ(std::ranges::count(told, '\n'), 1);
        EXPECT_EQ(stage.out.str(), "");
    }
    EXPECT_TRUE(stage.asked.empty());
}

TEST(CommandLine, ServesWithTheConfigurationNamedAndReturnsItsExitCode)
{
    Stage stage;
    EXPECT_EQ(stage.run({"serve"}), Exit::unavailable);
    EXPECT_EQ(stage.served, stage.directory + "/posthouse.toml");
    EXPECT_EQ(stage.run({"serve", "--salvage"}), Exit::unavailable);
    EXPECT_THAT(stage.served, testing::EndsWith(" salvage"));
}

// ---- check ----------------------------------------------------------------------------------

TEST(CommandLine, FindsAGoodConfigurationFine)
{
    Stage stage;
    EXPECT_EQ(stage.run({"check"}), Exit::ok) << stage.err.str();
    EXPECT_EQ(stage.out.str(), stage.directory + "/posthouse.toml: fine\n");
    EXPECT_EQ(stage.run({"check", "--json"}), Exit::ok);
    EXPECT_EQ(json::parse(stage.out.str()),
              json::parse(R"({"ok":true,"problems":[],"tables":[],"warnings":[]})"));
}

TEST(CommandLine, WarnsOfWhatIsAllowedButSeldomMeant)
{
    Stage stage;
    stage.write("posthouse.toml", "hostname = \"mx.example.org\"\ndata_dir = \"" + stage.directory +
                                      "\"\nsmtp.i_want_an_open_relay = true\n");
    EXPECT_EQ(stage.run({"check"}), Exit::ok) << stage.err.str();
    EXPECT_THAT(stage.err.str(),
                HasSubstr("/posthouse.toml: warning: smtp.i_want_an_open_relay: anyone may send"));
    EXPECT_EQ(stage.out.str(), stage.directory + "/posthouse.toml: fine\n");
    EXPECT_EQ(stage.run({"check", "--json"}), Exit::ok);
    EXPECT_EQ(json::parse(stage.out.str()).at("warnings").as_array().size(), 1u);
}

TEST(CommandLine, TellsEachLineOfATableThatIsNotReadAndStartsAllTheSame)
{
    Stage stage;
    const auto access = stage.write("access", "example.org REJCET\nexample.net REJECT\n");
    stage.write("posthouse.toml", stage.good() + "[tables]\naccess = \"" + access + "\"\n");
    EXPECT_EQ(stage.run({"check"}), Exit::ok) << stage.err.str();
    EXPECT_THAT(stage.err.str(), HasSubstr(access + ":1: access: unknown action 'REJCET'"));
    EXPECT_EQ(stage.run({"check", "--json"}), Exit::ok);
    const auto told = json::parse(stage.out.str()).at("tables").as_array();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].at("file").as_string(), access);
    EXPECT_EQ(told[0].at("line").to_number<int>(), 1);
}

TEST(CommandLine, TellsThatATablesFileIsNotThere)
{
    Stage stage;
    stage.write("posthouse.toml", stage.good() + "[tables]\naliases = \"/does/not/exist\"\n");
    EXPECT_EQ(stage.run({"check"}), Exit::config);
    EXPECT_THAT(stage.err.str(), HasSubstr("aliases: /does/not/exist cannot be read: No such"));
}

TEST(CommandLine, ReportsEveryFaultOfAConfigurationWithItsPlace)
{
    Stage stage;
    stage.write("posthouse.toml", "hostname = 7\nnonsense = true\n[domains.\"example.org\"]\n");
    EXPECT_EQ(stage.run({"check"}), Exit::config);
    const auto path = stage.directory + "/posthouse.toml";
    EXPECT_THAT(stage.err.str(), HasSubstr(path + ":1:"));
    EXPECT_THAT(stage.err.str(), testing::ContainsRegex(":2:[0-9]+: .*nonsense"));
    EXPECT_EQ(stage.out.str(), "");

    EXPECT_EQ(stage.run({"check", "--json"}), Exit::config);
    const auto told = json::parse(stage.out.str()).as_object();
    EXPECT_FALSE(told.at("ok").as_bool());
    ASSERT_GE(told.at("problems").as_array().size(), 2u);
    for (const auto& problem : told.at("problems").as_array()) {
        EXPECT_EQ(problem.at("file").as_string(), path);
        EXPECT_GT(problem.at("line").to_number<int>(), 0);
        EXPECT_GT(problem.at("column").to_number<int>(), 0);
        EXPECT_FALSE(problem.at("wrong").as_string().empty());
    }
}

TEST(CommandLine, ReportsAConfigurationThatIsNotThere)
{
    Stage stage;
    std::filesystem::remove(stage.directory + "/posthouse.toml");
    EXPECT_EQ(stage.run({"check"}), Exit::config);
    EXPECT_THAT(stage.err.str(), HasSubstr("posthouse.toml"));
    EXPECT_EQ(stage.run({"queue", "list"}), Exit::config);
    EXPECT_TRUE(stage.asked.empty());
}

// ---- the desk's answers ---------------------------------------------------------------------

const std::string letter = R"({"id":"7qhzra5zx0f74","received_at":"2026-11-22T04:20:30.123Z",
    "bytes":4301,"state":"deferred","under_way":false,"sender":"ann@example.org",
    "recipients":["ben@example.net","cy@example.net"],"recipient_count":5,"attempts":3,
    "next_attempt":"2026-11-22T05:00:00.000Z","last_reply":"4.2.0 mx: \u001b[31mlater"})";

TEST(CommandLine, ShowsTheQueueAsATableWithoutControlCharacters)
{
    Stage stage;
    stage.answer(R"({"letters":[)" + letter + "]}", "7qhzra5zx0f74");
    EXPECT_EQ(stage.run({"queue", "list", "--limit", "1"}), Exit::ok);
    const auto told = stage.out.str();
    for (const auto* part :
         {"ID ", "7qhzra5zx0f74", "2026-11-22 04:20:30", "4.2K", "deferred", "2026-11-22 05:00:00",
          "<ann@example.org>", "<ben@example.net> +4", "4.2.0 mx: ", "--after 7qhzra5zx0f74"})
        EXPECT_THAT(told, HasSubstr(part));
    EXPECT_EQ(told.find('\033'), std::string::npos);
}

TEST(CommandLine, AsksForTheLettersChosen)
{
    Stage stage;
    stage.answer(R"({"letters":[]})");
    EXPECT_EQ(
        stage.run({"queue", "list", "--sender", "<>", "--recipient", "ben@example.net", "--domain",
                   "example.net", "--state", "held", "--after", "7qhzra5zx0f74", "--limit", "20"}),
        Exit::ok);
    EXPECT_EQ(stage.out.str(), "No letters.\n");
    ASSERT_EQ(stage.asked.size(), 1u);
    const auto& asked = stage.asked.front();
    EXPECT_EQ(asked.command(), "queue-list");
    EXPECT_EQ(asked.filter().sender(), "<>");
    EXPECT_EQ(asked.filter().recipient(), "ben@example.net");
    EXPECT_EQ(asked.filter().domain(), "example.net");
    EXPECT_EQ(asked.filter().state(), "held");
    EXPECT_EQ(asked.after(), "7qhzra5zx0f74");
    EXPECT_EQ(asked.limit(), 20u);
}

TEST(CommandLine, JoinsPagesIntoOneJsonDocument)
{
    Stage stage;
    stage.answer(R"({"letters":[{"id":"a"},{"id":"b"}]})", "b");
    stage.answer(R"({"letters":[]})", "c"); // A filter took none of these.
    stage.answer(R"({"letters":[{"id":"d"}]})");
    EXPECT_EQ(stage.run({"queue", "list", "--all", "--json"}), Exit::ok);
    EXPECT_EQ(json::parse(stage.out.str()),
              json::parse(R"({"letters":[{"id":"a"},{"id":"b"},{"id":"d"}],"next":""})"));
    ASSERT_EQ(stage.asked.size(), 3u);
    EXPECT_EQ(stage.asked[1].after(), "b");
    EXPECT_EQ(stage.asked[2].after(), "c");
    stage.answer(R"({"letters":[]})");
    EXPECT_EQ(stage.run({"queue", "list", "--json"}), Exit::ok);
    EXPECT_EQ(json::parse(stage.out.str()), json::parse(R"({"letters":[],"next":""})"));
}

const std::string story =
    R"({"id":"7qhzra5zx0f74","state":"ended","events":[
        {"at":"2026-11-22T04:20:30.123Z","event":"accepted","text":"from 192.0.2.7"},
        {"at":"2026-11-22T04:20:31.000Z","event":"delivered","text":"<ben@example.org>"}]})";

TEST(CommandLine, TellsALettersStoryInOrder)
{
    Stage stage;
    stage.answer(story);
    EXPECT_EQ(stage.run({"trace", "7qhzra5zx0f74"}), Exit::ok);
    EXPECT_EQ(stage.out.str(), "7qhzra5zx0f74  ended\n"
                               "2026-11-22 04:20:30.123Z  accepted   from 192.0.2.7\n"
                               "2026-11-22 04:20:31.000Z  delivered  <ben@example.org>\n");
    stage.answer(story);
    EXPECT_EQ(stage.run({"trace", "7qhzra5zx0f74"}, Look::coloured), Exit::ok);
    EXPECT_THAT(stage.out.str(), HasSubstr("\033[32mdelivered\033[0m"));
}

TEST(CommandLine, PassesJsonThrough)
{
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"trace", "7qhzra5zx0f74"},
          {"queue", "show", "7qhzra5zx0f74"},
          {"explain", "ben@example.org"},
          {"status"}}) {
        Stage stage;
        stage.answer(story);
        auto arguments = command;
        arguments.push_back("--json");
        EXPECT_EQ(stage.run(arguments), Exit::ok) << joined(command);
        EXPECT_EQ(json::parse(stage.out.str()), json::parse(story)) << joined(command);
        EXPECT_EQ(stage.err.str(), "");
    }
}

TEST(CommandLine, ExplainsInWords)
{
    Stage stage;
    stage.answer(R"({"steps":["domain example.org: one of ours"],"accepted":false,
        "verdict":{"code":550,"text":"5.1.1 No such mailbox here","steps":["nobody is ben"]},
        "deliveries":[{"destination":"","rule":"no account","status":"5.1.1",
                       "text":"No such mailbox here"}]})");
    EXPECT_EQ(
        stage.run({"explain", "ben@example.org", "--from", "a@b.test", "--client", "192.0.2.7"}),
        Exit::ok);
    EXPECT_EQ(stage.out.str(), "At RCPT:\n"
                               "  nobody is ben\n"
                               "Refused for this client: 550 5.1.1 No such mailbox here\n"
                               "Then:\n"
                               "  domain example.org: one of ours\n"
                               "Refused: 5.1.1 No such mailbox here (rule no account)\n");
    ASSERT_EQ(stage.asked.front().arguments_size(), 3);
    EXPECT_EQ(stage.asked.front().arguments(1), "a@b.test");
    EXPECT_EQ(stage.asked.front().arguments(2), "192.0.2.7");
}

TEST(CommandLine, SaysWhichLettersCouldNotBeChanged)
{
    Stage stage;
    stage.answer(R"({"changed":1,"deliveries":2,"letters":[
        {"id":"7qhzra5zx0f74","changed":true,"deliveries":2,"note":""},
        {"id":"7qhzra5zx0f75","changed":false,"deliveries":0,"note":"held already"}]})");
    EXPECT_EQ(stage.run({"queue", "hold", "7qhzra5zx0f74", "7qhzra5zx0f75"}), Exit::failure);
    EXPECT_EQ(stage.out.str(), "Held 1 letter.\n");
    EXPECT_EQ(stage.err.str(), "posthouse: 7qhzra5zx0f75: held already\n");
    ASSERT_EQ(stage.asked.front().arguments_size(), 2);
    EXPECT_EQ(stage.asked.front().command(), "queue-hold");
}

TEST(CommandLine, GoesOnBehindEachPageOfAChangeOfAll)
{
    Stage stage;
    stage.answer(R"({"changed":500,"deliveries":500,"letters":[]})", "7qhzra5zx0f74");
    stage.answer(R"({"changed":3,"deliveries":3,"letters":[]})");
    EXPECT_EQ(stage.run({"queue", "remove", "--all", "--state", "held"}), Exit::ok);
    EXPECT_EQ(stage.out.str(), "Removed 503 letters.\n");
    ASSERT_EQ(stage.asked.size(), 2u);
    EXPECT_EQ(stage.asked[1].after(), "7qhzra5zx0f74");
    EXPECT_EQ(stage.asked[1].filter().state(), "held");
}

TEST(CommandLine, ListsAccounts)
{
    Stage stage;
    const std::string ann =
        R"({"address":"ann@example.org","created":"2026-11-22T04:20:30.123Z","login":"password"})";
    stage.answer(R"({"accounts":[)" + ann + "]}");
    EXPECT_EQ(stage.run({"user", "list"}), Exit::ok);
    EXPECT_THAT(stage.out.str(), HasSubstr("ann@example.org  2026-11-22 04:20:30  password"));
    stage.answer(R"({"accounts":[)" + ann + "]}", "next");
    stage.answer(R"({"accounts":[]})");
    EXPECT_EQ(stage.run({"user", "list", "--json"}), Exit::ok);
    EXPECT_EQ(json::parse(stage.out.str()), json::parse(R"({"accounts":[)" + ann + "]}"));
}

TEST(CommandLine, SendsNoPasswordButItsVerifier)
{
    Stage stage;
    stage.in.str("correct horse\n");
    stage.answer(R"({"address":"ann@example.org"})");
    EXPECT_EQ(stage.run({"user", "add", "ann@example.org", "--password-stdin"}), Exit::ok)
        << stage.err.str();
    ASSERT_EQ(stage.asked.size(), 1u);
    EXPECT_EQ(stage.asked.front().command(), "user-add");
    ASSERT_EQ(stage.asked.front().arguments_size(), 4);
    EXPECT_THAT(stage.asked.front().arguments(1), StartsWith("$argon2"));
    EXPECT_THAT(stage.asked.front().arguments(2), StartsWith("SCRAM-SHA-256$10000:"));
    EXPECT_THAT(stage.asked.front().arguments(3), StartsWith("SCRAM-SHA-1$10000:"));
    EXPECT_EQ(stage.asked.front().DebugString().find("correct horse"), std::string::npos);
}

TEST(CommandLine, KeepsAnAccountsSaltWhenItsPasswordChanges)
{
    Stage stage;
    stage.in.str("correct horse\n");
    stage.answer(R"({"address":"ann@example.org","salt":"30313233343536373839616263646566"})");
    stage.answer(R"({"address":"ann@example.org"})");
    EXPECT_EQ(stage.run({"user", "passwd", "ann@example.org", "--password-stdin"}), Exit::ok)
        << stage.err.str();
    ASSERT_EQ(stage.asked.size(), 2u);
    EXPECT_EQ(stage.asked[1].command(), "user-passwd");
    EXPECT_THAT(stage.asked[1].arguments(2), HasSubstr(":MDEyMzQ1Njc4OWFiY2RlZg==$"));
}

TEST(CommandLine, ShowsAnAppPasswordOnceAndSendsItToNobody)
{
    Stage stage;
    const std::string account =
        R"({"address":"ann@example.org","salt":"30313233343536373839616263646566"})";
    stage.answer(account);
    stage.answer(account);
    EXPECT_EQ(stage.run({"user", "app-password", "add", "ann@example.org", "phone", "--protocol",
                         "imap", "--protocol", "submission", "--json"}),
              Exit::ok)
        << stage.err.str();
    const auto shown = json::parse(stage.out.str()).at("app_password").as_string();
    EXPECT_EQ(shown.size(), 29u);
    ASSERT_EQ(stage.asked.size(), 2u);
    const auto& request = stage.asked[1];
    EXPECT_EQ(request.command(), "app-password-add");
    EXPECT_EQ(request.arguments(1), "phone");
    EXPECT_EQ(request.arguments(2), "imap,submission");
    EXPECT_EQ(request.arguments(3).size(), 64u);
    for (const auto& argument : request.arguments())
        EXPECT_EQ(argument.find(shown.c_str()), std::string::npos);
}

TEST(CommandLine, AsksForChangesOfAnAccountsWaysToLogIn)
{
    const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> changes = {
        {{"user", "disable", "a@b.c"}, {"user-disable", "a@b.c"}},
        {{"user", "enable", "a@b.c"}, {"user-enable", "a@b.c"}},
        {{"user", "alias", "add", "a@b.c", "d@b.c"}, {"user-alias-add", "a@b.c", "d@b.c"}},
        {{"user", "alias", "remove", "a@b.c", "d@b.c"}, {"user-alias-remove", "a@b.c", "d@b.c"}},
        {{"user", "delegate", "add", "a@b.c", "d@b.c"}, {"user-delegate-add", "a@b.c", "d@b.c"}},
        {{"user", "delegate", "remove", "a@b.c", "d@b.c"},
         {"user-delegate-remove", "a@b.c", "d@b.c"}},
        {{"user", "totp", "disable", "a@b.c"}, {"user-totp-remove", "a@b.c"}},
        {{"user", "app-password", "remove", "a@b.c", "phone"},
         {"app-password-remove", "a@b.c", "phone"}},
        {{"user", "protocols", "a@b.c", "--without", "pop3"}, {"user-protocols", "a@b.c", "pop3"}},
        {{"user", "show", "a@b.c"}, {"user-show", "a@b.c"}}};
    for (const auto& [typed, meant] : changes) {
        Stage stage;
        stage.answer(R"({"address":"a@b.c","aliases":["d@b.c"],"totp":true})");
        EXPECT_EQ(stage.run(typed), Exit::ok) << typed[1] << stage.err.str();
        ASSERT_EQ(stage.asked.size(), 1u);
        std::vector<std::string> asked{stage.asked[0].command()};
        asked.insert(asked.end(), stage.asked[0].arguments().begin(),
                     stage.asked[0].arguments().end());
        EXPECT_EQ(asked, meant);
        EXPECT_THAT(stage.out.str(), HasSubstr("d@b.c"));
        EXPECT_THAT(stage.out.str(), HasSubstr("one-time"));
    }
}

// ---- exit codes -----------------------------------------------------------------------------

TEST(CommandLine, EndsWithTheAnswersExitCodeAndItsSentence)
{
    for (const auto code : {Exit::failure, Exit::io_error, Exit::temporary, Exit::no_permission}) {
        Stage stage;
        stage.refuse(code, "it cannot be done");
        EXPECT_EQ(stage.run({"trace", "7qhzra5zx0f74"}), code);
        EXPECT_EQ(stage.err.str(), "posthouse: it cannot be done\n");
        stage.refuse(code, "it cannot be done");
        EXPECT_EQ(stage.run({"trace", "7qhzra5zx0f74", "--json"}), code);
        EXPECT_EQ(
            json::parse(stage.out.str()),
            (json::value{{"error", "it cannot be done"}, {"exit_code", static_cast<int>(code)}}));
    }
    Stage stage;
    stage.answer("not JSON");
    EXPECT_EQ(stage.run({"trace", "7qhzra5zx0f74"}), Exit::software);
}

TEST(CommandLine, TellsWhyThereIsNoDeskInOneDocument)
{
    Stage stage;
    stage.obstacle = process::Obstacle{Exit::temporary, {"the store is locked", "by process 7"}};
    EXPECT_EQ(stage.run({"status"}), Exit::temporary);
    EXPECT_EQ(stage.err.str(), "posthouse: the store is locked\nposthouse: by process 7\n");
    EXPECT_EQ(stage.run({"status", "--json"}), Exit::temporary);
    EXPECT_EQ(json::parse(stage.out.str()).at("error").as_string(),
              "the store is locked; by process 7");
}

TEST(CommandLine, DoesNotReloadWhereNoServerRuns)
{
    Stage stage;
    EXPECT_EQ(stage.run({"reload"}), Exit::unavailable);
    stage.write("posthouse.toml", "hostname = 7\n");
    EXPECT_EQ(stage.run({"reload"}), Exit::config);
    EXPECT_THAT(stage.err.str(), HasSubstr("nothing was reloaded"));
}

// ---- what is generated ----------------------------------------------------------------------

TEST(CommandLine, NamesEveryCommandInItsManual)
{
    Stage stage;
    ASSERT_EQ(stage.run({"manual", "1"}), Exit::ok);
    for (const auto& command : commands) {
        auto heading = ".SS posthouse " + joined(command) + '\n';
        for (std::size_t at = 0; (at = heading.find('-', at)) != heading.npos; at += 2)
            heading.insert(at, "\\"); // As roff writes it.
        EXPECT_THAT(stage.out.str(), HasSubstr(heading));
    }
}

TEST(CommandLine, CompletesEveryCommandInEveryShell)
{
    Stage stage;
    for (const auto* shell : {"bash", "zsh"}) {
        ASSERT_EQ(stage.run({"completion", shell}), Exit::ok);
        for (const auto& command : commands)
            EXPECT_THAT(stage.out.str(), HasSubstr("\" " + joined(command) + "\") choices="));
    }
    ASSERT_EQ(stage.run({"completion", "fish"}), Exit::ok);
    for (const auto& command : commands)
        EXPECT_THAT(stage.out.str(), HasSubstr(" -a " + command.back() + " -d "));
}

TEST(CommandLine, ShipsManualsAndCompletionsThatAreCurrent)
{
    Stage stage;
    const std::vector<std::pair<std::vector<std::string>, std::string>> files{
        {{"manual", "1"}, "man/posthouse.1"},
        {{"manual", "5"}, "man/posthouse.toml.5"},
        {{"completion", "bash"}, "completion/posthouse.bash"},
        {{"completion", "zsh"}, "completion/posthouse.zsh"},
        {{"completion", "fish"}, "completion/posthouse.fish"}};
    for (const auto& [arguments, name] : files) {
        ASSERT_EQ(stage.run(arguments), Exit::ok);
        std::ifstream file(std::string(POSTHOUSE_SOURCE) + "/packaging/" + name);
        const std::string shipped(std::istreambuf_iterator<char>(file), {});
        EXPECT_TRUE(stage.out.str() == shipped)
            << "packaging/" << name << " is out of date: posthouse " << joined(arguments);
    }
}

} // namespace
} // namespace posthouse::cli::tests
