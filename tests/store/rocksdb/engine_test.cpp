// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/engine.hpp"

#include "tests/store/engine_contract.hpp"
#include "tests/store/engine_model.hpp"
#include "tests/store/rocksdb/power_cut_environment.hpp"
#include "tests/store/rocksdb/temporary_directory.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

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

/// On a disk in memory, which is faster; nothing is cut.
class InMemoryDisk final : public EngineUnderTest {
public:
    InMemoryDisk() { reopen(); }
    Engine& engine() override { return *engine_; }
    void reopen() override
    {
        engine_.reset();
        OpenOptions options = small_options(io, "/data");
        options.environment = tests::power_cut_environment(disk_);
        auto opened = open(std::move(options));
        if (!opened)
            throw std::runtime_error(opened.error().text);
        engine_ = std::move(*opened);
    }

private:
    std::shared_ptr<tests::PowerCutDisk> disk_ = std::make_shared<tests::PowerCutDisk>();
    std::unique_ptr<Engine> engine_;
};

TEST(RocksEngine, BehavesAsPlainMaps)
{
    EXPECT_TRUE(rc::check([] {
        InMemoryDisk store;
        EngineModel(store).steps(20);
    }));
}

TEST(RocksEngine, SaysWhichProcessHoldsTheDirectory)
{
    tests::TemporaryDirectory directory;
    boost::asio::io_context io;
    const auto held = open(small_options(io, directory.path()));
    ASSERT_TRUE(held);
    const auto refused = open(small_options(io, directory.path()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, OpenFailure::Kind::locked);
    EXPECT_THAT(refused.error().text, testing::HasSubstr(std::to_string(::getpid())));
}

TEST(RocksEngine, SaysWhatCannotBeWritten)
{
    boost::asio::io_context io;
    const auto refused = open(small_options(io, "/proc/nowhere/store"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, OpenFailure::Kind::unwritable);
    EXPECT_THAT(refused.error().text, testing::HasSubstr("/proc/nowhere/store"));
}

/// A real file system that is full; needs root for the mount.
TEST(RocksEngine, C6AFullFileSystemRefusesCommitsAndRecoversByItself)
{
    tests::TemporaryDirectory directory;
    const char* const at = directory.path().c_str();
    if (::mount("tmpfs", at, "tmpfs", 0, "size=24m") != 0)
        GTEST_SKIP() << "cannot mount a file system";
    const auto unmount = [](const char* path) { ::umount2(path, MNT_DETACH); };
    const std::unique_ptr<const char, decltype(unmount)> mounted(at, unmount);
    boost::asio::io_context io;
    auto engine = open(small_options(io, directory.path() + "/data"));
    ASSERT_TRUE(engine) << engine.error().text;
    const auto commit = [&](std::size_t body) {
        Commit c;
        c.partition = {"p"};
        if (body != 0)
            c.blobs.push_back({(*engine)->blobs().new_id(), pattern(body, 1)});
        return tests::run(io, (*engine)->partitions().commit(std::move(c)));
    };
    const std::string ballast = directory.path() + "/ballast";
    {
        std::ofstream file(ballast);
        file << std::string(8u << 20, 'x');
    }
    Result<Version> last = commit(500'000);
    for (int i = 0; last && i < 100; ++i)
        last = commit(500'000);
    EXPECT_EQ(last, std::unexpected(Error::no_space));
    std::filesystem::remove(ballast);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!last && std::chrono::steady_clock::now() < until)
        last = commit(0);
    EXPECT_TRUE(last);
    const auto version = last.value_or(Version::none);
    engine->reset();
    engine = open(small_options(io, directory.path() + "/data"));
    ASSERT_TRUE(engine) << engine.error().text;
    EXPECT_EQ(tests::run(io, (*engine)->partitions().version({"p"})), version);
    engine->reset();
}

} // namespace
} // namespace posthouse::store::rocksdb

namespace posthouse::store {
INSTANTIATE_TEST_SUITE_P(RocksDB, EngineContract,
                         testing::Values([]() -> std::unique_ptr<EngineUnderTest> {
                             return std::make_unique<rocksdb::OnDisk>();
                         }));
} // namespace posthouse::store
