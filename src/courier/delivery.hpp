// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/carrier.hpp"
#include "courier/letter.hpp"
#include "mail/address.hpp"

#include <optional>
#include <string>
#include <vector>

namespace posthouse::courier {

/// One attempt to deliver one letter to the hosts of one destination. RFC 5321 §5.1.
///
/// The destination's hops, and the hosts of each, are tried in their order until each recipient has
/// an outcome that another host would not better: a host that is in trouble is left for the next
/// one, but what it said of a recipient, or of the letter, holds.
class Delivery {
public:
    Delivery(Carrier&, Carrier::Order);
    /// Only asks whether the recipient would be taken.
    Delivery(Carrier&, wire::Verify);

    Task<wire::Attempted> run();
    /// Of the second kind.
    Task<wire::Verified> verify();

private:
    enum class End : std::uint8_t {
        done,     // No recipient is left.
        again,    // Some are left that nobody refused: another connection to the same place.
        troubled, // The host is: on to the next.
    };

    // delivery.cpp: the envelope, and whom to ask
    Task<void> by_route();
    bool parse_envelope();
    Task<void> by_hop(const Hop&);
    Task<bool> find_hosts(const Hop&);
    Task<void> by_idle_connection();
    Task<void> by_hosts();
    Task<End> by_place(Place);
    Task<std::unique_ptr<Connection>> connect(Place);
    Task<End> converse(std::unique_ptr<Connection>);
    smtp::Outgoing outgoing(const Connection&) const;
    bool is_wanted() const { return !order_.is_wanted || order_.is_wanted(); }
    bool may_fall_back() const;

    // delivery_outcomes.cpp: what they said
    End take(const smtp::LetterResult&, const Connection&, Duration);
    void note_trouble(const Place&, const smtp::Outcome&);
    void trace(std::string line);
    void trace_transaction(const Connection&, const smtp::LetterResult&, Duration);
    void settle(std::size_t recipient, const smtp::Outcome&, const std::string& host);
    wire::Attempted::Result result_at(std::size_t recipient, const smtp::Outcome&,
                                      const Connection&) const;
    void settle_rest();
    void settle_rest(wire::Attempted::Result, const std::string& status, const std::string& text);

    Carrier& carrier_;
    Carrier::Order order_;
    smtp::Outgoing::Extent extent_ = smtp::Outgoing::Extent::letter;
    Letter letter_;
    wire::Attempted attempted_;
    mail::ReversePath sender_;
    std::vector<std::optional<mail::ForwardPath>> paths_; // As the recipients; none: settled.
    std::vector<std::size_t> open_;                       // Recipients without an outcome.
    smtp::ClientProtocol protocol_ = smtp::ClientProtocol::smtp;

    // Of the hop at hand.
    std::shared_ptr<const wire::Targets> targets_;
    std::shared_ptr<const Terms> terms_;
    std::string pool_key_;

    struct Trouble {
        smtp::Outcome outcome;
        std::string host;
    };
    std::optional<Trouble> trouble_; // The last one; the last temporary one, if any was.
    struct NotFound {
        std::string status, text;
    };
    std::optional<NotFound> not_found_;    // Why a hop has no hosts at present; the first one's.
    std::optional<smtp::Outcome> verdict_; // What a host said of a recipient, last.
    bool answered_ = false;                // Some host said something of the letter.
    std::size_t addresses_ = 0;            // tried
    std::size_t rounds_for_nothing_ = 0;
};

} // namespace posthouse::courier
