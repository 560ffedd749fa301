// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/engine.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "store/rocksdb/blobs.hpp"
#include "store/rocksdb/environment.hpp"
#include "store/rocksdb/partitions.hpp"
#include "store/rocksdb/snapshot.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace posthouse::store::rocksdb {

namespace rdb = ::rocksdb;

namespace {

using Kind = OpenFailure::Kind;

constexpr std::uint64_t format_version = 1;
constexpr std::string_view format_head = "posthouse store ";

std::unexpected<OpenFailure> failed(std::string_view what, const std::string& path, FileError error)
{
    const Kind kind =
        error.code == ENOSPC || error.code == EDQUOT ? Kind::no_space : Kind::unwritable;
    return std::unexpected(
        OpenFailure{kind, fmt::format("cannot {} {}: {}", what, path, std::strerror(error.code))});
}

std::expected<void, OpenFailure> make_directories(Files& files, const std::string& data_dir)
{
    for (const std::string& path :
         {data_dir, data_dir + "/rows", data_dir + "/bodies", data_dir + "/bodies/new"})
        if (const auto made = files.make_directory(path); !made)
            return failed("create the directory", path, made.error());
    // All 256 at once: a large body then syncs one directory, never its parent.
    for (int i = 0; i < 256; ++i) {
        const std::string path = data_dir + "/bodies/" + hex(std::string(1, static_cast<char>(i)));
        if (const auto made = files.make_directory(path); !made)
            return failed("create the directory", path, made.error());
    }
    for (const std::string& path : {data_dir + "/bodies", data_dir})
        if (const auto synced = files.sync_directory(path); !synced)
            return failed("sync the directory", path, synced.error());
    return {};
}

/// Ok: the layout's version; 0 for a directory that has none yet.
std::expected<std::uint64_t, OpenFailure> read_format(Files& files, const std::string& path)
{
    auto file = files.open(path);
    if (!file && file.error().code == ENOENT)
        return 0;
    if (!file)
        return failed("open", path, file.error());
    const auto text = (*file)->read(0, 64);
    if (!text)
        return failed("read", path, text.error());
    std::string_view rest(*text);
    if (rest.starts_with(format_head) && rest.ends_with('\n')) {
        rest.remove_prefix(format_head.size());
        rest.remove_suffix(1);
        if (const auto version = parse_number(rest); version && *version != 0)
            return *version;
    }
    return std::unexpected(
        OpenFailure{Kind::corrupt, path + " does not say which version of the store this is."});
}

std::expected<void, OpenFailure> write_format(Files& files, const std::string& data_dir)
{
    const std::string path = data_dir + "/format", early = path + ".new";
    (void)files.remove(early); // of an opening that did not end
    auto file = files.create(early);
    if (!file)
        return failed("create", early, file.error());
    auto done = (*file)->append(fmt::format("{}{}\n", format_head, format_version));
    if (done)
        done = (*file)->sync();
    if (done)
        done = files.rename(early, path);
    if (done)
        done = files.sync_directory(data_dir);
    if (!done)
        return failed("write", path, done.error());
    return {};
}

std::expected<void, OpenFailure> check_format(Files& files, const std::string& data_dir)
{
    const auto version = read_format(files, data_dir + "/format");
    if (!version)
        return std::unexpected(version.error());
    if (*version > format_version)
        return std::unexpected(OpenFailure{
            Kind::newer_version,
            fmt::format("{} was written by a newer Posthouse (layout {}, this one knows {}): use "
                        "that version, or restore a backup made before the upgrade.",
                        data_dir, *version, format_version)});
    if (*version == 0)
        return write_format(files, data_dir);
    return {};
}

/// State 1 of large bodies ends here: whatever was on its way in has no name and never will.
std::expected<void, OpenFailure> empty_new_bodies(Files& files, const std::string& data_dir)
{
    const std::string directory = data_dir + "/bodies/new";
    const auto names = files.list(directory);
    if (!names)
        return failed("read the directory", directory, names.error());
    for (const std::string& name : *names)
        (void)files.remove(directory + "/" + name);
    return {};
}

/// One of the store's own numbers; 0 where it was never written.
std::expected<std::uint64_t, OpenFailure> own_number(Database& database, const std::string& key)
{
    std::string value;
    const rdb::Status status = database.db->Get(rdb::ReadOptions(), database.rows, key, &value);
    if (status.IsNotFound())
        return 0;
    const auto number = status.ok() ? decode_number(value) : std::nullopt;
    if (!number)
        return std::unexpected(
            OpenFailure{Kind::corrupt, "The store is damaged: its own numbers cannot be read: " +
                                           status.ToString()});
    return *number;
}

class RocksEngine final : public Engine {
public:
    struct Numbers {
        std::uint64_t incarnation = 0;
        Version floor = Version::none;
    };
    struct Opened {
        std::shared_ptr<Files> files;
        std::unique_ptr<Files::Lock> lock;
        std::unique_ptr<Database> database;
    };

    RocksEngine(const OpenOptions& options, Opened opened, Numbers numbers)
        : opened_(std::move(opened)),
          data_dir_(options.data_dir),
          hints_(std::make_shared<HintTable>()),
          committer_(options,
                     {*opened_.database, *opened_.files, hints_,
                      [this](std::vector<BlobId> ids) { remove_files(std::move(ids)); }},
                     numbers.floor),
          partitions_(*opened_.database, committer_),
          blobs_({*opened_.database, committer_, worker_, opened_.files, held_, options.executor,
                  options.data_dir, options.min_free_bytes},
                 numbers.incarnation),
          executor_(options.executor)
    {
    }

    /// The worker's last jobs may still submit to the committer; what the committer's last batch
    /// would give to the worker is left to the sweep.
    ~RocksEngine() override
    {
        reader_.end();
        worker_.end();
    }

    Partitions& partitions() override { return partitions_; }
    Blobs& blobs() override { return blobs_; }
    Hints& hints() override { return *hints_; }
    bool fences_unknown_outcomes() const override { return true; }
    Task<Result<std::unique_ptr<Snapshot>>> snapshot() override
    {
        co_return std::make_unique<RocksSnapshot>(RocksSnapshot::Parts{
            *opened_.database, reader_, worker_, opened_.files, held_, executor_, data_dir_});
    }

private:
    /// Large bodies whose last name went with a commit. The record goes after the file, so that a
    /// crash leaves a record, which the sweep finds, and not a file that nobody knows.
    void remove_files(std::vector<BlobId> ids)
    {
        worker_.post([this, removed = std::move(ids)] {
            for (const BlobId id : removed) {
                if (!held_->remove(*opened_.files, data_dir_, id)) {
                    log::warning("store.body.not_removed", {{"blob", hex(id.bytes())}});
                    continue;
                }
                auto forget = std::make_unique<Request>(Request::Forget{id});
                forget->detached = true;
                committer_.submit(*forget.release());
            }
        });
    }

    Opened opened_;
    std::string data_dir_;
    std::shared_ptr<HintTable> hints_;
    std::shared_ptr<HeldBodies> held_ = std::make_shared<HeldBodies>();
    Worker worker_;
    Worker reader_; // of snapshots
    Committer committer_;
    RocksPartitions partitions_;
    RocksBlobs blobs_;
    boost::asio::any_io_executor executor_;
};

} // namespace

std::expected<std::unique_ptr<Engine>, OpenFailure> open(OpenOptions options)
{
    RocksEngine::Opened opened;
    opened.files = options.environment ? options.environment->files : system_files();
    Files& files = *opened.files;
    const std::string& data_dir = options.data_dir;
    if (const auto made = files.make_directory(data_dir); !made)
        return failed("create the directory", data_dir, made.error());
    auto lock = files.lock(data_dir + "/lock");
    if (!lock && lock.error().error.code != 0)
        return failed("lock", data_dir + "/lock", lock.error().error);
    if (!lock)
        return std::unexpected(OpenFailure{
            Kind::locked,
            fmt::format("{} is in use by another process{}.", data_dir,
                        lock.error().by ? fmt::format(" ({})", lock.error().by) : std::string())});
    opened.lock = std::move(*lock);
    if (auto checked = check_format(files, data_dir); !checked)
        return std::unexpected(std::move(checked.error()));
    if (auto made = make_directories(files, data_dir); !made)
        return std::unexpected(std::move(made.error()));
    if (auto emptied = empty_new_bodies(files, data_dir); !emptied)
        return std::unexpected(std::move(emptied.error()));
    auto database = open_database(options, files);
    if (!database)
        return std::unexpected(std::move(database.error()));
    opened.database = std::move(*database);

    const auto incarnation = own_number(*opened.database, incarnation_key);
    if (!incarnation)
        return std::unexpected(incarnation.error());
    const auto floor = own_number(*opened.database, floor_key);
    if (!floor)
        return std::unexpected(floor.error());
    rdb::WriteOptions synced;
    synced.sync = true;
    const rdb::Status counted = opened.database->db->Put(
        synced, opened.database->rows, incarnation_key, encode_number(*incarnation + 1));
    if (!counted.ok())
        return std::unexpected(OpenFailure{is_full(counted) ? Kind::no_space : Kind::unwritable,
                                           "The store cannot be written: " + counted.ToString()});
    return std::make_unique<RocksEngine>(options, std::move(opened),
                                         RocksEngine::Numbers{*incarnation + 1, Version(*floor)});
}

} // namespace posthouse::store::rocksdb
