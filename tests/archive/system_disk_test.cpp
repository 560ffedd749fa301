// SPDX-License-Identifier: Apache-2.0
#include "archive/disk.hpp"

#include "tests/store/rocksdb/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::archive {
namespace {

using testing::HasSubstr;

/// A repository's directory, and a file outside that it is not about.
struct Place {
    posthouse::tests::TemporaryDirectory outside, inside;
    std::unique_ptr<Disk> disk = system_disk(
        UniqueFd(::open(inside.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), "backups");

    Place() { std::ofstream(outside.path() + "/secret") << "secret"; }
    std::string at(const std::string& name) const { return inside.path() + "/" + name; }
};

TEST(SystemDisk, ReadsWhatItHasWritten)
{
    Place place;
    auto file = place.disk->create("file");
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append("bytes"));
    ASSERT_TRUE((*file)->sync());
    EXPECT_EQ(place.disk->read("file", 1, 100).value(), "ytes");
    EXPECT_EQ(place.disk->size("file").value(), 5U);
    EXPECT_TRUE(place.disk->lock("lock", Disk::Sharing::exclusive));
    EXPECT_EQ(place.disk->read("none", 0, 1).error().kind, Fault::Kind::absent);
}

TEST(SystemDisk, FollowsNoSymbolicLinkInPlaceOfAFile)
{
    Place place;
    std::filesystem::create_symlink(place.outside.path() + "/secret", place.at("link"));
    const auto read = place.disk->read("link", 0, 100);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().text, HasSubstr("backups/link: it is a symbolic link"));
    EXPECT_FALSE(place.disk->size("link"));
    EXPECT_FALSE(place.disk->lock("link", Disk::Sharing::exclusive));
    std::filesystem::create_symlink(place.outside.path() + "/made", place.at("new"));
    EXPECT_FALSE(place.disk->create("new"));
    EXPECT_FALSE(place.disk->lock("new", Disk::Sharing::exclusive));
    EXPECT_FALSE(std::filesystem::exists(place.outside.path() + "/made"));
    std::filesystem::create_directory_symlink(place.outside.path(), place.at("directory"));
    EXPECT_FALSE(place.disk->list("directory"));
}

TEST(SystemDisk, IsNotHeldUpByAPipeInPlaceOfAFile)
{
    Place place;
    ASSERT_EQ(::mkfifo(place.at("pipe").c_str(), 0600), 0);
    const auto read = place.disk->read("pipe", 0, 100);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().text, HasSubstr("it is no file"));
    EXPECT_FALSE(place.disk->size("pipe"));
    EXPECT_FALSE(place.disk->lock("pipe", Disk::Sharing::shared));
}

} // namespace
} // namespace posthouse::archive
