// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letters.hpp"
#include "mail/address.hpp"
#include "wire/messages.pb.h"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::keeper {

/// The recipients that are to be routed now: the letter's own, or what expansions have put in
/// their place.
struct Asked {
    std::vector<std::string> recipients;
    std::vector<const spool::Expansion*> from; // which led to it; nullptr: the letter's own
    std::vector<std::size_t> own;              // index in the letter, for its own
};
/// Points into the letter.
Asked recipients_to_route(const OpenLetter&, const mail::Domain& hostname);

/// Does every recipient go somewhere, and to a place that there is? A sorter reads letters, and may
/// be a letter's puppet; that an account is whose the address is, is looked up before anything is
/// filed in it.
bool makes_sense(const std::vector<wire::Routed::Delivery>&, const wire::Routed&,
                 std::size_t recipients);

/// What routing made of a letter's recipients, as the queue's rows will have it. The letter
/// outlives it.
class RouteRows {
public:
    struct Terms {
        const spool::DeliveryIds& ids;
        const mail::Domain& hostname;
        std::size_t reply_bytes; // of a refusal's words
    };
    RouteRows(OpenLetter&, const Terms&, Timestamp now);

    void take(const std::vector<wire::Routed::Delivery>&);
    /// What depends on all of them together; sets the letter's shared_body.
    void finish();

    std::map<std::uint64_t, spool::Delivery> deliveries; // new ones

    /// Them and what senders are to be told, at most `most` of each a page; one page at least.
    struct Page {
        std::vector<spool::Delivery> deliveries;
        spool::Spool::Notices notices;
    };
    std::vector<Page> pages(std::size_t most) const;

private:
    void add(spool::Delivery);
    spool::Delivery for_the_agent(const std::string& recipient, const spool::Expansion&);
    void tell_of_expansion(const spool::Delivery&, const spool::RecipientTerms&, bool list);

    std::map<std::uint64_t, spool::NoticeDue> failures_; // of deliveries that never will be
    spool::Spool::Notices notices_;                      // of recipients that became several
    OpenLetter& letter_;
    Terms terms_;
    Timestamp now_;
    Asked asked_;
};

} // namespace posthouse::keeper
