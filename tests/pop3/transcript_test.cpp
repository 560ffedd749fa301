// SPDX-License-Identifier: Apache-2.0
#include "tests/pop3/rehearsal.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

// Dialogues as text files. Before the dialogue: "config:" with flags (offer_tls, implicit_tls,
// plaintext_auth), "mechanisms:" behind TLS, "user:" with name and password or "login:" (below),
// "uidl:" of the first message, the second …, "expire:", "login-delay:", and "message:" with its
// lines behind "|" (each gets CR LF; behind ">" none). In it: "C:" and "S:" lines, "TLS" for a
// handshake, "GIVEN UP" for a login, "DELETED:" with message numbers, "CLOSE".
namespace posthouse::pop3 {
namespace {

struct Transcript {
    Script script;
    std::vector<std::string> dialogue;
    std::vector<std::string> own_uidls;
};

/// "login: MECHANISM[,BASE64 ...] challenge BASE64, accept [BASE64] or refuse"
using Logins = std::map<std::string, LoginAnswer>;

void read_login(std::istringstream words, Logins& logins)
{
    std::string key, answer, bytes;
    words >> key >> answer >> bytes;
    const auto decoded = mail::decode_base64(bytes).value_or("");
    logins[key] = answer == "challenge" ? LoginAnswer(LoginChallenge{decoded})
                  : answer == "accept"  ? LoginAnswer(LoginAccepted{decoded})
                                        : LoginAnswer(LoginRefused::wrong);
}

LoginAnswer answer_in(const Logins& logins, std::string key, const Script::Said& said)
{
    for (const auto& response : said)
        key += ',' + mail::base64(response);
    const auto found = logins.find(key);
    return found == logins.end() ? LoginAnswer(LoginRefused::wrong) : found->second;
}

Transcript read_transcript(const std::filesystem::path& path)
{
    Transcript transcript;
    auto& script = transcript.script;
    script.mechanisms = {};
    Logins logins;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.starts_with('#'))
            continue;
        if (line.starts_with("config:")) {
            script.config.offer_tls = line.contains("offer_tls");
            script.config.implicit_tls = line.contains("implicit_tls");
            if (line.contains("plaintext_auth"))
                script.mechanisms = {"PLAIN"};
        } else if (line.starts_with("mechanisms: ")) {
            std::istringstream names(line.substr(12));
            script.tls_mechanisms.clear();
            for (std::string name; names >> name;)
                script.tls_mechanisms.push_back(name);
        } else if (line.starts_with("login: ")) {
            read_login(std::istringstream(line.substr(7)), logins);
        } else if (line.starts_with("uidl: ")) {
            transcript.own_uidls.push_back(line.substr(6));
        } else if (line.starts_with("expire: ")) {
            script.config.expire_days = parse_number(line.substr(8));
        } else if (line.starts_with("login-delay: ")) {
            script.config.login_delay = std::chrono::seconds(*parse_number(line.substr(13)));
        } else if (line.starts_with("user: ")) {
            const auto space = line.find(' ', 6);
            script.user = line.substr(6, space - 6);
            script.password = line.substr(space + 1);
        } else if (line == "message:") {
            script.messages.emplace_back();
        } else if (line.starts_with('|')) {
            script.messages.back() += line.substr(1) + "\r\n";
        } else if (line.starts_with('>')) {
            script.messages.back() += line.substr(1);
        } else {
            transcript.dialogue.push_back(line);
        }
    }
    if (!logins.empty())
        script.login = [logins](const std::string& mechanism, const auto& said) {
            return answer_in(logins, mechanism, said);
        };
    return transcript;
}

/// Says the client's lines one at a time, each when the server waits for one, and notes what
/// happens.
class Player {
public:
    explicit Player(const Transcript& transcript)
        : transcript_(transcript),
          session_(std::make_shared<const Config>(transcript.script.config))
    {
        session_.offer_mechanisms(transcript.script.config.implicit_tls
                                      ? transcript.script.tls_mechanisms
                                      : transcript.script.mechanisms);
        for (const auto& line : transcript.dialogue)
            if (line.starts_with("C: ") || line == "C:")
                to_say_.push_back(line.substr(std::min<std::size_t>(3, line.size())));
    }

    std::vector<std::string> play()
    {
        while (open_) {
            const Step step = session_.next(now_);
            std::visit([this](const auto& s) { perform(s); }, step);
        }
        return std::move(notes_);
    }

private:
    void perform(const step::Read&)
    {
        if (said_ == to_say_.size()) {
            open_ = false;
            return;
        }
        notes_.push_back("C: " + to_say_[said_]);
        session_.receive(to_say_[said_++] + "\r\n");
    }
    void perform(const step::Send& send)
    {
        std::string_view rest = send.bytes;
        while (!rest.empty()) {
            const auto end = rest.find("\r\n");
            ASSERT_NE(end, rest.npos);
            notes_.push_back("S: " + std::string(rest.substr(0, end)));
            rest.remove_prefix(end + 2);
        }
    }
    void perform(const step::StartTls&)
    {
        notes_.emplace_back("TLS");
        session_.tls_established();
        session_.offer_mechanisms(transcript_.script.tls_mechanisms);
    }
    void perform(const step::StartLogin& start)
    {
        mechanism_ = start.mechanism;
        said_in_login_.clear();
        if (start.initial)
            said_in_login_.emplace_back(start.initial->reveal());
        session_.answer(transcript_.script.check(mechanism_, said_in_login_));
    }
    void perform(const step::ContinueLogin& response)
    {
        said_in_login_.emplace_back(response.response.reveal());
        session_.answer(transcript_.script.check(mechanism_, said_in_login_));
    }
    void perform(const step::CancelLogin&) { notes_.emplace_back("GIVEN UP"); }
    void perform(const step::OpenMaildrop&)
    {
        auto maildrop = transcript_.script.maildrop();
        const auto& own = transcript_.own_uidls;
        for (std::size_t i = 0; i < own.size(); ++i)
            maildrop.messages[i].own = static_cast<std::uint32_t>(i) + 1;
        maildrop.own_uidls = own;
        session_.answer(std::move(maildrop));
    }
    void perform(const step::ReadMessage& read)
    {
        session_.message_piece(std::string_view(transcript_.script.messages.at(read.index))
                                   .substr(read.offset, read.length));
    }
    void perform(const step::DeleteMessages& question)
    {
        std::string note = "DELETED:";
        for (const auto index : question.indices)
            note += " " + std::to_string(index + 1);
        notes_.push_back(std::move(note));
        session_.answer(Deletion::done);
    }
    void perform(const step::Close&)
    {
        notes_.emplace_back("CLOSE");
        open_ = false;
    }

    const Transcript& transcript_;
    Session session_;
    Instant now_{};
    std::vector<std::string> to_say_, notes_;
    std::string mechanism_;
    Script::Said said_in_login_;
    std::size_t said_ = 0;
    bool open_ = true;
};

class Pop3Transcript : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Pop3Transcript, IsFollowedLineByLine)
{
    const auto transcript = read_transcript(GetParam());
    const auto played = Player(transcript).play();
    for (std::size_t i = 0; i < std::max(played.size(), transcript.dialogue.size()); ++i) {
        const std::string end = "(the end)";
        ASSERT_EQ(i < played.size() ? played[i] : end,
                  i < transcript.dialogue.size() ? transcript.dialogue[i] : end);
    }
}

std::vector<std::filesystem::path> transcripts()
{
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(POSTHOUSE_SOURCE "/tests/pop3/transcripts"))
        paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

INSTANTIATE_TEST_SUITE_P(Files, Pop3Transcript, testing::ValuesIn(transcripts()),
                         [](const auto& file) {
                             auto name = file.param.stem().string();
                             std::ranges::replace_if(
                                 name, [](char c) { return !is_alpha(c) && !is_digit(c); }, '_');
                             return name;
                         });

} // namespace
} // namespace posthouse::pop3
