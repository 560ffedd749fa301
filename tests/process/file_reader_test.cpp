// SPDX-License-Identifier: Apache-2.0
#include "process/file_reader.hpp"

#include "process/sandbox.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

namespace fs = std::filesystem;

class FileReaderTest : public testing::Test {
protected:
    FileReaderTest()
    {
        std::string name = (fs::temp_directory_path() / "file-reader-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        fs::create_directories(folder_ / "open" / "cur");
        std::ofstream(folder_ / "open" / "cur" / "letter") << "a letter";
        std::ofstream(folder_ / "secret") << "a secret";
        fs::create_symlink(folder_ / "secret", folder_ / "open" / "cur" / "link");
    }
    ~FileReaderTest() override { fs::remove_all(folder_); }

    /// What the child finds it can do: a character for each try, '+' or '-'.
    std::string tries(const std::string& path)
    {
        const auto open = (folder_ / "open" / "cur" / "letter").string();
        const auto link = (folder_ / "open" / "cur" / "link").string();
        const auto secret = (folder_ / "secret").string();
        const auto made = (folder_ / "open" / "made").string();
        auto child = fork_file_reader(path, [&](int socket) {
            std::string found;
            const auto note = [&](int result) {
                found += result >= 0 ? '+' : '-';
                (void)!::write(socket, &found.back(), 1);
            };
            note(::open(open.c_str(), O_RDONLY));
            note(::open(secret.c_str(), O_RDONLY));
            note(::open(link.c_str(), O_RDONLY));
            note(::open(open.c_str(), O_WRONLY));
            note(::open(made.c_str(), O_WRONLY | O_CREAT, 0600));
            // From here on what a process without sanitizers does not survive.
            note(::socket(AF_INET, SOCK_STREAM, 0));
            note(::unlink(open.c_str()));
        });
        EXPECT_TRUE(child) << child.error();
        std::string found;
        char c = 0;
        while (child && ::read(child->socket.get(), &c, 1) == 1)
            found += c;
        int status = 0;
        ::waitpid(child->pid, &status, 0);
        return found;
    }
    fs::path folder_;
};

TEST_F(FileReaderTest, ReadsBelowItsPathAndDoesNothingElse)
{
    if (!protections_of_kernel().files())
        GTEST_SKIP() << "no Landlock here";
    const auto found = tries((folder_ / "open").string());
    EXPECT_EQ(found.substr(0, 5), "+----");
    EXPECT_FALSE(found.substr(5).contains('+'));
    EXPECT_TRUE(fs::exists(folder_ / "open" / "cur" / "letter"));
    EXPECT_FALSE(fs::exists(folder_ / "open" / "made"));
}

TEST_F(FileReaderTest, ReadsASingleFileAlone)
{
    if (!protections_of_kernel().files())
        GTEST_SKIP() << "no Landlock here";
    EXPECT_EQ(tries((folder_ / "open" / "cur" / "letter").string()).substr(0, 3), "+--");
    EXPECT_EQ(tries((folder_ / "secret").string()).substr(0, 2), "-+");
}

/// What the command was given is a terminal's, or a pipe into something else.
TEST_F(FileReaderTest, HasNothingOfTheCommandsInputAndOutput)
{
    auto child = fork_file_reader(folder_.string(), [](int socket) {
        struct stat found[2] = {};
        std::string told;
        for (int fd = 0; fd < 2; ++fd)
            told += ::fstat(fd, &found[fd]) == 0 && S_ISCHR(found[fd].st_mode) &&
                            found[fd].st_rdev == makedev(1, 3)
                        ? '+'
                        : '-';
        (void)!::write(socket, told.data(), told.size());
    });
    ASSERT_TRUE(child);
    std::string told(2, ' ');
    EXPECT_EQ(::read(child->socket.get(), told.data(), told.size()), 2);
    EXPECT_EQ(told, "++");
    int status = 0;
    ::waitpid(child->pid, &status, 0);
}

TEST_F(FileReaderTest, EndsWhenItsSocketIsClosed)
{
    auto child = fork_file_reader(folder_.string(), [](int socket) {
        char c = 0;
        while (::read(socket, &c, 1) > 0) {
        }
    });
    ASSERT_TRUE(child);
    child->socket.reset();
    int status = 0;
    EXPECT_EQ(::waitpid(child->pid, &status, 0), child->pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace posthouse::process
