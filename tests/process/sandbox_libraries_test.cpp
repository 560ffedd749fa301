// SPDX-License-Identifier: Apache-2.0
// The two libraries that bring threads and system calls of their own, inside the roles that use
// them: an upgrade that needs more is seen here first.
#include "process/sandbox.hpp"
#include "tests/process/sandbox_rig.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <sys/socket.h>
#include <thread>
#include <unbound.h>
#include <unistd.h>

namespace posthouse::process::testing {

namespace {

bool complain(const std::string& text)
{
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    return false;
}

// --- RocksDB in the keeper

/// Two column families with blobs; everything small, so that flushes, compactions and log changes
/// happen within a test.
class Database {
public:
    explicit Database(std::string directory) : directory_(std::move(directory)) {}
    ~Database() { close(); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    bool open()
    {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.create_missing_column_families = true;
        options.write_buffer_size = 64 << 10;
        options.max_total_wal_size = 256 << 10;
        options.level0_file_num_compaction_trigger = 2;
        options.max_log_file_size = 16 << 10;
        options.keep_log_file_num = 2;
        options.bytes_per_sync = 64 << 10;
        rocksdb::ColumnFamilyOptions bodies(options);
        bodies.enable_blob_files = true;
        bodies.min_blob_size = 1024;
        bodies.blob_file_size = 256 << 10;
        bodies.enable_blob_garbage_collection = true;
        bodies.compression = rocksdb::kLZ4Compression;
        bodies.blob_compression_type = rocksdb::kZSTD;
        rocksdb::DB* opened = nullptr;
        const auto status = rocksdb::DB::Open(
            options, directory_,
            {{rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions(options)},
             {"bodies", bodies}},
            &families_, &opened);
        database_.reset(opened);
        return status.ok() || complain(status.ToString());
    }

    bool write_and_read()
    {
        const std::string body(8000, 'x');
        rocksdb::WriteOptions synced;
        synced.sync = true;
        for (int i = 0; i < 200; ++i) {
            rocksdb::WriteBatch batch;
            batch.Put(families_[0], fmt::format("row{}", i % 50), std::string(300, 'r'));
            batch.Put(families_[1], fmt::format("body{}", i % 50), body);
            if (!database_->Write(i % 20 == 0 ? synced : rocksdb::WriteOptions(), &batch).ok())
                return complain("write");
        }
        return database_->Flush({}, families_).ok() &&
               database_->CompactRange({}, families_[1], nullptr, nullptr).ok() &&
               database_->FlushWAL(true).ok() && reads_back();
    }

    bool reads_back()
    {
        std::string value;
        return database_->Get({}, families_[1], "body7", &value).ok() && value.size() == 8000;
    }

    bool makes_a_checkpoint()
    {
        rocksdb::Checkpoint* made = nullptr;
        if (!rocksdb::Checkpoint::Create(database_.get(), &made).ok())
            return false;
        const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
        return checkpoint->CreateCheckpoint(directory_ + "-copy").ok();
    }

    void close()
    {
        for (auto* family : families_)
            (void)database_->DestroyColumnFamilyHandle(family);
        families_.clear();
        database_.reset();
    }

private:
    std::string directory_;
    std::unique_ptr<rocksdb::DB> database_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// --- libunbound in the resolver

/// Answers every question on the socket with 192.0.2.25, until the process ends.
void answer_questions(int socket)
{
    for (;;) {
        std::array<unsigned char, 512> message{};
        sockaddr_in from{};
        socklen_t length = sizeof from;
        const ssize_t got = ::recvfrom(socket, message.data(), message.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &length);
        if (got < 17)
            return;
        std::size_t end = 12; // The question: name, type, class.
        while (end < 255 && message[end] != 0)
            end += message[end] + std::size_t{1};
        end += 5;
        message[2] = 0x81; // an answer, recursion desired
        message[3] = 0x80; // and available
        message[7] = 1;    // one answer
        message[11] = 0;   // no OPT
        constexpr std::array<unsigned char, 16> answer = {0xc0, 12, 0, 1, 0,   1, 0, 0,
                                                          0,    60, 0, 4, 192, 0, 2, 25};
        std::ranges::copy(answer, message.begin() + static_cast<std::ptrdiff_t>(end));
        (void)!::sendto(socket, message.data(), end + answer.size(), 0,
                        reinterpret_cast<const sockaddr*>(&from), length);
    }
}

struct Resolved {
    bool done = false;
    std::string address;
};

void take_answer(void* to, int error, ub_result* result)
{
    auto& resolved = *static_cast<Resolved*>(to);
    resolved.done = true;
    if (error == 0 && result->havedata != 0)
        resolved.address.assign(result->data[0], static_cast<std::size_t>(result->len[0]));
    ub_resolve_free(result);
}

using Context = std::unique_ptr<ub_ctx, decltype(&ub_ctx_delete)>;

Context forwarding_to(std::uint16_t port)
{
    Context context(ub_ctx_create(), &ub_ctx_delete);
    ub_ctx_set_option(context.get(), "do-not-query-localhost:", "no");
    ub_ctx_set_option(context.get(), "use-syslog:", "no");
    ub_ctx_set_fwd(context.get(), fmt::format("127.0.0.1@{}", port).c_str());
    ub_ctx_async(context.get(), 1); // a thread, not a process
    return context;
}

void expect_works(const std::function<bool()>& attempt)
{
    const Ending ending = run_in_child(attempt);
    EXPECT_EQ(name_of(ending.outcome), "allowed") << ending.error_output;
}

} // namespace

TEST(ConfinedKeeper, RunsRocksDb)
{
    const Surroundings around;
    expect_works([&] {
        const Confinement confinement = around.confinement(Role::keeper);
        if (!confine_process(confinement))
            return complain("first step");
        Database database(around.data_dir + "/store");
        if (!database.open())
            return false;
        if (!confine_calls(confinement))
            return complain("second step");
        if (!database.write_and_read() || !database.makes_a_checkpoint())
            return complain("use");
        database.close();
        return (database.open() && database.reads_back()) || complain("open again");
    });
}

TEST(ConfinedResolver, RunsLibunbound)
{
    const Surroundings around;
    expect_works([&] {
        const Confinement confinement = around.confinement(Role::resolver);
        if (!confine_process(confinement))
            return complain("first step");
        std::thread([&] { answer_questions(around.udp_receiver.get()); }).detach();
        const Context context = forwarding_to(around.udp_port);
        if (!confine_calls(confinement))
            return complain("second step");
        Resolved resolved;
        if (ub_resolve_async(context.get(), "mx.example.org", 1, 1, &resolved, take_answer,
                             nullptr) != 0 ||
            ub_wait(context.get()) != 0)
            return complain("resolve");
        return resolved.done && resolved.address == std::string("\xc0\x00\x02\x19", 4);
    });
}

} // namespace posthouse::process::testing
