// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "sorter/handbook.hpp"
#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <map>
#include <string_view>
#include <vector>

namespace posthouse::sorter {

/// One letter being routed: ask it what is not known yet, tell it, until nothing is missing.
class Routing {
public:
    /// `head`: the letter's beginning, our own fields first. Failure::invalid: no such request can
    /// be meant. The handbook outlives it.
    static wire::Result<Routing> begin(const Handbook&, wire::Route, std::string_view head);

    /// Runs the rules with what is known; who must be looked up before they can end.
    std::vector<routing::Person> run();
    void know(const routing::Person&, routing::Standing);

    /// After run() that missed nothing: where each recipient's letter goes, in the order of the
    /// recipients. One without a destination is refused, with status and text. A letter that goes
    /// in a circle is refused (RFC 5321 §6.3): one with more Received: fields than the hop limit
    /// for all, one that a mailbox had before for that mailbox.
    std::vector<wire::Routed::Delivery> deliveries() const;
    /// The letter's own changes: its sender, its header.
    wire::Routed changes() const;

private:
    class Known;
    Routing(const Handbook&, wire::Route, std::string_view head);

    const Handbook& handbook_;
    wire::Route request_;
    std::string head_;
    routing::Question question_;
    std::map<routing::Person, routing::Standing> known_;
    routing::Outcome outcome_;
};

} // namespace posthouse::sorter
