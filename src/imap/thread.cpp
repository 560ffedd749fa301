// SPDX-License-Identifier: Apache-2.0
#include "imap/thread.hpp"

#include "mail/lexical.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace posthouse::imap {

Threads threads_by_subject(std::span<const ThreadFacts> messages)
{
    std::vector<std::uint32_t> order(messages.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto key = [&](std::uint32_t index) {
        const auto& message = messages[index];
        return std::tuple(message.subject, message.sent, message.number);
    };
    std::ranges::sort(order, {}, key);
    Threads threads;
    threads.nodes.reserve(messages.size());
    for (const auto& message : messages)
        threads.nodes.push_back({message.number, {}});
    for (const auto index : order) {
        if (!threads.roots.empty() &&
            messages[threads.roots.back()].subject == messages[index].subject)
            threads.nodes[threads.roots.back()].children.push_back(index);
        else
            threads.roots.push_back(index);
    }
    std::ranges::sort(threads.roots, {}, [&](std::uint32_t index) {
        return std::tuple(messages[index].sent, messages[index].number);
    });
    return threads;
}

namespace {

/// Writes threads without recursion: an unfinished list is a node and how many of its children
/// are written.
class ThreadWriter {
public:
    ThreadWriter(std::string& to, const Threads& threads) : to_(to), threads_(threads) {}

    void write()
    {
        for (const auto root : threads_.roots) {
            begin(root);
            while (!open_.empty()) {
                auto& [node, written] = open_.back();
                const auto& children = threads_.nodes[node].children;
                if (written == children.size()) {
                    to_ += ')';
                    open_.pop_back();
                } else {
                    begin(children[written++]);
                }
            }
        }
    }

private:
    struct Open {
        std::uint32_t node;
        std::size_t written;
    };

    /// A message, and those below it as long as each has one answer.
    void begin(std::uint32_t node)
    {
        to_ += '(';
        for (bool first = true;; node = threads_.nodes[node].children.front()) {
            const auto& [number, children] = threads_.nodes[node];
            if (number != 0) {
                if (!first)
                    to_ += ' ';
                to_ += std::to_string(number);
                first = false;
            }
            if (children.empty()) {
                to_ += ')';
                return;
            }
            if (children.size() > 1) {
                if (!first)
                    to_ += ' ';
                open_.push_back({node, 0});
                return;
            }
        }
    }

    std::string& to_;
    const Threads& threads_;
    std::vector<Open> open_;
};

} // namespace

void append_thread_response(std::string& to, const Threads& threads)
{
    to += "* THREAD";
    if (!threads.roots.empty())
        to += ' ';
    ThreadWriter(to, threads).write();
    to += "\r\n";
}

std::string normal_message_id(std::string_view id)
{
    const auto end = id.rfind("\"@");
    if (!id.starts_with("<\"") || end == id.npos || end < 2)
        return std::string(id);
    std::string local;
    for (std::size_t at = 2; at < end; ++at) {
        if (id[at] == '\\' && at + 1 < end)
            ++at;
        local += id[at];
    }
    if (!mail::is_dot_atom(local))
        return std::string(id);
    return "<" + local + std::string(id.substr(end + 1));
}

} // namespace posthouse::imap
