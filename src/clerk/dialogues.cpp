// SPDX-License-Identifier: Apache-2.0
#include "clerk/dialogues.hpp"

#include <utility>

namespace posthouse::clerk {

std::uint64_t Dialogues::keep(OpenDialogue dialogue, Random& random)
{
    auto& of_gate = of_gates_[dialogue.gate];
    if (open_.size() >= limits_.all || of_gate >= limits_.of_a_gate) {
        next_sweep_ = {}; // Somebody's time may be over.
        sweep(dialogue.asked);
        if (open_.size() >= limits_.all || of_gates_[dialogue.gate] >= limits_.of_a_gate)
            return 0;
    }
    sweep(dialogue.asked);
    auto name = random.next();
    while (name == 0 || open_.contains(name))
        name = random.next();
    ++of_gates_[dialogue.gate];
    open_.emplace(name, std::move(dialogue));
    return name;
}

std::optional<OpenDialogue> Dialogues::take(const wire::Link* gate, std::uint64_t name, Instant now)
{
    const auto found = open_.find(name);
    if (found == open_.end() || found->second.gate != gate)
        return std::nullopt;
    std::optional<OpenDialogue> taken;
    if (now < found->second.until)
        taken = std::move(found->second);
    erase(found);
    return taken;
}

void Dialogues::gone(const wire::Link* gate)
{
    std::erase_if(open_, [&](const auto& entry) { return entry.second.gate == gate; });
    of_gates_.erase(gate);
}

void Dialogues::erase(Open::iterator which)
{
    // Its gate is there: a moved one keeps it.
    const auto of_gate = of_gates_.find(which->second.gate);
    if (of_gate != of_gates_.end() && --of_gate->second == 0)
        of_gates_.erase(of_gate);
    open_.erase(which);
}

void Dialogues::sweep(Instant now)
{
    if (now < next_sweep_)
        return;
    next_sweep_ = now + limits_.lasts / 4;
    for (auto at = open_.begin(); at != open_.end();) {
        const auto here = at++;
        if (here->second.until <= now)
            erase(here);
    }
}

} // namespace posthouse::clerk
