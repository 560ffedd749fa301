// SPDX-License-Identifier: Apache-2.0
#include "moving/remote_source.hpp"

#include "tests/moving/tree.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <thread>

namespace posthouse::moving::tests {
namespace {

namespace fs = std::filesystem;

/// A source at the other end of a socket, read by another thread.
class Served {
public:
    explicit Served(const std::string& path)
    {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        source = remote_source(UniqueFd(ends[0]));
        reader_ = std::thread([path, theirs = ends[1]] {
            serve_source(theirs, path, {});
            ::close(theirs);
        });
    }
    ~Served()
    {
        source.reset();
        reader_.join();
    }
    std::unique_ptr<Source> source;

private:
    std::thread reader_;
};

class RemoteSourceTest : public testing::Test {
protected:
    RemoteSourceTest()
    {
        std::string name = (fs::temp_directory_path() / "remote-source-XXXXXX").string();
        folder = ::mkdtemp(name.data());
        fs::create_directories(folder / "cur");
        fs::create_directories(folder / ".Work" / "cur");
    }
    ~RemoteSourceTest() override { fs::remove_all(folder); }
    void put(const std::string& path, const std::string& text)
    {
        std::ofstream(folder / path) << text;
    }
    fs::path folder;
};

TEST_F(RemoteSourceTest, TellsWhatIsInTheFiles)
{
    const std::string large(700'000, 'x');
    put("cur/1.a:2,Sa", "Subject: one\n\nhi\n");
    put("cur/2.b:2,", large);
    put("dovecot-uidlist", "3 V77 N20\n11 Pabc :1.a\n");
    put("dovecot-keywords", "0 $Work\n");
    put("subscriptions", "Work\n");
    Served served(folder.string());
    const auto folders = served.source->folders();
    ASSERT_TRUE(folders);
    ASSERT_EQ(folders->size(), 2U);
    EXPECT_EQ((*folders)[0].name, "INBOX");
    EXPECT_TRUE((*folders)[1].subscribed);
    const auto told = told_by(*served.source, 0);
    EXPECT_EQ(told.contents.uid_validity, 77U);
    ASSERT_EQ(told.letters.size(), 2U);
    EXPECT_EQ(told.letters[0].uid, 11U);
    EXPECT_EQ(told.letters[0].uidl, "abc");
    EXPECT_EQ(mail::text_of(told.letters[0].flags), "\\Seen $Work");
    EXPECT_EQ(told.texts[0], "Subject: one\r\n\r\nhi\r\n");
    EXPECT_EQ(told.texts[1], large);
    EXPECT_TRUE(told.dates[0].has_value());
}

TEST_F(RemoteSourceTest, TellsWhyNothingCanBeRead)
{
    Served nowhere((folder / "nowhere").string());
    const auto folders = nowhere.source->folders();
    ASSERT_FALSE(folders);
    EXPECT_EQ(folders.error(), "No such file or directory");
    Served served(folder.string());
    ASSERT_TRUE(served.source->folders());
    EXPECT_FALSE(served.source->open(99));
    EXPECT_FALSE(served.source->begin(99));
    EXPECT_FALSE(served.source->read());
}

TEST_F(RemoteSourceTest, SaysSoWhenTheOtherProcessWent)
{
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    auto source = remote_source(UniqueFd(ends[0]));
    // A frame that claims to be larger than any.
    ASSERT_EQ(::write(ends[1], "\xff\xff\xff\xff", 4), 4);
    EXPECT_FALSE(source->folders());
    ::close(ends[1]);
}

} // namespace
} // namespace posthouse::moving::tests
