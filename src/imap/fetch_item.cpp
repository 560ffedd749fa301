// SPDX-License-Identifier: Apache-2.0
#include "imap/fetch_item.hpp"

namespace posthouse::imap {

bool sets_seen(const FetchItem& item)
{
    using enum FetchItem::Kind;
    switch (item.kind) {
    case rfc822:
    case rfc822_text:
        return true;
    case body_section:
    case binary:
        return !item.peek;
    default:
        return false;
    }
}

} // namespace posthouse::imap
