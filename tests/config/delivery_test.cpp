// SPDX-License-Identifier: Apache-2.0
// [tables], [routing], [masquerade], [local_delivery], [submission], [notifications], [[milter]]
#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(DeliveryConfig, IsRead)
{
    const auto config = loaded(minimal + R"(
[tables]
aliases = ["/etc/aliases", "/etc/aliases.d/lists"]
virtusertable = "/etc/mail/virtusertable"
mailertable = ["/etc/mail/mailertable"]
access = ["/etc/mail/access"]
genericstable = ["/etc/mail/genericstable"]
generics_domains = ["/etc/mail/generics-domains"]
local_host_names = ["/etc/mail/local-host-names"]
relay_domains = ["/etc/mail/relay-domains"]
sender_relays = ["/etc/mail/sender-relays"]
copies = ["/etc/mail/copies"]
[routing]
separator = "+-"
always_copy = ["archive@example.org"]
verp_lists = ["news", "Team@example.org"]
expansion_limit = 500
[masquerade]
as = "Example.org"
domains = ["example.net"]
exceptions = ["lab.example.net"]
exposed_users = ["root", "daemon"]
envelope = false
recipients = true
add_domain = false
[local_delivery]
format = "program"
mbox_directory = "/var/spool/mail"
maildir = "mail/in"
program = "/usr/bin/procmail -d %u"
forward = false
programs_allowed = ["/usr/bin/vacation", "/usr/adm/sm.bin/"]
program_timeout = "1m"
program_output = "1KiB"
quota_bytes = "1GiB"
default_user = "mailnull"
concurrency = 4
[submission]
socket = ""
drop = "/srv/drop"
trusted_users = ["root", "www-data"]
[notifications]
language = "chinese"
template_file = "/etc/posthouse/words"
postmaster = "help@example.org"
tell_postmaster = false
[[milter]]
name = "spam"
address = "unix:/run/spam.sock"
on_failure = "accept"
connect_timeout = "1s"
command_timeout = "2s"
end_timeout = "3s"
[[milter]]
name = "sign"
address = "inet:[::1]:8891"
)");
    EXPECT_EQ(config.tables, (Tables{.aliases = {"/etc/aliases", "/etc/aliases.d/lists"},
                                     .virtusertable = {"/etc/mail/virtusertable"},
                                     .mailertable = {"/etc/mail/mailertable"},
                                     .access = {"/etc/mail/access"},
                                     .genericstable = {"/etc/mail/genericstable"},
                                     .generics_domains = {"/etc/mail/generics-domains"},
                                     .local_host_names = {"/etc/mail/local-host-names"},
                                     .relay_domains = {"/etc/mail/relay-domains"},
                                     .sender_relays = {"/etc/mail/sender-relays"},
                                     .copies = {"/etc/mail/copies"}}));
    EXPECT_EQ(config.routing,
              (Routing{.separator = "+-",
                       .always_copy = {*mail::Mailbox::parse("archive@example.org")},
                       .verp_lists = {"news", "Team@example.org"},
                       .expansion_limit = 500}));
    EXPECT_EQ(config.masquerade, (Masquerade{.as = domain("example.org"),
                                             .domains = {domain("example.net")},
                                             .exceptions = {domain("lab.example.net")},
                                             .exposed_users = {"root", "daemon"},
                                             .envelope = false,
                                             .recipients = true,
                                             .add_domain = false}));
    EXPECT_EQ(config.local_delivery,
              (LocalDelivery{.format = LocalDelivery::Format::program,
                             .mbox_directory = "/var/spool/mail",
                             .maildir = "mail/in",
                             .program = "/usr/bin/procmail -d %u",
                             .forward = false,
                             .programs_allowed = {"/usr/bin/vacation", "/usr/adm/sm.bin/"},
                             .program_timeout = 1min,
                             .program_output = 1024,
                             .quota_bytes = 1u << 30,
                             .default_user = "mailnull",
                             .concurrency = 4}));
    EXPECT_EQ(
        config.submission,
        (Submission{.socket = "", .drop = "/srv/drop", .trusted_users = {"root", "www-data"}}));
    EXPECT_EQ(config.notifications,
              (Notifications{.language = Notifications::Language::chinese,
                             .template_file = "/etc/posthouse/words",
                             .postmaster = *mail::Mailbox::parse("help@example.org"),
                             .tell_postmaster = false}));
    EXPECT_THAT(config.milters,
                ElementsAre(Milter{.name = "spam",
                                   .path = "/run/spam.sock",
                                   .address = {},
                                   .on_failure = Milter::OnFailure::accept,
                                   .connect_timeout = 1s,
                                   .command_timeout = 2s,
                                   .end_timeout = 3s},
                            Milter{.name = "sign", .path = "", .address = {"::1", 8891}}));
}

TEST(DeliveryConfig, WantsAbsolutePathsOfTables)
{
    EXPECT_THAT(only_problem(minimal + "[tables]\naliases = \"aliases\"\n"),
                HasSubstr("tables.aliases \"aliases\" will not do; right would be: a list of "
                          "absolute paths"));
    EXPECT_THAT(only_problem(minimal + "[tables]\naccess = [\"/a\", \"hash:/b\"]\n"),
                HasSubstr("tables.access a list will not do"));
    EXPECT_THAT(only_problem(minimal + "[tables]\ncopies = [\"/a\\u0000\"]\n"),
                HasSubstr("tables.copies"));
    EXPECT_THAT(loaded(minimal + "[tables]\naliases = []\n").tables.aliases, IsEmpty());
}

TEST(DeliveryConfig, SeparatesDetailsByWhatIsInNoName)
{
    for (const std::string fine : {"", "+", "+-_", ".", "="})
        EXPECT_EQ(loaded(minimal + "[routing]\nseparator = \"" + fine + "\"\n").routing.separator,
                  fine);
    for (const std::string wrong : {"a", "1", "@", " ", "+x", "\\\"", "é"})
        EXPECT_THAT(only_problem(minimal + "[routing]\nseparator = \"" + wrong + "\"\n"),
                    HasSubstr("routing.separator"));
}

TEST(DeliveryConfig, RefusesAddressesThatAreNone)
{
    EXPECT_THAT(only_problem(minimal + "[routing]\nalways_copy = [\"archive\"]\n"),
                HasSubstr("routing.always_copy"));
    EXPECT_THAT(only_problem(minimal + "[routing]\nverp_lists = [\"a b\"]\n"),
                HasSubstr("routing.verp_lists"));
    EXPECT_THAT(only_problem(minimal + "[notifications]\npostmaster = \"root\"\n"),
                HasSubstr("notifications.postmaster"));
}

TEST(DeliveryConfig, MasqueradesOnlyAsSomething)
{
    EXPECT_THAT(only_problem(minimal + "[masquerade]\ndomains = [\"example.net\"]\n"),
                HasSubstr("t.toml:3:1: masquerade.domains need as"));
    EXPECT_THAT(only_problem(minimal + "[masquerade]\nexceptions = [\"example.net\"]\n"),
                HasSubstr("masquerade.exceptions need as"));
    loaded(minimal + "[masquerade]\nadd_domain = false\n");
}

TEST(DeliveryConfig, ChecksLocalDelivery)
{
    const auto delivery = minimal + "[local_delivery]\n";
    EXPECT_THAT(only_problem(delivery + "format = \"program\"\n"),
                HasSubstr("t.toml:3:1: local_delivery.format needs program"));
    EXPECT_THAT(only_problem(delivery + "program = \"/usr/bin/procmail\"\n"),
                HasSubstr("local_delivery.program runs with format = \"program\" only"));
    EXPECT_THAT(only_problem(delivery + "format = \"program\"\nprogram = \"procmail -d %u\"\n"),
                HasSubstr("local_delivery.program \"procmail -d %u\" will not do"));
    EXPECT_THAT(only_problem(delivery + "default_user = \"root\"\n"),
                HasSubstr("local_delivery.default_user is root"));
    for (const std::string wrong : {"", "/Maildir", "..", "a/../..", "../other"})
        EXPECT_THAT(only_problem(delivery + "maildir = \"" + wrong + "\"\n"),
                    HasSubstr("local_delivery.maildir"));
    EXPECT_EQ(loaded(delivery + "maildir = \"..a/b..\"\n").local_delivery.maildir, "..a/b..");
}

TEST(DeliveryConfig, ChecksTheSubmissionSocket)
{
    const auto with = [](const std::string& socket) {
        return minimal + "[submission]\nsocket = \"" + socket + "\"\n";
    };
    const auto longest = "/" + std::string(106, 's');
    EXPECT_EQ(loaded(with(longest)).submission.socket, longest);
    EXPECT_THAT(only_problem(with(longest + "s")),
                HasSubstr("submission.socket is too long for a Unix socket"));
    EXPECT_THAT(only_problem(with("submit")),
                HasSubstr("submission.socket \"submit\" will not do"));
    EXPECT_THAT(
        only_problem(with("/s") + "[[listen]]\naddress = \"unix:/s\"\nprotocol = \"smtp\"\n"),
        HasSubstr("submission.socket /s is under [[listen]] too"));
}

TEST(DeliveryConfig, ChecksFilters)
{
    const std::string filter = "[[milter]]\nname = \"f\"\naddress = \"inet:192.0.2.1:8891\"\n";
    EXPECT_THAT(only_problem(minimal + filter + filter),
                HasSubstr("t.toml:6:1: milter[1].name f is there twice"));
    EXPECT_THAT(only_problem(minimal + "[[milter]]\naddress = \"unix:/m\"\n"),
                HasSubstr("t.toml:2:1: milter[0].name is missing"));
    EXPECT_THAT(only_problem(minimal + "[[milter]]\nname = \"f\"\n"),
                HasSubstr("milter[0].address is missing"));
    for (const std::string wrong :
         {"", "unix:", "unix:run/m", "/run/m", "inet:8891", "192.0.2.1:8891",
          "inet:filter.example:8891", "inet:192.0.2.1", "inet:[::1]"})
        EXPECT_THAT(
            only_problem(minimal + "[[milter]]\nname = \"f\"\naddress = \"" + wrong + "\"\n"),
            HasSubstr("milter[0].address \"" + wrong + "\" will not do"));
    EXPECT_THAT(only_problem(minimal + "[[milter]]\nname = \"a b\"\naddress = \"unix:/m\"\n"),
                HasSubstr("milter[0].name"));
}

} // namespace
} // namespace posthouse::config
