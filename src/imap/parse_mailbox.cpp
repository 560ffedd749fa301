// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

/// Commands on a mailbox as a whole: RFC 9051 §6.3; their parameters RFC 4466 §2.1 and §2.2.
namespace posthouse::imap::grammar {

namespace {

/// "(67890007 20050715194045000 41,43:211 (1:3 5:7))": RFC 7162 §3.2.5
command::QresyncParameter qresync(Reader& reader)
{
    command::QresyncParameter parameter;
    reader.expect('(');
    parameter.uid_validity = reader.positive_number();
    reader.space();
    parameter.mod_seq = reader.mod_seq();
    if (reader.take_space() && reader.peek() != '(' && reader.peek() != ')') {
        parameter.known_uids = reader.uid_set();
        reader.take_space();
    }
    if (reader.take('(')) {
        auto numbers = reader.uid_set();
        reader.space();
        auto uids = reader.uid_set();
        if (numbers.size() != uids.size())
            reader.fail("Not as many sequence numbers as UIDs");
        reader.expect(')');
        parameter.sequence_match.emplace(std::move(numbers), std::move(uids));
        reader.take_space();
    }
    reader.expect(')');
    return parameter;
}

struct StatusName {
    std::string_view name;
    command::StatusItem item;
};

constexpr std::array status_names{
    StatusName{"MESSAGES", command::StatusItem::messages},
    StatusName{"RECENT", command::StatusItem::recent},
    StatusName{"UIDNEXT", command::StatusItem::uid_next},
    StatusName{"UIDVALIDITY", command::StatusItem::uid_validity},
    StatusName{"UNSEEN", command::StatusItem::unseen},
    StatusName{"DELETED", command::StatusItem::deleted},
    StatusName{"SIZE", command::StatusItem::size},
    StatusName{"HIGHESTMODSEQ", command::StatusItem::highest_mod_seq},
    StatusName{"MAILBOXID", command::StatusItem::mailbox_id},
    StatusName{"APPENDLIMIT", command::StatusItem::append_limit},
    StatusName{"DELETED-STORAGE", command::StatusItem::deleted_storage},
};

} // namespace

CommandBody select(Reader& reader, command::Access access)
{
    command::Select select{.access = access, .mailbox = {}, .condstore = false, .qresync = {}};
    reader.space();
    select.mailbox = reader.mailbox();
    if (!reader.take_space() || reader.peek() != '(')
        return select;
    reader.filled_list([&] {
        if (reader.take_keyword("CONDSTORE")) {
            select.condstore = true;
        } else if (!select.qresync && reader.take_keyword("QRESYNC")) {
            reader.space();
            select.qresync = qresync(reader);
        } else {
            reader.fail("Unknown parameter of SELECT");
        }
    });
    return select;
}

CommandBody create(Reader& reader)
{
    command::Create create;
    reader.space();
    create.mailbox = reader.mailbox();
    auto& name = create.mailbox.text;
    // RFC 9051 §6.3.4: a name with the separator behind it declares that it will have children.
    if (name.size() > 1 && name.ends_with(hierarchy_separator)) {
        name.pop_back();
        create.ends_with_separator = true;
    }
    if (!reader.take_space() || reader.peek() != '(')
        return create;
    reader.filled_list([&] {
        if (!reader.take_keyword("USE")) {
            reader.fail("Unknown parameter of CREATE");
            return;
        }
        reader.space();
        reader.list([&] {
            reader.expect('\\');
            create.special_use.push_back("\\" + std::string(reader.atom()));
        });
    });
    return create;
}

CommandBody rename(Reader& reader)
{
    command::Rename rename;
    reader.space();
    rename.from = reader.mailbox();
    reader.space();
    rename.to = reader.mailbox();
    return rename;
}

std::vector<command::StatusItem> status_items(Reader& reader)
{
    std::vector<command::StatusItem> items;
    reader.filled_list([&] {
        const auto word = reader.keyword();
        const auto found =
            std::ranges::find(status_names, std::string_view(word), &StatusName::name);
        if (found == status_names.end())
            reader.fail("Unknown item of STATUS");
        else if (std::ranges::count(items, found->item) == 0)
            items.push_back(found->item);
    });
    return items;
}

CommandBody status(Reader& reader)
{
    command::Status status;
    reader.space();
    status.mailbox = reader.mailbox();
    reader.space();
    status.items = status_items(reader);
    return status;
}

} // namespace posthouse::imap::grammar
