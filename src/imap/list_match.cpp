// SPDX-License-Identifier: Apache-2.0
#include "imap/list_match.hpp"

#include <algorithm>
#include <map>

namespace posthouse::imap {

namespace {

bool is_wildcard(char c)
{
    return c == '*' || c == '%';
}

/// INBOX, then what is below it, then the rest by their bytes.
struct ByName {
    bool operator()(const std::string& a, const std::string& b) const
    {
        const auto rank = [](const std::string& name) {
            return name == "INBOX" ? 0 : name.starts_with("INBOX/") ? 1 : 2;
        };
        const auto rank_a = rank(a), rank_b = rank(b);
        return rank_a != rank_b ? rank_a < rank_b : a < b;
    }
};

/// A name in the tree, and what is below it.
struct Node {
    std::optional<std::size_t> mailbox;
    bool matches = false;        // A pattern
    bool shown_as_level = false; // A pattern that shows levels
    bool has_children = false;   // Mailboxes that exist
    bool selected_below = false;
    bool hidden_below = false; // One that is selected, and matches no pattern
};
using Tree = std::map<std::string, Node, ByName>;

/// Calls `visit` for each level above the name, the nearest first, as long as it returns true.
template <class Visit>
void for_each_level_above(std::string_view name, const Visit& visit)
{
    for (auto end = name.rfind(hierarchy_separator); end != name.npos && end != 0;
         end = name.rfind(hierarchy_separator, end - 1))
        if (!visit(name.substr(0, end)))
            return;
}

class Matcher {
public:
    Matcher(std::string_view reference, std::span<const std::string> patterns)
    {
        for (const auto& pattern : patterns)
            patterns_.emplace_back(std::string(reference) + pattern);
    }

    void match(std::string_view name, Node& node) const
    {
        for (const auto& pattern : patterns_) {
            if ((node.matches && !pattern.shows_levels()) || !pattern.matches(name))
                continue;
            node.matches = true;
            node.shown_as_level = node.shown_as_level || pattern.shows_levels();
        }
    }

private:
    std::vector<ListPattern> patterns_;
};

Tree tree_of(std::span<const ListedMailbox> mailboxes, const Matcher& matcher)
{
    Tree tree;
    for (std::size_t index = 0; index < mailboxes.size(); ++index) {
        const auto& mailbox = mailboxes[index];
        tree[mailbox.name].mailbox = index;
        for_each_level_above(mailbox.name, [&](std::string_view above) {
            auto& level = tree[std::string(above)];
            const bool known = level.has_children;
            level.has_children = level.has_children || mailbox.exists;
            return !known; // All above it were visited with it.
        });
    }
    for (auto& [name, node] : tree)
        matcher.match(name, node);
    return tree;
}

class Lister {
public:
    Lister(std::span<const ListedMailbox> mailboxes, const command::List& command,
           ListDialect dialect)
        : mailboxes_(mailboxes),
          command_(command),
          dialect_(dialect),
          tree_(tree_of(mailboxes, Matcher(command.reference, command.patterns)))
    {
    }

    std::vector<ListRow> rows()
    {
        if (command_.select.recursive_match)
            mark_levels_above_selected();
        std::vector<ListRow> rows;
        for (const auto& [name, node] : tree_)
            if (node.matches && wanted(node))
                rows.push_back(row(name, node));
        return rows;
    }

private:
    bool has_criteria() const { return command_.select.subscribed || command_.select.special_use; }

    bool selected(const Node& node) const
    {
        if (!node.mailbox)
            return false;
        const auto& mailbox = mailboxes_[*node.mailbox];
        return (!command_.select.subscribed || mailbox.subscribed) &&
               (!command_.select.special_use || !mailbox.special_use.empty());
    }

    void mark_levels_above_selected()
    {
        for (const auto& [name, node] : tree_) {
            if (!selected(node))
                continue;
            const bool hidden = !node.matches;
            for_each_level_above(name, [&](std::string_view above) {
                auto& level = tree_[std::string(above)];
                const bool known = level.selected_below && (level.hidden_below || !hidden);
                level.selected_below = true;
                level.hidden_below = level.hidden_below || hidden;
                return !known;
            });
        }
    }

    bool wanted(const Node& node) const
    {
        if (has_criteria()) // RFC 5258 §3.5: no CHILDINFO for what is shown anyway
            return selected(node) || node.hidden_below;
        if (node.mailbox && mailboxes_[*node.mailbox].exists)
            return true;
        return node.has_children && node.shown_as_level;
    }

    ListRow row(const std::string& name, const Node& node) const
    {
        ListRow row{.name = name, .mailbox = node.mailbox, .attributes = {}, .child_info = {}};
        const auto* mailbox = node.mailbox ? &mailboxes_[*node.mailbox] : nullptr;
        const auto add = [&](std::string attribute) {
            row.attributes.push_back(std::move(attribute));
        };
        if (!mailbox || !mailbox->exists)
            add(command_.extended || dialect_ == ListDialect::rev2 ? "\\NonExistent"
                                                                   : "\\Noselect");
        else if (!mailbox->selectable)
            add("\\Noselect");
        if (mailbox && mailbox->subscribed &&
            (command_.select.subscribed || command_.want.subscribed))
            add("\\Subscribed");
        add(node.has_children ? "\\HasChildren" : "\\HasNoChildren");
        if (mailbox && !mailbox->special_use.empty())
            add(mailbox->special_use);
        if (node.selected_below && command_.select.subscribed)
            row.child_info.push_back("SUBSCRIBED");
        if (node.selected_below && command_.select.special_use)
            row.child_info.push_back("SPECIAL-USE");
        return row;
    }

    std::span<const ListedMailbox> mailboxes_;
    const command::List& command_;
    ListDialect dialect_;
    Tree tree_;
};

} // namespace

ListPattern::ListPattern(std::string_view pattern) : shows_levels_(pattern.ends_with('%'))
{
    for (const char c : pattern) {
        if (!is_wildcard(c)) {
            ++plain_;
        } else if (!pattern_.empty() && is_wildcard(pattern_.back())) {
            // A `*` swallows a `%` beside it.
            if (pattern_.back() == '*' || c == '%')
                continue;
            pattern_.pop_back();
        }
        pattern_ += c;
    }
}

bool ListPattern::matches(std::string_view name) const
{
    if (plain_ > name.size())
        return false;
    // The places in the pattern that the name so far can have come to.
    std::vector<bool> at(pattern_.size() + 1), next;
    const auto pass_wildcards = [&](std::vector<bool>& places) {
        for (std::size_t i = 0; i < pattern_.size(); ++i)
            if (places[i] && is_wildcard(pattern_[i]))
                places[i + 1] = true;
    };
    at[0] = true;
    pass_wildcards(at);
    for (const char c : name) {
        next.assign(pattern_.size() + 1, false);
        for (std::size_t i = 0; i < pattern_.size(); ++i) {
            if (!at[i])
                continue;
            if (pattern_[i] == '*' || (pattern_[i] == '%' && c != hierarchy_separator))
                next[i] = true;
            else if (pattern_[i] == c && !is_wildcard(c))
                next[i + 1] = true;
        }
        at.swap(next);
        pass_wildcards(at);
    }
    return at[pattern_.size()];
}

std::vector<ListRow> list_rows(std::span<const ListedMailbox> mailboxes,
                               const command::List& command, ListDialect dialect)
{
    return Lister(mailboxes, command, dialect).rows();
}

std::vector<ListRow> lsub_rows(std::span<const ListedMailbox> mailboxes,
                               const command::Lsub& command)
{
    const ListPattern pattern(command.reference + command.pattern);
    std::map<std::string, ListRow, ByName> rows;
    for (std::size_t index = 0; index < mailboxes.size(); ++index) {
        const auto& name = mailboxes[index].name;
        if (!mailboxes[index].subscribed)
            continue;
        if (pattern.matches(name)) {
            rows[name] = {.name = name, .mailbox = index, .attributes = {}, .child_info = {}};
            continue;
        }
        if (!pattern.shows_levels())
            continue;
        for_each_level_above(name, [&](std::string_view above) {
            if (pattern.matches(above))
                rows.try_emplace(std::string(above), ListRow{.name = std::string(above),
                                                             .mailbox = {},
                                                             .attributes = {"\\Noselect"},
                                                             .child_info = {}});
            return true;
        });
    }
    std::vector<ListRow> result;
    for (auto& [name, row] : rows)
        result.push_back(std::move(row));
    return result;
}

} // namespace posthouse::imap
