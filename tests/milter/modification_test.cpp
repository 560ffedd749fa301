// SPDX-License-Identifier: Apache-2.0
#include "mail/header_block.hpp"
#include "tests/milter/rehearsal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::milter {
namespace {

using namespace modification;

std::expected<std::optional<Modification>, Fault>
read(Answer code, std::string payload, Leading leading = Leading::stripped, Limits limits = {})
{
    return read_modification({static_cast<char>(code), std::move(payload)}, leading, limits);
}

template <class T>
void expect(const std::expected<std::optional<Modification>, Fault>& got, const T& wanted)
{
    ASSERT_TRUE(got && *got);
    ASSERT_TRUE(std::holds_alternative<T>(**got));
    EXPECT_EQ(std::get<T>(**got), wanted);
}

TEST(MilterModification, IsReadForEachAction)
{
    const auto ada = *mail::ForwardPath::parse("ada@a.example");
    expect(read(Answer::add_header, texts({"X", "y"})), AddHeader{{"X", " y"}});
    expect(read(Answer::insert_header, u32(3) + texts({"X", "y"})), InsertHeader{3, {"X", " y"}});
    expect(read(Answer::change_header, u32(2) + texts({"X", "y"})),
           ChangeHeader{2, {"X", " y"}, false});
    expect(read(Answer::change_header, u32(0) + texts({"X", ""})),
           ChangeHeader{1, {"X", " "}, true});
    expect(read(Answer::replace_body, std::string("a\0b", 3)), ReplaceBody{std::string("a\0b", 3)});
    expect(read(Answer::add_recipient, texts({"<ada@a.example>"})), AddRecipient{ada, ""});
    expect(read(Answer::add_recipient, texts({"ada@a.example"})), AddRecipient{ada, ""});
    expect(read(Answer::add_recipient_with_arguments, texts({"<ada@a.example>", "NOTIFY=NEVER"})),
           AddRecipient{ada, "NOTIFY=NEVER"});
    expect(read(Answer::delete_recipient, texts({"<ada@a.example>"})), DeleteRecipient{ada});
    expect(read(Answer::change_sender, texts({"<>"})), ChangeSender{{}, ""});
    expect(read(Answer::change_sender, texts({"<s@a.example>", "RET=HDRS"})),
           ChangeSender{*mail::ReversePath::parse("s@a.example"), "RET=HDRS"});
    expect(read(Answer::quarantine, texts({"odd\r\nX: y"})), Quarantine{"odd??X: y"});
    expect(read(Answer::quarantine, ""), Quarantine{"without a reason"});
}

TEST(MilterModification, KeepsTheSpaceThatAFilterAskedToWriteItself)
{
    expect(read(Answer::add_header, texts({"X", " y"}), Leading::kept), AddHeader{{"X", " y"}});
    expect(read(Answer::add_header, texts({"X", "y"}), Leading::kept), AddHeader{{"X", "y"}});
    expect(read(Answer::add_header, texts({"X", " y"})), AddHeader{{"X", "  y"}});
}

std::string value_of(std::string_view value)
{
    const auto got = read(Answer::add_header, texts({"X", value}), Leading::kept);
    EXPECT_TRUE(got && *got);
    return std::get<AddHeader>(**got).field.value;
}

TEST(MilterModification, FoldsAValueSoThatItStaysOneField)
{
    EXPECT_EQ(value_of(" a\n\tb"), " a\r\n\tb");
    EXPECT_EQ(value_of(" a\r\n b  \r\n c"), " a\r\n b  \r\n c");
    EXPECT_EQ(value_of("a\nEvil: b"), "a\r\n\tEvil: b");
    EXPECT_EQ(value_of("a\r\n\r\nbody"), "a\r\n\tbody");
    EXPECT_EQ(value_of("a\r\rb\n"), "a\r\n\tb");
    EXPECT_EQ(value_of("a\n \nb\n\n"), "a\r\n\tb");
    EXPECT_EQ(value_of("\n b"), " b");
    EXPECT_EQ(value_of("a\x01\x7f"), "a??");
    EXPECT_EQ(value_of("\xc3\xa9"), "\xc3\xa9");
}

RC_GTEST_PROP(MilterModification, AddsOneFieldWhateverItsValueIs, ())
{
    auto value = *rc::gen::container<std::string>(
        rc::gen::element('\r', '\n', ' ', '\t', 'a', ':', '.', '\x01', '\xff'));
    const auto got = read(Answer::add_header, texts({"X", value}));
    RC_ASSERT(got && *got);
    const auto text = std::get<AddHeader>(**got).field.text() + "Y: 1\r\n\r\nbody";
    const auto block = mail::HeaderBlock::parse(text);
    RC_ASSERT(block.fields().size() == 2U);
    RC_ASSERT(block.fields()[0].name == "X");
    RC_ASSERT(block.text().find("\r\n\r\n") == std::string_view::npos);
}

TEST(MilterModification, ThatCannotBeIsAFault)
{
    for (const auto* name : {"", "X Y", "X:", "X\r\nY", "\xc3\xa9"})
        EXPECT_FALSE(read(Answer::add_header, texts({name, "y"}))) << name;
    EXPECT_FALSE(read(Answer::add_header, ""));
    EXPECT_FALSE(read(Answer::insert_header, "\0\0"));
    EXPECT_FALSE(read(Answer::add_recipient, texts({"<>"})));
    EXPECT_FALSE(read(Answer::add_recipient, texts({"<a b@c.example>"})));
    EXPECT_FALSE(read(Answer::add_recipient, texts({"<a@c.example>\r\nDATA"})));
    EXPECT_FALSE(read(Answer::change_sender, texts({"<a"})));
    EXPECT_FALSE(read(Answer::add_recipient_with_arguments, texts({"<a@c.example>", "A=\r\nB"})));
}

TEST(MilterModification, ToDeleteWhatCannotBeThereAsksForNothing)
{
    const auto got = read(Answer::delete_recipient, texts({"<no address>"}));
    ASSERT_TRUE(got);
    EXPECT_FALSE(*got);
}

TEST(MilterModification, HasLimits)
{
    Limits limits;
    limits.field_bytes = 4;
    limits.name_bytes = 2;
    limits.argument_bytes = 3;
    limits.reason_bytes = 5;
    const auto with = [&](Answer code, std::string payload) {
        return read(code, std::move(payload), Leading::stripped, limits);
    };
    EXPECT_TRUE(with(Answer::add_header, texts({"XX", "1234"})));
    EXPECT_FALSE(with(Answer::add_header, texts({"XX", "12345"})));
    EXPECT_FALSE(with(Answer::add_header, texts({"XXX", "1"})));
    EXPECT_TRUE(with(Answer::change_sender, texts({"<>", "A=1"})));
    EXPECT_FALSE(with(Answer::change_sender, texts({"<>", "A=12"})));
    expect(with(Answer::quarantine, texts({"123456"})), Quarantine{"12345"});
}

} // namespace
} // namespace posthouse::milter
