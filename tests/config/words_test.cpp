// SPDX-License-Identifier: Apache-2.0
#include "config/words.hpp"

#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

TEST(WordsFile, IsFineOrSaysWhereItIsWrong)
{
    EXPECT_EQ(trouble_with_words("w.txt", "[failed subject]\nGone\n"), std::nullopt);
    EXPECT_EQ(trouble_with_words("w.txt", "[failed subject]\nGone ${x}\n"),
              "w.txt:2: there is no placeholder ${x}");
    EXPECT_EQ(trouble_with_words("w.txt", std::string(70000, '\n')),
              "w.txt: the file has more than 65536 bytes");
}

} // namespace
} // namespace posthouse::config
