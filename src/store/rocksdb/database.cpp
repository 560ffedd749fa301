// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/database.hpp"
#include <rocksdb/slice_transform.h>

#include "store/rocksdb/environment.hpp"
#include "store/rocksdb/fast_checksum.hpp"
#include "store/rocksdb/wal_scan.hpp"

#include <cstring>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

namespace {

/// Keeps Database::health true to the facts.
class Watch final : public rdb::EventListener {
public:
    explicit Watch(std::shared_ptr<std::atomic<Database::Health>> health)
        : health_(std::move(health))
    {
    }
    void OnBackgroundError(rdb::BackgroundErrorReason, rdb::Status* error) override
    {
        using Severity = rdb::Status::Severity;
        using Health = Database::Health;
        if (error->severity() < Severity::kHardError)
            return;
        health_->store(is_full(*error)                             ? Health::full
                       : error->severity() == Severity::kHardError ? Health::stopped
                                                                   : Health::finished);
    }
    void OnErrorRecoveryEnd(const rdb::BackgroundErrorRecoveryInfo& info) override
    {
        if (info.new_bg_error.ok())
            health_->store(Database::Health::running);
    }

private:
    std::shared_ptr<std::atomic<Database::Health>> health_;
};

rdb::DBOptions database_options(const OpenOptions& options)
{
    rdb::DBOptions db;
    db.create_if_missing = true;
    db.create_missing_column_families = true;
    // A log record that could not be written must stop everything behind it: without this RocksDB
    // would go on writing after the torn record, and recovery would never see what follows it.
    db.paranoid_checks = true;
    db.max_background_jobs = 2;
    db.max_total_wal_size = options.max_wal_bytes;
    // Files of a WAL are scanned before (wal_scan.hpp), so this mode drops a torn tail only.
    db.wal_recovery_mode = rdb::WALRecoveryMode::kPointInTimeRecovery;
    db.max_open_files = 1024;
    db.advise_random_on_open = false; // Rows that are read one behind the other are read ahead.
    db.keep_log_file_num = 2;
    db.max_log_file_size = 1u << 20;
    db.info_log_level = rdb::InfoLogLevel::WARN_LEVEL;
    db.stats_dump_period_sec = 0;
    db.stats_persist_period_sec = 0;
    db.bytes_per_sync = 1u << 20; // So that a flush does not end in one long sync.
    return db;
}

/// What rows beside each other begin with: the key space, the partition and the kind of row.
class Neighbours : public rdb::SliceTransform {
public:
    const char* Name() const override { return "posthouse.neighbours"; }
    rdb::Slice Transform(const rdb::Slice& key) const override
    {
        if (key.size() > 2 && key[0] == 'r') {
            const auto part = static_cast<std::size_t>(static_cast<unsigned char>(key[1]));
            return {key.data(), std::min(key.size(), 2 + part + 1)};
        }
        return {key.data(), std::min<std::size_t>(key.size(), key[0] == 'b' ? 9 : 1)};
    }
    bool InDomain(const rdb::Slice& key) const override { return !key.empty() && key[0] != 'v'; }
};

rdb::ColumnFamilyOptions row_options(const OpenOptions& options,
                                     const std::shared_ptr<rdb::Cache>& cache)
{
    rdb::ColumnFamilyOptions cf;
    cf.write_buffer_size = options.row_memtable_bytes;
    cf.max_write_buffer_number = 4;
    cf.memtable_insert_with_hint_prefix_extractor = std::make_shared<Neighbours>();
    cf.compression = rdb::kLZ4Compression;
    cf.level_compaction_dynamic_level_bytes = true;
    if (options.salvage == Salvage::yes) {
        // A compaction that meets a damaged block ends all writing; and without compaction the
        // number of tables must not end it either.
        cf.disable_auto_compactions = true;
        cf.level0_slowdown_writes_trigger = cf.level0_stop_writes_trigger = 1 << 20;
    }
    rdb::BlockBasedTableOptions table;
    table.block_size = 16u << 10; // Of rows that are read together; a disk gives it as fast.
    table.filter_policy.reset(rdb::NewBloomFilterPolicy(10));
    table.block_cache = cache;
    // Bodies pass through the cache in a stream. What says where rows are stays, being of higher
    // priority; and in small blocks, so that what does not stay is soon read again.
    table.cache_index_and_filter_blocks = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.pin_top_level_index_and_filter = true;
    table.index_type = rdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.metadata_block_size = 16u << 10;
    cf.table_factory.reset(rdb::NewBlockBasedTableFactory(table));
    return cf;
}

/// Several large memtables: a letter that is delivered and removed before its memtable is flushed
/// reaches neither a table nor a blob file.
rdb::ColumnFamilyOptions body_options(const OpenOptions& options,
                                      const std::shared_ptr<rdb::Cache>& cache)
{
    rdb::ColumnFamilyOptions cf = row_options(options, cache);
    cf.write_buffer_size = options.body_memtable_bytes;
    cf.enable_blob_files = true;
    cf.min_blob_size = 1024;
    cf.blob_file_size = 256u << 20;
    cf.blob_compression_type = rdb::kLZ4Compression;
    cf.enable_blob_garbage_collection = true;
    cf.blob_garbage_collection_age_cutoff = 0.25;
    cf.blob_cache = cache; // A body is read in slices, each of which reads it whole from its file.
    return cf;
}

OpenFailure failure(const rdb::Status& status)
{
    using Kind = OpenFailure::Kind;
    if (is_full(status))
        return {Kind::no_space, "the disk is full: " + status.ToString()};
    if (status.IsCorruption())
        return {Kind::corrupt, "the store is damaged: " + status.ToString()};
    if (status.IsIOError())
        return {Kind::unwritable, "the store cannot be read or written: " + status.ToString()};
    return {Kind::other, "the store does not open: " + status.ToString()};
}

OpenFailure lost(const WalScan::Damage& damage)
{
    return {OpenFailure::Kind::corrupt,
            fmt::format("{} is damaged at byte {}: commits that were acknowledged are lost there, "
                        "and {} later ones would have to be taken without them; restore a backup, "
                        "or open with salvage to go on with what can be read.",
                        damage.path, damage.offset, damage.records_after)};
}

} // namespace

bool is_full(const rdb::Status& status)
{
    return status.IsNoSpace() || status.subcode() == rdb::Status::SubCode::kSpaceLimit;
}

Error read_error(const rdb::Status& status)
{
    return status.IsCorruption() ? Error::corrupt : Error::unavailable;
}

Database::~Database()
{
    if (!db)
        return;
    (void)db->DestroyColumnFamilyHandle(rows);
    (void)db->DestroyColumnFamilyHandle(bodies);
    (void)db->Close();
}

std::expected<std::unique_ptr<Database>, OpenFailure> open_database(const OpenOptions& options,
                                                                    Files& files)
{
    use_fast_checksum();
    const std::string path = options.data_dir + "/rows";
    const auto scan = scan_wal(files, path);
    if (!scan)
        return std::unexpected(OpenFailure{
            OpenFailure::Kind::unwritable,
            fmt::format("cannot read the log in {}: {}", path, std::strerror(scan.error().code))});

    auto opened = std::make_unique<Database>();
    rdb::DBOptions db = database_options(options);
    if (options.environment) {
        opened->env = rdb::NewCompositeEnv(options.environment->database);
        db.env = opened->env.get();
    }
    db.listeners.push_back(std::make_shared<Watch>(opened->health));
    rdb::LRUCacheOptions caching;
    caching.capacity = options.cache_bytes;
    caching.num_shard_bits = 1; // Few threads read; a part must hold the filter of a large table.
    const auto cache = rdb::NewLRUCache(caching);
    auto rows = row_options(options, cache);
    // Most rows that are asked for one by one are not there: a thread's, a delivery's, a new
    // body's.
    rows.memtable_whole_key_filtering = true;
    rows.memtable_prefix_bloom_size_ratio = 0.02;
    const std::vector<rdb::ColumnFamilyDescriptor> families{
        {rdb::kDefaultColumnFamilyName, std::move(rows)}, {"bodies", body_options(options, cache)}};
    std::vector<rdb::ColumnFamilyHandle*> handles;
    rdb::DB* raw = nullptr;
    if (options.salvage == Salvage::yes)
        db.wal_recovery_mode = rdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    else if (scan->damage) // RocksDB may know better: that it does not need this log any more.
        db.wal_recovery_mode = rdb::WALRecoveryMode::kAbsoluteConsistency;
    const rdb::Status status = rdb::DB::Open(db, path, families, &handles, &raw);
    if (!status.ok() && scan->damage && options.salvage == Salvage::no)
        return std::unexpected(lost(*scan->damage));
    if (!status.ok())
        return std::unexpected(failure(status));
    opened->db.reset(raw);
    opened->rows = handles[0];
    opened->bodies = handles[1];
    // Logs that are done with are gone for good before the first record of a new one: should one
    // of them have a torn end, it will never be met with valid records behind it.
    if (const auto synced = files.sync_directory(path); !synced)
        return std::unexpected(OpenFailure{OpenFailure::Kind::unwritable,
                                           fmt::format("cannot sync the directory {}: {}", path,
                                                       std::strerror(synced.error().code))});
    return opened;
}

} // namespace posthouse::store::rocksdb
