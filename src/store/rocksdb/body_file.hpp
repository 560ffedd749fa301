// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/files.hpp"
#include "store/types.hpp"

#include <string>

/// Large bodies, a file each: blocks of 64 KiB, the last one shorter, each followed by the CRC-32C
/// (little-endian) of the blob's id, the block's number and its bytes; so neither damage nor a
/// block of another file or place is ever handed out.
namespace posthouse::store::rocksdb {

inline constexpr std::size_t body_block = 64 * 1024;

std::string body_directory(const std::string& data_dir, BlobId); // bodies/xx
std::string body_path(const std::string& data_dir, BlobId);      // bodies/xx/<id>
std::string new_body_path(const std::string& data_dir, BlobId);  // bodies/new/<id>

/// The blocks of a body that is written from its start.
class BodyWriter {
public:
    explicit BodyWriter(BlobId id) : id_(id) {}

    /// Takes the bytes and returns what can be written now.
    std::string take(std::string bytes);
    std::string finish(); // the last, short block
    std::uint64_t size() const { return size_; }

private:
    BlobId id_;
    std::string pending_; // less than one block
    std::uint64_t blocks_ = 0;
    std::uint64_t size_ = 0;
};

struct BodySlice {
    BlobId id;
    std::uint64_t size = 0; // of the whole body
    std::uint64_t offset = 0;
    std::size_t length = 0;
};

/// A slice of a body of `size` bytes, verified. Shorter than `length` only at the body's end.
Result<std::string> read_body(Files::Readable&, const BodySlice&);

} // namespace posthouse::store::rocksdb
