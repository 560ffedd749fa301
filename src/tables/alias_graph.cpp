// SPDX-License-Identifier: Apache-2.0
#include "tables/alias_graph.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>

namespace posthouse::tables {
namespace {

constexpr auto none = std::numeric_limits<std::size_t>::max();

/// Which aliases an alias leads to.
using Edges = std::vector<std::vector<std::size_t>>;

Edges edges_of(const std::vector<Alias>& aliases)
{
    std::unordered_map<std::string_view, std::size_t> numbers;
    for (std::size_t i = 0; i < aliases.size(); ++i)
        numbers.emplace(aliases[i].key, i);
    Edges edges(aliases.size());
    for (std::size_t i = 0; i < aliases.size(); ++i)
        for (const auto& target : aliases[i].targets) {
            if (target.kind != Target::local && target.kind != Target::address)
                continue;
            const auto to = numbers.find(lowercase(target.text));
            if (to != numbers.end() && to->second != i)
                edges[i].push_back(to->second);
        }
    return edges;
}

/// Tarjan's strongly connected components, with a stack of its own.
class Components {
public:
    explicit Components(const Edges& edges)
        : edges_(edges),
          order_(edges.size(), none),
          lowest_(edges.size(), none),
          component_(edges.size(), none)
    {
        for (std::size_t i = 0; i < edges.size(); ++i)
            if (order_[i] == none)
                visit(i);
    }

    /// Those with more than one member, in no order.
    std::vector<std::vector<std::size_t>> large;
    std::size_t of(std::size_t i) const { return component_[i]; }

private:
    struct Step {
        std::size_t node;
        std::size_t edge;
    };

    void enter(std::size_t node)
    {
        order_[node] = lowest_[node] = next_++;
        open_.push_back(node);
        path_.push_back({node, 0});
    }

    void leave(std::size_t node)
    {
        path_.pop_back();
        if (!path_.empty())
            lowest_[path_.back().node] = std::min(lowest_[path_.back().node], lowest_[node]);
        if (lowest_[node] != order_[node])
            return;
        std::vector<std::size_t> members;
        do {
            members.push_back(open_.back());
            component_[open_.back()] = components_;
            open_.pop_back();
        } while (members.back() != node);
        ++components_;
        if (members.size() > 1)
            large.push_back(std::move(members));
    }

    void visit(std::size_t root)
    {
        for (enter(root); !path_.empty();) {
            auto& step = path_.back();
            if (step.edge == edges_[step.node].size()) {
                leave(step.node);
                continue;
            }
            const auto to = edges_[step.node][step.edge++];
            if (order_[to] == none)
                enter(to);
            else if (component_[to] == none)
                lowest_[step.node] = std::min(lowest_[step.node], order_[to]);
        }
    }

    const Edges& edges_;
    std::vector<std::size_t> order_, lowest_, component_;
    std::vector<std::size_t> open_;
    std::vector<Step> path_;
    std::size_t next_ = 0;
    std::size_t components_ = 0;
};

constexpr std::size_t shown_names = 8;

/// The shortest way from `start` back to it, within its component.
std::string way_round(std::size_t start, const Edges& edges, const Components& components,
                      const std::vector<Alias>& aliases)
{
    std::unordered_map<std::size_t, std::size_t> before;
    std::vector<std::size_t> found = {start};
    std::size_t last = none;
    for (std::size_t i = 0; i < found.size() && last == none; ++i)
        for (const auto to : edges[found[i]]) {
            if (to == start)
                last = found[i];
            else if (components.of(to) == components.of(start) &&
                     before.emplace(to, found[i]).second)
                found.push_back(to);
        }
    std::vector<std::size_t> way = {start};
    for (auto at = last; at != start; at = before.at(at))
        way.push_back(at);
    way.push_back(start);
    std::ranges::reverse(way);

    std::string text;
    for (std::size_t i = 0; i < way.size(); ++i) {
        const bool shown = i < shown_names || i + 1 == way.size();
        if (shown)
            text += (i == 0 ? "" : ", ") + printable(aliases[way[i]].key, 64);
        else if (i == shown_names)
            text += ", ...";
    }
    return text;
}

} // namespace

std::vector<Loop> find_loops(const std::vector<Alias>& aliases)
{
    const auto edges = edges_of(aliases);
    Components components(edges);
    std::vector<Loop> loops;
    for (auto& members : components.large) {
        std::ranges::sort(members);
        auto way = way_round(members.front(), edges, components, aliases);
        loops.push_back({std::move(members), std::move(way)});
    }
    std::ranges::sort(loops, {}, [](const Loop& loop) { return loop.members.front(); });
    return loops;
}

} // namespace posthouse::tables
