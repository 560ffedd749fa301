// SPDX-License-Identifier: Apache-2.0
// The compiler confined, in a process of its own; the test is its supervisor.
#include "compiler/compiler.hpp"
#include "process/table_images.hpp"

#include <gtest/gtest.h>

#include <array>
#include <sys/wait.h>

namespace posthouse::compiler {
namespace {

using process::ControlChannel;
using tables::Table;

class CompilerRole : public testing::Test {
protected:
    CompilerRole()
    {
        auto [ours, theirs] = ControlChannel::make_pair();
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(ours.release());
            process::leave(run_compiler({.name = "tables",
                                         .settings = nullptr,
                                         .listeners = {},
                                         .links = {},
                                         .identity = {},
                                         .control = std::move(theirs)}));
        }
        control_.emplace(std::move(ours));
        const auto ready = control_->receive();
        EXPECT_TRUE(ready && ready->message.has_ready());
    }
    ~CompilerRole() override
    {
        wire::Control drain;
        drain.mutable_drain();
        control_->send(drain);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }

    void ask(Table table, const std::vector<std::string>& texts)
    {
        wire::Control message;
        message.mutable_compile()->set_table(static_cast<std::uint32_t>(table));
        std::vector<UniqueFd> files;
        std::vector<int> descriptors;
        for (const auto& text : texts) {
            message.mutable_compile()->add_names("file" + std::to_string(files.size()));
            files.push_back(process::text_file(text));
            descriptors.push_back(files.back().get());
        }
        ASSERT_TRUE(control_->send(message, descriptors));
    }
    process::ControlMessage answer() { return *control_->receive(); }

    std::optional<ControlChannel> control_;
    pid_t pid_ = -1;
};

TEST_F(CompilerRole, MakesSealedImagesAndTellsProblems)
{
    ask(Table::aliases, {"root: bob\n", "no alias\nroot: carol\n"});
    const auto compiled = answer();
    ASSERT_TRUE(compiled.message.has_compiled());
    EXPECT_EQ(compiled.message.compiled().entries(), 1u);
    ASSERT_EQ(compiled.message.compiled().problems_size(), 2);
    EXPECT_EQ(compiled.message.compiled().problems(0),
              "file1:1: this is no alias; name: target, target would be right");
    ASSERT_EQ(compiled.descriptors.size(), 1u);
    const auto mapped = tables::Mapped::map(Table::aliases, compiled.descriptors[0].get());
    ASSERT_TRUE(mapped) << mapped.error();
    EXPECT_EQ((*mapped)->image().find("root")->item(0).text, "bob");
}

TEST_F(CompilerRole, AsksForListsAndWaitsForThem)
{
    ask(Table::aliases, {"all: :include:/lists/all, :include:/lists/none\n"});
    const auto question = answer();
    EXPECT_EQ(question.message.include().path(), "/lists/all");
    ask(Table::callers, {"root\n"}); // Comes too early, and is not lost.
    wire::Control found;
    found.mutable_included()->set_found(true);
    const auto list = process::text_file("alice\nbob\n");
    control_->send(found, std::array{list.get()});
    EXPECT_EQ(answer().message.include().path(), "/lists/none");
    wire::Control missing;
    missing.mutable_included();
    control_->send(missing);
    const auto compiled = answer();
    EXPECT_EQ(compiled.message.compiled().table(), static_cast<std::uint32_t>(Table::aliases));
    EXPECT_EQ(compiled.message.compiled().problems_size(), 1);
    const auto mapped = *tables::Mapped::map(Table::aliases, compiled.descriptors[0].get());
    EXPECT_EQ(mapped->image().find("all")->size(), 3u);
    EXPECT_EQ(answer().message.compiled().table(), static_cast<std::uint32_t>(Table::callers));
}

TEST_F(CompilerRole, TellsAsManyProblemsAsAMessageHoldsAndCountsTheRest)
{
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += "a line that is no alias at all\n";
    ask(Table::aliases, {text});
    const auto compiled = answer();
    const auto told = static_cast<std::uint64_t>(compiled.message.compiled().problems_size());
    EXPECT_GT(told, 100u);
    EXPECT_EQ(told + compiled.message.compiled().untold(), 5000u);
}

} // namespace
} // namespace posthouse::compiler
