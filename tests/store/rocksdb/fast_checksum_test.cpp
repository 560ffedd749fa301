// SPDX-License-Identifier: Apache-2.0
#include "store/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rocksdb::crc32c { // What RocksDB calls.
std::uint32_t Extend(std::uint32_t before, const char* data, std::size_t size);
std::uint32_t Crc32cCombine(std::uint32_t first, std::uint32_t second, std::size_t second_size);
std::string IsFastCrc32Supported();
} // namespace rocksdb::crc32c

namespace posthouse::store::rocksdb {
namespace {

namespace crc = ::rocksdb::crc32c;

TEST(FastChecksum, IsTheOneThatRocksDbCalls)
{
    EXPECT_EQ(crc::IsFastCrc32Supported(), "Supported, by Posthouse");
}

TEST(FastChecksum, IsCrc32c)
{
    // RFC 3720 §B.4
    EXPECT_EQ(crc::Extend(0, std::string(32, '\0').data(), 32), 0x8a9136aaU);
    EXPECT_EQ(crc::Extend(0, std::string(32, '\xff').data(), 32), 0x62a8ab43U);
    EXPECT_EQ(crc::Extend(0, "123456789", 9), 0xe3069283U);
    EXPECT_EQ(crc::Extend(crc::Extend(0, "1234", 4), "56789", 5), 0xe3069283U);
}

TEST(FastChecksum, CombinesThoseOfTwoPieces)
{
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += static_cast<char>(i * 31 % 251);
    for (const std::size_t cut : {0UL, 1UL, 7UL, 8UL, 100UL, 4095UL, 4096UL, 4999UL, 5000UL}) {
        const auto first = crc::Extend(0, text.data(), cut);
        const auto second = crc::Extend(0, text.data() + cut, text.size() - cut);
        EXPECT_EQ(crc::Crc32cCombine(first, second, text.size() - cut), crc32c(text)) << cut;
    }
}

} // namespace
} // namespace posthouse::store::rocksdb
