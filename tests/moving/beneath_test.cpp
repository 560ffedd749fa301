// SPDX-License-Identifier: Apache-2.0
// What somebody else's directory leads to, read with root's rights: nothing but what is in it.
#include "moving/beneath.hpp"
#include "moving/files.hpp"

#include "tests/store/rocksdb/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace posthouse::moving {
namespace {

namespace fs = std::filesystem;

class BeneathTest : public testing::Test {
protected:
    BeneathTest()
    {
        top_ = fs::canonical(directory_.path());
        root_ = top_ / "Maildir";
        fs::create_directories(root_ / "cur");
        fs::create_directories(root_ / ".Work" / "cur");
        fs::create_directories(top_ / "Maildir-of-ben");
        std::ofstream(root_ / "cur" / "letter") << "a letter";
        std::ofstream(top_ / "secret") << "a secret";
        std::ofstream(top_ / "Maildir-of-ben" / "letter") << "of ben";
    }
    void link(const std::string& from, const fs::path& to) { fs::create_symlink(to, root_ / from); }
    std::string read(const std::string& path) const
    {
        auto file = files_at(root_.string())->open(path);
        return file ? (*file)->read(0, 100).value_or("?") : "-" + file.error();
    }
    int error_of(const std::string& path, int flags = O_RDONLY) const
    {
        const auto opened = Beneath(root_.string()).open(path, flags);
        return opened ? 0 : opened.error();
    }
    posthouse::tests::TemporaryDirectory directory_;
    fs::path top_, root_;
};

TEST_F(BeneathTest, ReadsWhatIsThere)
{
    EXPECT_EQ(read("cur/letter"), "a letter");
    EXPECT_EQ(read(".Work/../cur//./letter"), "a letter");
    EXPECT_EQ(error_of("cur/none"), ENOENT);
    EXPECT_EQ(error_of("cur/letter/none"), ENOTDIR);
    const auto files = files_at(root_.string() + "/");
    EXPECT_EQ(files->kind(""), FileKind::directory);
    EXPECT_EQ(files->kind("cur"), FileKind::directory);
    EXPECT_EQ(files->kind("cur/letter"), FileKind::file);
    EXPECT_EQ(files->list("")->size(), 2U);
    const auto single = files_at((root_ / "cur" / "letter").string());
    EXPECT_EQ(single->kind(""), FileKind::file);
    EXPECT_TRUE(single->open(""));
    EXPECT_FALSE(single->open("more"));
}

TEST_F(BeneathTest, FollowsLinksThatStayBelow)
{
    link("again", "cur/letter");
    link(".Work/cur/up", "../../cur/letter");
    link("whole", root_ / "cur");
    link("two", "whole/letter");
    link("back", "cur/..");
    for (const auto* path : {"again", ".Work/cur/up", "whole/letter", "two", "back/cur/letter"})
        EXPECT_EQ(read(path), "a letter") << path;
    const auto files = files_at(root_.string());
    EXPECT_EQ(files->kind("again"), FileKind::file);
    EXPECT_EQ(files->kind("whole"), FileKind::directory);
    EXPECT_EQ(files->list("back")->size(), 6U);
}

TEST_F(BeneathTest, FollowsNoLinkThatLeadsOut)
{
    link("cur/secret", top_ / "secret");
    link("cur/relative", "../../secret");
    link("cur/around", root_ / ".." / "secret");
    link("out", top_);
    link("beside", top_ / "Maildir-of-ben"); // begins as the root does
    link("cur/self", "/proc/self/environ");
    for (const auto* path : {"cur/secret", "cur/relative", "cur/around", "out/secret",
                             "beside/letter", "cur/self", "../secret", "cur/../../secret"}) {
        EXPECT_EQ(error_of(path), EXDEV) << path;
        EXPECT_EQ(error_of(path, O_PATH), EXDEV) << path;
        EXPECT_EQ(read(path), "-it is a symbolic link that leads elsewhere");
    }
    const auto files = files_at(root_.string());
    EXPECT_EQ(files->kind("out"), FileKind::other);
    EXPECT_FALSE(files->list("out"));
}

TEST_F(BeneathTest, EndsWhereLinksDoNot)
{
    link("one", "other");
    link("other", "one");
    EXPECT_EQ(error_of("one"), ELOOP);
    link("deep", "deep/deep");
    EXPECT_EQ(error_of("deep"), ELOOP);
}

TEST_F(BeneathTest, FollowsNoLinkInPlaceOfTheRootOrAboveIt)
{
    fs::create_directory_symlink(root_, top_ / "link");
    EXPECT_EQ(files_at((top_ / "link").string())->kind(""), FileKind::other);
    EXPECT_EQ(files_at((top_ / "link" / "cur").string())->kind(""), FileKind::other);
    EXPECT_FALSE(files_at((top_ / "link" / "cur").string())->open("letter"));
}

TEST_F(BeneathTest, IsNotHeldUpByAPipe)
{
    ASSERT_EQ(::mkfifo((root_ / "cur" / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(read("cur/pipe"), "-it is no file");
}

} // namespace
} // namespace posthouse::moving
