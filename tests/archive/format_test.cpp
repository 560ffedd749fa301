// SPDX-License-Identifier: Apache-2.0
// What is read from a repository, and what it may make its reader hold.
#include "archive/account_parts.hpp"
#include "archive/body_table.hpp"
#include "archive/compression.hpp"
#include "archive/manifest.hpp"
#include "archive/pack.hpp"
#include "archive/rows.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace posthouse::archive {
namespace {

std::vector<store::Row> some_rows(std::size_t count)
{
    SeededRandom random(3);
    std::vector<store::Row> rows;
    for (std::size_t i = 0; i < count; ++i) {
        std::string key("e");
        append_u64(key, i * 3);
        rows.push_back({key, random_token(random, 50 + random.below(400))});
    }
    return rows;
}

std::vector<std::string> cut(const std::vector<store::Row>& rows)
{
    RowCutter cutter;
    std::vector<std::string> chunks;
    for (const auto& row : rows)
        if (auto chunk = cutter.add(row))
            chunks.push_back(std::move(*chunk));
    if (auto last = cutter.finish())
        chunks.push_back(std::move(*last));
    return chunks;
}

TEST(RowCutter, LosesNothingAndKeepsItsBounds)
{
    const auto rows = some_rows(8000);
    const auto chunks = cut(rows);
    std::vector<store::Row> again;
    for (const auto& chunk : chunks) {
        EXPECT_LE(chunk.size(), Limits::chunk_bytes);
        if (&chunk != &chunks.back())
            EXPECT_GE(chunk.size(), RowCutter::least);
        RowReader reader(chunk);
        while (auto row = reader.next())
            again.push_back(std::move(*row));
        EXPECT_FALSE(reader.damaged());
    }
    EXPECT_EQ(again, rows);
    EXPECT_GT(chunks.size(), 10u);
}

TEST(RowCutter, ChangesFewChunksWhereFewRowsChange)
{
    auto rows = some_rows(8000);
    const auto before = cut(rows);
    rows[4000].value += "more";
    rows.erase(rows.begin() + 1000);
    std::string key("e");
    append_u64(key, 6000 * 3 + 1);
    rows.insert(rows.begin() + 6001 - 1, {key, std::string(3000, 'n')});
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    const auto after = cut(rows);
    const std::set<std::string> known(before.begin(), before.end());
    std::size_t fresh = 0;
    for (const auto& chunk : after)
        fresh += known.contains(chunk) ? 0 : 1;
    EXPECT_GE(fresh, 3u);
    EXPECT_LE(fresh, 9u);
}

TEST(RowReader, EndsAtWhatIsNotWellFormed)
{
    std::string chunk;
    append_row(chunk, {"key", "value"});
    const auto whole = chunk.size();
    append_row(chunk, {std::string(store::Limits::key + 1, 'k'), ""});
    RowReader reader(chunk);
    EXPECT_TRUE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.damaged());
    for (std::size_t size = 1; size < whole; ++size) {
        RowReader cut_off(std::string_view(chunk).substr(0, size));
        EXPECT_FALSE(cut_off.next());
        EXPECT_TRUE(cut_off.damaged());
    }
}

RC_GTEST_PROP(Compression, GivesBackWhatItWasGiven, (const std::string& text))
{
    RC_ASSERT(expanded(compressed(text), text.size()) == text);
    const auto twice = text + text + text + std::string(1000, 'x');
    RC_ASSERT(compressed(twice).size() < twice.size());
    RC_ASSERT(expanded(compressed(twice), twice.size()) == twice);
    RC_ASSERT(!expanded(compressed(twice), twice.size() - 1));
    RC_ASSERT(!expanded(compressed(twice), twice.size() + 1));
}

TEST(Pack, FindsItsChunksAgain)
{
    PackBuilder builder;
    std::string bytes;
    std::vector<std::string> chunks{"one", std::string(100'000, 'x'), ""};
    for (const auto& chunk : chunks)
        bytes += builder.add(ChunkName::of(chunk), chunk);
    bytes += builder.finish();
    EXPECT_EQ(builder.name(), ChunkName::of(bytes));
    EXPECT_EQ(builder.bytes(), bytes.size());
    const std::string_view all(bytes);
    const auto end = parse_pack_end(all.substr(all.size() - pack_end_bytes), all.size());
    ASSERT_TRUE(end);
    const auto index =
        all.substr(all.size() - pack_end_bytes - end->index_bytes(), end->index_bytes());
    const auto entries = parse_pack_index(index, *end, all.size());
    ASSERT_TRUE(entries);
    ASSERT_EQ(*entries, builder.entries());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const auto& entry = (*entries)[i];
        EXPECT_EQ(unpack(entry, all.substr(entry.offset, entry.stored)), chunks[i]);
    }
}

std::string end_of(std::uint64_t chunks, std::string_view index)
{
    std::string end;
    append_u64(end, chunks);
    end += ChunkName::of(index).bytes();
    end += pack_end;
    return end;
}

TEST(Pack, KeepsItsLimits)
{
    EXPECT_FALSE(parse_pack_end(end_of(0, ""), 1000));
    EXPECT_FALSE(parse_pack_end(end_of(Limits::pack_chunks + 1, ""), ~std::uint64_t{0}));
    EXPECT_FALSE(parse_pack_end(end_of(~std::uint64_t{0} / 8, ""), 1000));
    EXPECT_FALSE(parse_pack_end(end_of(20, ""), 1000)); // An index larger than the pack.
    EXPECT_TRUE(parse_pack_end(end_of(1, ""), 1000));
    const auto entry = [](std::uint64_t offset, std::uint32_t stored, std::uint32_t size) {
        std::string index(ChunkName().bytes());
        append_u64(index, offset);
        for (const auto number : {stored, size})
            for (int shift = 24; shift >= 0; shift -= 8)
                index += static_cast<char>(number >> shift & 0xff);
        const auto end = parse_pack_end(end_of(1, index), 1000);
        return parse_pack_index(index, *end, 1000).has_value();
    };
    EXPECT_TRUE(entry(8, 10, 20));
    EXPECT_FALSE(entry(8, 10, Limits::chunk_bytes + 1));
    EXPECT_FALSE(entry(8, 30, 20));
    EXPECT_FALSE(entry(990, 10, 20));
    EXPECT_FALSE(entry(~std::uint64_t{0}, 10, 20));
}

TEST(Manifest, ComesBackAndKeepsItsLimits)
{
    Manifest manifest;
    manifest.taken_at = from_microseconds(5);
    manifest.server = "mx";
    manifest.store = "id";
    manifest.partitions = {{.name = "a/1", .version = 3, .rows = 2, .bytes = 1, .chunks = {{}}},
                           {.name = "a/2", .chunks = {}}};
    manifest.body_chunks = {ChunkName::of("x")};
    EXPECT_EQ(decode_manifest(encode(manifest)), manifest);
    EXPECT_NE(manifest.find("a/2"), nullptr);
    EXPECT_EQ(manifest.find("a/3"), nullptr);
    std::swap(manifest.partitions[0], manifest.partitions[1]);
    EXPECT_FALSE(decode_manifest(encode(manifest)));
    // A size that would have to be believed before anything is checked.
    std::string huge("PHBACKUP1\n");
    append_u64(huge, Limits::manifest_bytes + 1);
    append_u64(huge, 0);
    huge += ChunkName::of(huge).bytes();
    EXPECT_FALSE(decode_manifest(huge));
    EXPECT_EQ(decode_manifest("PHBACKUP2\n" + std::string(100, 'x')).error().kind,
              Fault::Kind::newer);
}

TEST(BodyTable, KeepsItsLimits)
{
    StoredBody body{{1, 2}, "a/1", 3'000'000, std::vector<ChunkName>(3)};
    EXPECT_EQ(body_of(row_of(body)), body);
    body.pieces.pop_back();
    EXPECT_FALSE(body_of(row_of(body)));
    body.pieces.clear();
    body.bytes = Limits::body_bytes + 1;
    EXPECT_FALSE(body_of(row_of(body)));
    body.bytes = 0;
    EXPECT_EQ(body_of(row_of(body)), body);
    body.owner.assign(store::Limits::partition_name + 1, 'p');
    EXPECT_FALSE(body_of(row_of(body)));
}

TEST(AccountPart, KeepsItsLimits)
{
    const AccountPart part{{std::string("e1234567"), "value"}, "body", 0};
    std::string bytes;
    append_part(bytes, part);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        auto cut_off = std::string_view(bytes).substr(0, size);
        EXPECT_FALSE(take_part(cut_off));
    }
    std::string_view whole(bytes);
    EXPECT_EQ(take_part(whole)->body, "body");
    EXPECT_TRUE(whole.empty());
    for (const auto& wrong :
         {AccountPart{{"", "value"}, "", 0},
          AccountPart{{std::string(store::Limits::key + 1, 'k'), ""}, "", 0},
          AccountPart{{"k", std::string(store::Limits::value + 1, 'v')}, "", 0},
          AccountPart{{"e", ""}, std::string(store::Limits::small_blob + 1, 'b'), 0}}) {
        std::string sent;
        append_part(sent, wrong);
        std::string_view rest(sent);
        EXPECT_FALSE(take_part(rest));
    }
}

} // namespace
} // namespace posthouse::archive
