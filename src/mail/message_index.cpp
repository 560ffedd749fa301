// SPDX-License-Identifier: Apache-2.0
#include "mail/message_index.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::mail {

std::span<const std::string_view> cached_fields(std::uint32_t set)
{
    static constexpr auto first = std::to_array<std::string_view>({"date",
                                                                   "from",
                                                                   "sender",
                                                                   "reply-to",
                                                                   "to",
                                                                   "cc",
                                                                   "bcc",
                                                                   "subject",
                                                                   "message-id",
                                                                   "in-reply-to",
                                                                   "references",
                                                                   "content-type",
                                                                   "mime-version",
                                                                   "newsgroups",
                                                                   "priority",
                                                                   "x-priority",
                                                                   "importance",
                                                                   "x-mailer",
                                                                   "user-agent",
                                                                   "delivered-to",
                                                                   "return-path",
                                                                   "list-id",
                                                                   "list-post",
                                                                   "list-unsubscribe",
                                                                   "disposition-notification-to",
                                                                   "content-transfer-encoding"});
    if (set != 1)
        return {};
    return first;
}

bool HeaderCache::covers(std::string_view name) const
{
    const auto is = [name](std::string_view other) { return equal_ignoring_case(name, other); };
    return std::ranges::any_of(cached_fields(set), is) && std::ranges::none_of(missing, is);
}

} // namespace posthouse::mail
