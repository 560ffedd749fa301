// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "wire/messages.pb.h"

#include <boost/json/fwd.hpp>

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

/// Letters as the administrator sees them.
namespace posthouse::keeper {

/// Where a letter is: before routing, or with its deliveries.
enum class Shelf : std::uint8_t { unsorted, held, routed };

struct LetterView {
    struct Delivery {
        spool::Delivery record;
        bool under_way = false;
    };
    spool::LetterId id;
    Shelf shelf = Shelf::routed;
    spool::Letter record;
    std::vector<std::string> recipients;
    std::vector<Delivery> deliveries;

    /// The state that most wants attention: poison, held, deferred, waiting, unsorted; "ending"
    /// where all is done but for its end.
    std::string_view state() const;
    bool has_state(std::string_view) const;
};

/// "unsorted", "waiting", "deferred", "held", "poison", "delivered", "failed", "removed"
std::string_view state_name(const spool::Delivery&);
bool is_state_to_filter(std::string_view);

/// One line of a list.
boost::json::object summary_of(const LetterView&);
/// All that its records say.
boost::json::object details_of(const LetterView&);

/// As `posthouse queue` takes it; empty fields match everything.
struct QueueFilter {
    std::string sender, recipient, domain, state;

    static QueueFilter from(const wire::Admin::Filter&);
    bool empty() const
    {
        return sender.empty() && recipient.empty() && domain.empty() && state.empty();
    }
    /// What the letter's own record can tell without its deliveries: false is final.
    bool may_match(const spool::Letter&) const;
    bool matches(const LetterView&) const;
};

/// Letters of all shards in the order of their ids, behind a cursor; reads no more than it gives.
class QueueWalk {
public:
    QueueWalk(Office& office, std::string_view kind, spool::LetterId after);
    /// Nothing: that was all.
    Task<store::Result<std::optional<spool::LetterId>>> next();

private:
    struct Shard {
        std::deque<spool::LetterId> ids;
        spool::LetterId last;
        bool ended = false;
    };
    Office& office_;
    std::string_view kind_;
    std::array<Shard, spool::shards> shards_;
};

/// One letter, if it is still in the queue and the filter takes it.
Task<store::Result<std::optional<LetterView>>> view_of(Office&, const Letters&, spool::LetterId,
                                                       const QueueFilter&);

} // namespace posthouse::keeper
