// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/dialogue.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::sasl::tests {

/// Who knows everything: users, passwords, keys and tokens.
struct World {
    std::map<std::string, std::string> passwords = {};
    std::string salt = "0123456789abcdef";
    std::map<std::string, TokenVerdict> tokens = {};

    Step answer(Dialogue& dialogue, const Step& step) const
    {
        if (const auto* wanted = std::get_if<FindKeys>(&step)) {
            SuppliedKeys supplied;
            const auto found = passwords.find(wanted->user);
            supplied.kind =
                found == passwords.end() ? SuppliedKeys::Kind::decoy : SuppliedKeys::Kind::genuine;
            supplied.keys.push_back(
                found == passwords.end()
                    ? decoy_keys(wanted->hash, salt)
                    : *make_scram_keys(Secret(found->second), wanted->hash, salt, 4096));
            return dialogue.supply(std::move(supplied));
        }
        if (const auto* asked = std::get_if<CheckPassword>(&step)) {
            const auto found = passwords.find(asked->user);
            return dialogue.judge(found != passwords.end() &&
                                          found->second == asked->password.reveal()
                                      ? Verdict::right
                                      : Verdict::wrong);
        }
        const auto& token = std::get<CheckToken>(step);
        const auto found = tokens.find(std::string(token.token.reveal()));
        return dialogue.judge_token(found == tokens.end() ? TokenVerdict() : found->second);
    }
    /// Until the client is needed, or it is over.
    Step lead(Dialogue& dialogue, Step step) const
    {
        while (!std::holds_alternative<Challenge>(step) &&
               !std::holds_alternative<Accepted>(step) && !std::holds_alternative<Refused>(step))
            step = answer(dialogue, step);
        return step;
    }
};

/// How a dialogue with such a client ends; the last challenge where it does not.
inline Step hold(const World& world, Dialogue& dialogue, std::optional<std::string> initial,
                 std::vector<std::string> responses = {})
{
    auto step = world.lead(dialogue, dialogue.begin(std::move(initial)));
    for (auto& response : responses) {
        if (!std::holds_alternative<Challenge>(step))
            break;
        step = world.lead(dialogue, dialogue.receive(std::move(response)));
    }
    return step;
}

inline std::string end_of(const Step& step)
{
    if (const auto* accepted = std::get_if<Accepted>(&step))
        return "accepted " + accepted->user + (accepted->as.empty() ? "" : " as " + accepted->as);
    if (const auto* refused = std::get_if<Refused>(&step))
        return refused->why == Refusal::wrong       ? "wrong"
               : refused->why == Refusal::malformed ? "malformed"
                                                    : "aborted";
    return "challenge " + std::get<Challenge>(step).data;
}

} // namespace posthouse::sasl::tests
