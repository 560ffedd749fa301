// SPDX-License-Identifier: Apache-2.0
#include "store/memory_engine.hpp"
#include "tests/store/engine_contract.hpp"
#include "tests/store/engine_model.hpp"

namespace posthouse::store {
namespace {

class InMemory final : public EngineUnderTest {
public:
    InMemory() { reopen(); }
    Engine& engine() override { return *engine_; }
    void reopen() override { engine_ = std::make_unique<MemoryEngine>(io.get_executor(), disk_); }

private:
    std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
    std::unique_ptr<MemoryEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Memory, EngineContract,
                         testing::Values([]() -> std::unique_ptr<EngineUnderTest> {
                             return std::make_unique<InMemory>();
                         }));

TEST(MemoryEngine, BehavesAsPlainMaps)
{
    EXPECT_TRUE(rc::check([] {
        InMemory store;
        EngineModel(store).steps(40);
    }));
}

} // namespace
} // namespace posthouse::store
