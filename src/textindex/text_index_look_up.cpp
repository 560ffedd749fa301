// SPDX-License-Identifier: Apache-2.0
// What a needle is found in.
#include "textindex/text_index_impl.hpp"

#include <algorithm>

namespace posthouse::textindex {
namespace {

using How = Lookup::How;

constexpr std::size_t blocks_a_page = 16;

/// As it is found in a block, where zero bytes stand about each term.
std::string pattern_of(const Lookup& lookup)
{
    std::string pattern;
    if (lookup.how == How::exact || lookup.how == How::prefix)
        pattern += '\0';
    pattern += lookup.text;
    if (lookup.how == How::exact || lookup.how == How::suffix)
        pattern += '\0';
    return pattern;
}

bool is_keyed(const Lookup& lookup)
{
    return lookup.how == How::exact || lookup.how == How::prefix;
}

/// Adds the letters of the terms at these places of a block.
bool add_letters(std::string_view postings, const std::vector<std::uint32_t>& places, Bits& to)
{
    std::uint32_t at = 0;
    for (const auto place : places) {
        for (; at < place; ++at)
            if (!skip_postings(postings))
                return false;
        if (!take_postings(postings, to))
            return false;
        ++at;
    }
    return true;
}

bool is_among(const std::vector<Lookup>& lookups, const Lookup& one)
{
    return std::ranges::find(lookups, one) != lookups.end();
}

bool covers(const Bits& all, const Bits& some)
{
    for (std::size_t i = 0; i < some.words().size(); ++i)
        if ((some.words()[i] & ~all.words()[i]) != 0)
            return false;
    return true;
}

} // namespace

Presence Found::of(std::uint64_t email) const
{
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto at = last_ + i < parts.size() ? last_ + i : last_ + i - parts.size();
        const auto& part = parts[at];
        const auto place = part.covered->place(email);
        if (!place)
            continue;
        last_ = at;
        const auto has = [&](const std::vector<std::uint64_t>& bits) {
            return *place / 64 < bits.size() && (bits[*place / 64] >> (*place % 64) & 1) != 0;
        };
        return has(part.certain)    ? Presence::certain
               : has(part.possible) ? Presence::possible
                                    : Presence::absent;
    }
    return otherwise;
}

Task<Found> TextIndex::look_up(Within within, std::string needle)
{
    const auto self = shared_from_this();
    const Busy busy(impl_->under_way);
    Found found;
    if (needle.empty()) {
        found.otherwise = Presence::certain;
        co_return found;
    }
    if (const auto settled = co_await impl_->settle(); !settled)
        co_return found;
    const auto plan = plan_of(needle);
    if (plan.needed.empty())
        co_return found;
    const auto drops = impl_->drops;
    const Segments segments = impl_->segments; // They are kept while somebody holds them.
    for (const auto& segment : segments) {
        if (impl_->damaged.contains(segment->id))
            continue;
        auto part = co_await impl_->search(*segment, within, plan);
        if (part)
            found.parts.push_back(std::move(*part));
        else if (part.error() == store::Error::corrupt)
            impl_->damaged.insert(segment->id);
    }
    if (impl_->drops != drops) // Rows went while they were read.
        found.parts.clear();
    co_return found;
}

Task<store::Result<Found::Part>> TextIndex::Impl::search(const Segment& segment, Within within,
                                                         const NeedlePlan& plan)
{
    Search search{segment, {}};
    Bits all_possible(segment.letters()), all_certain(segment.letters());
    for (const auto zone : {Zone::body, Zone::header}) {
        if (within == Within::body && zone == Zone::header)
            continue;
        Bits possible(segment.letters());
        possible.set_all();
        bool proved = false;
        const auto met = [&](const Lookup& lookup, const Bits& bits) {
            possible &= bits;
            if (plan.proof == lookup) {
                all_certain |= bits;
                proved = true;
            }
        };
        // First what costs little; it may leave nothing to do.
        for (const auto& lookup : plan.needed) {
            if (!is_keyed(lookup) || possible.none())
                continue;
            auto bits = co_await look_up_keyed(search, kind_of(zone, lookup.form), lookup);
            if (!bits)
                co_return std::unexpected(bits.error());
            met(lookup, *bits);
        }
        Patterns patterns;
        std::vector<const Lookup*> scanned;
        const auto scan_for = [&](const Lookup& lookup) {
            scanned.push_back(&lookup);
            patterns.emplace_back(pattern_of(lookup), Bits(segment.letters()));
        };
        for (const auto& lookup : plan.needed)
            if (!is_keyed(lookup))
                scan_for(lookup);
        if (plan.proof && !proved && !is_keyed(*plan.proof) && !is_among(plan.needed, *plan.proof))
            scan_for(*plan.proof);
        if (!patterns.empty() && !possible.none()) {
            const auto done =
                co_await scan_words(search, kind_of(zone, Form::word), patterns, possible);
            if (!done)
                co_return std::unexpected(done.error());
            for (std::size_t i = 0; i < patterns.size(); ++i) {
                if (is_among(plan.needed, *scanned[i]))
                    met(*scanned[i], patterns[i].second);
                else
                    all_certain |= patterns[i].second;
            }
        }
        all_possible |= possible;
    }
    Found::Part part;
    part.covered = segment.covered;
    part.possible = std::move(all_possible.words());
    part.certain = std::move(all_certain.words());
    co_return part;
}

/// What a term, or those that begin with it, are in: they stand behind one another.
Task<store::Result<Bits>> TextIndex::Impl::look_up_keyed(Search& search, Kind kind,
                                                         const Lookup& lookup)
{
    Bits bits(search.segment.letters());
    const auto id = search.segment.id;
    const auto dictionary = key::dictionary(id, kind);
    const auto pattern = pattern_of(lookup);
    auto after = key::before_block(id, kind, lookup.text);
    std::vector<std::uint32_t> places;
    for (bool more = true; more && !bits.full();) {
        auto page = co_await engine.partitions().scan(partition, dictionary, after, 1);
        if (!page)
            co_return std::unexpected(page.error());
        if (page->rows.empty())
            break;
        const auto& row = page->rows.front();
        const Block block(row.value);
        if (!block.well_formed())
            co_return std::unexpected(store::Error::corrupt);
        places.clear();
        block.find(pattern, places);
        if (!places.empty()) {
            auto found = co_await engine.partitions().read(partition, {key::postings(row.key)});
            if (!found)
                co_return std::unexpected(found.error());
            if (found->rows.empty() || !add_letters(found->rows.front().value, places, bits))
                co_return std::unexpected(store::Error::corrupt);
        }
        after = row.key;
        // The block's last term stands in its key.
        more = lookup.how == How::prefix && page->more &&
               std::string_view(row.key).substr(dictionary.size()).starts_with(lookup.text);
        if (search.pace.due())
            co_await search.pace.rest();
    }
    co_return bits;
}

/// Goes through all words, until each pattern is known to be in all of `among` that matter.
Task<store::Result<void>> TextIndex::Impl::scan_words(Search& search, Kind kind, Patterns& patterns,
                                                      const Bits& among)
{
    const auto dictionary = key::dictionary(search.segment.id, kind);
    std::string after;
    for (bool more = true; more;) {
        auto page = co_await engine.partitions().scan(partition, dictionary, after, blocks_a_page);
        if (!page)
            co_return std::unexpected(page.error());
        more = page->more;
        std::vector<std::string> keys; // of postings that are wanted
        std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> hits; // by key, a pattern's
        std::vector<std::size_t> pattern_of_hit;
        for (auto& row : page->rows) {
            const Block block(row.value);
            if (!block.well_formed())
                co_return std::unexpected(store::Error::corrupt);
            bool wanted = false;
            for (std::size_t i = 0; i < patterns.size(); ++i) {
                std::vector<std::uint32_t> places;
                block.find(patterns[i].first, places);
                if (places.empty())
                    continue;
                if (!wanted)
                    keys.push_back(key::postings(row.key));
                wanted = true;
                hits.emplace_back(keys.size() - 1, std::move(places));
                pattern_of_hit.push_back(i);
            }
            after = std::move(row.key);
            if (search.pace.due())
                co_await search.pace.rest();
        }
        if (!keys.empty()) {
            const auto wanted = keys.size();
            auto found = co_await engine.partitions().read(partition, std::move(keys));
            if (!found)
                co_return std::unexpected(found.error());
            if (found->rows.size() != wanted)
                co_return std::unexpected(store::Error::corrupt);
            for (std::size_t i = 0; i < hits.size(); ++i) {
                if (!add_letters(found->rows[hits[i].first].value, hits[i].second,
                                 patterns[pattern_of_hit[i]].second))
                    co_return std::unexpected(store::Error::corrupt);
                if (search.pace.due())
                    co_await search.pace.rest();
            }
        }
        if (std::ranges::all_of(patterns,
                                [&](const auto& one) { return covers(one.second, among); }))
            break;
    }
    co_return store::Result<void>{};
}

} // namespace posthouse::textindex
