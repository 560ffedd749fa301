// SPDX-License-Identifier: Apache-2.0
#include "pop3/maildrop.hpp"

#include "base/contract.hpp"

#include <fmt/compile.h>

#include <algorithm>

namespace posthouse::pop3 {

std::string Maildrop::uidl(const Message& message) const
{
    if (message.own == 0)
        return fmt::format(FMT_COMPILE("{}.{}"), validity, message.uid);
    expects(message.own <= own_uidls.size());
    return own_uidls[message.own - 1];
}

bool is_uidl(const std::string& text)
{
    return !text.empty() && text.size() <= 70 &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace posthouse::pop3
