// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"
#include "wire/messages.pb.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace posthouse::keeper {

/// A letter that something is being done about. What stands here is what its rows will say once
/// the commits under way are through.
struct OpenLetter {
    struct Open {
        spool::Delivery record;
        std::optional<Timestamp> due_row; // set where it has one
        bool under_way = false;
    };
    spool::LetterId id;
    spool::Letter record;
    std::vector<std::string> recipients;
    std::vector<spool::RecipientTerms> terms; // one a recipient, or none at all
    std::vector<spool::Expansion> expansions; // to be routed
    std::map<std::uint64_t, Open> deliveries;
    std::vector<spool::TraceEvent> events;
    std::vector<std::string> event_keys;
    std::vector<spool::Spool::Notice> notices;
    /// A small body that came just now, so that it need not be read back; else empty.
    std::string body;
    /// What a sorter has made of it already, for this delivery, to a mailbox.
    std::unique_ptr<wire::Filed> filed_ahead;
    std::uint64_t filed_ahead_for = 0;
    bool fresh = false;  // accepted in this run: nothing was done with it before
    bool routed = false; // all its deliveries are there
    bool over = false;   // routed, which left nothing to be done: its unsorted row is there still
    bool last_page_under_way = false; // of its routes
    bool settling = false;            // a notification or the end is being written
    bool ended = false;
    std::set<std::uint64_t> filed;         // in mailboxes that are not told yet to forget it
    std::uint32_t expanding = 0;           // expansions whose rows are being written
    std::uint32_t notify_crashes = 0;      // of sorters over its notifications
    std::optional<spool::Closing> closing; // its end has begun, in the last run

    spool::RecipientTerms terms_of(std::size_t recipient) const
    {
        return terms.empty() ? spool::RecipientTerms() : terms[recipient];
    }
    bool settled() const;   // routed, and every delivery has its final outcome
    bool under_way() const; // some delivery is in an attempt
    bool has_nothing_left() const { return settled() && notices.empty(); }
    /// Some delivery has never been tried and will be soon: its failure may join the notification.
    bool untried() const;
};

/// Those letters, each once.
class Letters {
public:
    explicit Letters(Office& office) : office_(office) {}

    /// From memory, or from its rows. store::Error::not_found: it is gone.
    Task<store::Result<std::shared_ptr<OpenLetter>>> open(spool::LetterId);
    /// From its rows, for somebody who only looks: it is not kept.
    Task<store::Result<std::shared_ptr<OpenLetter>>> read(spool::LetterId);
    /// A letter whose rows are known, being new.
    void add(std::shared_ptr<OpenLetter>);
    std::shared_ptr<OpenLetter> find(spool::LetterId) const;
    /// It is read again when it is due. Nothing happens while something of it is under way.
    void close(spool::LetterId);
    std::size_t size() const { return letters_.size(); }

private:
    Office& office_;
    std::unordered_map<std::uint64_t, std::shared_ptr<OpenLetter>> letters_;
};

/// The number of rows that its end erases is bounded by one commit of the store: up to so many
/// deliveries. One with more is closed in pages.
constexpr std::size_t deliveries_an_end = 1'000;

/// The whole story so far, in order: what `posthouse trace` tells.
std::vector<spool::TraceEvent> story_of(const OpenLetter&);

bool is_final(spool::State);

} // namespace posthouse::keeper
