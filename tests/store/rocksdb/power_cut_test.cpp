// SPDX-License-Identifier: Apache-2.0
// The crash states of docs/store.md, by their numbers.
#include "store/rocksdb/engine.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/store/rocksdb/power_cut_environment.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

namespace posthouse::store::rocksdb {
namespace {

std::string pattern(std::uint64_t seed, std::size_t size)
{
    SeededRandom random(seed);
    std::string text(size, '\0');
    for (char& c : text)
        c = static_cast<char>(random.next());
    return text;
}

/// What must be true of one partition. A step whose answer never came may have happened or not.
struct Known {
    std::map<std::string, std::string> rows; // keys are named by no two steps at once
    Version version = Version::none;
    std::map<BlobId, std::string> bodies;
    bool operator==(const Known&) const = default;
};

/// A random workload on a disk that is cut, and a check of what is left.
class Town {
public:
    explicit Town(std::uint64_t seed)
        : random_(seed),
          disk_(std::make_shared<tests::PowerCutDisk>())
    {
    }

    tests::PowerCutDisk& disk() { return *disk_; }

    void open()
    {
        OpenOptions options;
        options.executor = io_.get_executor();
        options.data_dir = "/data";
        options.min_free_bytes = 0;
        options.row_memtable_bytes = options.body_memtable_bytes = 64 * 1024;
        options.cache_bytes = 1u << 20;
        options.environment = tests::power_cut_environment(disk_);
        auto opened = rocksdb::open(std::move(options));
        ASSERT_TRUE(opened) << opened.error().text;
        engine_ = std::move(*opened);
    }

    /// False: the disk did not live to see it done.
    bool step()
    {
        const std::string name = fmt::format("p/{}", random_.below(3));
        switch (random_.below(8)) {
        case 0:
            return drop(name);
        case 1:
            return stream(name);
        default:
            return commit(name);
        }
    }

    void power_cut()
    {
        disk_->cut();
        engine_.reset();
        disk_->reboot(random_);
    }

    void check()
    {
        for (auto& [name, before] : known_) {
            const Known found = look(name);
            const auto doubt = doubt_.find(name);
            if (doubt == doubt_.end()) {
                ASSERT_TRUE(found == before) << name << ": an acknowledged commit is not whole";
            } else {
                ASSERT_TRUE(found == before || found == doubt->second) << name << ": half a commit";
                ASSERT_GE(found.version == Version::none ? before.version : found.version,
                          before.version);
            }
            if (found.version == Version::none)
                floor_ = std::max(floor_, before.version); // dropped without an answer
            before = found;
        }
        doubt_.clear();
        sweep();
    }

private:
    template <class T>
    T run(Task<T> task)
    {
        return tests::run(io_, std::move(task));
    }

    bool settle(const std::string& name, Known after, bool done)
    {
        known_[name];
        if (done)
            known_[name] = std::move(after);
        else
            doubt_[name] = std::move(after);
        return done;
    }

    bool commit(const std::string& name)
    {
        Known after = known_[name];
        Commit commit;
        commit.partition = {name};
        commit.expect = after.version;
        for (std::uint64_t i = random_.below(5); i > 0; --i) {
            const std::string key = fmt::format("k{}-{}", i, random_.below(8));
            const std::string value = pattern(random_.next(), random_.below(3000));
            commit.put.push_back({key, value});
            after.rows[key] = value;
        }
        if (!after.rows.empty() && after.rows.begin()->first < "~" && random_.below(2) == 0) {
            const std::string key = after.rows.begin()->first;
            if (std::ranges::none_of(commit.put, [&](const Row& row) { return row.key == key; })) {
                commit.erase.push_back(key);
                after.rows.erase(key);
            }
        }
        if (random_.below(2) == 0) {
            const BlobId id = engine_->blobs().new_id();
            const std::string data = pattern(random_.next(), random_.below(40'000));
            commit.blobs.push_back({id, data});
            commit.put.push_back({"~" + id.bytes(), ""}); // the row that names it
            after.rows["~" + id.bytes()];
            after.bodies[id] = data;
        }
        if (const auto row = after.rows.lower_bound("~");
            row != after.rows.end() && commit.put.empty()) {
            const BlobId id = *BlobId::from_bytes(row->first.substr(1));
            commit.drop_blobs.push_back(id);
            commit.erase.push_back(row->first);
            after.bodies.erase(id);
            after.rows.erase(row);
        }
        for (auto& put : streamed_[name]) {
            commit.put.push_back({"~" + put.first.bytes(), ""});
            after.rows["~" + put.first.bytes()];
            after.bodies.insert(put);
        }
        streamed_[name].clear();
        std::erase_if(commit.erase,
                      [&](const std::string& key) { return after.rows.contains(key); });
        const auto result = run(engine_->partitions().commit(std::move(commit)));
        after.version = result ? *result : Version(std::uint64_t(after.version) + 1);
        if (!result && known_[name].version == Version::none)
            after.version = Version(std::uint64_t(floor_) + 1);
        if (result)
            EXPECT_GT(*result, known_[name].version);
        return settle(name, std::move(after), result.has_value());
    }

    bool drop(const std::string& name)
    {
        const Known before = known_[name];
        const Version was = before.version;
        const bool done = run(engine_->partitions().drop({name}, was)).has_value();
        floor_ = std::max(floor_, done ? was : floor_);
        // Its bodies stay until the sweep; that they may go is all that is asked for.
        return settle(name, {}, done);
    }

    bool stream(const std::string& name)
    {
        const BlobId id = engine_->blobs().new_id();
        const std::string data = pattern(random_.next(), 50'000 + random_.below(200'000));
        auto sink = run(engine_->blobs().create(id, {name}));
        if (!sink)
            return false;
        if (!run((*sink)->write(data)) || !run((*sink)->seal()))
            return false;
        streamed_[name].emplace_back(id, data); // Sealed: it must be there after the cut.
        const auto back = run(engine_->blobs().read(id, 0, 1u << 20));
        if (!back)
            return false; // The cut came at a sync of a thread in the background.
        EXPECT_TRUE(*back == data);
        return true;
    }

    Known look(const std::string& name)
    {
        Known found;
        const auto page = run(engine_->partitions().scan({name}, "", "", 1000));
        EXPECT_TRUE(page) << describe(page.error());
        found.version = page->at;
        for (const Row& row : page->rows) {
            found.rows.emplace(row.key, row.value);
            if (!row.key.starts_with("~"))
                continue;
            const BlobId id = *BlobId::from_bytes(row.key.substr(1));
            const auto body = run(engine_->blobs().read(id, 0, 1u << 20));
            EXPECT_TRUE(body) << "a row names a body that is " << describe(body.error());
            found.bodies.emplace(id, body.value_or(""));
        }
        return found;
    }

    /// As the keeper does after a crash: a blob that its owner does not name is removed.
    void sweep()
    {
        streamed_.clear();
        std::size_t named = 0;
        for (const auto& blob : run(engine_->blobs().list({}, 1000)).value()) {
            if (known_[blob.owner.name].bodies.contains(blob.id)) {
                ++named;
                continue;
            }
            ASSERT_TRUE(run(engine_->blobs().remove(blob.id)));
        }
        ASSERT_EQ(run(engine_->blobs().list({}, 1000))->size(), named);
        std::size_t large = 0;
        for (const auto& [name, state] : known_)
            for (const auto& [id, data] : state.bodies)
                large += data.size() >= 50'000;
        // No file without a record, none on its way in.
        ASSERT_EQ(disk_->paths("/data/bodies/").size(), large);
    }

    SeededRandom random_;
    boost::asio::io_context io_;
    std::shared_ptr<tests::PowerCutDisk> disk_;
    std::unique_ptr<Engine> engine_;
    std::map<std::string, Known> known_, doubt_;
    std::map<std::string, std::vector<std::pair<BlobId, std::string>>> streamed_;
    Version floor_ = Version::none;
};

TEST(PowerCut, C1toC5AndL1toL9AndD1toD3AfterEveryStepInTurn)
{
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        SCOPED_TRACE(seed);
        Town town(seed);
        ASSERT_NO_FATAL_FAILURE(town.open());
        for (int steps = 0; steps < 25; ++steps) {
            for (int i = 0; i < 1 + steps % 5; ++i)
                ASSERT_TRUE(town.step());
            town.power_cut();
            ASSERT_NO_FATAL_FAILURE(town.open());
            ASSERT_NO_FATAL_FAILURE(town.check());
        }
    }
}

TEST(PowerCut, C2C3C4AndL1toL9AndD2AtEverySyncInTurn)
{
    Town town(7);
    ASSERT_NO_FATAL_FAILURE(town.open());
    for (std::uint64_t nth = 0; nth < 30; ++nth) {
        SCOPED_TRACE(nth);
        town.disk().cut_at_sync(nth % 15);
        while (town.step()) {
        }
        ASSERT_TRUE(town.disk().is_cut());
        town.power_cut();
        ASSERT_NO_FATAL_FAILURE(town.open());
        ASSERT_NO_FATAL_FAILURE(town.check());
    }
}

} // namespace
} // namespace posthouse::store::rocksdb
