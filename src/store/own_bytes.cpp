// SPDX-License-Identifier: Apache-2.0
#include "store/own_bytes.hpp"

#include "base/text.hpp"

namespace posthouse::store {

Task<Result<std::string>> own_bytes(Engine& engine, PartitionId partition, std::string key,
                                    Random& random)
{
    std::vector<std::string> keys{key};
    auto page = co_await engine.partitions().read(partition, std::move(keys));
    if (!page)
        co_return std::unexpected(page.error());
    if (!page->rows.empty())
        co_return std::move(page->rows.front().value);
    std::string made;
    append_u64(made, random.next());
    append_u64(made, random.next());
    Commit commit;
    commit.partition = std::move(partition);
    commit.expect = page->at;
    commit.put.push_back({std::move(key), made});
    if (const auto done = co_await engine.partitions().commit(std::move(commit)); !done)
        co_return std::unexpected(done.error());
    co_return made;
}

} // namespace posthouse::store
