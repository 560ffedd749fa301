// SPDX-License-Identifier: Apache-2.0
// What each role still can: confinement that breaks the role would be switched off.
#include "process/sandbox.hpp"
#include "tests/process/sandbox_rig.hpp"

#include <array>
#include <boost/asio.hpp>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <optional>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <thread>

namespace posthouse::process::testing {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// The two ends of a control socket.
struct Pair {
    UniqueFd ours, theirs;
    Pair()
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
            ours.reset(ends[0]);
            theirs.reset(ends[1]);
        }
    }
};

union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> space;
};

bool send_descriptor(int socket, int passed)
{
    char byte = 'd';
    iovec data{&byte, 1};
    Control control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

UniqueFd receive_descriptor(int socket)
{
    char byte = 0;
    iovec data{&byte, 1};
    Control control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == nullptr)
        return {};
    int passed = -1;
    std::memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
    return UniqueFd(passed);
}

std::string read_at_start(const UniqueFd& fd)
{
    std::array<char, 64> buffer{};
    const ssize_t got = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

/// A loop, timers and a peer on a descriptor, as every role has them, in two threads.
bool serves_a_peer(asio::io_context& loop, Pair& pair)
{
    asio::local::stream_protocol::socket socket(loop, asio::local::stream_protocol(),
                                                pair.ours.release());
    asio::steady_timer timer(loop, std::chrono::milliseconds(1));
    std::array<char, 5> received{};
    int done = 0;
    timer.async_wait([&](boost::system::error_code error) {
        if (error)
            return;
        ++done;
        asio::async_read(socket, asio::buffer(received),
                         [&](boost::system::error_code e, std::size_t) { done += e ? 0 : 1; });
    });
    std::thread peer([&] { (void)!::write(pair.theirs.get(), "hello", 5); });
    loop.run();
    peer.join();
    return done == 2 && std::string_view(received.data(), 5) == "hello";
}

bool throws_in_a_thread()
{
    bool caught = false;
    std::thread([&] {
        try {
            throw std::runtime_error("for example");
        } catch (const std::exception&) {
            caught = true;
        }
    }).join();
    return caught;
}

bool computes_digests_and_chance()
{
    std::array<unsigned char, 32> bytes{};
    unsigned length = 0;
    return RAND_bytes(bytes.data(), bytes.size()) == 1 &&
           EVP_Digest("letter", 6, bytes.data(), &length, EVP_sha256(), nullptr) == 1;
}

bool reads_addresses_in_digits()
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const bool ok = ::getaddrinfo("2001:db8::1", "25", &hints, &found) == 0;
    if (found != nullptr)
        ::freeaddrinfo(found);
    return ok;
}

bool tells_local_time()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    return ::localtime_r(&now, &parts) != nullptr;
}

bool takes_much_memory()
{
    const std::vector<char> much(std::size_t{64} << 20, 'x');
    return much.back() == 'x';
}

bool complain(const char* text)
{
    (void)!::write(STDERR_FILENO, text, std::strlen(text));
    return false;
}

bool confine_both(const Confinement& confinement)
{
    if (!confine_process(confinement))
        return complain("first step\n");
    return confine_calls(confinement) || complain("second step\n");
}

void expect_works(const std::function<bool()>& attempt)
{
    const Ending ending = run_in_child(attempt);
    EXPECT_EQ(name_of(ending.outcome), "allowed") << ending.error_output;
}

class ConfinedStill : public ::testing::TestWithParam<Role> {};

} // namespace

TEST_P(ConfinedStill, DoesWhatEveryRoleDoes)
{
    const Surroundings around;
    const UniqueFd body(::open(around.secret_file.c_str(), O_RDONLY | O_CLOEXEC));
    expect_works([&] {
        ::tzset();
        Pair control;
        Pair peer;
        const Confinement confinement = around.confinement(GetParam());
        if (!confine_process(confinement))
            return complain("first step");
        asio::io_context loop;
        if (!confine_calls(confinement))
            return complain("second step");
        if (!send_descriptor(control.theirs.get(), body.get()) ||
            read_at_start(receive_descriptor(control.ours.get())) != "secret")
            return complain("a letter's body by descriptor");
        return (serves_a_peer(loop, peer) || complain("loop, timer, peer")) &&
               (throws_in_a_thread() || complain("exception")) &&
               (computes_digests_and_chance() || complain("digest, chance")) &&
               (reads_addresses_in_digits() || complain("addresses")) &&
               (tells_local_time() || complain("local time")) &&
               (takes_much_memory() || complain("memory"));
    });
}

TEST_P(ConfinedStill, MakesItsOwnLoopAfterwards)
{
    const Surroundings around;
    expect_works([&] {
        Pair peer;
        if (!confine_both(around.confinement(GetParam())))
            return false;
        asio::io_context loop;
        return serves_a_peer(loop, peer);
    });
}

TEST_P(ConfinedStill, AbortsWhereAContractIsBroken)
{
    const Surroundings around;
    const Ending ending = run_in_child([&] {
        if (confine_both(around.confinement(GetParam())))
            std::abort();
        return false;
    });
    ASSERT_TRUE(WIFSIGNALED(ending.status)) << ending.error_output;
    EXPECT_EQ(WTERMSIG(ending.status), SIGABRT);
}

TEST_P(ConfinedStill, LeavesByExit)
{
    // In sanitizer builds this shows that the search for leaks at exit is off.
    const Surroundings around;
    const Ending ending = run_in_child([&] {
        if (confine_both(around.confinement(GetParam())))
            std::exit(0);
        return false;
    });
    EXPECT_EQ(ending.status, 0) << ending.error_output;
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
TEST_P(ConfinedStill, IsReportedOnByTheSanitizer)
{
    const Surroundings around;
    const Ending ending = run_in_child([&] {
        if (!confine_both(around.confinement(GetParam())))
            return false;
        auto block = std::make_unique<std::array<char, 16>>();
        volatile char* dangling = block->data();
        block.reset();
        return dangling[3] == 'x';
    });
    EXPECT_NE(ending.error_output.find("heap-use-after-free"), std::string::npos)
        << ending.error_output;
}
#endif
#endif

INSTANTIATE_TEST_SUITE_P(Role, ConfinedStill, ::testing::ValuesIn(confined_roles),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST(ConfinedGate, ServesThoseWhoConnectToItsListener)
{
    const Surroundings around;
    expect_works([&] {
        if (!confine_both(around.confinement(Role::gate)))
            return false;
        asio::io_context loop;
        tcp::acceptor acceptor(loop, tcp::v4(), ::dup(around.listener.get()));
        tcp::socket peer = acceptor.accept();
        peer.set_option(tcp::no_delay(true));
        peer.set_option(asio::socket_base::keep_alive(true));
        peer.non_blocking(true);
        return !peer.remote_endpoint().address().is_unspecified() &&
               asio::write(peer, asio::buffer("220", 3)) == 3;
    });
}

TEST(ConfinedKeeper, ReadsAndWritesInItsDataDirectory)
{
    namespace fs = std::filesystem;
    const Surroundings around;
    expect_works([&] {
        if (!confine_both(around.confinement(Role::keeper)))
            return false;
        const std::string& top = around.data_dir;
        fs::create_directories(top + "/bodies/a");
        fs::create_directories(top + "/bodies/b");
        std::ofstream(top + "/bodies/a/1") << "body";
        fs::rename(top + "/bodies/a/1", top + "/bodies/b/1");
        const UniqueFd file(::open((top + "/bodies/b/1").c_str(), O_RDWR | O_CLOEXEC));
        const UniqueFd directory(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct statvfs space{};
        const bool ok = ::pwrite(file.get(), "B", 1, 0) == 1 && ::fdatasync(file.get()) == 0 &&
                        ::fsync(directory.get()) == 0 && ::flock(file.get(), LOCK_EX) == 0 &&
                        ::lockf(file.get(), F_TLOCK, 0) == 0 &&
                        ::posix_fallocate(file.get(), 0, 4096) == 0 &&
                        ::ftruncate(file.get(), 4) == 0 && ::statvfs(top.c_str(), &space) == 0;
        const auto seen = std::distance(fs::directory_iterator(top + "/bodies"), {});
        return ok && seen == 2 && read_at_start(file) == "Body" &&
               fs::remove_all(top + "/bodies") == 4;
    });
}

TEST(ConfinedCourier, ConnectsFromAnAddressToAMailPort)
{
    const Surroundings around;
    expect_works([&] {
        if (!confine_both(around.confinement(Role::courier)))
            return false;
        asio::io_context loop;
        tcp::socket socket(loop, tcp::v4());
        socket.bind({asio::ip::address_v4::loopback(), 0});
        bool connected = false;
        socket.async_connect({asio::ip::address_v4::loopback(), around.mail_port},
                             [&](boost::system::error_code error) { connected = !error; });
        loop.run();
        return connected && asio::write(socket, asio::buffer("EHLO", 4)) == 4;
    });
}

} // namespace posthouse::process::testing
