// SPDX-License-Identifier: Apache-2.0
#include "smtp/command.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace posthouse::smtp {
namespace {

/// One word for what a line was taken for, or the code of its refusal.
std::string taken(std::string_view line)
{
    const auto command = parse_command(line);
    if (!command)
        return std::to_string(command.error().code);
    struct {
        std::string operator()(const command::Hello& c) const
        {
            return (c.lmtp ? "lhlo " : c.extended ? "ehlo " : "helo ") + c.client;
        }
        std::string operator()(const command::MailFrom& c) const
        {
            std::string text = "mail " + c.sender.text();
            if (c.parameters.declared_bytes)
                text += " size " + std::to_string(*c.parameters.declared_bytes);
            if (c.has_body)
                text += " body " + std::to_string(static_cast<int>(c.parameters.body));
            if (c.has_auth)
                text += " auth";
            if (c.parameters.smtputf8)
                text += " utf8";
            if (c.parameters.ret != mail::Return::unsaid)
                text += " ret " + std::string(mail::return_text(c.parameters.ret));
            if (!c.parameters.envelope_id.empty())
                text += " id " + c.parameters.envelope_id;
            return text;
        }
        std::string operator()(const command::RcptTo& c) const
        {
            std::string text = "rcpt " + c.recipient.text();
            if (c.terms.notify != 0)
                text += " notify " + mail::notify_text(c.terms.notify);
            if (!c.terms.original.empty())
                text += " for " + c.terms.original;
            return text;
        }
        std::string operator()(const command::Bdat& c) const
        {
            return "bdat " + std::to_string(c.bytes) + (c.last ? " last" : "");
        }
        std::string operator()(const command::Etrn& c) const { return "etrn " + c.domain; }
        std::string operator()(const command::Auth& c) const
        {
            return "auth " + c.mechanism +
                   (c.initial ? " <" + std::string(c.initial->reveal()) + ">" : "");
        }
        std::string operator()(const command::Data&) const { return "data"; }
        std::string operator()(const command::Reset&) const { return "rset"; }
        std::string operator()(const command::Noop&) const { return "noop"; }
        std::string operator()(const command::Verify&) const { return "vrfy"; }
        std::string operator()(const command::Help&) const { return "help"; }
        std::string operator()(const command::StartTls&) const { return "starttls"; }
        std::string operator()(const command::Quit&) const { return "quit"; }
    } name;
    return std::visit(name, *command);
}

struct Case {
    std::string_view line;
    std::string_view taken;
};

TEST(SmtpServerCommand, TakesTheCommandsOfTheStandards)
{
    const Case cases[] = {
        {"EHLO a.example", "ehlo a.example"},
        {"ehlo [192.0.2.1]", "ehlo [192.0.2.1]"},
        {"HELO odd_name", "helo odd_name"},
        {"lhlo a.example", "lhlo a.example"},
        {"MAIL FROM:<>", "mail "},
        {"MAIL FROM:<a@b.example>", "mail a@b.example"},
        {"mail from:<a@b.example>", "mail a@b.example"},
        {"MAIL FROM:<@x.example,@y.example:a@b.example>", "mail a@b.example"},
        {"MAIL FROM:<\"a>b\"@c.example>", "mail \"a>b\"@c.example"},
        {"MAIL FROM:<\"a\\\">b\"@c.example> SIZE=1", "mail \"a\\\">b\"@c.example size 1"},
        {"MAIL FROM:<a@b.example> SIZE=0", "mail a@b.example size 0"},
        {"MAIL FROM:<> size=10 body=8bitmime SMTPutf8", "mail  size 10 body 1 utf8"},
        {"MAIL FROM:<> BODY=7BIT", "mail  body 0"},
        {"MAIL FROM:<> BODY=BINARYMIME", "mail  body 2"},
        {"MAIL FROM:<> SIZE=99999999999999999999", "mail  size 18446744073709551615"},
        {"RCPT TO:<a@b.example>", "rcpt a@b.example"},
        {"RCPT TO:<Postmaster>", "rcpt postmaster"},
        {"RCPT TO:<postmaster@b.example>", "rcpt postmaster@b.example"},
        {"MAIL FROM:<> RET=HDRS ENVID=a+2Bb", "mail  ret HDRS id a+b"},
        {"MAIL FROM:<> envid=x ret=full", "mail  ret FULL id x"},
        {"RCPT TO:<a@b.example> NOTIFY=NEVER", "rcpt a@b.example notify NEVER"},
        {"RCPT TO:<a@b.example> notify=delay,success ORCPT=rfc822;x+2By@z.example",
         "rcpt a@b.example notify SUCCESS,DELAY for rfc822;x+y@z.example"},
        {"RCPT TO:<a@b.example> ORCPT=utf-8;\\x{7528}@z.example",
         "rcpt a@b.example for utf-8;\u7528@z.example"},
        {"MAIL FROM:<e=mc2@example.com> AUTH=e+3Dmc2@example.com", "mail e=mc2@example.com auth"},
        {"MAIL FROM:<> AUTH=<>", "mail  auth"},
        {"AUTH PLAIN", "auth PLAIN"},
        {"auth scram-sha-256-plus", "auth SCRAM-SHA-256-PLUS"},
        {"AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=", {"auth PLAIN <test\0test\0001234>", 27}},
        {"AUTH EXTERNAL =", "auth EXTERNAL <>"},
        {"ETRN Uu.NET", "etrn uu.net"},
        {"ETRN @uu.net", "etrn @uu.net"},
        {"DATA", "data"},
        {"BDAT 0", "bdat 0"},
        {"BDAT 1000 LAST", "bdat 1000 last"},
        {"bdat 5 last", "bdat 5 last"},
        {"RSET", "rset"},
        {"NOOP", "noop"},
        {"NOOP any word", "noop"},
        {"VRFY ann", "vrfy"},
        {"HELP", "help"},
        {"HELP RCPT", "help"},
        {"STARTTLS", "starttls"},
        {"QUIT", "quit"},
    };
    for (const auto& [line, expected] : cases)
        EXPECT_EQ(taken(line), expected) << line;
}

TEST(SmtpServerCommand, ToleratesSpacesThatManyProgramsSend)
{
    const Case cases[] = {
        {"DATA  ", "data"},
        {"QUIT\t", "quit"},
        {"MAIL FROM: <a@b.example>", "mail a@b.example"},
        {"MAIL FROM:   <a@b.example>", "mail a@b.example"},
        {"RCPT TO: <a@b.example> ", "rcpt a@b.example"},
        {"MAIL FROM:<a@b.example>  SIZE=5  BODY=7BIT ", "mail a@b.example size 5 body 0"},
    };
    for (const auto& [line, expected] : cases)
        EXPECT_EQ(taken(line), expected) << line;
}

TEST(SmtpServerCommand, RefusesWhatBreaksTheGrammar)
{
    const Case cases[] = {
        {"", "500"},
        {" ", "500"},
        {" DATA", "500"},
        {"DATAX", "500"},
        {"MAILFROM:<a@b.example>", "500"},
        {"MAIL\tFROM:<a@b.example>", "500"},
        {std::string_view("NOOP \0", 6), "500"},
        {"NOOP a\rb", "500"},
        {"NOOP a\nQUIT", "500"},
        {"NOOP \x7f", "500"},
        {"EXPN list", "502"},
        {"AUTH", "501"},
        {"AUTH PLAIN x", "501"},
        {"AUTH PLAIN  dGVzdA==", "501"},
        {"AUTH PLAIN dGVzdA== x", "501"},
        {"AUTH A_MECHANISM_OF_21_CHAR", "501"},
        {"AUTH PL/AIN", "501"},
        {"EHLO", "501"},
        {"EHLO ", "501"},
        {"EHLO a b", "501"},
        {"EHLO \xc3\xbc.example", "501"},
        {"MAIL", "501"},
        {"MAIL TO:<a@b.example>", "501"},
        {"MAIL FROM <a@b.example>", "501"},
        {"MAIL FROM:", "501"},
        {"MAIL FROM:a@b.example", "501"},
        {"MAIL FROM:<a@b.example", "501"},
        {"MAIL FROM:<a@b.example>SIZE=1", "501"},
        {"MAIL FROM:<a>", "501"},
        {"MAIL FROM:<a@>", "501"},
        {"MAIL FROM:<a@-b.example>", "501"},
        {"MAIL FROM:<a b@c.example>", "501"},
        {"MAIL FROM:<\"a@b.example>", "501"},
        {"MAIL FROM:<\xff@b.example> SMTPUTF8", "501"},
        {"MAIL FROM:<> SIZE", "501"},
        {"MAIL FROM:<> SIZE=", "501"},
        {"MAIL FROM:<> SIZE=x", "501"},
        {"MAIL FROM:<> SIZE=-1", "501"},
        {"MAIL FROM:<> SIZE=1 SIZE=1", "501"},
        {"MAIL FROM:<> SIZE=100000000000000000000", "501"},
        {"MAIL FROM:<> BODY=9BIT", "501"},
        {"MAIL FROM:<> BODY", "501"},
        {"MAIL FROM:<> BODY=7BIT BODY=7BIT", "501"},
        {"MAIL FROM:<> SMTPUTF8=yes", "501"},
        {"MAIL FROM:<> RET=ALL", "501"},
        {"MAIL FROM:<> RET", "501"},
        {"MAIL FROM:<> RET=FULL RET=FULL", "501"},
        {"MAIL FROM:<> ENVID", "501"},
        {"MAIL FROM:<> ENVID=a+2", "501"},
        {"MAIL FROM:<> ENVID=a ENVID=a", "501"},
        {"RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS", "501"},
        {"RCPT TO:<a@b.example> NOTIFY=", "501"},
        {"RCPT TO:<a@b.example> NOTIFY=DELAY NOTIFY=DELAY", "501"},
        {"RCPT TO:<a@b.example> ORCPT=a@b.example", "501"},
        {"RCPT TO:<a@b.example> ORCPT=rfc822;a+0A", "501"},
        {"RCPT TO:<a@b.example> ORCPT=x;y ORCPT=x;y", "501"},
        {"ETRN", "501"},
        {"ETRN localname", "501"},
        {"ETRN [192.0.2.1]", "501"},
        {"ETRN #queue", "501"},
        {"ETRN @", "501"},
        {"MAIL FROM:<> SMTPUTF8 SMTPUTF8", "501"},
        {"MAIL FROM:<> =1", "501"},
        {"MAIL FROM:<> -X", "501"},
        {"MAIL FROM:<> X=a=b", "501"},
        {"MAIL FROM:<> X_Y", "501"},
        {"MAIL FROM:<> X-Y=1", "555"},
        {"MAIL FROM:<> AUTH", "501"},
        {"MAIL FROM:<> AUTH=+0", "501"},
        {"MAIL FROM:<> AUTH=<> AUTH=<>", "501"},
        {"RCPT TO:<>", "501"},
        {"RCPT TO:<a@b.example", "501"},
        {"RCPT FROM:<a@b.example>", "501"},
        {"RCPT TO:<someone>", "501"},
        {"RCPT TO:<a@b.example> x", "555"},
        {"DATA now", "501"},
        {"RSET now", "501"},
        {"QUIT now", "501"},
        {"STARTTLS now", "501"},
        {"VRFY", "501"},
        {"BDAT", "501"},
        {"BDAT LAST", "501"},
        {"BDAT +5", "501"},
        {"BDAT 5 LASTLY", "501"},
        {"BDAT 5  LAST", "501"},
        {"BDAT 18446744073709551616", "501"},
    };
    for (const auto& [line, expected] : cases)
        EXPECT_EQ(taken(line), expected) << line;
}

TEST(SmtpServerCommand, CompletesAnAddressWithTheDomainItIsGiven)
{
    const auto recipient = [](std::string_view line) {
        const auto command = parse_command(line, "b.example");
        return command ? std::get<command::RcptTo>(*command).recipient.text() : std::string();
    };
    EXPECT_EQ(recipient("RCPT TO:<ann>"), "ann@b.example");
    EXPECT_EQ(recipient("RCPT TO:<postmaster>"), "postmaster@b.example");
    EXPECT_EQ(recipient("RCPT TO:<ann@c.example>"), "ann@c.example");
    EXPECT_EQ(recipient("RCPT TO:<>"), "");
    const auto sender = [](std::string_view line) {
        return std::get<command::MailFrom>(*parse_command(line, "b.example")).sender.text();
    };
    EXPECT_EQ(sender("MAIL FROM:<ann>"), "ann@b.example");
    EXPECT_EQ(sender("MAIL FROM:<>"), "");
}

TEST(SmtpServerCommand, KnowsARcptAndABdatWithoutTheirArguments)
{
    EXPECT_TRUE(is_rcpt("rcpt anything"));
    EXPECT_FALSE(is_rcpt("RCPT"));
    EXPECT_FALSE(is_rcpt("RCPTS TO:"));
    EXPECT_TRUE(is_bdat("bdat\t5"));
    EXPECT_FALSE(is_bdat("BDA"));
}

TEST(SmtpServerReply, SaysCodeAndLines)
{
    std::string wire;
    append_reply(wire, 250, "2.0.0 Ok");
    append_reply(wire, Reply(550, {"5.1.1 a", "5.1.1 b", ""}));
    EXPECT_EQ(wire, "250 2.0.0 Ok\r\n550-5.1.1 a\r\n550-5.1.1 b\r\n550 \r\n");
}

TEST(SmtpServerReply, CutsALineThatIsTooLong)
{
    std::string wire;
    append_reply(wire, 250, std::string(2000, 'x'));
    EXPECT_EQ(wire.size(), 512); // RFC 5321 §4.5.3.1.5
    EXPECT_TRUE(wire.ends_with("x\r\n"));
}

TEST(SmtpServerReply, FindsTheEnhancedStatusCode)
{
    EXPECT_EQ(enhanced_status(Reply(550, "5.1.1 No")), "5.1.1");
    EXPECT_EQ(enhanced_status(Reply(450, "4.7.321")), "4.7.321");
    EXPECT_EQ(enhanced_status(Reply(550, "4.1.1 Of another class")), "");
    EXPECT_EQ(enhanced_status(Reply(550, "5.1 No")), "");
    EXPECT_EQ(enhanced_status(Reply(550, "5.1.1234 No")), "");
    EXPECT_EQ(enhanced_status(Reply(550, "No")), "");
    EXPECT_EQ(enhanced_status(Reply(550, "")), "");
}

} // namespace
} // namespace posthouse::smtp
