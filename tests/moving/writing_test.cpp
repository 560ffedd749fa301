// SPDX-License-Identifier: Apache-2.0
#include "moving/folder_names.hpp"
#include "moving/writing.hpp"
#include "tests/moving/tree.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::moving::tests {
namespace {

struct Written {
    Noted noted;
    std::string text;
};

/// Cut into pieces, however.
std::string in_file(const std::string& text, FileText::Form form, std::size_t piece)
{
    FileText to(form);
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += piece)
        bytes += to.take(std::string_view(text).substr(at, piece));
    return bytes + to.finish();
}

std::string mbox_of(const NotedMailbox& mailbox, const std::vector<Written>& letters,
                    std::size_t piece)
{
    std::string mbox;
    for (const auto& letter : letters)
        mbox += mbox_head(letter.noted, mbox.empty() ? &mailbox : nullptr) +
                in_file(letter.text, FileText::Form::mboxrd, piece);
    return letters.empty() ? mbox_placeholder(mailbox) : mbox;
}

Tree maildir_of(const NotedMailbox& mailbox, const std::vector<Written>& letters, std::size_t piece)
{
    Tree tree;
    std::vector<UidListLine> lines;
    for (const auto& letter : letters) {
        const auto text = in_file(letter.text, FileText::Form::maildir, piece);
        const auto base = maildir_front(letter.noted) + ",S=" + std::to_string(text.size());
        tree.files["cur/" + base + maildir_flags(letter.noted, mailbox.keywords)] = {
            .text = text, .changed = letter.noted.internal_date};
        lines.push_back({letter.noted.uid, letter.noted.uidl, base});
    }
    tree.files["cur/.keep"] = {};
    tree.files["dovecot-uidlist"] = {.text = dovecot_uidlist(mailbox, lines)};
    tree.files["dovecot-keywords"] = {.text = dovecot_keywords(mailbox.keywords)};
    return tree;
}

rc::Gen<std::pair<NotedMailbox, std::vector<Written>>> mailboxes()
{
    return rc::gen::exec([] {
        NotedMailbox mailbox;
        mailbox.uid_validity = *rc::gen::inRange(1U, 0xf0000000U);
        mailbox.keywords = {"$Junk", "Work", "c"};
        std::uint32_t uid = 0;
        std::vector<Written> letters;
        const auto count = *rc::gen::inRange(0, 6);
        for (int i = 0; i < count; ++i) {
            Written letter;
            uid += *rc::gen::inRange(1U, 5U);
            letter.noted.uid = uid;
            letter.noted.uid_validity = mailbox.uid_validity;
            letter.noted.flags.system =
                mail::SystemFlags::from_bits(static_cast<std::uint8_t>(*rc::gen::inRange(0, 32)));
            for (const auto& keyword : mailbox.keywords)
                if (*rc::gen::arbitrary<bool>())
                    letter.noted.flags.add_keyword(keyword);
            letter.noted.internal_date =
                *rc::gen::inRange<std::int64_t>(0, 4'000'000'000) * 1'000'000;
            letter.noted.uidl = *rc::gen::element<std::string>("", "abc", "1.2");
            letter.text = "Subject: " + std::to_string(i) + "\r\n";
            const auto lines = *rc::gen::container<std::vector<std::string>>(
                rc::gen::element<std::string>("", "x", "From a Sat Nov 21 10:00:00 2026", ">From b",
                                              "\rlone", std::string(600, '>'), "Status: no"));
            letter.text += "\r\n";
            for (const auto& line : lines)
                letter.text += line + "\r\n";
            letter.text += *rc::gen::element<std::string>("", "end\r\n");
            letters.push_back(std::move(letter));
        }
        mailbox.uid_next = uid + *rc::gen::inRange(1U, 9U);
        return std::pair(std::move(mailbox), std::move(letters));
    });
}

void same(const NotedMailbox& mailbox, const std::vector<Written>& letters, Source& source)
{
    const auto folders = source.folders();
    RC_ASSERT(folders.has_value());
    RC_ASSERT(folders->size() == 1U);
    const auto told = told_by(source, 0);
    RC_ASSERT(told.contents.uid_validity == mailbox.uid_validity);
    RC_ASSERT(told.contents.uid_next == mailbox.uid_next);
    RC_ASSERT(told.letters.size() == letters.size());
    RC_ASSERT(told.contents.remarks.empty());
    for (std::size_t i = 0; i < letters.size(); ++i) {
        RC_ASSERT(told.texts[i] == letters[i].text);
        RC_ASSERT(told.letters[i].uid == letters[i].noted.uid);
        RC_ASSERT(told.letters[i].flags == letters[i].noted.flags);
        RC_ASSERT(told.dates[i] == letters[i].noted.internal_date);
        RC_ASSERT(letters[i].noted.uidl.empty() || told.letters[i].uidl == letters[i].noted.uidl);
    }
}

RC_GTEST_PROP(Writing, AnMboxIsReadAsItWasWritten, ())
{
    const auto [mailbox, letters] = *mailboxes();
    Tree tree;
    tree.files[""] = {.text = mbox_of(mailbox, letters, *rc::gen::inRange<std::size_t>(1, 100))};
    same(mailbox, letters, *source_of(tree));
}

RC_GTEST_PROP(Writing, AMaildirIsReadAsItWasWritten, ())
{
    const auto [mailbox, letters] = *mailboxes();
    same(mailbox, letters,
         *source_of(maildir_of(mailbox, letters, *rc::gen::inRange<std::size_t>(1, 100))));
}

TEST(Writing, LeavesOutOfAnMboxWhatMeansSomethingThere)
{
    const auto text = in_file(
        "X-IMAPbase: 1 1\r\nSubject: x\r\nStatus: D\r\n folded\r\nTo: y\r\n\r\nStatus: stays\r\n",
        FileText::Form::mboxrd, 7);
    EXPECT_EQ(text, "Subject: x\nTo: y\n\nStatus: stays\n\n");
}

TEST(Writing, NamesOfMaildirsComeFromLettersAlone)
{
    Noted noted;
    noted.uid = 7;
    noted.uid_validity = 9;
    noted.internal_date = 1'700'000'000'123'456;
    noted.flags.system.set(mail::SystemFlag::seen);
    noted.flags.add_keyword("b");
    EXPECT_EQ(maildir_front(noted), "1700000000.M123456V9U7.posthouse");
    EXPECT_EQ(maildir_flags(noted, {"a", "b"}), ":2,Sb");
    EXPECT_EQ(maildir_flags(noted, std::vector<std::string>(30, "b")),
              ":2,Sabcdefghijklmnopqrstuvwxyz");
}

} // namespace
} // namespace posthouse::moving::tests
