// SPDX-License-Identifier: Apache-2.0
// fuzzes: milter
#include "base/contract.hpp"
#include "mail/header_block.hpp"
#include "tests/milter/rehearsal.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::milter;

/// What comes up to a mark is what a filter says at one command.
std::vector<std::string> answers_in(std::string_view input)
{
    std::vector<std::string> answers(1);
    for (std::size_t at = 0; at < input.size(); ++at) {
        if (input[at] == '|')
            answers.emplace_back();
        else
            answers.back() += input[at];
    }
    return answers;
}

/// Lines that each end with CRLF.
bool lines_are_whole(std::string_view text)
{
    for (std::size_t at = 0; at < text.size(); ++at)
        if ((text[at] == '\n' && (at == 0 || text[at - 1] != '\r')) ||
            (text[at] == '\r' && text.substr(at, 2) != "\r\n"))
            return false;
    return text.empty() || text.ends_with("\r\n");
}

constexpr std::string_view letter = "Subject: a\r\nTo: b\r\n c\r\nSubject: d\r\n\r\nbody\r\n";

void check(Rehearsal& play, const Limits& limits)
{
    const auto& draft = play.chain.draft();
    std::uint64_t behind = 0;
    std::size_t added = 0;
    for (const auto& edit : draft.edits()) {
        expects(edit.offset >= behind);
        expects(edit.length != 0 || !edit.text.empty());
        expects(lines_are_whole(edit.text));
        behind = edit.offset + edit.length + 1; // Apart.
        added += edit.text.size();
    }
    expects(behind <= letter.size() + 1);
    expects(added + draft.front().size() <= limits.header_bytes + letter.size());
    expects(lines_are_whole(draft.front()));
    expects(mail::HeaderBlock::parse(draft.front()).text() == draft.front());
    // Nothing that a filter wrote ends the header early.
    const auto header = draft.header_text();
    expects(header.find("\r\n\r\n") == header.size() - 4 || header == "\r\n");
    expects(mail::HeaderBlock::parse(header).end() == mail::HeaderEnd::blank_line);
    if (draft.body())
        expects(lines_are_whole(*draft.body()) &&
                draft.body()->size() <= 2 * limits.body_bytes + 2);
    expects(draft.envelope().recipients.size() <= limits.recipients);
    expects(draft.quarantine().size() <= limits.reason_bytes);
}

void play(const std::vector<std::string>& answers, std::size_t piece)
{
    Limits limits;
    limits.modifications = 8;
    limits.header_edits = 6;
    limits.header_bytes = 100;
    limits.body_bytes = 64;
    limits.recipients_added = 2;
    limits.recipients = 3;
    limits.field_bytes = 80;
    limits.reply_lines = 3;
    FakeFilter first;
    std::size_t next = 0;
    for (const char command : std::string_view("OCHMRTLNBE"))
        first.says[command] = [&](std::size_t) {
            return next < answers.size() ? answers[next++] : std::string();
        };
    Rehearsal play({first, FakeFilter{}},
                   {{.name = "hostile", .on_failure = Filter::OnFailure::accept}}, limits);
    play.piece = piece;
    play.body_piece = piece;
    for (int letters = 0; letters < 2; ++letters) {
        const auto before = play.now;
        const auto verdict = play.send(std::string(letter));
        expects(play.now - before <= limits.waiting + std::chrono::minutes(10));
        expects(verdict.is(Ruling::refuse) == (verdict.code / 100 == 4 || verdict.code / 100 == 5));
        expects(verdict.lines.size() <= limits.reply_lines);
        for (const auto& line : verdict.lines)
            expects(std::ranges::none_of(
                line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
        if (verdict.is(Ruling::proceed))
            check(play, limits);
    }
    for (std::size_t i = 0; i < play.chain.size(); ++i)
        (void)play.chain.farewell(i);
}

} // namespace

/// The first byte says how what the filter says is cut; the rest is that.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1)
        return 0;
    const auto answers = answers_in({reinterpret_cast<const char*>(data) + 1, size - 1});
    play(answers, Rehearsal::never);
    play(answers, 1 + data[0] % 16);
    return 0;
}
