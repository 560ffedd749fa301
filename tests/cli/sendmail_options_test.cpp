// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::cli {
namespace {

using Words = std::vector<std::string>;
using Mode = SendmailMode;
using testing::HasSubstr;

SendmailCall call_of(const Words& arguments, std::string_view name = "sendmail")
{
    auto call = parse_sendmail(name, arguments);
    EXPECT_TRUE(call) << call.error();
    return call.value_or(SendmailCall());
}

std::string refusal_of(const Words& arguments)
{
    auto call = parse_sendmail("sendmail", arguments);
    EXPECT_FALSE(call);
    return call ? "" : call.error();
}

TEST(SendmailOptions, UnderstandsCron)
{
    const auto call = call_of({"-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"});
    EXPECT_EQ(call.mode, Mode::deliver);
    EXPECT_EQ(call.full_name, "CronDaemon");
    EXPECT_EQ(call.dot, SendmailCall::Dot::is_text);
    EXPECT_EQ(call.body, SendmailCall::Body::eight_bit);
    EXPECT_EQ(call.arguments, Words{"root"});
}

TEST(SendmailOptions, UnderstandsMailReadersAndGit)
{
    const auto mutt = call_of({"-oem", "-oi", "-f", "ann@example.org", "-N", "failure,delay", "-R",
                               "hdrs", "--", "ben@example.net", "-odd@example.net"});
    EXPECT_EQ(mutt.sender, "ann@example.org");
    EXPECT_EQ(mutt.dot, SendmailCall::Dot::is_text);
    EXPECT_EQ(mutt.notify, mail::notify::failure | mail::notify::delay);
    EXPECT_EQ(mutt.ret, mail::Return::headers);
    EXPECT_EQ(mutt.arguments, (Words{"ben@example.net", "-odd@example.net"}));

    const auto git = call_of({"-f", "ann@example.org", "-i", "ben@example.net"});
    EXPECT_EQ(git.sender, "ann@example.org");
    EXPECT_EQ(git.arguments, Words{"ben@example.net"});
}

TEST(SendmailOptions, UnderstandsPhpMdadmAndLogwatch)
{
    const auto php = call_of({"-t", "-i", "-fwww@example.org"});
    EXPECT_EQ(php.recipients, SendmailCall::Recipients::header_too);
    EXPECT_EQ(php.sender, "www@example.org");
    EXPECT_EQ(call_of({"-ti"}), call_of({"-t", "-i"}));
    EXPECT_EQ(call_of({"-t"}).dot, SendmailCall::Dot::ends_letter); // mdadm, logwatch
    EXPECT_EQ(call_of({"-oi", "-t", "-odb", "-oMs"}).recipients,
              SendmailCall::Recipients::header_too);
}

TEST(SendmailOptions, TakesWhatHasNoEffectHere)
{
    const auto plain = call_of({"a@b.example"});
    for (const Words& more :
         {Words{"-Am"}, Words{"-Ac"}, Words{"-G"}, Words{"-U"}, Words{"-m"}, Words{"-n"},
          Words{"-s"}, Words{"-d0.1"}, Words{"-h", "5"}, Words{"-em"}, Words{"-ee"}, Words{"-oee"},
          Words{"-odi"}, Words{"-oQ/tmp"}, Words{"-OTimeout.queuereturn=1d"},
          Words{"-O", "DeliveryMode=b"}, Words{"-L", "tag"}, Words{"-p", "ESMTP"}, Words{"-bm"}}) {
        auto words = more;
        words.emplace_back("a@b.example");
        EXPECT_EQ(call_of(words), plain) << more.front();
    }
}

TEST(SendmailOptions, EndsALetterAtADotUnlessTold)
{
    using Dot = SendmailCall::Dot;
    EXPECT_EQ(call_of({}).dot, Dot::ends_letter);
    for (const Words& words : {Words{"-i"}, Words{"-oi"}, Words{"-oitrue"}, Words{"-OIgnoreDots"},
                               Words{"-O", "ignoredots=True"}})
        EXPECT_EQ(call_of(words).dot, Dot::is_text) << words.front();
    EXPECT_EQ(call_of({"-i", "-oifalse"}).dot, Dot::ends_letter);
}

TEST(SendmailOptions, HasItsModesByOptionAndByName)
{
    EXPECT_EQ(call_of({"-bs"}).mode, Mode::converse);
    EXPECT_EQ(call_of({"-bp"}).mode, Mode::list_queue);
    EXPECT_EQ(call_of({"-bv", "root"}).mode, Mode::verify);
    EXPECT_EQ(call_of({"-bi"}).mode, Mode::check_tables);
    EXPECT_EQ(call_of({"-I"}).mode, Mode::check_tables);
    EXPECT_EQ(call_of({"-bh"}).mode, Mode::list_hosts);
    EXPECT_EQ(call_of({"-bH"}).mode, Mode::forget_hosts);
    EXPECT_EQ(call_of({"-v"}, "mailq").mode, Mode::list_queue);
    EXPECT_EQ(call_of({}, "newaliases").mode, Mode::check_tables);
    EXPECT_EQ(call_of({}, "hoststat").mode, Mode::list_hosts);
    EXPECT_EQ(call_of({}, "purgestat").mode, Mode::forget_hosts);
    EXPECT_EQ(call_of({"-c", "-o", "-p"}, "mailstats").mode, Mode::statistics);
    const auto aliases = call_of({"-f", "/tmp/aliases", "root"}, "praliases");
    EXPECT_EQ(aliases.mode, Mode::list_aliases);
    EXPECT_EQ(aliases.alias_file, "/tmp/aliases");
    EXPECT_EQ(aliases.sender, std::nullopt);
    for (const auto* name : {"sendmail", "send-mail", "mailq", "newaliases", "praliases",
                             "mailstats", "hoststat", "purgestat"})
        EXPECT_TRUE(is_sendmail_name(name)) << name;
    EXPECT_FALSE(is_sendmail_name("posthouse"));
    EXPECT_FALSE(is_sendmail_name(""));
}

TEST(SendmailOptions, ChoosesAmongTheQueue)
{
    using Pattern = QueuePattern;
    EXPECT_EQ(call_of({"-q"}).mode, Mode::run_queue);
    EXPECT_EQ(call_of({"-qf"}).patterns.size(), 0u);
    const auto call = call_of({"-qRexample.net", "-q!Sann", "-qI7qh"});
    EXPECT_EQ(call.mode, Mode::run_queue);
    EXPECT_EQ(call.patterns, (std::vector<Pattern>{
                                 {Pattern::Part::recipient, Pattern::Sense::holds, "example.net"},
                                 {Pattern::Part::sender, Pattern::Sense::lacks, "ann"},
                                 {Pattern::Part::id, Pattern::Sense::holds, "7qh"}}));
    EXPECT_EQ(call_of({"-bp", "-qRx"}).mode, Mode::list_queue);
    EXPECT_THAT(refusal_of({"-qR"}), HasSubstr("-qR"));
    EXPECT_THAT(refusal_of({"-qGmain"}), HasSubstr("-q"));
}

TEST(SendmailOptions, SaysWhereTheServerIsStarted)
{
    for (const Words& words :
         {Words{"-bd"}, Words{"-bD"}, Words{"-bd", "-q30m"}, Words{"-q30m"}, Words{"-qp15m"}})
        EXPECT_THAT(refusal_of(words), HasSubstr("posthouse serve")) << words.front();
    EXPECT_THAT(refusal_of({"-bt"}), HasSubstr("posthouse explain"));
}

TEST(SendmailOptions, RefusesWhatItCannotUnderstand)
{
    for (const Words& words :
         {Words{"-f"}, Words{"-Z"}, Words{"-bx"}, Words{"-b"}, Words{"-N", "often"},
          Words{"-R", "half"}, Words{"-V", "a\nb"}, Words{"-V", ""}, Words{"-V", "\xc3\xa4"},
          Words{"-B", "BINARY"}, Words{"-X", "/tmp/log"}, Words{"-V", std::string(101, 'x')}})
        EXPECT_NE(refusal_of(words), "") << words.front();
}

TEST(SendmailOptions, LetsNoControlCharacterThrough)
{
    EXPECT_NE(refusal_of({"-f", "ann@example.org\r\nRCPT TO:<x@y>"}), "");
    EXPECT_NE(refusal_of({"-bv", "a\nb"}), "");
    EXPECT_NE(refusal_of({std::string("-C/etc/\0x", 8)}), "");
    EXPECT_NE(refusal_of({std::string(SendmailLimits::argument_bytes + 1, 'a')}), "");
    EXPECT_EQ(refusal_of({"-f", "a\033[31m"}).find('\033'), std::string::npos);
}

} // namespace
} // namespace posthouse::cli
