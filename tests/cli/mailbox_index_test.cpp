// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox index
#include "tests/cli/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::cli {
namespace {

using process::Exit;
using ::testing::ElementsAre;
using tests::Stage;

TEST(MailboxIndex, AsksForWhatIsWanted)
{
    for (const auto& [option, what] : {std::pair("--rebuild", "rebuild"), {"--status", "status"}}) {
        Stage stage;
        stage.answer(R"({"state":"working","indexed":3,"letters":7})");
        EXPECT_EQ(stage.run({"mailbox", "index", option, "ann@example.org"}), Exit::ok);
        EXPECT_EQ(stage.asked.at(0).command(), "mailbox-index");
        EXPECT_THAT(stage.asked[0].arguments(), ElementsAre("ann@example.org", what));
    }
    Stage stage;
    EXPECT_EQ(stage.run({"mailbox", "index", "--rebuild", "--status", "ann@example.org"}),
              Exit::usage);
    EXPECT_EQ(stage.run({"mailbox", "index"}), Exit::usage);
}

TEST(MailboxIndex, SaysHowFarItIs)
{
    const std::pair<const char*, const char*> answers[] = {
        {R"({"state":"none","indexed":0,"letters":7})",
         "There is no index: the first search for a text begins it.\n"},
        {R"({"state":"current","indexed":7,"letters":7})", "The index has 7 of 7 letters.\n"},
        {R"({"state":"working","indexed":3,"letters":7})",
         "The index has 3 of 7 letters, and is being worked on.\n"},
        {R"({"state":"behind","indexed":3,"letters":7})",
         "The index has 3 of 7 letters; the rest comes with the next search or within minutes.\n"},
    };
    for (const auto& [answer, said] : answers) {
        Stage stage;
        stage.answer(answer);
        EXPECT_EQ(stage.run({"mailbox", "index", "ann@example.org"}), Exit::ok);
        EXPECT_EQ(stage.out.str(), said);
        EXPECT_EQ(stage.asked.at(0).arguments(1), "update");
    }
}

} // namespace
} // namespace posthouse::cli
