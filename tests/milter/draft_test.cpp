// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "milter/draft.hpp"
#include "tests/milter/rehearsal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::milter {
namespace {

using Changes = std::vector<Modification>;

using namespace modification;

constexpr std::string_view letter = "A: 1\r\nB: 2\r\n folded\r\nA: 3\r\nC: 4\r\n\r\nbody\r\n";

Draft draft_of(std::string_view text, const Limits& limits = {})
{
    Draft draft(text, {}, limits);
    (void)draft.show();
    return draft;
}

Modification change(std::uint32_t index, std::string name, std::string value)
{
    const bool remove = value.empty();
    return ChangeHeader{index, {std::move(name), ' ' + value}, remove};
}

std::string changed(std::string_view text, const std::vector<Modification>& modifications)
{
    auto draft = draft_of(text);
    EXPECT_TRUE(draft.apply(modifications));
    const auto result = edited(text, draft.edits());
    EXPECT_EQ(draft.header_text() + std::string(text.substr(draft.body_offset())), result);
    return draft.front() + "|" + result;
}

TEST(MilterDraft, ThatNobodyChangesHasNoEdits)
{
    EXPECT_TRUE(draft_of(letter).edits().empty());
    EXPECT_EQ(draft_of(letter).front(), "");
}

TEST(MilterDraft, ShowsFieldsAsFiltersAreUsedToThem)
{
    Draft draft(letter, {}, {});
    EXPECT_EQ(draft.show(), (std::vector<Draft::Shown>{
                                {"A", " 1"}, {"B", " 2\n folded"}, {"A", " 3"}, {"C", " 4"}}));
}

TEST(MilterDraft, AddsAtTheHeadersEnd)
{
    EXPECT_EQ(changed(letter, {AddHeader{{"X", " y"}}}),
              "|A: 1\r\nB: 2\r\n folded\r\nA: 3\r\nC: 4\r\nX: y\r\n\r\nbody\r\n");
    auto draft = draft_of(letter);
    ASSERT_TRUE(draft.apply(Changes{AddHeader{{"X", " y"}}, AddHeader{{"Z", " z"}}}));
    const auto end = letter.find("\r\n\r\n") + 2;
    EXPECT_EQ(draft.edits(), (std::vector<mail::Edit>{{end, 0, "X: y\r\nZ: z\r\n"}}));
}

TEST(MilterDraft, InsertsBeforeTheFieldAtAPlaceCountedFromOurOwn)
{
    EXPECT_EQ(changed(letter, {InsertHeader{0, {"X", " y"}}}), "X: y\r\n|" + std::string(letter));
    EXPECT_EQ(changed(letter, {InsertHeader{1, {"X", " y"}}}), "|X: y\r\n" + std::string(letter));
    EXPECT_EQ(changed(letter, {InsertHeader{2, {"X", " y"}}}),
              "|A: 1\r\nX: y\r\nB: 2\r\n folded\r\nA: 3\r\nC: 4\r\n\r\nbody\r\n");
    EXPECT_EQ(changed(letter, {InsertHeader{99, {"X", " y"}}}),
              changed(letter, {AddHeader{{"X", " y"}}}));
    EXPECT_EQ(changed(letter, {InsertHeader{1, {"X", " 1"}}, InsertHeader{1, {"X", " 2"}}}),
              "|X: 2\r\nX: 1\r\n" + std::string(letter));
}

TEST(MilterDraft, ChangesTheNthOfAName)
{
    EXPECT_EQ(changed(letter, {change(2, "a", "new")}),
              "|A: 1\r\nB: 2\r\n folded\r\nA: new\r\nC: 4\r\n\r\nbody\r\n");
    EXPECT_EQ(changed(letter, {change(1, "B", "")}), "|A: 1\r\nA: 3\r\nC: 4\r\n\r\nbody\r\n");
    EXPECT_EQ(changed(letter, {change(3, "A", "new")}),
              changed(letter, {AddHeader{{"A", " new"}}}));
    EXPECT_EQ(changed(letter, {change(3, "A", "")}), "|" + std::string(letter));
}

TEST(MilterDraft, CountsWhatAFilterRemovedUntilTheNextFilterLooks)
{
    EXPECT_EQ(changed(letter, {change(1, "A", ""), change(2, "A", "")}),
              "|B: 2\r\n folded\r\nC: 4\r\n\r\nbody\r\n");
    auto draft = draft_of(letter);
    ASSERT_TRUE(draft.apply(Changes{change(1, "A", "")}));
    EXPECT_EQ(draft.show().size(), 3U);
    ASSERT_TRUE(draft.apply(Changes{change(1, "A", "new")}));
    EXPECT_EQ(edited(letter, draft.edits()), "B: 2\r\n folded\r\nA: new\r\nC: 4\r\n\r\nbody\r\n");
}

TEST(MilterDraft, ShowsTheSecondFilterWhatTheFirstDid)
{
    auto draft = draft_of(letter);
    ASSERT_TRUE(draft.apply(
        {AddHeader{{"X", " y\r\n\tz"}}, InsertHeader{0, {"Y", " 0"}}, change(1, "B", "")}));
    EXPECT_EQ(draft.show(),
              (std::vector<Draft::Shown>{
                  {"Y", " 0"}, {"A", " 1"}, {"A", " 3"}, {"C", " 4"}, {"X", " y\n\tz"}}));
    ASSERT_TRUE(draft.apply(Changes{change(1, "X", ""), change(1, "Y", "")}));
    EXPECT_EQ(edited(letter, draft.edits()), "A: 1\r\nA: 3\r\nC: 4\r\n\r\nbody\r\n");
    EXPECT_EQ(draft.front(), "");
}

TEST(MilterDraft, KeepsHeaderAndBodyApartWhereNoBlankLineDoes)
{
    EXPECT_EQ(changed("A: 1\r\nbody\r\n", {AddHeader{{"X", " y"}}}),
              "|A: 1\r\nX: y\r\n\r\nbody\r\n");
    EXPECT_EQ(changed("body\r\n", {AddHeader{{"X", " y"}}}), "|X: y\r\n\r\nbody\r\n");
    EXPECT_EQ(changed("A: 1", {AddHeader{{"X", " y"}}}), "|A: 1\r\nX: y\r\n");
    EXPECT_EQ(changed("", {AddHeader{{"X", " y"}}}), "|X: y\r\n");
    EXPECT_EQ(changed("\r\nbody", {AddHeader{{"X", " y"}}}), "|X: y\r\n\r\nbody");
}

TEST(MilterDraft, TakesABodyInPiecesAndEndsItsLines)
{
    auto draft = draft_of(letter);
    ASSERT_TRUE(draft.apply(Changes{ReplaceBody{"one\r"}, ReplaceBody{"\ntwo\nthree\rfour"}}));
    EXPECT_EQ(draft.body(), "one\r\ntwo\r\nthree\r\nfour\r\n");
    EXPECT_EQ(draft.rewritten(),
              "A: 1\r\nB: 2\r\n folded\r\nA: 3\r\nC: 4\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\n");
    ASSERT_TRUE(draft.apply(Changes{ReplaceBody{"other"}}));
    EXPECT_EQ(draft.body(), "other\r\n");
    auto bare = draft_of("A: 1");
    ASSERT_TRUE(bare.apply(Changes{ReplaceBody{"x"}}));
    EXPECT_EQ(bare.rewritten(), "A: 1\r\n\r\nx\r\n");
}

TEST(MilterDraft, ChangesTheEnvelope)
{
    const auto path = [](std::string_view text) { return *mail::ForwardPath::parse(text); };
    Envelope envelope;
    envelope.sender = *mail::ReversePath::parse("s@a.example");
    envelope.recipients = {{path("one@a.example"), 0, {}}, {path("two@a.example"), 1, {}}};
    Draft draft(letter, envelope, {});
    ASSERT_TRUE(draft.apply(Changes{DeleteRecipient{path("one@A.example")},
                                    AddRecipient{path("three@a.example"), "NOTIFY=NEVER"},
                                    AddRecipient{path("two@a.example"), ""},
                                    ChangeSender{*mail::ReversePath::parse(""), "RET=HDRS"},
                                    Quarantine{"odd"}, Quarantine{"odder"}}));
    EXPECT_EQ(draft.envelope().recipients,
              (std::vector<Envelope::Recipient>{
                  {path("two@a.example"), 1, {}},
                  {path("three@a.example"), std::nullopt, "NOTIFY=NEVER"}}));
    EXPECT_TRUE(draft.envelope().sender.is_null());
    EXPECT_TRUE(draft.envelope().sender_changed);
    EXPECT_EQ(draft.envelope().sender_arguments, "RET=HDRS");
    EXPECT_EQ(draft.quarantine(), "odd");
}

TEST(MilterDraft, TakesAllOfAFiltersChangesOrNone)
{
    Limits limits;
    limits.header_edits = 2;
    auto draft = draft_of(letter, limits);
    EXPECT_FALSE(draft.apply(
        {AddHeader{{"X", " 1"}}, ReplaceBody{"x"}, change(1, "A", ""), AddHeader{{"X", " 3"}}}));
    EXPECT_TRUE(draft.edits().empty());
    EXPECT_FALSE(draft.body());
    EXPECT_TRUE(draft.apply(Changes{AddHeader{{"X", " 1"}}, change(1, "A", "")}));
}

TEST(MilterDraft, HasALimitForAllThatGrows)
{
    const auto path = [](std::string text) {
        return *mail::ForwardPath::parse(text + "@a.example");
    };
    Limits limits;
    limits.header_bytes = 12;
    EXPECT_TRUE(draft_of(letter, limits).apply(Changes{AddHeader{{"X", " 3456789"}}}));
    EXPECT_FALSE(draft_of(letter, limits).apply(Changes{AddHeader{{"X", " 3456789x"}}}));
    limits.body_bytes = 4;
    EXPECT_TRUE(draft_of(letter, limits).apply(Changes{ReplaceBody{"12"}, ReplaceBody{"34"}}));
    EXPECT_FALSE(draft_of(letter, limits).apply(Changes{ReplaceBody{"12"}, ReplaceBody{"345"}}));
    limits.recipients_added = 1;
    EXPECT_TRUE(draft_of(letter, limits).apply(Changes{AddRecipient{path("a"), ""}}));
    EXPECT_FALSE(draft_of(letter, limits)
                     .apply(Changes{AddRecipient{path("a"), ""}, AddRecipient{path("b"), ""}}));
    limits.recipients_added = 9;
    limits.recipients = 1;
    EXPECT_FALSE(draft_of(letter, limits)
                     .apply(Changes{AddRecipient{path("a"), ""}, AddRecipient{path("b"), ""}}));
}

// ---- Against a list of lines ----------------------------------------------------------------

std::string some_letter()
{
    const auto count = *rc::gen::inRange(0, 6);
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += *rc::gen::element<std::string>("A", "B", "Cc");
        text +=
            *rc::gen::element<std::string>(": x\r\n", ":\r\n y\r\n", ": z\n", ":\tt\r\n\tu\r\n");
    }
    return text + *rc::gen::element<std::string>("\r\nbody\r\n", "\nbody\n", "\r\n");
}

Modification some_change()
{
    const auto index = *rc::gen::inRange<std::uint32_t>(0, 5);
    const auto name = *rc::gen::element<std::string>("A", "b", "X");
    switch (*rc::gen::inRange(0, 4)) {
    case 0:
        return AddHeader{{name, " added"}};
    case 1:
        return InsertHeader{index, {name, " inserted"}};
    case 2:
        return change(std::max(index, 1U), name, "changed\r\n\tagain");
    default:
        return change(std::max(index, 1U), name, "");
    }
}

/// The same by the simplest means: a list of fields.
struct Model {
    struct Line {
        std::string name, text;
        bool removed = false;
    };
    std::vector<Line> lines{{"", "", false}};

    explicit Model(std::string_view text)
    {
        const auto block = mail::HeaderBlock::parse(text);
        for (const auto& field : block.fields())
            lines.push_back({std::string(field.name), std::string(field.raw), false});
    }
    void apply(const Modification& what)
    {
        if (const auto* add = std::get_if<AddHeader>(&what)) {
            lines.push_back({add->field.name, add->field.text(), false});
        } else if (const auto* insert = std::get_if<InsertHeader>(&what)) {
            std::size_t at = 0;
            for (auto left = insert->index; at < lines.size() && left > 0; ++at)
                left -= !lines[at].removed;
            lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
                         {insert->field.name, insert->field.text(), false});
        } else if (const auto* change = std::get_if<ChangeHeader>(&what)) {
            auto left = change->index;
            for (auto& line : lines) {
                if (!equal_ignoring_case(line.name, change->field.name) || --left != 0)
                    continue;
                line.removed = change->remove;
                line.text = line.name + ':' + change->field.value + "\r\n";
                return;
            }
            if (!change->remove)
                lines.push_back({change->field.name, change->field.text(), false});
        }
    }
    void next_filter()
    {
        std::erase_if(lines, [](const Line& line) { return line.removed; });
    }
    std::string text() const
    {
        std::string all;
        for (const auto& line : lines)
            all += line.removed ? "" : line.text;
        return all;
    }
};

RC_GTEST_PROP(MilterDraft, DoesWhatAListOfFieldsWouldDo, ())
{
    const auto text = some_letter();
    auto draft = draft_of(text);
    Model model(text);
    for (int filter = 0; filter < 2; ++filter) {
        std::vector<Modification> changes;
        const auto count = *rc::gen::inRange(0, 6);
        for (int i = 0; i < count; ++i)
            changes.push_back(some_change());
        RC_ASSERT(draft.apply(changes).has_value());
        for (const auto& change : changes)
            model.apply(change);
        const auto body = text.substr(draft.body_offset());
        const auto blank = text.substr(0, draft.body_offset()).ends_with("\r\n") ? "\r\n" : "\n";
        RC_ASSERT(draft.front() + edited(text, draft.edits()) == model.text() + blank + body);
        (void)draft.show();
        model.next_filter();
    }
}

} // namespace
} // namespace posthouse::milter
