// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/render.hpp"

#include "imap/dates.hpp"
#include "tests/imap/render_words.hpp"

#include <array>
#include <fmt/format.h>

namespace posthouse::imap {

namespace {

using namespace command;
using namespace rendered;

std::string name(const MailboxName& mailbox)
{
    return quote(mailbox.text);
}

std::string messages(Numbering by, const SequenceSet& of)
{
    return (by == Numbering::uid ? "uid " : "") + set(of);
}

std::string range(const PartialRange& range)
{
    return fmt::format("{}:{}", range.first, range.last);
}

std::string items(const std::vector<FetchItem>& items)
{
    return joined(items, [](const FetchItem& item) { return render(item); });
}

std::string status_items(const std::vector<StatusItem>& items)
{
    constexpr std::array names{"messages",   "recent",       "uid_next",       "uid_validity",
                               "unseen",     "deleted",      "size",           "highest_mod_seq",
                               "mailbox_id", "append_limit", "deleted_storage"};
    return joined(items, [&](StatusItem item) {
        return std::string(names.at(static_cast<std::size_t>(item)));
    });
}

std::string filter(const MailboxFilter& filter)
{
    constexpr std::array names{"selected",   "selected_delayed", "inboxes",     "personal",
                               "subscribed", "subtree",          "subtree_one", "mailboxes"};
    std::string result = names.at(static_cast<std::size_t>(filter.kind));
    return filter.names.empty() ? result : result + joined(filter.names, name);
}

std::string steps(const std::vector<append::Step>& steps)
{
    return joined(steps, [](const append::Step& step) { return render(step); });
}

/// Those of the words whose switch is on, each with a space before it.
std::string words(std::initializer_list<std::pair<bool, std::string_view>> switches)
{
    std::string result;
    for (const auto& [on, word] : switches)
        if (on)
            result += " " + std::string(word);
    return result;
}

std::string criteria(const Search& search)
{
    std::string result;
    if (search.want) {
        const auto& want = *search.want;
        result += " return" + words({{want.min, "min"},
                                     {want.max, "max"},
                                     {want.all, "all"},
                                     {want.count, "count"},
                                     {want.save, "save"},
                                     {want.context, "context"},
                                     {want.update, "update"},
                                     {want.relevancy, "relevancy"}});
        if (!want.update_items.empty())
            result += items(want.update_items);
        if (want.partial)
            result += " partial " + range(*want.partial);
        result += " for";
    }
    if (!search.charset.empty())
        result += " charset " + search.charset;
    return result + " " + render(search.program);
}

std::string pairs(const auto& list, const auto& first, const auto& second)
{
    return joined(list,
                  [&](const auto& pair) { return first(pair.first) + "=" + second(pair.second); });
}

std::string perhaps(const std::optional<std::string>& text)
{
    return text ? quote(*text) : "NIL";
}

struct Render {
    std::string operator()(const Capability&) const { return "capability"; }
    std::string operator()(const Noop&) const { return "noop"; }
    std::string operator()(const Logout&) const { return "logout"; }
    std::string operator()(const Id& id) const { return "id " + pairs(id.fields, quote, perhaps); }
    std::string operator()(const StartTls&) const { return "starttls"; }
    std::string operator()(const Authenticate& authenticate) const
    {
        const auto& initial = authenticate.initial_response;
        return "authenticate " + authenticate.mechanism +
               (initial ? " " + quote(initial->reveal()) : "");
    }
    std::string operator()(const Login& login) const
    {
        return "login " + quote(login.user) + " " + quote(login.password.reveal());
    }
    std::string operator()(const Unauthenticate&) const { return "unauthenticate"; }
    std::string operator()(const Compress&) const { return "compress"; }
    std::string operator()(const Enable& enable) const
    {
        return "enable " + quotes(enable.capabilities);
    }
    std::string operator()(const Select& select) const
    {
        std::string result = select.access == Access::read_only ? "examine " : "select ";
        result += name(select.mailbox) + words({{select.condstore, "condstore"}});
        if (const auto& q = select.qresync) {
            result += fmt::format(" qresync {} {}", q->uid_validity, q->mod_seq);
            if (q->known_uids)
                result += " known " + q->known_uids->text();
            if (const auto& match = q->sequence_match)
                result += " match " + match->first.text() + "=" + match->second.text();
        }
        return result;
    }
    std::string operator()(const Create& create) const
    {
        return "create " + name(create.mailbox) +
               words({{create.ends_with_separator, "for_children"}}) +
               (create.special_use.empty() ? "" : " use " + quotes(create.special_use));
    }
    std::string operator()(const Delete& each) const { return "delete " + name(each.mailbox); }
    std::string operator()(const Rename& rename) const
    {
        return "rename " + name(rename.from) + " " + name(rename.to);
    }
    std::string operator()(const Subscribe& each) const
    {
        return "subscribe " + name(each.mailbox);
    }
    std::string operator()(const Unsubscribe& each) const
    {
        return "unsubscribe " + name(each.mailbox);
    }
    std::string operator()(const Status& status) const
    {
        return "status " + name(status.mailbox) + " " + status_items(status.items);
    }
    std::string operator()(const List& list) const
    {
        std::string result = list.extended ? "list extended" : "list";
        result += words({{list.select.subscribed, "subscribed"},
                         {list.select.remote, "remote"},
                         {list.select.recursive_match, "recursive_match"},
                         {list.select.special_use, "special_use"}});
        result += " " + quote(list.reference) + " " + quotes(list.patterns);
        const auto& want = list.want;
        std::string wanted = words({{want.subscribed, "subscribed"},
                                    {want.children, "children"},
                                    {want.special_use, "special_use"},
                                    {want.my_rights, "my_rights"}});
        if (!want.status.empty())
            wanted += " status" + status_items(want.status);
        if (!want.metadata.empty())
            wanted += " metadata" + quotes(want.metadata);
        return wanted.empty() ? result : result + " return" + wanted;
    }
    std::string operator()(const Lsub& lsub) const
    {
        return "lsub " + quote(lsub.reference) + " " + quote(lsub.pattern);
    }
    std::string operator()(const Namespace&) const { return "namespace"; }
    std::string operator()(const Append& append) const
    {
        return "append " + name(append.mailbox) + " " + steps(append.steps);
    }
    std::string operator()(const Replace& replace) const
    {
        return "replace " + messages(replace.by, replace.message) + " " + name(replace.mailbox) +
               " " + steps(replace.steps);
    }
    std::string operator()(const Idle&) const { return "idle"; }
    std::string operator()(const Close&) const { return "close"; }
    std::string operator()(const Unselect&) const { return "unselect"; }
    std::string operator()(const Check&) const { return "check"; }
    std::string operator()(const Expunge& expunge) const
    {
        return "expunge" + (expunge.uids ? " uid " + set(*expunge.uids) : "");
    }
    std::string operator()(const Search& search) const
    {
        return "search" + words({{search.by == Numbering::uid, "uid"}}) + criteria(search);
    }
    std::string operator()(const Esearch& esearch) const
    {
        return "esearch" +
               (esearch.sources.empty() ? "" : " in " + joined(esearch.sources, filter)) +
               criteria(esearch.search);
    }
    std::string operator()(const Sort& sort) const
    {
        constexpr std::array names{"arrival", "cc",        "date", "display_from", "display_to",
                                   "from",    "relevancy", "size", "subject",      "to"};
        return "sort" + words({{sort.search.by == Numbering::uid, "uid"}}) + " " +
               joined(sort.keys,
                      [&](const SortKey& key) {
                          return std::string(key.reverse ? "-" : "") +
                                 names.at(static_cast<std::size_t>(key.by));
                      }) +
               criteria(sort.search);
    }
    std::string operator()(const Thread& thread) const
    {
        return "thread" + words({{thread.search.by == Numbering::uid, "uid"}}) +
               (thread.algorithm == ThreadAlgorithm::references ? " references"
                                                                : " ordered_subject") +
               criteria(thread.search);
    }
    std::string operator()(const CancelUpdate& cancel) const
    {
        return "cancel_update " + quotes(cancel.tags);
    }
    std::string operator()(const Fetch& fetch) const
    {
        std::string result =
            "fetch " + messages(fetch.by, fetch.messages) + " " + items(fetch.items);
        if (fetch.changed_since)
            result += fmt::format(" changed_since {}", *fetch.changed_since);
        result += words({{fetch.vanished, "vanished"}});
        if (fetch.partial)
            result += " partial " + range(*fetch.partial);
        return result;
    }
    std::string operator()(const Store& store) const
    {
        constexpr std::array changes{"=", "+", "-"};
        std::string result = "store " + messages(store.by, store.messages) + " " +
                             changes.at(static_cast<std::size_t>(store.change)) + "(" +
                             mail::text_of(store.flags) + ")" + words({{store.silent, "silent"}});
        if (store.unchanged_since)
            result += fmt::format(" unchanged_since {}", *store.unchanged_since);
        return result;
    }
    std::string operator()(const Copy& copy) const
    {
        return (copy.how == Transfer::move ? "move " : "copy ") + messages(copy.by, copy.messages) +
               " " + name(copy.mailbox);
    }
    std::string operator()(const GetQuota& quota) const { return "get_quota " + quote(quota.root); }
    std::string operator()(const GetQuotaRoot& quota) const
    {
        return "get_quota_root " + name(quota.mailbox);
    }
    std::string operator()(const SetQuota& quota) const
    {
        return "set_quota " + quote(quota.root) + " " +
               pairs(quota.limits, quote,
                     [](std::uint64_t limit) { return std::to_string(limit); });
    }
    std::string operator()(const GetAcl& acl) const { return "get_acl " + name(acl.mailbox); }
    std::string operator()(const SetAcl& acl) const
    {
        constexpr std::array changes{"=", "+", "-"};
        return "set_acl " + name(acl.mailbox) + " " + quote(acl.identifier) + " " +
               changes.at(static_cast<std::size_t>(acl.change)) + quote(acl.rights);
    }
    std::string operator()(const DeleteAcl& acl) const
    {
        return "delete_acl " + name(acl.mailbox) + " " + quote(acl.identifier);
    }
    std::string operator()(const ListRights& rights) const
    {
        return "list_rights " + name(rights.mailbox) + " " + quote(rights.identifier);
    }
    std::string operator()(const MyRights& rights) const
    {
        return "my_rights " + name(rights.mailbox);
    }
    std::string operator()(const GetMetadata& metadata) const
    {
        constexpr std::array depths{"", " depth 1", " depth infinity"};
        return "get_metadata " + (metadata.mailbox ? name(*metadata.mailbox) : "server") + " " +
               quotes(metadata.entries) + depths.at(static_cast<std::size_t>(metadata.depth)) +
               (metadata.max_size ? fmt::format(" max_size {}", *metadata.max_size) : "");
    }
    std::string operator()(const SetMetadata& metadata) const
    {
        return "set_metadata " + (metadata.mailbox ? name(*metadata.mailbox) : "server") + " " +
               pairs(metadata.entries, quote, perhaps);
    }
    std::string operator()(const Notify& notify) const
    {
        if (!notify.set)
            return "notify none";
        constexpr std::array names{"message_new",
                                   "message_expunge",
                                   "flag_change",
                                   "annotation_change",
                                   "mailbox_name",
                                   "subscription_change",
                                   "mailbox_metadata_change",
                                   "server_metadata_change",
                                   "unknown"};
        return "notify set" + words({{notify.status, "status"}}) + " " +
               joined(notify.groups, [&](const NotifyGroup& group) {
                   return filter(group.filter) +
                          joined(group.events, [&](const NotifyEvent& event) {
                              return names.at(static_cast<std::size_t>(event.kind)) + event.name +
                                     (event.items.empty() ? "" : items(event.items));
                          });
               });
    }
};

struct RenderStep {
    std::string operator()(const append::BeginMessage& begin) const
    {
        std::string result = "begin(" + mail::text_of(begin.flags) + ")";
        if (begin.internal_date)
            result += quote(
                internal_date_text(begin.internal_date->at,
                                   begin.internal_date->zone.value_or(std::chrono::minutes())));
        return result + (begin.catenated ? "catenated" : "");
    }
    std::string operator()(const append::Literal& literal) const
    {
        return fmt::format("{}{}({})", literal.utf8 ? "utf8_" : "",
                           literal.binary ? "binary" : "literal", literal.bytes);
    }
    std::string operator()(const append::Url& url) const { return "url(" + url.url + ")"; }
    std::string operator()(const append::EndMessage&) const { return "end"; }
};

} // namespace

std::string render(const CommandBody& body)
{
    return std::visit(Render{}, body);
}

std::string render(const append::Step& step)
{
    return std::visit(RenderStep{}, step);
}

} // namespace posthouse::imap
