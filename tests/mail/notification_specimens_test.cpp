// SPDX-License-Identifier: Apache-2.0
// Letters for readers that are not ours: tests/dsn names a folder in POSTHOUSE_SPECIMENS and reads
// what is written there. Without that they are written and forgotten.
#include "tests/mail/notification_reports.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view original = "Message-ID: <1@example.com>\r\n"
                                      "Subject: the original\r\n"
                                      "MIME-Version: 1.0\r\n"
                                      "Content-Type: text/plain; charset=utf-8\r\n"
                                      "Content-Transfer-Encoding: 8bit\r\n"
                                      "\r\n"
                                      "the body\r\n";
constexpr std::string_view original_8bit = "Message-ID: <1@example.com>\r\n"
                                           "Subject: the original\r\n"
                                           "MIME-Version: 1.0\r\n"
                                           "Content-Type: text/plain; charset=utf-8\r\n"
                                           "Content-Transfer-Encoding: 8bit\r\n"
                                           "\r\n"
                                           "the body, 驿站\r\n";
constexpr std::string_view original_global = "Message-ID: <1@example.com>\r\n"
                                             "Subject: 驿站\r\n"
                                             "\r\n"
                                             "the body, 驿站\r\n";

class Specimens {
public:
    Specimens()
    {
        const char* named = std::getenv("POSTHOUSE_SPECIMENS");
        is_ours_ = named == nullptr;
        auto scratch = (fs::temp_directory_path() / "posthouse-specimens-XXXXXX").string();
        folder_ = is_ours_ ? fs::path(mkdtemp(scratch.data())) : fs::path(named);
    }
    ~Specimens()
    {
        if (is_ours_)
            fs::remove_all(folder_);
    }
    Specimens(const Specimens&) = delete;
    Specimens& operator=(const Specimens&) = delete;

    void write(const std::string& name, const Notification& report,
               const NotificationWords& words = words_of(Language::english))
    {
        const auto letter = notification_letter(report, words);
        std::ofstream file(folder_ / (name + ".eml"), std::ios::binary);
        file << letter;
        file.close();
        EXPECT_EQ(fs::file_size(folder_ / (name + ".eml")), letter.size());
    }

private:
    bool is_ours_;
    fs::path folder_;
};

Notification full(Action action)
{
    auto all = report_of(action);
    all.original = original;
    all.envelope_id = "QQ314159";
    all.letter_id = "7qhzra5zx0f74";
    all.received_at = all.at - std::chrono::hours(4);
    all.received_from = "192.0.2.9";
    all.told[0].original = "rfc822;Nobody@example.net";
    all.told[0].tried_at = all.at - std::chrono::minutes(1);
    all.told[0].retry_until = all.at + std::chrono::days(5);
    return all;
}

TEST(NotificationSpecimens, AreWritten)
{
    Specimens specimens;
    for (const auto& [name, action] :
         std::initializer_list<std::pair<const char*, Action>>{{"failed", Action::failed},
                                                               {"delayed", Action::delayed},
                                                               {"delivered", Action::delivered},
                                                               {"relayed", Action::relayed},
                                                               {"expanded", Action::expanded}}) {
        specimens.write(name, full(action));
        specimens.write(std::string(name) + "_chinese", full(action), words_of(Language::chinese));
    }

    auto mixed = full(Action::delivered);
    mixed.told.push_back(full(Action::failed).told[0]);
    mixed.told[1].recipient = *ForwardPath::parse("lost@example.net");
    mixed.told.push_back(full(Action::delayed).told[0]);
    mixed.told[2].recipient = ForwardPath::postmaster();
    specimens.write("mixed", mixed);

    auto whole = full(Action::failed);
    whole.returned = Notification::Returned::whole;
    specimens.write("whole", whole);
    whole.original = original_8bit;
    specimens.write("whole_8bit", whole);
    whole.charset = Charset::utf8;
    whole.original = original_global;
    whole.told[0].recipient = *ForwardPath::parse("收件人@example.net");
    whole.told[0].original = "utf-8;\\x{6536}\\x{4EF6}\\x{4EBA}@example.net";
    specimens.write("global_to_ascii", whole);
    whole.told[0].reason = "550 5.1.1 没有这个用户";
    specimens.write("global_words_to_ascii", whole);
    whole.to = *Mailbox::parse("甲@example.com");
    specimens.write("global", whole);
    whole.returned = Notification::Returned::header;
    specimens.write("global_header", whole);

    auto bounced = full(Action::failed);
    bounced.purpose = Notification::Purpose::double_bounce;
    bounced.to = bounced.postmaster;
    specimens.write("double_bounce", bounced);

    auto hostile = full(Action::failed);
    hostile.told[0].reason =
        "550\r\n\r\n--report-2mxexampleorg\r\nAction: delivered\r\n\r\n\x1b[2J";
    hostile.told[0].remote_host = "mx\r\nStatus: 2.0.0";
    hostile.told[0].output = "\r\n--report-2mxexampleorg--\r\n";
    hostile.envelope_id = "x\r\nFinal-Recipient: rfc822; other@example.net";
    hostile.original = "Subject: a\r\n b\xff\r\n--report-2mxexampleorg: x\r\n\r\n";
    specimens.write("hostile", hostile);

    auto many = report_of(Action::failed);
    for (int i = 0; i < 2000; ++i)
        many.told.push_back(
            {.recipient = *ForwardPath::parse("p" + std::to_string(i) + "@example.net"),
             .status = "5.2.2",
             .reason = "mailbox full",
             .remote_host = ""});
    specimens.write("many", many);

    const auto own = parse_words("[letter from]\nПочта (служба)\n[failed subject]\n"
                                 "Письмо ${sender} не доставлено, к сожалению, ни одному из его "
                                 "получателей\n[failed recipient]\n* ${recipient}: ${reason}\n");
    ASSERT_TRUE(own);
    specimens.write("own_words", full(Action::failed), *own);
}

} // namespace
} // namespace posthouse::mail
