// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// Whatever stands in MAIL or RCPT: what is taken for an address can be sent on, and reads back as
// itself.

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/address.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::mail;

void check_mailbox(const Mailbox& mailbox, Charset charset)
{
    const auto wire = mailbox.text();
    expects(wire.size() <= 254 && is_utf8(wire));
    expects(charset == Charset::utf8 || mailbox.is_ascii());
    expects(std::ranges::none_of(
        wire, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }));
    const auto again = Mailbox::parse(wire, charset);
    expects(again.has_value() && *again == mailbox);
    expects(*Domain::parse(mailbox.domain().text()) == mailbox.domain());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto charset : {Charset::ascii, Charset::utf8}) {
        if (const auto mailbox = Mailbox::parse(text, charset)) {
            check_mailbox(*mailbox, charset);
            expects(ForwardPath::parse(text, charset)->mailbox() == *mailbox);
        }
        if (const auto path = ReversePath::parse(text, charset)) {
            expects(path->is_null() == text.empty());
            if (path->mailbox())
                check_mailbox(*path->mailbox(), charset);
            expects(*ReversePath::parse(path->text(), charset) == *path);
        }
        if (const auto path = ForwardPath::parse(text, charset)) {
            if (path->mailbox())
                check_mailbox(*path->mailbox(), charset);
            expects(*ForwardPath::parse(path->text(), charset) == *path);
        }
    }
    return 0;
}
