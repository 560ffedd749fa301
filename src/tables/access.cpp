// SPDX-License-Identifier: Apache-2.0
#include "tables/builder.hpp"

#include "base/text.hpp"
#include "tables/lines.hpp"
#include "tables/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace posthouse::tables {
namespace {

struct Key {
    std::string text;
    std::optional<Network> network;
};
struct Action {
    Access kind;
    std::string text;
};

std::unexpected<std::string> wrong(std::string what)
{
    return std::unexpected(std::move(what));
}

constexpr std::array<std::string_view, 4> tags = {"connect:", "from:", "to:", "spam:"};

/// What sendmail keeps in access besides; silence would be misleading.
constexpr std::array<std::string_view, 14> other_tags = {
    "auth:",       "authinfo:", "clientconn:", "clientrate:",   "clt_features:",
    "greetpause:", "header:",   "log:",        "srv_features:", "tls_clt:",
    "tls_rcpt:",   "tls_srv:",  "tls_trust:",  "try_tls:",
};

std::string_view take_tag(std::string_view& key)
{
    for (const auto tag : tags)
        if (starts_with_ignoring_case(key, tag)) {
            key.remove_prefix(tag.size());
            return tag;
        }
    return {};
}

std::expected<Key, std::string> read_place(std::string_view key)
{
    if (const auto parsed = parse_network(key)) {
        if (!parsed->network)
            return wrong(fmt::format("'{}': {}", printable(key, 100), parsed->fault));
        return Key{parsed->network->text, parsed->network};
    }
    const auto name = read_domain(key);
    if (!name)
        return wrong(name.error());
    return Key{*name, {}};
}

std::expected<Key, std::string> read_key(std::string_view whole)
{
    auto key = whole;
    const auto tag = take_tag(key);
    const auto has = [&](std::string_view other) { return starts_with_ignoring_case(key, other); };
    if (tag.empty())
        if (const auto other = std::ranges::find_if(other_tags, has); other != other_tags.end())
            return wrong(fmt::format("{} is not supported in access", *other));
    std::expected<Key, std::string> read;
    if (key.ends_with('@')) {
        const auto name = read_local_name(key.substr(0, key.size() - 1));
        read =
            name ? Key{lowercase(key), {}} : std::expected<Key, std::string>(wrong(name.error()));
    } else if (key.starts_with('@') || key.starts_with('.')) {
        read = wrong(fmt::format("the key '{}' would match nothing; {}, which stands for all its "
                                 "users and subdomains too, would be right",
                                 printable(key, 100), printable(key.substr(1), 100)));
    } else if (key.contains('@')) {
        const auto mailbox = read_mailbox(key);
        read = mailbox ? Key{lowercase(*mailbox), {}}
                       : std::expected<Key, std::string>(wrong(mailbox.error()));
    } else {
        read = read_place(key);
    }
    if (!read && tag.empty() && key.contains(':') && !parse_network(key))
        return wrong(fmt::format("'{}' begins with an unknown tag: Connect:, From:, To: or Spam: "
                                 "would be right",
                                 printable(key, 100)));
    if (read)
        read->text.insert(0, tag);
    return read;
}

bool begins_with_code(std::string_view value)
{
    return value.size() >= 3 && std::all_of(value.begin(), value.begin() + 3, is_digit) &&
           (value.size() == 3 || value[3] == ' ' || value[3] == '\t');
}

std::expected<Action, std::string> read_action(std::string_view value, std::string_view key)
{
    struct Word {
        std::string_view name;
        Access kind;
    };
    constexpr std::array words = {Word{"ok", Access::ok}, Word{"relay", Access::relay},
                                  Word{"reject", Access::reject}, Word{"discard", Access::discard},
                                  Word{"skip", Access::skip}};
    for (const auto& word : words)
        if (equal_ignoring_case(value, word.name))
            return Action{word.kind, ""};
    if (key.starts_with("spam:") && equal_ignoring_case(value, "friend"))
        return Action{Access::ok, ""}; // FEATURE(delay_checks, friend)
    constexpr std::string_view quarantine = "quarantine:";
    if (starts_with_ignoring_case(value, quarantine)) {
        const auto reason = trimmed(value.substr(quarantine.size()));
        if (reason.empty())
            return wrong("a reason is missing; QUARANTINE:looked suspicious would be right");
        return Action{Access::quarantine, std::string(reason)};
    }
    constexpr std::string_view error = "error:";
    const bool is_error = starts_with_ignoring_case(value, error);
    if (!is_error && !begins_with_code(value))
        return wrong(fmt::format("unknown action '{}': OK, RELAY, REJECT, DISCARD, SKIP, "
                                 "QUARANTINE:reason or ERROR:5.7.1:550 text would be right",
                                 printable(value, 100)));
    auto refusal = read_refusal(is_error ? value.substr(error.size()) : value, "5.7.1");
    if (!refusal)
        return wrong(std::move(refusal).error());
    return Action{Access::error, *std::move(refusal)};
}

} // namespace

void read_access(std::string_view text, Builder& builder)
{
    LineReader lines(text, Layout::keyed, builder.report);
    while (const auto line = lines.next()) {
        const auto pair = split_line(line->text);
        const auto key = read_key(pair.key);
        if (!key) {
            builder.report.skipped(line->number, key.error());
            continue;
        }
        const auto action = read_action(pair.value, key->text);
        if (!action) {
            builder.report.skipped(line->number, action.error());
            continue;
        }
        const NewItem item{std::to_underlying(action->kind), action->text};
        builder.add(key->text, {builder.file, line->number}, {&item, 1});
        if (key->network)
            builder.keep_prefix(*key->network);
    }
}

} // namespace posthouse::tables
