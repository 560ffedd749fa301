// SPDX-License-Identifier: Apache-2.0
#include "imap/thread.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

/// The algorithm REFERENCES, by the steps of RFC 5256 §3.
namespace posthouse::imap {

namespace {

constexpr std::uint32_t none = UINT32_MAX;

/// Step 1: who is whose parent. Containers are the messages, then dummies for ids that only are
/// referred to.
class Links {
public:
    explicit Links(std::span<const ThreadFacts> messages) : messages_(messages)
    {
        for (std::uint32_t index = 0; index < messages.size(); ++index) {
            add();
            // Only the first one of the same id has it.
            if (!messages[index].message_id.empty())
                by_id_.try_emplace(id(messages[index].message_id), index);
        }
        for (std::uint32_t index = 0; index < messages.size(); ++index)
            link_to_last_reference(index);
        for (std::uint32_t index = 0; index < messages.size(); ++index)
            link_references(index);
    }

    const std::vector<std::uint32_t>& parents() const { return parent_; }

private:
    void add()
    {
        parent_.push_back(none);
        top_.push_back(static_cast<std::uint32_t>(top_.size()));
    }

    std::string_view id(std::string_view written)
    {
        if (!written.starts_with("<\""))
            return written;
        return normal_ids_.emplace_back(normal_message_id(written));
    }

    std::uint32_t container(std::string_view written)
    {
        const auto [found, is_new] =
            by_id_.try_emplace(id(written), static_cast<std::uint32_t>(parent_.size()));
        if (is_new)
            add();
        return found->second;
    }

    /// The topmost container above; its tree is the set that it stands for.
    std::uint32_t top(std::uint32_t container)
    {
        while (top_[container] != container) {
            top_[container] = top_[top_[container]];
            container = top_[container];
        }
        return container;
    }

    /// The child has no parent so far. A link that would close a loop is not made.
    void link(std::uint32_t parent, std::uint32_t child)
    {
        const auto above = top(parent);
        if (above == child)
            return;
        parent_[child] = parent;
        top_[child] = above;
    }

    /// Step 1 (B), before all of (A): it overrules them, and so no link is ever broken.
    void link_to_last_reference(std::uint32_t index)
    {
        const auto references = messages_[index].references;
        if (!references.empty())
            link(container(references.back()), index);
    }

    /// Step 1 (A). A link to a message that comes later would be broken when its turn comes.
    void link_references(std::uint32_t index)
    {
        auto parent = none;
        for (const auto& reference : messages_[index].references) {
            const auto child = container(reference);
            const bool comes_later = child < messages_.size() && child > index;
            if (parent != none && parent_[child] == none && !comes_later)
                link(parent, child);
            parent = child;
        }
    }

    std::span<const ThreadFacts> messages_;
    std::deque<std::string> normal_ids_;
    std::unordered_map<std::string_view, std::uint32_t> by_id_;
    std::vector<std::uint32_t> parent_;
    std::vector<std::uint32_t> top_; // As in union-find
};

class Threader {
public:
    explicit Threader(std::span<const ThreadFacts> messages) : messages_(messages) {}

    Threads run()
    {
        gather(Links(messages_).parents());
        prune();
        for (auto& node : threads_.nodes)
            sort(node.children);
        merge_same_subjects();
        for (const auto root : threads_.roots)
            sort(threads_.nodes[root].children);
        sort(threads_.roots);
        return std::move(threads_);
    }

private:
    bool is_dummy(std::uint32_t node) const { return threads_.nodes[node].number == 0; }

    /// Step 2
    void gather(const std::vector<std::uint32_t>& parents)
    {
        threads_.nodes.resize(parents.size());
        for (std::uint32_t index = 0; index < parents.size(); ++index) {
            if (index < messages_.size())
                threads_.nodes[index].number = messages_[index].number;
            (parents[index] == none ? threads_.roots : threads_.nodes[parents[index]].children)
                .push_back(index);
        }
    }

    /// Step 3, from the leaves up.
    void prune()
    {
        auto order = threads_.roots; // Each behind its parent
        for (std::size_t at = 0; at < order.size(); ++at) {
            const auto& children = threads_.nodes[order[at]].children;
            order.insert(order.end(), children.begin(), children.end());
        }
        for (auto node = order.rbegin(); node != order.rend(); ++node)
            splice_dummies(threads_.nodes[*node].children);
        std::vector<std::uint32_t> roots;
        for (const auto root : threads_.roots) {
            const auto& children = threads_.nodes[root].children;
            if (!is_dummy(root) || children.size() > 1)
                roots.push_back(root);
            else if (children.size() == 1)
                roots.push_back(children.front());
        }
        threads_.roots = std::move(roots);
    }

    /// The smaller list always goes to the larger one: their order does not matter yet.
    void splice_dummies(std::vector<std::uint32_t>& children)
    {
        std::vector<std::uint32_t> kept;
        for (const auto child : children) {
            if (!is_dummy(child)) {
                kept.push_back(child);
                continue;
            }
            auto& below = threads_.nodes[child].children;
            if (below.size() > kept.size())
                kept.swap(below);
            kept.insert(kept.end(), below.begin(), below.end());
            below = {};
        }
        children = std::move(kept);
    }

    /// Where a node stands among its siblings: a dummy where its first child would.
    std::tuple<Timestamp, std::uint32_t> place(std::uint32_t node) const
    {
        const auto& message =
            messages_[is_dummy(node) ? threads_.nodes[node].children.front() : node];
        return {message.sent, message.number};
    }

    void sort(std::vector<std::uint32_t>& siblings) const
    {
        std::ranges::sort(siblings, {}, [&](std::uint32_t node) { return place(node); });
    }

    std::string_view subject(std::uint32_t root) const
    {
        return messages_[is_dummy(root) ? threads_.nodes[root].children.front() : root].subject;
    }
    bool is_reply(std::uint32_t root) const { return !is_dummy(root) && messages_[root].is_reply; }

    /// Steps 4 and 5
    void merge_same_subjects()
    {
        sort(threads_.roots);
        const auto roots = threads_.roots;
        // As they are before any merging, which changes first children.
        std::vector<std::string_view> subjects;
        std::unordered_map<std::string_view, std::uint32_t> table;
        for (const auto root : roots) {
            subjects.push_back(subject(root));
            if (subjects.back().empty())
                continue;
            const auto [found, is_new] = table.try_emplace(subjects.back(), root);
            const auto known = found->second;
            if (!is_new && !is_dummy(known) &&
                (is_dummy(root) || (is_reply(known) && !is_reply(root))))
                found->second = root;
        }
        std::vector<std::uint32_t> kept;
        for (std::size_t at = 0; at < roots.size(); ++at) {
            const auto root = roots[at];
            const auto found = subjects[at].empty() ? table.end() : table.find(subjects[at]);
            if (found == table.end())
                kept.push_back(root);
            else if (found->second != root)
                merge(root, found->second);
        }
        // What the table holds in the end are roots; what was merged into them is none any more.
        for (const auto& [text, root] : table)
            kept.push_back(root);
        threads_.roots = std::move(kept);
    }

    /// Step 5 (C) (iv). `known` is in the subject table.
    void merge(std::uint32_t root, std::uint32_t& known)
    {
        auto& nodes = threads_.nodes;
        if (is_dummy(known) && is_dummy(root)) {
            auto& children = nodes[known].children;
            children.insert(children.end(), nodes[root].children.begin(),
                            nodes[root].children.end());
            nodes[root].children.clear();
        } else if (is_dummy(known) || (is_reply(root) && !is_reply(known))) {
            nodes[known].children.push_back(root);
        } else {
            nodes.push_back({0, {known, root}});
            known = static_cast<std::uint32_t>(nodes.size() - 1);
        }
    }

    std::span<const ThreadFacts> messages_;
    Threads threads_;
};

} // namespace

Threads threads_by_references(std::span<const ThreadFacts> messages)
{
    return Threader(messages).run();
}

} // namespace posthouse::imap
