// SPDX-License-Identifier: Apache-2.0
// RocksDB's CRC-32C by the processor's instruction.
//
// Debian builds RocksDB without SSE 4.2, so that it computes the checksums of its log and of each
// body that it reads from tables: a quarter of the time that reading letters takes. These are the
// functions of its util/crc32c.h, all of them, so that the linker takes none from librocksdb.a.
// (Where RocksDB is linked as a shared library, it may go on using its own, which say the same.)
#include "store/rocksdb/fast_checksum.hpp"

#include "store/crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rocksdb::crc32c {

std::uint32_t Extend(std::uint32_t before, const char* data, std::size_t size);
std::string IsFastCrc32Supported();
std::uint32_t Crc32cCombine(std::uint32_t first, std::uint32_t second, std::size_t second_size);

std::uint32_t Extend(std::uint32_t before, const char* data, std::size_t size)
{
    return posthouse::store::crc32c({data, size}, before);
}

std::string IsFastCrc32Supported()
{
    return "Supported, by Posthouse";
}

namespace {

/// A linear map of 32 bits to 32 bits: what bit n becomes, for each n.
using Map = std::array<std::uint32_t, 32>;

std::uint32_t mapped(const Map& map, std::uint32_t bits)
{
    std::uint32_t sum = 0;
    for (std::size_t n = 0; bits != 0; bits >>= 1, ++n)
        sum ^= (bits & 1) != 0 ? map[n] : 0;
    return sum;
}

Map twice(const Map& map)
{
    Map result{};
    for (std::size_t n = 0; n < map.size(); ++n)
        result[n] = mapped(map, map[n]);
    return result;
}

/// What one zero bit behind the data does to a checksum.
Map one_zero_bit()
{
    Map map{};
    map[0] = 0x82f63b78;
    for (std::size_t n = 1; n < map.size(); ++n)
        map[n] = std::uint32_t{1} << (n - 1);
    return map;
}

} // namespace

/// Of two pieces behind each other, from the checksums of both.
std::uint32_t Crc32cCombine(std::uint32_t first, std::uint32_t second, std::size_t second_size)
{
    auto zeros = twice(twice(twice(one_zero_bit()))); // a byte of them
    for (; second_size != 0; second_size >>= 1, zeros = twice(zeros))
        if ((second_size & 1) != 0)
            first = mapped(zeros, first);
    return first ^ second;
}

} // namespace rocksdb::crc32c

namespace posthouse::store::rocksdb {

void use_fast_checksum() {}

} // namespace posthouse::store::rocksdb
