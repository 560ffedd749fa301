// SPDX-License-Identifier: Apache-2.0
#include "tables/mapped.hpp"

#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>

namespace posthouse::tables {
namespace {

constexpr int all_seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

UniqueFd file_of(std::string_view bytes, int seals)
{
    UniqueFd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, seals), 0);
    return file;
}

std::string image_with(std::string_view name)
{
    const std::array<Source, 1> sources = {Source{"f", std::string(name) + ": bob\n"}};
    return compile(Table::aliases, sources).image;
}

TEST(MappedTable, OutlivesItsDescriptorAndWhatTakesItsPlace)
{
    auto file = file_of(image_with("one"), all_seals);
    MappedTables mapped;
    auto first = Mapped::map(Table::aliases, file.get());
    ASSERT_TRUE(first) << first.error();
    mapped[Table::aliases] = *first;
    first = {};
    file.reset();
    const auto reader = mapped.at(Table::aliases);
    const auto second = file_of(image_with("two"), all_seals);
    mapped[Table::aliases] = *Mapped::map(Table::aliases, second.get());
    EXPECT_TRUE(reader->image().find("one"));
    EXPECT_TRUE(image_of(mapped, Table::aliases)->find("two"));
    EXPECT_EQ(image_of(mapped, Table::access), nullptr);
}

TEST(MappedTable, IsRefusedUnlessItIsSealed)
{
    for (const int missing : {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK}) {
        const auto file = file_of(image_with("one"), all_seals & ~missing & ~F_SEAL_SEAL);
        EXPECT_FALSE(Mapped::map(Table::aliases, file.get())) << missing;
    }
}

TEST(MappedTable, IsRefusedUnlessItIsAnImageOfThatTable)
{
    EXPECT_FALSE(Mapped::map(Table::aliases, file_of("", all_seals).get()));
    EXPECT_FALSE(Mapped::map(Table::aliases, file_of("no image at all", all_seals).get()));
    EXPECT_FALSE(Mapped::map(Table::access, file_of(image_with("one"), all_seals).get()));
    EXPECT_FALSE(Mapped::map(Table::aliases, -1));
}

} // namespace
} // namespace posthouse::tables
