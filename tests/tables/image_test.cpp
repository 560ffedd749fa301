// SPDX-License-Identifier: Apache-2.0
#include "tables/image.hpp"
#include "tables/image_layout.hpp"
#include "tables/image_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <map>

namespace posthouse::tables {
namespace {

using Added = ImageWriter::Added;

std::string small_image()
{
    ImageWriter writer(Table::aliases);
    const auto file = writer.add_file("/etc/aliases");
    const std::array items = {NewItem{1, "bob@example.org"}, NewItem{2, "carol"}};
    EXPECT_EQ(writer.add("staff", {file, 7}, items), Added::yes);
    EXPECT_EQ(writer.add("root", {file, 9}, std::span(items).first(1)), Added::yes);
    return writer.finish();
}

TEST(Image, GivesWhatWasWritten)
{
    const auto bytes = small_image();
    const auto image = Image::open(bytes);
    ASSERT_TRUE(image) << image.error();
    EXPECT_EQ(image->size(), 2u);
    EXPECT_EQ(image->table(), 1u);
    const auto staff = image->find("staff");
    ASSERT_TRUE(staff);
    EXPECT_EQ(staff->key(), "staff");
    EXPECT_EQ(staff->file(), "/etc/aliases");
    EXPECT_EQ(staff->line(), 7u);
    EXPECT_EQ(staff->place(), "aliases:7");
    ASSERT_EQ(staff->size(), 2u);
    EXPECT_EQ(staff->item(0).kind, 1u);
    EXPECT_EQ(staff->item(0).text, "bob@example.org");
    EXPECT_EQ(staff->item(1).text, "carol");
    EXPECT_EQ(image->find("root")->size(), 1u);
    EXPECT_FALSE(image->find("staf"));
    EXPECT_FALSE(image->find(""));
}

TEST(Image, WithoutEntriesFindsNothing)
{
    EXPECT_FALSE(Image().find("root"));
    const auto bytes = ImageWriter(Table::access).finish();
    const auto image = Image::open(bytes);
    ASSERT_TRUE(image) << image.error();
    EXPECT_EQ(image->size(), 0u);
    EXPECT_FALSE(image->find("root"));
}

TEST(Image, ThatIsCutIsRefused)
{
    const auto bytes = small_image();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(Image::open(std::string_view(bytes).substr(0, size))) << size;
    EXPECT_FALSE(Image::open(bytes + "x"));
}

TEST(Image, OfAnotherVersionIsRefused)
{
    auto bytes = small_image();
    bytes[7] = '\x02';
    EXPECT_FALSE(Image::open(bytes));
}

/// Each number that says where something is, set too high.
TEST(Image, ThatPointsOutsideItselfIsRefused)
{
    const auto sound = small_image();
    layout::Header header;
    std::memcpy(&header, sound.data(), sizeof header);
    const layout::Offsets offsets(header);
    using layout::EntryRecord, layout::ItemRecord;
    const auto entry = offsets.entries;
    for (const auto at :
         {offsets.starts, offsets.starts + 4, offsets.starts + 8,
          entry + offsetof(EntryRecord, key), entry + offsetof(EntryRecord, key) + 4,
          entry + offsetof(EntryRecord, items), entry + offsetof(EntryRecord, file),
          offsets.items + offsetof(ItemRecord, at),
          offsets.items + offsetof(ItemRecord, size_and_kind), offsets.files, offsets.files + 4}) {
        auto bytes = sound;
        const std::uint32_t huge = 0xffffff00;
        std::memcpy(bytes.data() + at, &huge, sizeof huge);
        EXPECT_FALSE(Image::open(bytes)) << at;
    }
}

TEST(Image, WithKindsThatItsTableHasNotIsRefused)
{
    auto bytes = small_image();
    layout::Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto kind = layout::Offsets(header).items + offsetof(layout::ItemRecord, size_and_kind);
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + kind, sizeof value);
    for (const std::uint32_t wrong : {0u, 7u, 255u}) {
        const std::uint32_t changed = (value & layout::longest_text) | wrong << 24;
        std::memcpy(bytes.data() + kind, &changed, sizeof changed);
        EXPECT_FALSE(Image::open(bytes)) << wrong;
    }
}

TEST(ImageWriter, KeepsTheFirstOfTwoEntriesWithOneKey)
{
    ImageWriter writer(Table::callers);
    const auto file = writer.add_file("f");
    EXPECT_EQ(writer.add("root", {file, 1}, {}), Added::yes);
    EXPECT_EQ(writer.add("root", {file, 2}, {}), Added::duplicate);
    EXPECT_EQ(writer.place_of("root"), (Place{file, 1}));
}

TEST(ImageWriter, RefusesMoreEntriesItemsAndBytesThanItsLimits)
{
    ImageWriter writer(Table::callers, {.entries = 2, .items = 3, .bytes = 400});
    const auto file = writer.add_file("f");
    const std::vector<NewItem> items(4, NewItem{0, "x"});
    EXPECT_EQ(writer.add("a", {file, 1}, items), Added::too_many);
    EXPECT_EQ(writer.add("a", {file, 1}, std::span(items).first(3)), Added::yes);
    EXPECT_EQ(writer.add(std::string(400, 'k'), {file, 2}, {}), Added::too_large);
    EXPECT_EQ(writer.add("b", {file, 3}, {}), Added::yes);
    EXPECT_EQ(writer.add("c", {file, 4}, {}), Added::too_many);
    const auto bytes = writer.finish();
    EXPECT_LE(bytes.size(), 400u);
    EXPECT_EQ(Image::open(bytes)->size(), 2u);
}

RC_GTEST_PROP(Image, IsWhatAMapWouldBe, (std::map<std::string, std::vector<std::string>> map))
{
    ImageWriter writer(Table::copies);
    const auto file = writer.add_file("f");
    std::uint32_t line = 0;
    for (const auto& [key, texts] : map) {
        std::vector<NewItem> items;
        for (const auto& text : texts)
            items.push_back({0, text});
        RC_ASSERT(writer.add(key, {file, ++line}, items) == Added::yes);
    }
    const auto bytes = writer.finish();
    const auto image = Image::open(bytes);
    RC_ASSERT(image.has_value());
    RC_ASSERT(image->size() == map.size());
    for (const auto& [key, texts] : map) {
        const auto entry = image->find(key);
        RC_ASSERT(entry.has_value());
        RC_ASSERT(entry->size() == texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i)
            RC_ASSERT(entry->item(i).text == texts[i]);
        RC_ASSERT(image->find(key + "x").has_value() == map.contains(key + "x"));
    }
}

} // namespace
} // namespace posthouse::tables
