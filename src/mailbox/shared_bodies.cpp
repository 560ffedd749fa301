// SPDX-License-Identifier: Apache-2.0
#include "mailbox/shared_bodies.hpp"
#include "base/text.hpp"

namespace posthouse::mailbox {
namespace {

constexpr int attempts = 100; // Each conflict means that another claim was written meanwhile.

store::PartitionId partition_of(store::BlobId blob)
{
    return {"b/" + hex(blob.bytes())};
}

} // namespace

std::string SharedBodies::claim_of(AccountId account, std::uint64_t delivery)
{
    std::string claim("a");
    append_u64(claim, static_cast<std::uint64_t>(account));
    append_u64(claim, delivery);
    return claim;
}

Task<store::Result<void>> SharedBodies::claim(store::BlobId blob, std::string claim)
{
    for (int i = 0; i < attempts; ++i) {
        store::Commit commit;
        commit.partition = partition_of(blob);
        commit.put.push_back({queue_claim, {}});
        commit.put.push_back({claim, {}});
        auto done = co_await engine_.partitions().commit(std::move(commit));
        if (done)
            co_return store::Result<void>{};
        if (done.error() !=
            store::Error::unknown) // Whether or not it was written, again is the same.
            co_return std::unexpected(done.error());
    }
    co_return std::unexpected(store::Error::unavailable);
}

Task<store::Result<bool>> SharedBodies::is_claimed(store::BlobId blob)
{
    auto version = co_await engine_.partitions().version(partition_of(blob));
    if (!version)
        co_return std::unexpected(version.error());
    co_return *version != store::Version::none;
}

Task<store::Result<void>> SharedBodies::release(store::BlobId blob, std::string claim)
{
    for (int i = 0; i < attempts; ++i) {
        auto page = co_await engine_.partitions().scan(partition_of(blob), {}, {}, 2);
        if (!page)
            co_return std::unexpected(page.error());
        if (page->at == store::Version::none)
            co_return store::Result<void>{}; // The last claim went before the crash.
        const bool last =
            page->rows.empty() || (page->rows.size() == 1 && page->rows.front().key == claim);
        store::Commit commit;
        commit.partition = partition_of(blob);
        commit.expect = page->at;
        commit.erase.push_back(claim);
        if (last)
            commit.drop_blobs.push_back(blob);
        auto done = co_await engine_.partitions().commit(std::move(commit));
        if (done && !last)
            co_return store::Result<void>{};
        if (done)
            co_return co_await engine_.partitions().drop(partition_of(blob), *done);
        if (done.error() != store::Error::conflict && done.error() != store::Error::unknown)
            co_return std::unexpected(done.error());
    }
    co_return std::unexpected(store::Error::unavailable);
}

} // namespace posthouse::mailbox
