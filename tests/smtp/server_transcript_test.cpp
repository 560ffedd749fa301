// SPDX-License-Identifier: Apache-2.0
#include "tests/smtp/server_transcript.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthouse::smtp {
namespace {

std::vector<std::filesystem::path> transcripts()
{
    std::vector<std::filesystem::path> paths;
    const std::filesystem::path folder = POSTHOUSE_SOURCE "/tests/smtp/transcripts/server";
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt")
            paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

/// The script, with queue ids that count.
ServerScript fresh(const ServerTranscript& transcript)
{
    auto script = transcript.script;
    script.commit = [count = 0]() mutable {
        return CommitVerdict{Queued{"Q" + std::to_string(++count)}};
    };
    if (script.config.protocol == ServerProtocol::lmtp)
        script.commit_each = [later = transcript.later](const auto& to) -> CommitVerdict {
            const auto found = later.find(to.text());
            if (found != later.end())
                return std::unexpected(found->second);
            return Queued{"Q"};
        };
    return script;
}

std::string envelope_of(const ServerRehearsal::Letter& letter)
{
    std::string text = letter.envelope.sender.text();
    text += text.empty() ? ">" : " >";
    for (const auto& recipient : letter.envelope.recipients)
        text += " " + recipient.text();
    return text;
}

void expect_outcome(const ServerTranscript& transcript, const ServerRehearsal& result)
{
    EXPECT_EQ(transcript.compare(result.said, transcript.expected.size()), "");
    EXPECT_EQ(result.hung_up, transcript.closed);
    ASSERT_EQ(result.letters.size(), transcript.letters.size());
    for (std::size_t i = 0; i < result.letters.size(); ++i) {
        EXPECT_EQ(envelope_of(result.letters[i]), transcript.letters[i].envelope);
        EXPECT_EQ(result.letters[i].text, transcript.letters[i].text);
    }
}

TEST(SmtpServerTranscripts, ArePlayedAsTheyAreWritten)
{
    const auto paths = transcripts();
    EXPECT_GE(paths.size(), 25);
    for (const auto& path : paths) {
        SCOPED_TRACE(path.filename().string());
        const auto transcript = ServerTranscript::load(path);
        ASSERT_EQ(transcript.fault, "");

        auto script = fresh(transcript); // In lockstep: nothing is said too early or too late.
        for (const auto& [offset, lines] : transcript.waits)
            script.cuts.push_back(offset);
        const auto result = rehearse(script);
        expect_outcome(transcript, result);
        std::size_t read = 0;
        for (const auto& [offset, lines] : transcript.waits) {
            ASSERT_LT(read, result.said_by.size());
            EXPECT_EQ(transcript.compare(result.said.substr(0, result.said_by[read++]), lines), "");
        }
    }
}

TEST(SmtpServerTranscripts, ArePlayedTheSameAtEveryCut)
{
    for (const auto& path : transcripts()) {
        SCOPED_TRACE(path.filename().string());
        const auto transcript = ServerTranscript::load(path);
        expect_outcome(transcript, rehearse(fresh(transcript)));
        auto script = fresh(transcript);
        script.piece = 1;
        expect_outcome(transcript, rehearse(script));
        std::size_t size = 0;
        for (const auto& flight : script.flights)
            size += flight.size();
        for (std::size_t cut = 1; cut < size && !testing::Test::HasFailure(); ++cut) {
            script = fresh(transcript);
            script.cuts = {cut};
            expect_outcome(transcript, rehearse(script));
        }
    }
}

} // namespace
} // namespace posthouse::smtp
