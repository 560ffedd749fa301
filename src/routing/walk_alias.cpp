// SPDX-License-Identifier: Apache-2.0
// What an alias leads to.
#include "base/text.hpp"
#include "routing/local_part.hpp"
#include "routing/walk.hpp"
#include "tables/formats.hpp"

namespace posthouse::routing {
namespace {

constexpr std::size_t most_target_bytes = 4000; // of a file's name or a program's words

} // namespace

void Walk::expand(const tables::Entry& entry, const LocalUser& user, const Spot& spot)
{
    const auto below = deeper(spot, entry.place());
    if (is_too_deep(user.address(), below))
        return;
    const std::string key(entry.key());
    const auto [state, is_new] = expanded_.emplace(key, Expansion::under_way);
    if (!is_new) {
        if (state->second == Expansion::done) {
            steps_("{}: {} was expanded before", entry.place(), key);
            return;
        }
        return refuse(user.address(),
                      {.status = "5.4.6", .code = 554, .text = "Alias loop at " + key}, below,
                      entry.place());
    }
    its_aliases_.push_back(key);
    steps_("{}: {} leads to {} {}", entry.place(), key, entry.size(),
           entry.size() == 1 ? "place" : "places");
    const auto sender = ListSender::of(key, rules_, tables_);
    auto inside = below;
    if (sender) {
        inside.list = &*sender;
        steps_("{} has an owner: {}", key, sender->for_member({}));
    }
    if (entry.size() == 0)
        refuse(user.address(), {.status = "5.2.4", .code = 550, .text = "The alias is empty"},
               below, entry.place());
    for (std::size_t i = 0; i < entry.size() && !has_enough(); ++i)
        target(entry.item(i), entry, user, inside);
    if (const auto again = expanded_.find(key); again != expanded_.end())
        again->second = Expansion::done;
}

/// An alias that names itself means its own mailbox.
bool Walk::is_itself(std::string_view target, const tables::Entry& entry,
                     const LocalUser& user) const
{
    if (equal_ignoring_case(target, entry.key()))
        return true;
    if (!target.contains('@'))
        return equal_ignoring_case(target, user.name);
    return equal_ignoring_case(target, user.address()) ||
           equal_ignoring_case(target, std::string(entry.key()) + '@' + rules_.hostname.text());
}

void Walk::target(const tables::Item& item, const tables::Entry& entry, const LocalUser& user,
                  const Spot& spot)
{
    const auto own_mailbox = [&](std::string_view text) {
        const auto name = text.substr(0, text.rfind('@'));
        auto keeper = user_named(name, user.domains.front());
        keeper.aliases = LocalUser::Aliases::skip;
        local(keeper, spot);
    };
    switch (static_cast<tables::Target>(item.kind)) {
    case tables::Target::address:
    case tables::Target::local:
        if (is_itself(item.text, entry, user))
            return own_mailbox(item.text);
        return address_or_name(item.text, user.address(), user.domains.front(), spot);
    case tables::Target::keep: {
        const auto text = item.text;
        return own_mailbox(text.starts_with('\\') ? text.substr(1) : text);
    }
    case tables::Target::error:
        return refuse(
            user.address(),
            failure_from(item.text,
                         {.status = "5.1.1", .code = 550, .text = "No such mailbox here"}),
            spot, "error");
    case tables::Target::file:
    case tables::Target::program: {
        const bool is_program = item.kind == static_cast<std::uint8_t>(tables::Target::program);
        if (is_program && !is_program_allowed(item.text, rules_))
            return refuse(user.address(),
                          {.status = "5.7.1", .code = 550, .text = "Program not allowed"}, spot,
                          "programs_allowed");
        if (item.text.size() > most_target_bytes)
            return refuse(
                user.address(),
                {.status = "5.3.5", .code = 550, .text = "The alias's words are too long"}, spot,
                is_program ? "program" : "file");
        Delivery delivery;
        delivery.final_address = user.address();
        delivery.destination = agent_destination;
        delivery.target = is_program ? "program:" : "file:";
        delivery.target += item.text;
        return deliver(std::move(delivery), spot, is_program ? "program" : "file");
    }
    }
    refuse(user.address(),
           {.status = "5.3.5", .code = 550, .text = "This host's tables say nothing usable"}, spot,
           "alias");
}

} // namespace posthouse::routing
