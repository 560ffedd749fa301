// SPDX-License-Identifier: Apache-2.0
#include "mail/base_subject.hpp"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

TEST(BaseSubject, TakesOffWhatRepliesAndForwardsPutOn)
{
    struct Case {
        const char* subject;
        const char* base;
        bool prefixed;
    };
    const Case cases[] = {
        {"Hello", "Hello", false},
        {"Re: Hello", "Hello", true},
        {"RE:Hello", "Hello", true},
        {"re : Hello", "Hello", true},
        {"Fw: Fwd: FWD: Re: Hello", "Hello", true},
        {"Re[2]: Hello", "Hello", true},
        {"Re [list]: Hello", "Hello", true},
        {"[list] Re: [list] Hello", "Hello", true},
        {"[list] Hello", "Hello", false},
        {"[a][b] Hello", "Hello", false},
        {"[list]", "[list]", false},
        {"[a] [b]", "[b]", false},
        {"Hello (fwd) (FWD) ", "Hello", true},
        {"[Fwd: Re: Hello]", "Hello", true},
        {"Re: [fwd: [fwd: Hello (fwd)]]", "Hello", true},
        {"[fwd: Hello] x", "x", false},
        {"Reply: Hello", "Reply: Hello", false},
        {"Re Hello", "Re Hello", false},
        {"Re: ", "", true},
        {"", "", false},
        {"  a\t b  ", "a b", false},
        {"[unclosed Re: Hello", "[unclosed Re: Hello", false},
        {"[a[b] Re: Hello", "[a[b] Re: Hello", false},
        {"Re: 中文 (fwd)", "中文", true},
        {"回复: 中文", "回复: 中文", false}, // The standard knows no other languages' prefixes.
    };
    for (const auto& [subject, base, prefixed] : cases) {
        const auto found = base_subject(subject);
        EXPECT_EQ(found.text, base) << subject;
        EXPECT_EQ(found.is_reply_or_forward, prefixed) << subject;
    }
}

} // namespace
} // namespace posthouse::mail
