// SPDX-License-Identifier: Apache-2.0
#include "textindex/text_index.hpp"

#include "base/text.hpp"

namespace posthouse::textindex {

store::PartitionId partition_of(std::uint64_t account)
{
    return {"w/" + base32_encode(account)};
}

Presence Found::of(std::uint64_t email) const
{
    for (const auto& part : parts) {
        const auto place = part.covered->place(email);
        if (!place)
            continue;
        const auto has = [&](const std::vector<std::uint64_t>& bits) {
            return *place / 64 < bits.size() && (bits[*place / 64] >> (*place % 64) & 1) != 0;
        };
        return has(part.certain)    ? Presence::certain
               : has(part.possible) ? Presence::possible
                                    : Presence::absent;
    }
    return otherwise;
}

struct TextIndex::Impl {
    Impl(store::Engine& e, store::PartitionId p) : engine(e), partition(std::move(p)) {}
    store::Engine& engine;
    store::PartitionId partition;
};

TextIndex::TextIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TextIndex::~TextIndex() = default;

Task<store::Result<std::shared_ptr<TextIndex>>> TextIndex::open(store::Engine& engine,
                                                                store::PartitionId partition)
{
    co_return std::shared_ptr<TextIndex>(
        new TextIndex(std::make_unique<Impl>(engine, std::move(partition))));
}

bool TextIndex::knows(std::uint64_t) const
{
    return false;
}
std::uint64_t TextIndex::letters() const
{
    return 0;
}
Task<store::Result<void>> TextIndex::add(std::string)
{
    co_return store::Result<void>();
}
Task<Found> TextIndex::look_up(Within, std::string folded_needle)
{
    Found found;
    if (folded_needle.empty())
        found.otherwise = Presence::certain;
    co_return found;
}
void TextIndex::forget(const EmailSet&) {}
bool TextIndex::untidy() const
{
    return false;
}
Task<store::Result<bool>> TextIndex::tidy()
{
    co_return false;
}
Task<store::Result<void>> TextIndex::drop()
{
    co_return store::Result<void>();
}
std::size_t TextIndex::memory_bytes() const
{
    return sizeof(Impl);
}
bool TextIndex::idle() const
{
    return true;
}

} // namespace posthouse::textindex
