// SPDX-License-Identifier: Apache-2.0
// fuzzes: gate
// The input is a letter that somebody hands in: whatever its header is, it leaves with one From,
// with Date and Message-ID, without Bcc, with its body as it was; and a second time nothing is left
// to do.
#include "base/contract.hpp"
#include "gate/submission_header.hpp"
#include "mail/header_block.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using posthouse::expects;
using namespace posthouse::gate;
namespace mail = posthouse::mail;

struct FixedRandom final : posthouse::Random {
    std::uint64_t next() override { return 7; }
};

std::expected<PreparedHeader, posthouse::smtp::Reply> prepared(std::string_view letter)
{
    static FixedRandom random;
    return prepare_header(letter,
                          {.login = *mail::Mailbox::parse("a@b.example"),
                           .host = *mail::Domain::parse("mx.b.example"),
                           .random = random,
                           .now = posthouse::Timestamp(std::chrono::seconds(1'700'000'000))});
}

std::string applied(const PreparedHeader& header, std::string_view letter)
{
    mail::EditedText text(letter.size());
    expects(text.apply(header.edits));
    return mail::read_edited(text, letter);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view letter(reinterpret_cast<const char*>(data), size);
    HeaderCatcher catcher(4096);
    for (std::size_t at = 0; at < size; at += 7)
        catcher.feed(letter.substr(at, 7));
    expects(catcher.text().size() <= 4096 + 7 + 4);
    expects(letter.starts_with(catcher.text()));

    const auto header = prepared(letter);
    if (!header)
        return 0;
    const auto text = applied(*header, letter);
    const auto block = mail::HeaderBlock::parse(text);
    expects(block.count("From") == 1 && block.count("Date") >= 1 && block.count("Message-ID") >= 1);
    expects(block.count("Bcc") == 0 && block.count("Resent-Bcc") == 0);
    const auto before = mail::HeaderBlock::parse(letter);
    expects(text.ends_with(letter.substr(std::min(before.body_offset(), letter.size()))));
    const auto again = prepared(text);
    expects(again.has_value() && again->edits.empty());
    return 0;
}
