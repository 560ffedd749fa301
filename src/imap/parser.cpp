// SPDX-License-Identifier: Apache-2.0
#include "imap/parser.hpp"

#include "base/text.hpp"
#include "imap/grammar.hpp"

#include <algorithm>
#include <array>

namespace posthouse::imap {

namespace {

using namespace grammar;

struct Rule {
    std::string_view name;
    CommandBody (*parse)(Reader&);
};

template <class T>
CommandBody plain(Reader&)
{
    return T{};
}

/// A command whose one argument is a mailbox.
template <class T>
CommandBody of_mailbox(Reader& reader)
{
    reader.space();
    return T{reader.mailbox()};
}

template <command::Access access>
CommandBody selection(Reader& reader)
{
    return grammar::select(reader, access);
}

template <CommandBody (*parse)(Reader&, Numbering), Numbering by>
CommandBody numbered(Reader& reader)
{
    return parse(reader, by);
}

template <command::Transfer how, Numbering by>
CommandBody transfer(Reader& reader)
{
    return grammar::copy(reader, by, how);
}

constexpr auto sequence = Numbering::sequence;
constexpr auto uid = Numbering::uid;
using command::Access;
using command::Transfer;

constexpr std::array rules{
    Rule{"APPEND", grammar::append},
    Rule{"AUTHENTICATE", authenticate},
    Rule{"CANCELUPDATE", cancel_update},
    Rule{"CAPABILITY", plain<command::Capability>},
    Rule{"CHECK", plain<command::Check>},
    Rule{"CLOSE", plain<command::Close>},
    Rule{"COMPRESS", compress},
    Rule{"COPY", transfer<Transfer::copy, sequence>},
    Rule{"CREATE", create},
    Rule{"DELETE", of_mailbox<command::Delete>},
    Rule{"DELETEACL", delete_acl},
    Rule{"ENABLE", enable},
    Rule{"ESEARCH", esearch},
    Rule{"EXAMINE", selection<Access::read_only>},
    Rule{"EXPUNGE", plain<command::Expunge>},
    Rule{"FETCH", numbered<fetch, sequence>},
    Rule{"GETACL", of_mailbox<command::GetAcl>},
    Rule{"GETMETADATA", get_metadata},
    Rule{"GETQUOTA", get_quota},
    Rule{"GETQUOTAROOT", of_mailbox<command::GetQuotaRoot>},
    Rule{"ID", id},
    Rule{"IDLE", plain<command::Idle>},
    Rule{"LIST", list},
    Rule{"LISTRIGHTS", list_rights},
    Rule{"LOGIN", login},
    Rule{"LOGOUT", plain<command::Logout>},
    Rule{"LSUB", lsub},
    Rule{"MOVE", transfer<Transfer::move, sequence>},
    Rule{"MYRIGHTS", of_mailbox<command::MyRights>},
    Rule{"NAMESPACE", plain<command::Namespace>},
    Rule{"NOOP", plain<command::Noop>},
    Rule{"NOTIFY", notify},
    Rule{"RENAME", rename},
    Rule{"REPLACE", numbered<replace, sequence>},
    Rule{"SEARCH", numbered<grammar::search, sequence>},
    Rule{"SELECT", selection<Access::read_write>},
    Rule{"SETACL", set_acl},
    Rule{"SETMETADATA", set_metadata},
    Rule{"SETQUOTA", set_quota},
    Rule{"SORT", numbered<sort, sequence>},
    Rule{"STARTTLS", plain<command::StartTls>},
    Rule{"STATUS", status},
    Rule{"STORE", numbered<store, sequence>},
    Rule{"SUBSCRIBE", of_mailbox<command::Subscribe>},
    Rule{"THREAD", numbered<thread, sequence>},
    Rule{"UNAUTHENTICATE", plain<command::Unauthenticate>},
    Rule{"UNSELECT", plain<command::Unselect>},
    Rule{"UNSUBSCRIBE", of_mailbox<command::Unsubscribe>},
};
static_assert(std::ranges::is_sorted(rules, {}, &Rule::name));

/// Behind UID
constexpr std::array uid_rules{
    Rule{"COPY", transfer<Transfer::copy, uid>},
    Rule{"ESEARCH", esearch}, // As RFC 7377 §2.1 writes it in one place
    Rule{"EXPUNGE", uid_expunge},
    Rule{"FETCH", numbered<fetch, uid>},
    Rule{"MOVE", transfer<Transfer::move, uid>},
    Rule{"REPLACE", numbered<replace, uid>},
    Rule{"SEARCH", numbered<grammar::search, uid>},
    Rule{"SORT", numbered<sort, uid>},
    Rule{"STORE", numbered<store, uid>},
    Rule{"THREAD", numbered<thread, uid>},
};
static_assert(std::ranges::is_sorted(uid_rules, {}, &Rule::name));

const Rule* find(const auto& table, std::string_view name)
{
    const auto found = std::ranges::lower_bound(table, name, {}, &Rule::name);
    return found != table.end() && found->name == name ? &*found : nullptr;
}

bool is_tag_character(char c)
{
    return c > ' ' && c <= '~' && !std::string_view("(){%*\"\\+").contains(c);
}

const Rule* command_rule(Reader& reader)
{
    auto name = reader.keyword();
    if (name == "UID") {
        reader.space();
        name = reader.keyword();
        return find(uid_rules, name);
    }
    return find(rules, name);
}

} // namespace

std::string_view tag_of(std::string_view text)
{
    constexpr std::size_t longest = 100;
    const auto tag = text.substr(0, text.find(' '));
    return tag.empty() || tag.size() > longest || !std::ranges::all_of(tag, is_tag_character) ? "*"
                                                                                              : tag;
}

std::expected<Command, RefusedCommand> parse_command(std::string_view text,
                                                     const ParserSettings& settings)
{
    const std::string tag(tag_of(text));
    const auto refused = [&](Refusal why) {
        return std::unexpected(RefusedCommand{tag, std::move(why)});
    };
    if (tag == "*")
        return refused({.how = Refusal::How::bad, .code = {}, .text = "Invalid tag"});
    Reader reader(text.substr(tag.size()), settings);
    if (!reader.take_space() || reader.rest().empty())
        return refused({.how = Refusal::How::bad, .code = {}, .text = "A command is missing"});
    const auto* rule = command_rule(reader);
    if (rule == nullptr)
        return refused({.how = Refusal::How::bad, .code = {}, .text = "Unknown command"});
    Command command{tag, rule->parse(reader)};
    reader.end();
    if (reader.failed())
        return refused(reader.failure());
    return command;
}

} // namespace posthouse::imap
