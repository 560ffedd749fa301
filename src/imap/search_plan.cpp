// SPDX-License-Identifier: Apache-2.0
#include "imap/search_plan.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace posthouse::imap {

namespace {

using Holds = std::function<bool(const mail::MessageEntry&)>;

/// The days from one to another, in microseconds since 1970; times and zones do not count.
struct Days {
    std::int64_t from = std::numeric_limits<std::int64_t>::min();
    std::int64_t to = std::numeric_limits<std::int64_t>::max(); // Exclusive

    bool contain(std::int64_t at) const { return at >= from && at < to; }
};

Days days_of(const search::Date& key)
{
    using namespace std::chrono;
    const auto day = sys_days(key.date);
    const auto begin = duration_cast<microseconds>(day.time_since_epoch()).count();
    const auto end = duration_cast<microseconds>((day + days(1)).time_since_epoch()).count();
    Days result;
    if (key.order != search::Order::before)
        result.from = begin;
    if (key.order == search::Order::before)
        result.to = begin;
    if (key.order == search::Order::on)
        result.to = end;
    return result;
}

/// "M" or "T" before the number in base 32: what FETCH shows. Anything else is no message's.
std::optional<std::uint64_t> object_number(std::string_view id, char prefix)
{
    if (!id.starts_with(prefix))
        return std::nullopt;
    return base32_decode(id.substr(1));
}

Holds never()
{
    return [](const auto&) { return false; };
}

/// How a leaf is seen from the entry; nothing where it does not tell.
struct EntryTest {
    const SearchScene& scene;

    template <class Key>
    Holds operator()(const Key&) const
    {
        return nullptr; // Header, Text; nodes are not asked.
    }
    Holds operator()(const search::All&) const
    {
        return [](const auto&) { return true; };
    }
    Holds operator()(const search::SaveDateSupported&) const { return (*this)(search::All{}); }
    Holds operator()(const search::Recent&) const { return never(); }
    Holds operator()(const search::Flag& key) const
    {
        return [flag = key.flag](const auto& entry) { return entry.flags.has(flag); };
    }
    Holds operator()(const search::Keyword& key) const
    {
        const auto found = std::ranges::find_if(scene.keywords, [&](const std::string& each) {
            return equal_ignoring_case(each, key.keyword);
        });
        const auto place = static_cast<std::size_t>(found - scene.keywords.begin());
        if (found == scene.keywords.end() || place >= 64)
            return never();
        return [bit = std::uint64_t{1} << place](const auto& entry) {
            return (entry.keywords & bit) != 0;
        };
    }
    Holds operator()(const search::Messages& key) const { return (*this)(search::Uids{key.set}); }
    Holds operator()(const search::Uids& key) const
    {
        if (key.set.saved_result)
            return never();
        auto uids = key.set.resolved(std::numeric_limits<std::uint32_t>::max());
        return [uids = std::move(uids)](const auto& entry) { return uids.contains(entry.uid); };
    }
    Holds operator()(const search::Date& key) const
    {
        if (key.day == search::Day::sent)
            return nullptr;
        const auto member = key.day == search::Day::saved ? &mail::MessageEntry::save_date
                                                          : &mail::MessageEntry::internal_date;
        return [days = days_of(key), member](const auto& entry) {
            return days.contain(entry.*member);
        };
    }
    Holds operator()(const search::Size& key) const
    {
        if (key.comparison == search::Comparison::larger)
            return [bytes = key.bytes](const auto& entry) { return entry.size > bytes; };
        return [bytes = key.bytes](const auto& entry) { return entry.size < bytes; };
    }
    Holds operator()(const search::Within& key) const
    {
        // RFC 5032 §2: YOUNGER is within the interval, OLDER is not.
        const auto since = to_microseconds(scene.now - key.interval);
        if (key.age == search::Age::younger)
            return [since](const auto& entry) { return entry.internal_date >= since; };
        return [since](const auto& entry) { return entry.internal_date <= since; };
    }
    Holds operator()(const search::ModSeq& key) const
    {
        return [value = key.value](const auto& entry) { return entry.modseq >= value; };
    }
    Holds operator()(const search::EmailId& key) const
    {
        const auto number = object_number(key.id, 'M');
        if (!number)
            return never();
        return [number = *number](const auto& entry) { return entry.email == number; };
    }
    Holds operator()(const search::ThreadId& key) const
    {
        const auto number = object_number(key.id, 'T');
        if (!number)
            return never();
        return [number = *number](const auto& entry) { return entry.thread == number; };
    }
};

const std::vector<SearchKey>* children_of(const SearchKey& key)
{
    return std::visit(
        [](const auto& is) -> const std::vector<SearchKey>* {
            if constexpr (requires { is.keys; })
                return &is.keys;
            else
                return nullptr;
        },
        key.is);
}

} // namespace

SearchPlan::SearchPlan(SearchKey program, const SearchScene& scene) : program_(std::move(program))
{
    add(program_, scene);
}

std::size_t SearchPlan::add(const SearchKey& key, const SearchScene& scene)
{
    const auto place = nodes_.size();
    nodes_.emplace_back();
    Node node;
    if (const auto* keys = children_of(key)) {
        node.op = std::holds_alternative<search::Or>(key.is)    ? Node::Op::any_of
                  : std::holds_alternative<search::Not>(key.is) ? Node::Op::none_of
                                                                : Node::Op::all_of;
        for (const auto& each : *keys)
            node.children.push_back(add(each, scene));
        std::ranges::sort(node.children, {},
                          [&](std::size_t child) { return std::pair(nodes_[child].cost, child); });
        if (!node.children.empty())
            node.cost = nodes_[node.children.back()].cost;
    } else if (auto holds = std::visit(EntryTest{scene}, key.is)) {
        node.holds = std::move(holds);
    } else {
        node.key = &key;
        node.cost =
            std::holds_alternative<search::Text>(key.is) ? SearchCost::body : SearchCost::summary;
    }
    nodes_[place] = std::move(node);
    return place;
}

Truth SearchPlan::by_entry(const mail::MessageEntry& entry) const
{
    return entry_truth(nodes_.front(), entry);
}

namespace {

/// Of a node from what its children are, asked for one by one while that matters.
template <class Op, class Children>
Truth combined(Op op, const Children& children)
{
    // Any child that is this decides.
    const auto decisive = op == Op::all_of ? Truth::no : Truth::yes;
    const auto decided = op == Op::any_of ? Truth::yes : Truth::no;
    bool unknown = false;
    for (std::size_t at = 0; at < children.count; ++at) {
        const auto truth = children(at);
        if (truth == decisive)
            return decided;
        unknown = unknown || truth == Truth::unknown;
    }
    if (unknown)
        return Truth::unknown;
    return decided == Truth::yes ? Truth::no : Truth::yes;
}

template <class Each>
struct Children {
    std::size_t count;
    Each each;
    Truth operator()(std::size_t at) const { return each(at); }
};

} // namespace

Truth SearchPlan::entry_truth(const Node& node, const mail::MessageEntry& entry) const
{
    if (node.op == Node::Op::leaf)
        return !node.holds ? Truth::unknown : node.holds(entry) ? Truth::yes : Truth::no;
    return combined(node.op, Children{node.children.size(), [&](std::size_t at) {
                                          return entry_truth(nodes_[node.children[at]], entry);
                                      }});
}

Truth SearchPlan::weigh(const mail::MessageEntry& entry,
                        const std::function<Truth(const SearchKey&)>& ask) const
{
    return weigh(nodes_.front(), entry, ask);
}

Truth SearchPlan::weigh(const Node& node, const mail::MessageEntry& entry,
                        const std::function<Truth(const SearchKey&)>& ask) const
{
    if (node.op == Node::Op::leaf)
        return node.holds ? entry_truth(node, entry) : ask(*node.key);
    return combined(node.op, Children{node.children.size(), [&](std::size_t at) {
                                          return weigh(nodes_[node.children[at]], entry, ask);
                                      }});
}

/// What the entry tells of each node, found out once; and who answers for the rest.
struct SearchPlan::Question {
    std::vector<Truth> truths;
    const std::function<bool(const SearchKey&)>& ask;
};

bool SearchPlan::matches(const mail::MessageEntry& entry,
                         const std::function<bool(const SearchKey&)>& ask) const
{
    if (const auto truth = by_entry(entry); truth != Truth::unknown)
        return truth == Truth::yes;
    Question question{std::vector(nodes_.size(), Truth::unknown), ask};
    auto& truths = question.truths;
    for (auto at = nodes_.size(); at-- != 0;) { // Children stand behind their parents.
        const auto& node = nodes_[at];
        truths[at] = node.op == Node::Op::leaf
                         ? entry_truth(node, entry)
                         : combined(node.op, Children{node.children.size(), [&](std::size_t child) {
                                                          return truths[node.children[child]];
                                                      }});
    }
    return answer(nodes_.front(), question);
}

bool SearchPlan::answer(const Node& node, const Question& question) const
{
    const auto& known = question.truths[static_cast<std::size_t>(&node - nodes_.data())];
    if (known != Truth::unknown)
        return known == Truth::yes;
    if (node.op == Node::Op::leaf)
        return question.ask(*node.key);
    return combined(node.op, Children{node.children.size(), [&](std::size_t at) {
                                          return answer(nodes_[node.children[at]], question)
                                                     ? Truth::yes
                                                     : Truth::no;
                                      }}) == Truth::yes;
}

} // namespace posthouse::imap
