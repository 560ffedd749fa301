// SPDX-License-Identifier: Apache-2.0
#include "mail/message_entry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::mail {
namespace {

RC_GTEST_PROP(MessageEntry, ComesBackAsItWasPacked, ())
{
    std::vector<MessageEntry> entries;
    std::uint32_t uid = 0;
    const auto count = *rc::gen::inRange(0, 40);
    for (int i = 0; i < count; ++i) {
        MessageEntry entry;
        uid += *rc::gen::inRange<std::uint32_t>(1, 1000);
        entry.uid = uid;
        entry.modseq = *rc::gen::arbitrary<std::uint64_t>();
        entry.flags = SystemFlags::from_bits(*rc::gen::inRange<std::uint8_t>(0, 32));
        entry.keywords = *rc::gen::arbitrary<std::uint64_t>();
        entry.size = *rc::gen::arbitrary<std::uint64_t>();
        entry.internal_date = *rc::gen::arbitrary<std::int64_t>();
        entry.save_date = *rc::gen::arbitrary<std::int64_t>();
        entry.email = *rc::gen::arbitrary<std::uint64_t>();
        entry.thread = *rc::gen::arbitrary<std::uint64_t>();
        entries.push_back(entry);
    }
    std::string packed;
    EntryPacker packer(all_entry_fields);
    for (const auto& entry : entries)
        packer.append(entry, packed);
    EntryUnpacker unpacker(all_entry_fields, packed);
    for (const auto& entry : entries)
        RC_ASSERT(unpacker.next() == entry);
    RC_ASSERT(!unpacker.next());
    RC_ASSERT(!unpacker.damaged());
    if (!packed.empty()) {
        EntryUnpacker cut(all_entry_fields, std::string_view(packed).substr(0, packed.size() - 1));
        while (cut.next()) {
        }
        RC_ASSERT(cut.damaged());
    }
}

TEST(MessageEntry, OfAnOrdinaryMessageTakesFewBytes)
{
    std::string packed;
    EntryPacker packer(all_entry_fields);
    for (std::uint32_t uid = 1; uid <= 1000; ++uid)
        packer.append({.uid = uid,
                       .modseq = 1000 + uid,
                       .flags = SystemFlag::seen,
                       .size = 12'345,
                       .internal_date = 1'700'000'000'000'000 + uid * 60'000'000LL,
                       .save_date = 1'700'000'000'000'000 + uid * 60'000'000LL,
                       .email = 5000 + uid,
                       .thread = 5000 + uid},
                      packed);
    EXPECT_LT(packed.size(), 1000 * 16U);
}

TEST(MessageEntry, NeverGoesBackwards)
{
    EntryUnpacker unpacker(0, std::string_view("\x05\x00", 2));
    EXPECT_EQ(unpacker.next()->uid, 5U);
    EXPECT_FALSE(unpacker.next());
    EXPECT_TRUE(unpacker.damaged());
}

TEST(Varint, LongerThanItsNumberIsRefused)
{
    std::string_view text("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
    EXPECT_FALSE(take_varint(text));
    std::string_view most("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    EXPECT_EQ(take_varint(most), ~std::uint64_t{0});
}

} // namespace
} // namespace posthouse::mail
