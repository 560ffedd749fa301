// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/store/engine_contract.hpp"

#include <map>
#include <rapidcheck.h>
#include <set>

namespace posthouse::store {

/// Random commits, drops, scans, reads and reopenings, beside a model of plain maps.
class EngineModel {
public:
    explicit EngineModel(EngineUnderTest& store) : store_(store) {}

    void steps(int count)
    {
        for (int i = 0; i < count; ++i) {
            const std::string name = *rc::gen::element<std::string>("a", "a/", "ab", "b");
            switch (*rc::gen::inRange(0, 8)) {
            case 0:
                drop(name);
                break;
            case 1:
                store_.reopen();
                break;
            case 2:
            case 3:
                scan(name);
                break;
            default:
                commit(name);
            }
        }
        everything();
    }

private:
    struct Partition {
        Version version = Version::none;
        std::map<std::string, std::string> rows;
    };

    static std::string key()
    {
        return *rc::gen::container<std::string>(3, rc::gen::element('a', 'b', '\xff'));
    }

    void commit(const std::string& name)
    {
        Partition& known = model_[name];
        Commit commit;
        commit.partition = {name};
        const bool stale = *rc::gen::inRange(0, 5) == 0;
        commit.expect = stale ? Version(std::uint64_t(known.version) + 1) : known.version;
        std::map<std::string, std::string> after = known.rows;
        std::set<std::string> named;
        for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
            const std::string k = key();
            if (!named.insert(k).second)
                continue;
            if (*rc::gen::inRange(0, 3) == 0) {
                commit.erase.push_back(k);
                after.erase(k);
            } else {
                const std::string value = *rc::gen::arbitrary<std::string>();
                commit.put.push_back({k, value});
                after[k] = value;
            }
        }
        auto bodies = bodies_;
        if (*rc::gen::inRange(0, 2) == 0) {
            const BlobId id = store_.blobs().new_id();
            commit.blobs.push_back({id, *rc::gen::arbitrary<std::string>()});
            bodies[id] = commit.blobs[0].data;
        }
        if (!bodies_.empty() && *rc::gen::inRange(0, 2) == 0) {
            const BlobId id = bodies_.begin()->first;
            commit.drop_blobs.push_back(id);
            bodies.erase(id);
        }
        const auto done = store_.run(store_.partitions().commit(std::move(commit)));
        if (stale) {
            RC_ASSERT((done == std::unexpected(Error::conflict)));
            return;
        }
        RC_ASSERT(done.has_value());
        RC_ASSERT(*done > known.version);
        RC_ASSERT(*done > greatest_dropped_[name]);
        known = {*done, std::move(after)};
        bodies_ = std::move(bodies);
    }

    void drop(const std::string& name)
    {
        Partition& known = model_[name];
        RC_ASSERT(store_.run(store_.partitions().drop({name}, known.version)).has_value());
        greatest_dropped_[name] = std::max(greatest_dropped_[name], known.version);
        known = {};
    }

    void scan(const std::string& name)
    {
        const Partition& known = model_[name];
        const std::string prefix = *rc::gen::element<std::string>("", "a", "ab", "\xff");
        const std::string after = *rc::gen::inRange(0, 2) == 0 ? "" : key();
        const auto limit = *rc::gen::inRange<std::size_t>(0, 5);
        std::vector<Row> expected;
        bool more = false;
        for (const auto& [k, value] : known.rows) {
            if (!k.starts_with(prefix) || k <= after)
                continue;
            more = expected.size() == limit;
            if (more)
                break;
            expected.push_back({k, value});
        }
        const auto page = store_.run(store_.partitions().scan({name}, prefix, after, limit));
        RC_ASSERT(page.has_value());
        RC_ASSERT(page->rows == expected);
        RC_ASSERT(page->more == more);
        RC_ASSERT(page->at == known.version);
    }

    void everything()
    {
        std::vector<std::string> names;
        for (const auto& [name, known] : model_) {
            if (known.version != Version::none)
                names.push_back(name);
            std::vector<std::string> keys;
            for (const auto& [k, value] : known.rows)
                keys.push_back(k);
            const auto page = store_.run(store_.partitions().read({name}, keys));
            RC_ASSERT(page.has_value());
            RC_ASSERT(page->at == known.version);
            RC_ASSERT(page->rows.size() == keys.size());
            for (const Row& row : page->rows)
                RC_ASSERT(known.rows.at(row.key) == row.value);
        }
        RC_ASSERT(store_.names() == names);
        std::size_t found = 0;
        const auto listed = store_.run(store_.blobs().list({}, 1000));
        RC_ASSERT(listed.has_value());
        for (const auto& blob : *listed) {
            ++found;
            RC_ASSERT((store_.body(blob.id) == bodies_.at(blob.id)));
            RC_ASSERT(blob.bytes == bodies_.at(blob.id).size());
        }
        RC_ASSERT(found == bodies_.size());
    }

    EngineUnderTest& store_;
    std::map<std::string, Partition> model_;
    std::map<std::string, Version> greatest_dropped_;
    std::map<BlobId, std::string> bodies_;
};

} // namespace posthouse::store
