// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What LIST and LSUB show of a tree of mailboxes: RFC 9051 §6.3.9, RFC 3501 §6.3.9, RFC 5258,
/// RFC 6154 §3.
namespace posthouse::imap {

/// A pattern with `*` (anything) and `%` (anything within a level).
class ListPattern {
public:
    explicit ListPattern(std::string_view pattern);

    /// The whole name. Takes time in the product of both lengths at worst.
    bool matches(std::string_view name) const;
    /// Ends with `%`, and so shows levels that are only there because something is below them.
    bool shows_levels() const { return shows_levels_; }

private:
    bool shows_levels_ = false;
    std::string pattern_;   // Without wildcards that add nothing
    std::size_t plain_ = 0; // Its characters that are no wildcards
};

/// What is known of a mailbox, or of a name that only is subscribed to.
struct ListedMailbox {
    std::string name; ///< UTF-8
    bool exists = true, selectable = true, subscribed = false;
    std::string special_use = {}; ///< "\\Sent"; several have spaces between them.
};

struct ListRow {
    std::string name;
    /// Which of the mailboxes given; none: a level that is only there because of what is below.
    std::optional<std::size_t> mailbox;
    std::vector<std::string> attributes; ///< "\\HasChildren", in the order of their importance
    /// CHILDINFO's criteria ("SUBSCRIBED"): something below meets them. RFC 5258 §3.5
    std::vector<std::string_view> child_info;
    bool operator==(const ListRow&) const = default;
};

/// Does the session speak IMAP4rev2, where a name without a mailbox is \NonExistent in every LIST?
enum class ListDialect : std::uint8_t { rev1, rev2 };

/// Rows by name, INBOX first; each name once, whichever pattern matches. The names given must all
/// differ. Not for LIST "" "", which asks for the separator.
std::vector<ListRow> list_rows(std::span<const ListedMailbox>, const command::List&, ListDialect);

/// Subscribed names; levels above them, where the pattern ends with `%`, as \Noselect.
std::vector<ListRow> lsub_rows(std::span<const ListedMailbox>, const command::Lsub&);

} // namespace posthouse::imap
