// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/keys.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

namespace posthouse::store::rocksdb {

std::string version_key(std::string_view partition)
{
    std::string key("v");
    key += partition;
    return key;
}

std::string row_key(std::string_view partition, std::string_view key)
{
    expects(partition.size() <= 255);
    std::string whole;
    whole.reserve(2 + partition.size() + key.size());
    whole += 'r';
    whole += static_cast<char>(partition.size());
    whole += partition;
    whole += key;
    return whole;
}

std::string blob_key(BlobId id)
{
    std::string key;
    key.reserve(17);
    key += 'b';
    append_u64(key, id.incarnation);
    append_u64(key, id.sequence);
    return key;
}

std::string after_prefix(std::string prefix)
{
    while (!prefix.empty() && prefix.back() == '\xff')
        prefix.pop_back();
    expects(!prefix.empty()); // Every key space begins with a letter.
    prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

std::string encode_number(std::uint64_t number)
{
    std::string bytes;
    append_u64(bytes, number);
    return bytes;
}

std::optional<std::uint64_t> decode_number(std::string_view bytes)
{
    if (bytes.size() != 8)
        return std::nullopt;
    return read_u64(bytes);
}

std::string BlobRecord::encode() const
{
    std::string record(1, static_cast<char>(place));
    append_u64(record, bytes);
    record += owner;
    return record;
}

std::optional<BlobRecord> BlobRecord::decode(std::string_view record)
{
    if (record.size() < 9 || (record[0] != 's' && record[0] != 'l'))
        return std::nullopt;
    return BlobRecord{static_cast<Place>(record[0]), read_u64(record.substr(1, 8)),
                      std::string(record.substr(9))};
}

} // namespace posthouse::store::rocksdb
