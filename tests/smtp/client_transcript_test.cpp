// SPDX-License-Identifier: Apache-2.0
// Plays tests/smtp/transcripts/client/*.txt. A line of a transcript is one of
//   # a comment
//   option: tls=never | tls=required | lmtp
//   letter: SENDER RECIPIENT …         ("<>" for the null sender); may stand more than once
//   body: LINE                         of the letter above
//   C: what we say                     S: what the host says
//   S! the host hangs up               T! the handshake works out
//   result: DISPOSITION FAULT SUMMARY  one for each recipient, in order, at the end
//   close: finished | site_trouble | reconnect_in_clear
#include "tests/smtp/client_rehearsal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace posthouse::smtp {
namespace {

constexpr std::array dispositions{"delivered", "deferred", "failed", "retry_now"};
constexpr std::array faults{"none", "recipient", "letter", "site"};
constexpr std::array ways_to_close{"finished", "site_trouble", "reconnect_in_clear"};

struct Line {
    std::string kind; // "C:" and the like
    std::string text;
};

/// Says the S: lines as their turn comes, and checks what it hears against the C: lines.
class ScriptedHost final : public RehearsedHost {
public:
    explicit ScriptedHost(std::vector<Line> lines) : lines_(std::move(lines)) {}

    void hear(std::string_view bytes) override
    {
        heard_ += bytes;
        for (auto end = heard_.find("\r\n"); end != std::string::npos; end = heard_.find("\r\n")) {
            const auto line = heard_.substr(0, end);
            heard_.erase(0, end + 2);
            if (at_ < lines_.size() && lines_[at_].kind == "C:" && lines_[at_].text == line)
                ++at_;
            else
                ADD_FAILURE() << "C: " << line << "\nwhere this should be: " << rest();
        }
    }
    std::string say(std::size_t) override
    {
        std::string said;
        while (at_ < lines_.size() && lines_[at_].kind == "S:")
            said += lines_[at_++].text + "\r\n";
        if (said.empty() && !has_closed() && at_ < lines_.size())
            ADD_FAILURE() << "waits for the host, where this should be: " << rest();
        return said;
    }
    bool has_closed() const override { return at_ < lines_.size() && lines_[at_].kind == "S!"; }
    bool start_tls() override
    {
        const bool works = at_ < lines_.size() && lines_[at_].kind == "T!";
        at_ += works ? 1 : 0;
        return works;
    }
    std::string rest() const
    {
        if (at_ == lines_.size() || (has_closed() && at_ + 1 == lines_.size()))
            return {};
        return lines_[at_].kind + ' ' + lines_[at_].text;
    }

private:
    std::vector<Line> lines_;
    std::size_t at_ = 0;
    std::string heard_;
};

void play(const std::filesystem::path& path)
{
    SCOPED_TRACE(path.filename().string());
    ClientScript script;
    std::vector<Line> dialogue;
    std::string results;
    std::string close;
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
        std::istringstream words(text);
        Line line;
        words >> line.kind;
        words.get(); // The one space behind it.
        std::getline(words, line.text);
        if (line.kind == "option:") {
            if (line.text == "lmtp")
                script.config.protocol = ClientProtocol::lmtp;
            else
                script.config.tls = line.text == "tls=required" ? ClientTlsPolicy::required
                                                                : ClientTlsPolicy::never;
        } else if (line.kind == "letter:") {
            std::istringstream addresses(line.text);
            std::string sender;
            addresses >> sender;
            std::vector<std::string> recipients;
            for (std::string recipient; addresses >> recipient;)
                recipients.push_back(recipient);
            script.letters.push_back(letter_to(recipients, ""));
            script.letters.back().outgoing.sender =
                mail::ReversePath::parse(sender == "<>" ? "" : sender).value();
        } else if (line.kind == "body:") {
            script.letters.back().bytes += line.text + "\r\n";
            script.letters.back().outgoing.size_bytes = script.letters.back().bytes.size();
        } else if (line.kind == "result:") {
            results += line.text + '\n';
        } else if (line.kind == "close:") {
            close = line.text;
        } else if (!line.kind.empty() && line.kind != "#") {
            dialogue.push_back(line);
        }
    }

    ScriptedHost host(std::move(dialogue));
    const auto played = rehearse(script, host);
    EXPECT_EQ(host.rest(), "");
    std::string came;
    for (const auto& result : played.results)
        for (const auto& outcome : result.outcomes)
            came += std::string(dispositions.at(static_cast<std::size_t>(outcome.disposition))) +
                    ' ' + faults.at(static_cast<std::size_t>(outcome.fault)) + ' ' +
                    outcome.summary() + '\n';
    EXPECT_EQ(came, results);
    EXPECT_EQ(ways_to_close.at(static_cast<std::size_t>(played.close.why)), close);
}

TEST(ClientSession, PlaysItsTranscripts)
{
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(POSTHOUSE_SOURCE "/tests/smtp/transcripts/client")) {
        play(entry.path());
        ++count;
    }
    EXPECT_GE(count, 8u);
}

} // namespace
} // namespace posthouse::smtp
