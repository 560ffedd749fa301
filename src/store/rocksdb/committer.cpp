// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/committer.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "store/rocksdb/keys.hpp"

#include <boost/asio/post.hpp>
#include <map>
#include <rocksdb/write_batch.h>
#include <unordered_map>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

namespace {

// One batch: enough to share a sync among all that wait, little enough that none waits long.
constexpr std::size_t most_batch_bytes = 16u << 20;
constexpr std::size_t most_batch_requests = 4096;
// Partitions with more rows than this are dropped by one range deletion, which costs later reads
// a little; smaller ones row by row.
constexpr int most_single_erasures = 1000;
// How often to try to go on after the disk was full, and to look how full it is.
constexpr auto resume_interval = std::chrono::milliseconds(500);
constexpr auto look_interval = std::chrono::milliseconds(100);

std::size_t weight(const Request& request)
{
    std::size_t bytes = 256;
    if (const auto* commit = std::get_if<Commit>(&request.what)) {
        for (const Row& row : commit->put)
            bytes += row.key.size() + row.value.size();
        for (const NewBlob& blob : commit->blobs)
            bytes += blob.data.size();
    }
    return bytes;
}

/// A key in two pieces, so that it need not be joined first.
struct KeyParts {
    std::string head;
    rdb::Slice parts[2];
    explicit KeyParts(std::string_view partition) : head(row_key(partition, {})) {}
    rdb::SliceParts with(std::string_view key)
    {
        parts[0] = head;
        parts[1] = {key.data(), key.size()};
        return {parts, 2};
    }
};

} // namespace

/// What one batch changes, before it is written.
struct Committer::Round {
    rdb::WriteBatch batch;
    std::unordered_map<std::string, Version> versions;
    std::map<BlobId, std::optional<char>> blobs; // place, or nothing: removed
    std::vector<BlobId> files;                   // to be removed afterwards
};

/// The one posted function of a batch.
class Committer::Completion {
public:
    Completion(Request* first, std::shared_ptr<HintTable> hints)
        : first_(first),
          hints_(std::move(hints))
    {
    }
    Completion(Completion&& other) noexcept
        : first_(std::exchange(other.first_, nullptr)),
          hints_(std::move(other.hints_))
    {
    }
    Completion& operator=(Completion&&) = delete;
    ~Completion()
    {
        while (Request* request = take())
            if (request->detached)
                delete request;
            else
                request->waiter.abandon();
    }
    void operator()()
    {
        while (Request* request = take()) {
            const auto* commit = std::get_if<Commit>(&request->what);
            if (commit && request->result && !commit->hint.empty())
                hints_->publish(commit->partition, commit->hint);
            if (request->detached)
                delete request;
            else
                request->waiter.resume();
        }
    }

private:
    Request* take()
    {
        Request* request = first_;
        if (request)
            first_ = request->next;
        return request;
    }

    Request* first_;
    std::shared_ptr<HintTable> hints_;
};

Committer::Committer(const OpenOptions& options, Parts parts, Version floor)
    : executor_(options.executor),
      data_dir_(options.data_dir),
      min_free_bytes_(options.min_free_bytes),
      parts_(std::move(parts)),
      floor_(floor),
      thread_([this] { run(); })
{
}

Committer::~Committer()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Committer::submit(Request& request)
{
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        was_empty = head_ == nullptr;
        *tail_ = &request;
        tail_ = &request.next;
    }
    if (was_empty) // Otherwise somebody has woken the thread already.
        changed_.notify_one();
}

void Committer::run()
{
    Request* backlog = nullptr; // taken, but more than one batch holds
    for (;;) {
        if (!backlog) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return head_ || ending_; });
            if (!head_)
                return;
            backlog = std::exchange(head_, nullptr);
            tail_ = &head_;
        }
        perform(gather(backlog));
    }
}

/// Cuts one batch off the front of the backlog.
Request* Committer::gather(Request*& backlog)
{
    Request* const first = backlog;
    Request* last = first;
    std::size_t bytes = weight(*last);
    for (std::size_t count = 1; last->next && count < most_batch_requests; ++count) {
        bytes += weight(*last->next);
        if (bytes > most_batch_bytes)
            break;
        last = last->next;
    }
    backlog = std::exchange(last->next, nullptr);
    return first;
}

void Committer::perform(Request* first)
{
    Round round;
    for (Request* request = first; request; request = request->next)
        prepare(*request, round);
    // Once for all commits of a partition in this round. A dropped one has erased its own.
    for (const auto& [partition, version] : round.versions)
        if (version != Version::none)
            (void)round.batch.Put(parts_.database.rows, version_key(partition),
                                  encode_number(std::uint64_t(version)));
    if (const auto error = write(round)) {
        for (Request* request = first; request; request = request->next)
            if (request->result)
                request->result = std::unexpected(*error);
    } else {
        for (const auto& [partition, version] : round.versions)
            versions_.put(partition, version);
        if (!round.files.empty())
            parts_.remove_files(std::move(round.files));
    }
    boost::asio::post(executor_, Completion(first, parts_.hints));
}

/// A request whose preparation fails leaves nothing in the batch.
void Committer::prepare(Request& request, Round& round)
{
    request.result = std::visit([&](auto& what) { return prepare(what, round); }, request.what);
}

Result<Version> Committer::current(const std::string& partition, Round& round)
{
    if (const auto it = round.versions.find(partition); it != round.versions.end())
        return it->second;
    if (const auto cached = versions_.find(partition))
        return *cached;
    rdb::PinnableSlice value;
    const rdb::Status status = parts_.database.db->Get(rdb::ReadOptions(), parts_.database.rows,
                                                       version_key(partition), &value);
    Version version = Version::none;
    if (status.ok()) {
        const auto number = decode_number(value.ToStringView());
        if (!number)
            return std::unexpected(Error::corrupt);
        version = Version(*number);
    } else if (!status.IsNotFound()) {
        return std::unexpected(read_error(status));
    }
    versions_.put(partition, version);
    return version;
}

/// Where a blob is, as this round will leave it; nothing: there is none.
Result<std::optional<char>> Committer::place(BlobId id, Round& round)
{
    if (const auto it = round.blobs.find(id); it != round.blobs.end())
        return it->second;
    rdb::PinnableSlice value;
    const rdb::Status status =
        parts_.database.db->Get(rdb::ReadOptions(), parts_.database.rows, blob_key(id), &value);
    if (status.IsNotFound())
        return std::nullopt;
    if (!status.ok())
        return std::unexpected(read_error(status));
    if (value.empty())
        return std::unexpected(Error::corrupt);
    return value[0];
}

Result<Version> Committer::prepare(Commit& commit, Round& round)
{
    const auto before = current(commit.partition.name, round);
    if (!before)
        return before;
    if (commit.expect && *commit.expect != *before)
        return std::unexpected(Error::conflict);
    if (!commit.blobs.empty() && !has_room())
        return std::unexpected(Error::no_space);
    for (const NewBlob& blob : commit.blobs) {
        const auto there = place(blob.id, round);
        if (!there)
            return std::unexpected(there.error());
        if (*there)
            return std::unexpected(Error::exists);
    }
    std::vector<std::pair<BlobId, char>> dropped;
    for (const BlobId id : commit.drop_blobs) {
        const auto there = place(id, round);
        if (!there)
            return std::unexpected(there.error());
        if (*there)
            dropped.emplace_back(id, **there);
    }

    auto& [database, files, hints, remove_files] = parts_;
    KeyParts key(commit.partition.name);
    for (const Row& row : commit.put) {
        const rdb::Slice value(row.value);
        (void)round.batch.Put(database.rows, key.with(row.key), rdb::SliceParts(&value, 1));
    }
    for (const std::string& erased : commit.erase)
        (void)round.batch.Delete(database.rows, key.with(erased));
    for (const NewBlob& blob : commit.blobs) {
        const auto& owner = blob.owner.name.empty() ? commit.partition : blob.owner;
        const BlobRecord record{BlobRecord::Place::row, blob.data.size(), owner.name};
        (void)round.batch.Put(database.rows, blob_key(blob.id), record.encode());
        (void)round.batch.Put(database.bodies, blob.id.bytes(), blob.data);
        round.blobs[blob.id] = static_cast<char>(BlobRecord::Place::row);
    }
    for (const auto& [id, where] : dropped) {
        // A file goes after its last name is durably gone, and its record after the file.
        if (where == static_cast<char>(BlobRecord::Place::file))
            round.files.push_back(id);
        else
            (void)forget(id, round);
    }
    const Version after{std::uint64_t(*before == Version::none ? floor_ : *before) + 1};
    round.versions[commit.partition.name] = after;
    return after;
}

/// A blob is put once and never again under the same id, which is what SingleDelete asks for: put
/// and deletion then vanish together in the first flush that meets both.
Result<void> Committer::forget(BlobId id, Round& round)
{
    const auto there = place(id, round);
    if (!there)
        return std::unexpected(there.error());
    if (!*there)
        return {};
    (void)round.batch.SingleDelete(parts_.database.rows, blob_key(id));
    if (**there == static_cast<char>(BlobRecord::Place::row))
        (void)round.batch.SingleDelete(parts_.database.bodies, id.bytes());
    round.blobs[id] = std::nullopt;
    return {};
}

Result<Version> Committer::prepare(const Request::Drop& drop, Round& round)
{
    const std::string& name = drop.partition.name;
    const auto before = current(name, round);
    if (!before)
        return before;
    if (*before != drop.expect)
        return std::unexpected(Error::conflict);
    if (*before == Version::none)
        return Version::none;
    auto& database = parts_.database;
    const std::string begin = row_key(name, {});
    const std::string end = after_prefix(begin);
    // Rows that this very round puts are not to be seen yet: then the range it is, as it is when
    // there are many or they cannot be read.
    bool few = !round.versions.contains(name);
    std::vector<std::string> keys;
    if (few) {
        rdb::ReadOptions bounded;
        const rdb::Slice bound(end);
        bounded.iterate_upper_bound = &bound;
        const std::unique_ptr<rdb::Iterator> it(database.db->NewIterator(bounded, database.rows));
        for (it->Seek(begin); it->Valid() && keys.size() <= most_single_erasures; it->Next())
            keys.push_back(it->key().ToString());
        few = it->status().ok() && keys.size() <= most_single_erasures;
    }
    if (few)
        for (const std::string& key : keys)
            (void)round.batch.Delete(database.rows, key);
    else
        (void)round.batch.DeleteRange(database.rows, begin, end);
    (void)round.batch.Delete(database.rows, version_key(name));
    // Versions that a partition of this name will have are greater than any it had.
    floor_ = std::max(floor_, *before);
    (void)round.batch.Put(database.rows, floor_key, encode_number(std::uint64_t(floor_)));
    round.versions[name] = Version::none;
    return Version::none;
}

Result<Version> Committer::prepare(const Request::Register& blob, Round& round)
{
    const auto there = place(blob.id, round);
    if (!there)
        return std::unexpected(there.error());
    if (*there)
        return std::unexpected(Error::exists);
    const BlobRecord record{BlobRecord::Place::file, blob.bytes, blob.owner.name};
    (void)round.batch.Put(parts_.database.rows, blob_key(blob.id), record.encode());
    round.blobs[blob.id] = static_cast<char>(BlobRecord::Place::file);
    return Version::none;
}

Result<Version> Committer::prepare(const Request::Forget& blob, Round& round)
{
    if (const auto done = forget(blob.id, round); !done)
        return std::unexpected(done.error());
    return Version::none;
}

/// Nothing: durable. Otherwise what to tell all those of the round.
std::optional<Error> Committer::write(Round& round)
{
    if (round.batch.Count() == 0)
        return std::nullopt;
    using Health = Database::Health;
    const Health health = parts_.database.health->load();
    if (health == Health::finished)
        return Error::fenced;
    if (health != Health::running && !resumed())
        return health == Health::full ? Error::no_space : Error::unavailable;
    rdb::WriteOptions synced;
    synced.sync = true;
    const rdb::Status status = parts_.database.db->Write(synced, &round.batch);
    if (status.ok())
        return std::nullopt;
    log::error("store.write.failed", {{"error", status.ToString()}});
    // Room is asked for when the record is appended: the log then ends in a part of it, which
    // recovery drops. Any other failure may have come after the record was whole (a failed sync):
    // until RocksDB has begun a new log, or is opened again, it may come back.
    return is_full(status) ? Error::no_space : Error::unknown;
}

/// RocksDB flushes what is in memory and begins a new log, so that nothing depends on a log that
/// could not be written.
bool Committer::resumed()
{
    const auto now = std::chrono::steady_clock::now();
    if (now - last_resume_ < resume_interval)
        return false;
    last_resume_ = now;
    if (!parts_.database.db->Resume().ok())
        return false;
    // As after opening: the log with the torn end is gone before the first record of the new one.
    if (!parts_.files.sync_directory(data_dir_ + "/rows"))
        return false;
    parts_.database.health->store(Database::Health::running);
    log::info("store.write.resumed");
    return true;
}

bool Committer::has_room()
{
    const auto now = std::chrono::steady_clock::now();
    if (now - last_look_ >= look_interval) {
        last_look_ = now;
        const auto free = parts_.files.free_bytes(data_dir_);
        const bool roomy = !free || *free >= min_free_bytes_;
        if (roomy != roomy_)
            log::warning(roomy ? "store.room.back" : "store.room.low",
                         {{"free_bytes", free.value_or(0)}});
        roomy_ = roomy;
    }
    return roomy_;
}

} // namespace posthouse::store::rocksdb
