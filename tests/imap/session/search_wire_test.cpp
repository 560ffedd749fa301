// SPDX-License-Identifier: Apache-2.0
#include "imap/search_wire.hpp"

#include "imap/parser.hpp"
#include "mail/message_entry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::imap {
namespace {

SearchKey key_of(const std::string& program)
{
    auto command = parse_command("a UID SEARCH " + program, {});
    EXPECT_TRUE(command) << program << ": " << command.error().why.text;
    return command ? std::get<command::Search>(command->body).program : SearchKey();
}

TEST(SearchWire, BringsEveryKeyAcross)
{
    for (const auto* program : {"ALL",
                                "SEEN",
                                "NOT ANSWERED",
                                "KEYWORD $Junk",
                                "UID 1:4,7,9:12",
                                "SENTBEFORE 1-Feb-1994",
                                "SAVEDSINCE 29-Feb-2024",
                                "SAVEDATESUPPORTED",
                                "LARGER 5000",
                                "SMALLER 18446744073709551",
                                "OLDER 3600",
                                "YOUNGER 1",
                                "FROM bob",
                                "HEADER X-Spam {3}\r\nyes",
                                "BODY \"a b\"",
                                "TEXT x",
                                "MODSEQ 7",
                                "EMAILID Mabc",
                                "THREADID Tabc",
                                "OR SEEN (FLAGGED DRAFT)",
                                "FUZZY SUBJECT hello",
                                "OR OR SEEN DRAFT FLAGGED (UID 5 NOT (ALL SEEN))"}) {
        const auto packed = pack_program({"UTF-8", key_of(program)});
        const auto unpacked = unpack_program(packed);
        ASSERT_TRUE(unpacked) << program;
        EXPECT_EQ(unpacked->charset, "UTF-8");
        EXPECT_EQ(pack_program(*unpacked), packed) << program;
    }
}

TEST(SearchWire, RefusesWhatIsCutOffAnywhere)
{
    const auto packed =
        pack_program({"", key_of("OR (SUBJECT abc UID 1:4,9) (NOT SENTON 1-Feb-1994 LARGER 900)")});
    for (std::size_t length = 0; length < packed.size(); ++length)
        EXPECT_FALSE(unpack_program(packed.substr(0, length))) << length;
    EXPECT_FALSE(unpack_program(packed + "x"));
}

TEST(SearchWire, RefusesTooDeepAndTooMany)
{
    SearchKey deep{search::All{}};
    for (int i = 0; i < 50; ++i)
        deep = SearchKey{search::Not{{deep}}};
    const auto packed = pack_program({"", deep});
    EXPECT_TRUE(unpack_program(packed));
    EXPECT_FALSE(unpack_program(packed, {.depth = 49}));
    EXPECT_FALSE(unpack_program(packed, {.keys = 50}));
    const auto sets = pack_program({"", key_of("UID 1,3,5,7")});
    EXPECT_TRUE(unpack_program(sets, {.ranges = 4}));
    EXPECT_FALSE(unpack_program(sets, {.ranges = 3}));
}

TEST(SearchWire, RefusesNumbersThatOnlyASessionKnows)
{
    EXPECT_FALSE(unpack_program(pack_program({"", SearchKey{search::Recent{}}})));
    EXPECT_FALSE(
        unpack_program(pack_program({"", SearchKey{search::Messages{{{{1, 2}}, false}}}})));
    EXPECT_FALSE(unpack_program(pack_program({"", SearchKey{search::Uids{{{{0, 2}}, false}}}})));
}

RC_GTEST_PROP(SearchWire, IsTotal, (const std::string& bytes))
{
    if (const auto program = unpack_program(bytes))
        RC_ASSERT(unpack_program(pack_program(*program)).has_value());
}

} // namespace
} // namespace posthouse::imap
