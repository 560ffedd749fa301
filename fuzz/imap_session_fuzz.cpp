// SPDX-License-Identifier: Apache-2.0
// fuzzes: imap_session imap mail base
#include "tests/imap/session/support/rehearsal.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace posthouse;
using namespace posthouse::imap;
using namespace posthouse::imap::rehearsal;

SessionSettings fuzzed_settings(unsigned char how)
{
    auto settings = usual_settings();
    settings.limits.bad_commands = 1000;
    settings.limits.piece_bytes = how & 2U ? 16 : 4096;
    settings.limits.output_bytes = how & 2U ? 64 : 4096;
    settings.limits.page_messages = how & 2U ? 2 : 100;
    settings.message_limit = how & 4U ? 2 : 0;
    return settings;
}

} // namespace

/// A whole session, logged in or not, in pieces as the input says, beside another on the same
/// mailbox. The first byte says how; 0xFF parts pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1 || size > 20'000)
        return 0;
    const auto how = data[0];
    std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    boost::asio::io_context context;
    FakeAccount account;
    account.make("Sent").special_use = "\\Sent";
    account.deliver("INBOX", "Subject: one\r\nFrom: a@example.org\r\n\r\ntext\r\n");
    account.deliver("INBOX",
                    "Subject: two\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                    "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b\r\nContent-Type: "
                    "message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n");
    account.deliver("INBOX", "Subject: three\r\n\r\n\r\n", {mail::SystemFlag::deleted, {"$Junk"}});
    {
        Rehearsal other(context, account);
        other.say("a LOGIN user secret\r\nb ENABLE QRESYNC\r\nc SELECT INBOX\r\nd IDLE\r\n");
        Rehearsal client(context, account, fuzzed_settings(how));
        if (how & 1U)
            client.say("a LOGIN user secret\r\nb SELECT INBOX\r\n");
        while (!input.empty() && !client.done()) {
            const auto end = input.find('\xff');
            client.say(input.substr(0, end));
            other.heard();
            if (end != input.npos && (how & 8U))
                client.channel.pass_time(std::chrono::seconds(100));
            input.remove_prefix(end == input.npos ? input.size() : end + 1);
        }
        client.channel.hang_up();
        for (int i = 0; i < 100 && !client.done(); ++i)
            client.proceed();
        if (!client.done())
            std::abort(); // Whatever was said, a session ends with its connection.
    }
    if (!account.sessions.empty())
        std::abort();
    return 0;
}
