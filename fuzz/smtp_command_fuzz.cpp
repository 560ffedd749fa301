// SPDX-License-Identifier: Apache-2.0
// fuzzes: smtp mail
// Whatever a line says: no crash, a refusal that can be sent, and addresses that mean the same when
// they are written down and read again.

#include "base/contract.hpp"
#include "smtp/command.hpp"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace posthouse;
    using namespace posthouse::smtp;

    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto command = parse_command(line);
    if (!command) {
        expects(command.error().code == 500 || command.error().code == 501 ||
                command.error().code == 502 || command.error().code == 555);
        std::string wire;
        append_reply(wire, command.error());
        expects(wire.ends_with("\r\n") && wire.find_first_of("\r\n") == wire.size() - 2);
        return 0;
    }
    if (const auto* mail = std::get_if<command::MailFrom>(&*command)) {
        const auto again = parse_command("MAIL FROM:<" + mail->sender.text() + ">");
        expects(again.has_value());
        expects(std::get<command::MailFrom>(*again).sender == mail->sender);
    }
    if (const auto* rcpt = std::get_if<command::RcptTo>(&*command)) {
        expects(is_rcpt(line));
        const auto again = parse_command("RCPT TO:<" + rcpt->recipient.text() + ">");
        expects(again.has_value());
        expects(std::get<command::RcptTo>(*again).recipient == rcpt->recipient);
    }
    if (std::holds_alternative<command::Bdat>(*command))
        expects(is_bdat(line));
    return 0;
}
