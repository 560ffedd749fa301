// SPDX-License-Identifier: Apache-2.0
// fuzzes: cli
// The sendmail command's letters: whatever a program writes, what goes to the server is a letter of
// whole lines without blind copies, and no address in its envelope holds a control character.
#include "base/contract.hpp"
#include "cli/sendmail_envelope.hpp"
#include "cli/sendmail_letter.hpp"
#include "mail/header_block.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace posthouse;

bool is_clean(std::string_view text)
{
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool has_whole_lines(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) ||
            (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')))
            return false;
    return text.empty() || text.ends_with("\r\n");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto cut = std::min<std::size_t>(size, size == 0 ? 0 : data[0]);
    const auto hostname = *mail::Domain::parse("mx.example.org");

    cli::LetterIntake intake(cli::SendmailCall::Dot::ends_letter);
    if (intake.add(input.substr(0, cut)))
        intake.add(input.substr(cut));
    const auto text = intake.finish();
    expects(has_whole_lines(text));

    const cli::LetterWriter writer{.address = *mail::Mailbox::parse("ann@mx.example.org"),
                                   .full_name = std::string(input.substr(0, cut)),
                                   .hostname = hostname};
    SeededRandom random(1);
    const auto letter = cli::prepare_letter(text, writer, random, {});
    if (!letter)
        return 0;
    expects(letter->body_offset <= text.size());
    expects(has_whole_lines(letter->header) && letter->header.ends_with("\r\n\r\n"));
    const auto header = mail::HeaderBlock::parse(letter->header);
    expects(header.end() == mail::HeaderEnd::blank_line);
    expects(header.first("Bcc") == nullptr && header.first("Date") != nullptr);
    expects(header.first("From") != nullptr && header.first("Message-ID") != nullptr);

    for (const auto& path : cli::parse_recipients(letter->recipients, hostname).accepted)
        expects(is_clean(path.text()));
    if (const auto sender = cli::parse_sender(input, hostname))
        expects(is_clean(sender->text()));
    return 0;
}
