// SPDX-License-Identifier: Apache-2.0
#include "mail/edited_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace posthouse::mail {
namespace {

std::string apply_plainly(std::string text, const std::vector<Edit>& edits)
{
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit)
        text.replace(edit->offset, edit->length, edit->text);
    return text;
}

std::vector<Edit> some_edits(std::size_t bytes)
{
    auto places = *rc::gen::container<std::vector<std::size_t>>(
        4, rc::gen::inRange<std::size_t>(0, bytes + 1));
    std::ranges::sort(places);
    return {{places[0], places[1] - places[0], *rc::gen::string<std::string>()},
            {places[2], places[3] - places[2], *rc::gen::string<std::string>()}};
}

RC_GTEST_PROP(EditedText, ReadsAsIfTheBodyHadBeenRewritten, ())
{
    const auto body = *rc::gen::string<std::string>();
    EditedText text(body.size());
    auto model = body;
    for (int round = 0; round < 3; ++round) {
        const auto edits = some_edits(model.size());
        RC_ASSERT(text.apply(edits));
        model = apply_plainly(model, edits);
        RC_ASSERT(text.bytes() == model.size());
        RC_ASSERT(read_edited(text, body) == model);
        RC_ASSERT(apply_plainly(body, text.edits()) == model);
    }
    EditedText again(body.size());
    RC_ASSERT(again.apply(text.edits()));
    RC_ASSERT(read_edited(again, body) == model);
    const auto from = *rc::gen::inRange<std::size_t>(0, model.size() + 1);
    const auto length = *rc::gen::inRange<std::size_t>(0, model.size() + 2);
    std::string part;
    for (const auto& piece : text.read(from, length))
        if (const auto* range = std::get_if<EditedText::Range>(&piece))
            part += body.substr(range->offset, range->length);
        else
            part += std::get<std::string>(piece);
    RC_ASSERT(part == model.substr(from, length));
}

TEST(EditedText, RefusesEditsThatOverlapOrLeaveTheText)
{
    EditedText text(10);
    EXPECT_FALSE(text.apply(std::vector<Edit>{{11, 0, "x"}}));
    EXPECT_FALSE(text.apply(std::vector<Edit>{{5, 6, ""}}));
    EXPECT_FALSE(text.apply(std::vector<Edit>{{5, ~0ull, ""}}));
    EXPECT_FALSE(text.apply(std::vector<Edit>{{5, 2, ""}, {6, 1, ""}}));
    EXPECT_EQ(text.bytes(), 10u);
    EXPECT_TRUE(text.edits().empty());
}

TEST(EditedText, HasARoomForEditsThatIsBounded)
{
    EditedText text(10);
    EXPECT_FALSE(text.apply(
        std::vector<Edit>{{0, 0, std::string(EditedText::Limits::text_bytes + 1, 'x')}}));
    const std::vector<Edit> many(2 * EditedText::Limits::edits, Edit{0, 0, "x"});
    EXPECT_FALSE(text.apply(many));
}

} // namespace
} // namespace posthouse::mail
