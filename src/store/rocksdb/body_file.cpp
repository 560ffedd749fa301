// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/body_file.hpp"

#include "base/text.hpp"
#include "store/crc32c.hpp"

#include <algorithm>

namespace posthouse::store::rocksdb {

namespace {

constexpr std::size_t checksum_bytes = 4;

std::string checksum(BlobId id, std::uint64_t block, std::string_view bytes)
{
    std::string place = id.bytes();
    append_u64(place, block);
    const std::uint32_t crc = crc32c(bytes, crc32c(place));
    std::string text;
    for (int shift = 0; shift < 32; shift += 8)
        text += static_cast<char>(crc >> shift & 0xff);
    return text;
}

} // namespace

std::string body_directory(const std::string& data_dir, BlobId id)
{
    // The fastest changing byte, so that directories fill evenly.
    return data_dir + "/bodies/" + hex(id.bytes().substr(15));
}

std::string body_path(const std::string& data_dir, BlobId id)
{
    return body_directory(data_dir, id) + "/" + hex(id.bytes());
}

std::string new_body_path(const std::string& data_dir, BlobId id)
{
    return data_dir + "/bodies/new/" + hex(id.bytes());
}

std::string BodyWriter::take(std::string bytes)
{
    size_ += bytes.size();
    pending_ += bytes;
    std::string blocks;
    std::string_view rest(pending_);
    for (; rest.size() >= body_block; rest.remove_prefix(body_block)) {
        const std::string_view block = rest.substr(0, body_block);
        blocks += block;
        blocks += checksum(id_, blocks_++, block);
    }
    pending_.erase(0, pending_.size() - rest.size());
    return blocks;
}

std::string BodyWriter::finish()
{
    if (pending_.empty())
        return {};
    std::string block = std::move(pending_);
    pending_.clear();
    block += checksum(id_, blocks_++, block);
    return block;
}

Result<std::string> read_body(Files::Readable& file, const BodySlice& slice)
{
    std::string bytes;
    if (slice.offset >= slice.size)
        return bytes;
    const std::uint64_t end =
        slice.offset + std::min<std::uint64_t>(slice.length, slice.size - slice.offset);
    bytes.reserve(end - slice.offset);
    for (std::uint64_t at = slice.offset; at < end;) {
        const std::uint64_t number = at / body_block;
        const std::uint64_t begin = number * body_block;
        const std::size_t size = std::min<std::uint64_t>(body_block, slice.size - begin);
        auto block = file.read(number * (body_block + checksum_bytes), size + checksum_bytes);
        if (!block)
            return std::unexpected(Error::unavailable);
        const std::string_view whole(*block);
        if (whole.size() != size + checksum_bytes ||
            checksum(slice.id, number, whole.substr(0, size)) != whole.substr(size))
            return std::unexpected(Error::corrupt);
        const std::size_t until = std::min<std::uint64_t>(size, end - begin);
        bytes += whole.substr(at - begin, until - (at - begin));
        at = begin + until;
    }
    return bytes;
}

} // namespace posthouse::store::rocksdb
