// SPDX-License-Identifier: Apache-2.0
// Sockets that the supervisor listens on, and connections that it opens for a gate.
#include "process/doors.hpp"

#include "process/listeners.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace posthouse::process {
namespace {

using testing::HasSubstr;

class Doors : public testing::Test {
protected:
    Doors()
    {
        std::string made = std::filesystem::temp_directory_path() / "doors.XXXXXX";
        directory_ = ::mkdtemp(made.data());
    }
    ~Doors() override { std::filesystem::remove_all(directory_); }
    std::string path(const std::string& name) const { return directory_ + '/' + name; }
    static mode_t mode_of(const std::string& file)
    {
        struct stat status{};
        ::stat(file.c_str(), &status);
        return status.st_mode & 0777;
    }

    std::string directory_;
};

TEST_F(Doors, GiveASocketsFileTheModeThatIsAskedFor)
{
    ASSERT_TRUE(listen_on(UnixPlace{.path = path("a"), .mode = 0620}));
    EXPECT_EQ(mode_of(path("a")), 0620);
    ASSERT_TRUE(listen_for_submission(path("run/submit")));
    EXPECT_EQ(mode_of(path("run/submit")), 0666);
    EXPECT_EQ(mode_of(path("run")), 0755);
}

TEST_F(Doors, ReplaceASocketThatNobodyListensOn)
{
    {
        const auto gone = listen_on(UnixPlace{.path = path("a")});
        ASSERT_TRUE(gone);
    }
    ASSERT_TRUE(std::filesystem::exists(path("a")));
    EXPECT_TRUE(listen_on(UnixPlace{.path = path("a")}));
}

TEST_F(Doors, TakeNoPlaceFromAnother)
{
    const auto there = listen_on(UnixPlace{.path = path("a")});
    const auto second = listen_on(UnixPlace{.path = path("a")});
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(), HasSubstr("another program listens there"));
    std::ofstream(path("file")) << "precious";
    const auto third = listen_on(UnixPlace{.path = path("file")});
    ASSERT_FALSE(third);
    EXPECT_THAT(third.error(), HasSubstr("no socket"));
    EXPECT_TRUE(std::filesystem::exists(path("file")));
    EXPECT_FALSE(listen_on(UnixPlace{.path = path(std::string(200, 'x'))}));
    EXPECT_FALSE(listen_on(UnixPlace{.path = path("b"), .owner = "nobody-has-this-name"}));
    EXPECT_FALSE(std::filesystem::exists(path("b")));
}

TEST_F(Doors, TellAGateWhatItsListenersAre)
{
    config::Listener listener{.path = "/run/x", .protocol = config::Protocol::lmtp};
    listener.proxy_from = {"192.0.2.0/24"};
    const auto what = describe(listener);
    EXPECT_EQ(what.protocol(), "lmtp");
    EXPECT_EQ(what.address(), "unix:/run/x");
    EXPECT_THAT(what.proxy_from(), testing::ElementsAre("192.0.2.0/24"));
    EXPECT_EQ(describe_submission("/run/y").protocol(), "submit");
}

TEST_F(Doors, OpenToTheFiltersThatAreConfiguredOnly)
{
    const auto filter = listen_on(UnixPlace{.path = path("filter")});
    ASSERT_TRUE(filter);
    config::Config config{.hostname = *mail::Domain::parse("mx.example.org")};
    config.milters.emplace_back();
    config.milters[0].name = "spam";
    config.milters[0].path = path("filter");
    wire::Control::Connect request;
    request.set_milter("spam");
    const auto opened = open_door(config, request);
    ASSERT_TRUE(opened);
    EXPECT_GE(::accept(filter->get(), nullptr, nullptr), 0);
    request.set_milter("other");
    EXPECT_FALSE(open_door(config, request));
    config.milters[0].path = path("nobody");
    request.set_milter("spam");
    EXPECT_FALSE(open_door(config, request));
}

TEST_F(Doors, OpenToIdentServersWhereThatIsConfiguredOnly)
{
    config::Config config{.hostname = *mail::Domain::parse("mx.example.org")};
    wire::Control::Connect request;
    request.set_ident_peer("127.0.0.1");
    request.set_ident_local("127.0.0.1");
    EXPECT_FALSE(open_door(config, request));
    config.smtp.ident = true;
    request.set_ident_peer("not an address");
    EXPECT_FALSE(open_door(config, request));
    request.set_ident_peer("127.0.0.1");
    request.set_ident_local("192.0.2.77"); // Not ours.
    EXPECT_FALSE(open_door(config, request));
}

} // namespace
} // namespace posthouse::process
