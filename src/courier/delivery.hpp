// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/carrier.hpp"
#include "mail/address.hpp"

#include <optional>
#include <string>
#include <vector>

namespace posthouse::courier {

/// One attempt to deliver one letter to the hosts of one destination. RFC 5321 §5.1.
///
/// Hosts are tried in their order until each recipient has an outcome that another host would not
/// better: a host that is in trouble is left for the next one, but what it said of a recipient, or
/// of the letter, holds.
class Delivery {
public:
    Delivery(Carrier&, Carrier::Order);

    Task<wire::Attempted> run();

private:
    enum class End : std::uint8_t {
        done,     // No recipient is left.
        again,    // Some are left that nobody refused: another connection to the same place.
        troubled, // The host is: on to the next.
    };

    bool parse_envelope();
    Task<bool> find_hosts();
    Task<void> by_idle_connection();
    Task<void> by_hosts();
    Task<End> by_place(Place);
    Task<std::unique_ptr<Connection>> connect(Place);
    Task<End> converse(std::unique_ptr<Connection>);
    smtp::Outgoing outgoing() const;
    End take(smtp::LetterResult, const Connection&, Duration);
    void note_trouble(const Place&, const smtp::Outcome&);
    void trace(std::string line);
    void trace_transaction(const Connection&, const smtp::LetterResult&, Duration);

    void settle(std::size_t recipient, const smtp::Outcome&, const std::string& host);
    void settle_rest();
    void settle_rest(wire::Attempted::Result, const std::string& status, const std::string& text);
    bool is_wanted() const { return !order_.is_wanted || order_.is_wanted(); }

    Carrier& carrier_;
    Carrier::Order order_;
    wire::Attempted attempted_;
    mail::ReversePath sender_;
    std::vector<std::optional<mail::ForwardPath>> paths_; // As the recipients; none: settled.
    std::vector<std::size_t> open_;                       // Recipients without an outcome.
    std::shared_ptr<const wire::Targets> targets_;
    std::string pool_key_;

    struct Trouble {
        smtp::Outcome outcome;
        std::string host;
    };
    std::optional<Trouble> trouble_; // The last one; the last temporary one, if any was.
    bool answered_ = false;          // Some host said something of the letter.
    std::size_t rounds_for_nothing_ = 0;
};

} // namespace posthouse::courier
