// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/engine.hpp"

#include "tests/store/engine_contract.hpp"
#include "tests/store/rocksdb/temporary_directory.hpp"

namespace posthouse::store::rocksdb {
namespace {

OpenOptions small_options(boost::asio::io_context& io, std::string data_dir)
{
    OpenOptions options;
    options.executor = io.get_executor();
    options.data_dir = std::move(data_dir);
    options.min_free_bytes = 0;
    options.body_memtable_bytes = options.row_memtable_bytes = options.cache_bytes = 1u << 20;
    return options;
}

class OnDisk final : public EngineUnderTest {
public:
    OnDisk() { reopen(); }
    Engine& engine() override { return *engine_; }
    void reopen() override
    {
        engine_.reset();
        auto opened = open(small_options(io, directory_.path()));
        if (!opened)
            throw std::runtime_error(opened.error().text);
        engine_ = std::move(*opened);
    }

private:
    tests::TemporaryDirectory directory_;
    std::unique_ptr<Engine> engine_;
};

} // namespace
} // namespace posthouse::store::rocksdb

namespace posthouse::store {
INSTANTIATE_TEST_SUITE_P(RocksDB, EngineContract,
                         testing::Values([]() -> std::unique_ptr<EngineUnderTest> {
                             return std::make_unique<rocksdb::OnDisk>();
                         }));
} // namespace posthouse::store
