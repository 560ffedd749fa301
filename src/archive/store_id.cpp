// SPDX-License-Identifier: Apache-2.0
#include "archive/store_id.hpp"

#include "base/text.hpp"

namespace posthouse::archive {

bool is_backed_up(std::string_view partition)
{
    return !partition.starts_with(restore_prefix) && !partition.starts_with(index_prefix) &&
           partition != store_partition;
}

Task<store::Result<std::string>> store_id(store::Engine& engine, Random& random)
{
    const store::PartitionId partition{std::string(store_partition)};
    std::vector<std::string> keys{"id"};
    auto page = co_await engine.partitions().read(partition, keys);
    if (!page)
        co_return std::unexpected(page.error());
    if (!page->rows.empty())
        co_return page->rows.front().value;
    std::string made;
    append_u64(made, random.next());
    append_u64(made, random.next());
    store::Commit commit;
    commit.partition = partition;
    commit.expect = page->at;
    commit.put.push_back({"id", made});
    const auto done = co_await engine.partitions().commit(std::move(commit));
    if (!done)
        co_return std::unexpected(done.error());
    co_return made;
}

} // namespace posthouse::archive
