// SPDX-License-Identifier: Apache-2.0
#include "agent/program.hpp"

#include "agent/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::agent {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

std::vector<std::string> arguments(std::string_view text)
{
    const auto command = parse_command(text);
    return command ? command->arguments : std::vector<std::string>{"refused: " + command.error()};
}

TEST(ProgramCommand, IsSplitWithoutAShell)
{
    EXPECT_THAT(arguments("/usr/bin/vacation alice"), ElementsAre("/usr/bin/vacation", "alice"));
    EXPECT_THAT(arguments("/bin/x '$HOME' \"a b\" *"), ElementsAre("/bin/x", "$HOME", "a b", "*"));
}

TEST(ProgramCommand, UnderstandsWhatForwardFilesWereWrittenFor)
{
    const auto command = parse_command("IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #alice");
    ASSERT_TRUE(command) << command.error();
    EXPECT_THAT(command->arguments, ElementsAre("/usr/bin/procmail", "-f-"));
    EXPECT_EQ(command->exit_on_failure, 75);
    EXPECT_THAT(arguments("exec /usr/bin/procmail"), ElementsAre("/usr/bin/procmail"));
}

TEST(ProgramCommand, RefusesWhatOnlyAShellWouldUnderstand)
{
    for (const auto* text : {"/bin/a && /bin/b", "/bin/a | /bin/b", "/bin/a > /tmp/x",
                             "/bin/a $(id)", "/bin/a `id`", "/bin/a || /bin/b", "/bin/a ; /bin/b",
                             "", "'", "exec", "|| exit 75", "/bin/a || exit 999"})
        EXPECT_FALSE(parse_command(text)) << text;
}

TEST(AllowedProgram, IsOneByItsPathOrOneOfADirectory)
{
    const std::vector<std::string> allowed{"/usr/bin/procmail", "/usr/lib/sm.bin/"};
    const IsProgram there = [](const std::string& path) {
        return path == "/usr/lib/sm.bin/vacation";
    };
    EXPECT_EQ(allowed_program("/usr/bin/procmail", allowed, there), "/usr/bin/procmail");
    // As smrsh: whatever directory the user wrote.
    EXPECT_EQ(allowed_program("/usr/bin/vacation", allowed, there), "/usr/lib/sm.bin/vacation");
    EXPECT_EQ(allowed_program("vacation", allowed, there), "/usr/lib/sm.bin/vacation");
    for (const auto* path : {"/bin/sh", "procmail", "/usr/lib/sm.bin/", "/usr/bin/procmail/../sh",
                             "..", ".", "/usr/lib/sm.bin/../../bin/sh", "", "/usr/bin/procmail/"})
        EXPECT_EQ(allowed_program(path, allowed, there), std::nullopt) << path;
    EXPECT_EQ(allowed_program("/bin/true", {}, is_program), std::nullopt);
    EXPECT_EQ(allowed_program("/usr/bin/true", {"/bin/"}, is_program), "/bin/true");
    EXPECT_EQ(allowed_program("passwd", {"/etc/"}, is_program), std::nullopt);
}

const Envelope envelope{.user = "alice",
                        .home = "/home/alice",
                        .sender = "bob@example.net",
                        .recipient = "alice+x@example.org",
                        .detail = "x"};

TEST(DeliveryProgram, IsGivenWhatTheLetterIs)
{
    const auto command =
        expand_command("/usr/bin/procmail -Y -a %d -d %u --from=%s %r %h 100%% %z", envelope);
    ASSERT_TRUE(command);
    EXPECT_THAT(command->arguments, ElementsAre("/usr/bin/procmail", "-Y", "-a", "x", "-d", "alice",
                                                "--from=bob@example.net", "alice+x@example.org",
                                                "/home/alice", "100%", "%z"));
}

TEST(DeliveryProgram, IsNeverGivenAnAddressForAnOption)
{
    for (const auto* sender : {"-oQ/tmp@example.net", "--help@example.net"}) {
        auto hostile = envelope;
        hostile.sender = sender;
        EXPECT_FALSE(expand_command("/bin/x %s", hostile));
        EXPECT_FALSE(expand_command("/bin/x -f %s", hostile));
        EXPECT_TRUE(expand_command("/bin/x -f%s", hostile)); // It stays within its argument.
        EXPECT_TRUE(expand_command("/bin/x <%s>", hostile));
    }
    auto hostile = envelope;
    hostile.detail = "-d";
    EXPECT_FALSE(expand_command("/bin/x -a %d", hostile));
    hostile.detail = "";
    EXPECT_FALSE(
        expand_command("/bin/x %d-%d%s -",
                       {.user = "a", .home = "/", .sender = "-", .recipient = "r", .detail = ""}));
}

TEST(DeliveryProgram, HasAsManyArgumentsAsWereWrittenWhateverTheAddress)
{
    rc::check([] {
        Envelope hostile = envelope;
        hostile.sender =
            *rc::gen::container<std::string>(rc::gen::elementOf(std::string(" '\"\\;|$a-\n\t%u")));
        hostile.detail =
            *rc::gen::container<std::string>(rc::gen::elementOf(std::string(" '\"\\;|$a-\n\t%u")));
        const auto command = expand_command("/bin/x -f %s -a %d", hostile);
        if (command) {
            RC_ASSERT(command->arguments.size() == 5u);
            RC_ASSERT(!command->arguments[2].starts_with('-'));
            RC_ASSERT(!command->arguments[4].starts_with('-'));
            RC_ASSERT(!command->arguments[2].contains('\n'));
        }
    });
}

TEST(ProgramEnvironment, HoldsNothingAShellWouldAct)
{
    auto hostile = envelope;
    hostile.sender = "() { :;}; id\n@x";
    const auto environment = environment_of(hostile);
    EXPECT_THAT(environment, Contains("SENDER=_____:____id_@x"));
    EXPECT_THAT(environment, Contains("EXTENSION=x"));
    EXPECT_THAT(environment, Contains("DOMAIN=example.org"));
    hostile.sender = "";
    EXPECT_THAT(environment_of(hostile), Contains("SENDER=MAILER-DAEMON"));
}

TEST(ProgramEnd, IsUnderstoodBySysexits)
{
    const auto told = [](int code) {
        const auto outcome = outcome_of_exit(code, "");
        return std::pair(outcome.result(), outcome.status());
    };
    EXPECT_EQ(told(0), std::pair(wire::Attempted::DELIVERED, std::string("2.0.0")));
    EXPECT_EQ(told(75), std::pair(wire::Attempted::DEFERRED, std::string("4.3.0")));
    EXPECT_EQ(told(71), std::pair(wire::Attempted::DEFERRED, std::string("4.3.0")));
    EXPECT_EQ(told(67), std::pair(wire::Attempted::FAILED, std::string("5.1.1")));
    EXPECT_EQ(told(77), std::pair(wire::Attempted::FAILED, std::string("5.7.1")));
    EXPECT_EQ(told(1), std::pair(wire::Attempted::FAILED, std::string("5.3.0")));
}

TEST(ProgramEnd, TellsWhatTheProgramSaid)
{
    const auto outcome = outcome_of_exit(69, std::string("not \xff today\nsecond line\0x", 25));
    EXPECT_TRUE(outcome.text().ends_with(": not ? today")) << outcome.text();
    EXPECT_EQ(outcome.output(), "not ? today\nsecond line?x");
}

TEST(PlainLogins, AreSafeAsNamesOfFilesAndAsArguments)
{
    for (const auto* name : {"alice", "posthouse-gate", "www-data", "a.b_c", "x1", "0", "host$"})
        EXPECT_TRUE(is_plain_login(name)) << name;
    for (const auto* name : {"", ".", "..", ".x", "-x", "a/b", "a b", "a\n", "root:x", "\xc3\xa4"})
        EXPECT_FALSE(is_plain_login(name)) << name;
    EXPECT_FALSE(is_plain_login(std::string(65, 'a')));
    EXPECT_FALSE(is_plain_login(std::string_view("a\0b", 3)));
}

} // namespace
} // namespace posthouse::agent
