// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/backend.hpp"
#include "imap/fetch_item.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::imap {

/// A FETCH's items, prepared once for all its messages.
struct FetchPlan {
    struct Step {
        FetchItem item;
        std::string label;   ///< What the response calls it: "BODY[1.2]<0> ", "ENVELOPE ".
        std::string section; ///< Of the part: "1.2".
        std::vector<std::string> fields; ///< Of HEADER.FIELDS, in lower case.
        Field field{}; ///< That of a summary in which it is found ready-made; 0: in none.
    };
    std::vector<Step> steps;
    std::uint8_t entry_fields = 0;
    std::uint16_t summary_fields = 0;
    bool sets_seen = false;
    bool has_uid = false, has_flags = false, has_modseq = false;

    bool needs(Field field) const { return summary_fields & static_cast<std::uint16_t>(field); }
    /// Adds FLAGS, MODSEQ or UID behind what was asked for, unless it is there.
    void add(FetchItem::Kind);
};

FetchPlan plan_of(const std::vector<FetchItem>&);

} // namespace posthouse::imap
