// SPDX-License-Identifier: Apache-2.0
#include "archive/store_id.hpp"

#include "store/own_bytes.hpp"

namespace posthouse::archive {

bool is_backed_up(std::string_view partition)
{
    return !partition.starts_with(restore_prefix) && !partition.starts_with(index_prefix) &&
           partition != store_partition;
}

Task<store::Result<std::string>> store_id(store::Engine& engine, Random& random)
{
    co_return co_await store::own_bytes(engine, {std::string(store_partition)}, "id", random);
}

} // namespace posthouse::archive
