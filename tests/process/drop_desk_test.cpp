// SPDX-License-Identifier: Apache-2.0
#include "process/drop_desk.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

using Collected = wire::Control::Collected;

class Drop : public testing::Test {
protected:
    Drop()
    {
        std::string made = std::filesystem::temp_directory_path() / "drop.XXXXXX";
        directory_ = ::mkdtemp(made.data());
    }
    ~Drop() override
    {
        desk_.close();
        std::filesystem::remove_all(directory_);
    }

    void leave(const std::string& name) { std::ofstream(directory_ + '/' + name) << name; }
    bool there(const std::string& name)
    {
        return std::filesystem::exists(std::filesystem::symlink_status(directory_ + '/' + name));
    }
    void answer(std::size_t which, Collected::End end)
    {
        Collected collected;
        collected.set_id(asked_.at(which).id());
        collected.set_end(end);
        desk_.take(collected);
    }

    std::string directory_;
    boost::asio::io_context context_;
    std::vector<wire::Control::Collect> asked_;
    std::vector<std::string> texts_;
    bool takes_ = true;
    DropDesk desk_{context_, [this](const wire::Control& message, std::span<const int> files) {
                       if (!takes_)
                           return false;
                       asked_.push_back(message.collect());
                       char text[64]{};
                       EXPECT_GE(::pread(files[0], text, sizeof text - 1, 0), 0);
                       texts_.emplace_back(text);
                       return true;
                   }};
};

TEST_F(Drop, HandsOverEachLetterWithItsOwner)
{
    leave("a.letter");
    leave("b.tmp");
    leave("c.bad");
    desk_.open(directory_);
    desk_.look();
    ASSERT_EQ(asked_.size(), 1);
    EXPECT_EQ(asked_[0].user(), ::getuid());
    EXPECT_EQ(texts_[0], "a.letter");
    desk_.look();
    EXPECT_EQ(asked_.size(), 1) << "It is in hand.";
}

TEST_F(Drop, RemovesWhatWasTakenAndSetsAsideWhatIsNoLetter)
{
    leave("a.letter");
    desk_.open(directory_);
    desk_.look();
    answer(0, Collected::TAKEN);
    EXPECT_FALSE(there("a.letter"));
    leave("b.letter");
    desk_.look();
    answer(1, Collected::UNFIT);
    EXPECT_FALSE(there("b.letter"));
    EXPECT_TRUE(there("b.bad"));
    leave("c.letter");
    desk_.look();
    answer(2, Collected::LATER);
    EXPECT_TRUE(there("c.letter"));
    EXPECT_EQ(asked_.size(), 3) << "Not before the interval is over.";
}

TEST_F(Drop, FollowsNoNamesAndTakesNoOddFiles)
{
    leave("target");
    std::filesystem::create_symlink(directory_ + "/target", directory_ + "/a.letter");
    leave("twice");
    std::filesystem::create_hard_link(directory_ + "/twice", directory_ + "/b.letter");
    std::filesystem::create_directory(directory_ + "/c.letter");
    ASSERT_EQ(0, ::mkfifo((directory_ + "/d.letter").c_str(), 0600));
    desk_.open(directory_);
    desk_.look();
    EXPECT_TRUE(asked_.empty());
    EXPECT_TRUE(there("target") && there("twice"));
}

TEST_F(Drop, KeepsNoMoreInHandThanTheLimit)
{
    for (std::size_t i = 0; i < DropDesk::Limits::at_once + 3; ++i)
        leave(std::to_string(i) + ".letter");
    desk_.open(directory_);
    desk_.look();
    EXPECT_EQ(asked_.size(), DropDesk::Limits::at_once);
    for (std::size_t i = 0; i < DropDesk::Limits::at_once; ++i)
        answer(i, Collected::TAKEN);
    EXPECT_EQ(asked_.size(), DropDesk::Limits::at_once + 3) << "It looks again by itself.";
}

TEST_F(Drop, AsksAgainWhenAGateHasEndedOrWouldTakeNothing)
{
    leave("a.letter");
    desk_.open(directory_);
    takes_ = false;
    desk_.look();
    EXPECT_TRUE(asked_.empty());
    takes_ = true;
    desk_.look();
    desk_.gate_ended();
    desk_.look();
    EXPECT_EQ(asked_.size(), 2);
    answer(0, Collected::TAKEN);
    EXPECT_TRUE(there("a.letter")) << "That answer is of a gate that is gone.";
}

TEST_F(Drop, IsOneServersOnly)
{
    leave("a.letter");
    DropDesk other(context_, [](const auto&, auto) { return true; });
    other.open(directory_);
    desk_.open(directory_);
    desk_.look();
    EXPECT_TRUE(asked_.empty());
    desk_.open("");
    desk_.open(directory_ + "/none/there");
    desk_.look();
}

} // namespace
} // namespace posthouse::process
