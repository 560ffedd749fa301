// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/wal_scan.hpp"

#include "store/crc32c.hpp"

#include <algorithm>
#include <cerrno>

namespace posthouse::store::rocksdb {

namespace {

// The log's format (RocksDB, "Write Ahead Log File Format"): blocks of 32 KiB; in them fragments
// of a masked CRC-32C, a length and a type, then the bytes. No fragment crosses blocks.
constexpr std::size_t block_bytes = 32 * 1024;
constexpr std::size_t header_bytes = 7;
enum Type : unsigned char { full = 1, first = 2, middle = 3, last = 4 };
constexpr std::size_t sequence_bytes = 8; // what a record's payload begins with, little-endian
// Where records are looked for behind damage, one counts only if its sequence number is near that
// of the last good one: a letter may hold whatever its sender made up, but not that.
constexpr std::uint64_t near = 1u << 24;

std::uint64_t little_endian(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

struct Fragment {
    Type type = full;
    std::string_view bytes;
    std::size_t whole() const { return header_bytes + bytes.size(); }
    bool begins_record() const { return type == full || type == first; }
    std::optional<std::uint64_t> sequence() const
    {
        if (!begins_record() || bytes.size() < sequence_bytes)
            return std::nullopt;
        return little_endian(bytes.substr(0, sequence_bytes));
    }
};

/// The fragment at the beginning of `rest`, if there is a whole one.
std::optional<Fragment> parse(std::string_view rest)
{
    if (rest.size() < header_bytes)
        return std::nullopt;
    const auto type = static_cast<unsigned char>(rest[6]);
    const std::size_t length = little_endian(rest.substr(4, 2));
    if (type < full || type > last || length > rest.size() - header_bytes)
        return std::nullopt;
    const std::uint32_t crc = crc32c(rest.substr(6, 1 + length));
    const std::uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8u;
    if (masked != little_endian(rest.substr(0, 4)))
        return std::nullopt;
    return Fragment{static_cast<Type>(type), rest.substr(header_bytes, length)};
}

class Scan {
public:
    FileResult<> file(Files& files, const std::string& path)
    {
        auto log = files.open(path);
        if (!log)
            return std::unexpected(log.error());
        path_ = path;
        in_record_ = false;
        for (std::uint64_t offset = 0;; offset += block_bytes) {
            const auto block = (*log)->read(offset, block_bytes);
            if (!block)
                return std::unexpected(block.error());
            read_block(*block, offset);
            if (block->size() < block_bytes)
                break;
        }
        // RocksDB begins a new log only after the last record of the old one.
        if (in_record_)
            bad(0);
        return {};
    }

    WalScan result() const
    {
        WalScan scan;
        scan.torn = bad_.has_value();
        if (bad_ && bad_->records_after != 0)
            scan.damage = bad_;
        return scan;
    }

private:
    void read_block(std::string_view block, std::uint64_t offset)
    {
        std::size_t at = 0;
        while (block.size() - at >= header_bytes) {
            const auto fragment = parse(block.substr(at));
            if (!fragment || !follows(*fragment)) {
                bad(offset + at);
                // Behind damage a length cannot be trusted: look at every byte.
                ++at;
                continue;
            }
            if (const auto sequence = fragment->sequence()) {
                if (bad_)
                    ++bad_->records_after;
                last_sequence_ = *sequence;
            }
            in_record_ = fragment->type == first || fragment->type == middle;
            at += fragment->whole();
        }
    }

    /// Is this what may come next?
    bool follows(const Fragment& fragment) const
    {
        if (!bad_)
            return fragment.begins_record() != in_record_;
        const auto sequence = fragment.sequence();
        return sequence && (!last_sequence_ ||
                            (*sequence > *last_sequence_ && *sequence - *last_sequence_ < near));
    }

    void bad(std::uint64_t offset)
    {
        in_record_ = false;
        if (!bad_)
            bad_ = WalScan::Damage{path_, offset, 0};
    }

    std::string path_;
    bool in_record_ = false;
    std::optional<std::uint64_t> last_sequence_;
    std::optional<WalScan::Damage> bad_;
};

} // namespace

FileResult<WalScan> scan_wal(Files& files, const std::string& directory)
{
    auto names = files.list(directory);
    if (!names)
        return std::unexpected(names.error());
    std::erase_if(*names, [](const std::string& name) { return !name.ends_with(".log"); });
    // Numbers of at least six digits: in their order.
    std::ranges::sort(*names, [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    Scan scan;
    for (const std::string& name : *names)
        if (auto read = scan.file(files, directory + "/" + name); !read)
            return std::unexpected(read.error());
    return scan.result();
}

} // namespace posthouse::store::rocksdb
