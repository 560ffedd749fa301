// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/session/support/rehearsal.hpp"

#include "imap/dates.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

// Dialogues as text files. Lines are
//   mailbox: NAME [\Use]             it is made
//   rights: NAME LETTERS             what the sessions may do with it, from now on
//   message: NAME (FLAGS) DATE       it is delivered; its lines follow behind "|" (with CR LF)
//   setting: NAME                    see read_setting()
//   stranger:                        the sessions do not begin logged in
//   C: TEXT        the client says it (with CR LF);  C> TEXT  without
//   S: TEXT        the server says it, where "…" stands for anything in the line
//   2C: … 2S: …    the same of a second session on the account
//   wait: SECONDS  time passes
// What the server says before the first C (greeting, login) is not looked at, unless as a stranger.
namespace posthouse::imap::rehearsal {
namespace {

struct Line {
    char what = 'C'; ///< C, S, w(ait), m(essage)
    int who = 0;
    std::string text;
};

struct Transcript {
    std::vector<Line> lines;
    SessionSettings settings = usual_settings();
    bool stranger = false;
};

void read_setting(const std::string& name, Transcript& transcript)
{
    auto& settings = transcript.settings;
    if (name == "private")
        settings.plaintext_auth = false;
    else if (name == "literal-minus")
        settings.limits.framing.mode = LiteralMode::minus;
    else if (name.starts_with("others "))
        settings.others = name.substr(7);
    else if (name.starts_with("append-limit "))
        settings.append_limit = std::stoull(name.substr(13));
    else if (name.starts_with("message-limit "))
        settings.message_limit = static_cast<std::uint32_t>(std::stoul(name.substr(14)));
    else
        ADD_FAILURE() << "unknown setting " << name;
}

Transcript read(const std::filesystem::path& path)
{
    Transcript transcript;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto rest = [&](std::size_t from) {
            return line.size() > from ? line.substr(from) : std::string();
        };
        if (line.empty() || line.starts_with('#'))
            continue;
        if (line.starts_with("setting: ")) {
            read_setting(rest(9), transcript);
        } else if (line.starts_with("stranger:")) {
            transcript.stranger = true;
        } else if (line.starts_with("mailbox: ")) {
            transcript.lines.push_back({'b', 0, rest(9)});
        } else if (line.starts_with("rights: ")) {
            transcript.lines.push_back({'r', 0, rest(8)});
        } else if (line.starts_with("message: ")) {
            transcript.lines.push_back({'m', 0, rest(9) + "\n"});
        } else if (line.starts_with("|")) {
            transcript.lines.back().text += rest(line.starts_with("| ") ? 2 : 1) + "\r\n";
        } else if (line.starts_with("wait: ")) {
            transcript.lines.push_back({'w', 0, rest(6)});
        } else if (line.starts_with("C: ") || line == "C:") {
            transcript.lines.push_back({'C', 0, rest(3) + "\r\n"});
        } else if (line.starts_with("C> ")) {
            transcript.lines.push_back({'C', 0, rest(3)});
        } else if (line.starts_with("S: ")) {
            transcript.lines.push_back({'S', 0, rest(3)});
        } else if (line.starts_with("2C: ")) {
            transcript.lines.push_back({'C', 1, rest(4) + "\r\n"});
        } else if (line.starts_with("2S: ")) {
            transcript.lines.push_back({'S', 1, rest(4)});
        } else {
            ADD_FAILURE() << path << ": what is " << line;
        }
    }
    return transcript;
}

/// "…" in the pattern is anything.
bool matches(std::string_view pattern, std::string_view text)
{
    constexpr std::string_view any = "…";
    auto place = pattern.find(any);
    if (place == pattern.npos)
        return pattern == text;
    if (!text.starts_with(pattern.substr(0, place)))
        return false;
    text.remove_prefix(place);
    pattern.remove_prefix(place + any.size());
    for (std::size_t skip = 0; skip <= text.size(); ++skip)
        if (matches(pattern, text.substr(skip)))
            return true;
    return false;
}

void deliver(FakeAccount& account, const std::string& text)
{
    const auto end = text.find('\n');
    const auto head = text.substr(0, end);
    const auto open = head.find(" ("), close = head.find(')');
    const auto name = head.substr(0, open);
    mail::Flags flags;
    std::istringstream words(open == head.npos ? "" : head.substr(open + 2, close - open - 2));
    for (std::string flag; words >> flag;) {
        if (const auto system = mail::system_flag(flag))
            flags.system.set(*system);
        else
            flags.add_keyword(flag);
    }
    const auto was = account.now;
    if (close != head.npos && close + 2 < head.size())
        account.now = to_microseconds(parse_internal_date(head.substr(close + 2))->at);
    account.deliver(name, text.substr(end + 1), flags);
    account.now = was;
}

/// Says what the transcript says, in pieces as `cut` makes them, and holds the answers against it.
/// Returns how many bytes were said.
std::size_t perform(const Transcript& transcript,
                    const std::function<std::vector<std::string>(std::size_t, std::string)>& cut)
{
    boost::asio::io_context context;
    FakeAccount account;
    std::array<std::unique_ptr<Rehearsal>, 2> clients;
    std::array<std::string, 2> output;
    std::size_t said = 0;
    const auto client = [&](int who) -> Rehearsal& {
        auto& there = clients[static_cast<std::size_t>(who)];
        if (!there) {
            there = std::make_unique<Rehearsal>(context, account, transcript.settings);
            if (!transcript.stranger) {
                there->say("login LOGIN user secret\r\n");
                there->channel.take();
            }
        }
        return *there;
    };
    const auto listen = [&] {
        for (std::size_t who = 0; who < 2; ++who)
            if (clients[who])
                output[who] += clients[who]->heard();
    };
    for (std::size_t i = 0; i < transcript.lines.size(); ++i) {
        const auto& line = transcript.lines[i];
        const auto who = static_cast<std::size_t>(line.who);
        switch (line.what) {
        case 'b': {
            const auto space = line.text.find(" \\");
            auto& made = account.make(line.text.substr(0, space));
            made.subscribed = true;
            if (space != line.text.npos)
                made.special_use = line.text.substr(space + 1);
            break;
        }
        case 'r': {
            const auto space = line.text.rfind(' ');
            const auto name = line.text.substr(0, space);
            account.mailboxes.at(name).acl["owner"] = line.text.substr(space + 1);
            account.tell(name);
            break;
        }
        case 'm':
            deliver(account, line.text);
            listen();
            break;
        case 'w':
            for (auto& there : clients)
                if (there)
                    there->channel.pass_time(std::chrono::seconds(std::stoi(line.text)));
            listen();
            break;
        case 'C':
            if (!output[who].empty()) {
                ADD_FAILURE() << "not expected before " << line.text << ": " << output[who];
                return said;
            }
            client(line.who);
            for (const auto& piece : cut(said, line.text)) {
                client(line.who).channel.say(piece);
                listen();
            }
            said += line.text.size();
            break;
        case 'S': {
            client(line.who);
            listen();
            const auto end = output[who].find("\r\n");
            const auto heard = output[who].substr(0, end);
            if (!matches(line.text, heard)) {
                ADD_FAILURE() << "expected: " << line.text << "\nheard:    " << heard
                              << (end == std::string::npos ? "\n(nothing more)" : "");
                return said;
            }
            output[who].erase(0, end + 2);
            // Lines that the client says while answers are due go in when those are read.
            break;
        }
        default:
            break;
        }
    }
    EXPECT_EQ(output[0], "");
    EXPECT_EQ(output[1], "");
    return said;
}

class ImapTranscript : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ImapTranscript, IsAnsweredAsWritten)
{
    perform(read(GetParam()),
            [](std::size_t, std::string text) { return std::vector{std::move(text)}; });
}

TEST_P(ImapTranscript, IsAnsweredTheSameByteByByte)
{
    perform(read(GetParam()), [](std::size_t, const std::string& text) {
        std::vector<std::string> bytes;
        for (const char c : text)
            bytes.emplace_back(1, c);
        return bytes;
    });
}

TEST_P(ImapTranscript, IsAnsweredTheSameAtEveryCut)
{
    const auto transcript = read(GetParam());
    std::size_t size = 0;
    for (const auto& line : transcript.lines)
        if (line.what == 'C')
            size += line.text.size();
    const auto stride = std::max<std::size_t>(1, size / 200);
    for (std::size_t at = 1; at < size && !HasFailure(); at += stride)
        perform(transcript, [at](std::size_t before, const std::string& text) {
            if (at <= before || at >= before + text.size())
                return std::vector{text};
            return std::vector{text.substr(0, at - before), text.substr(at - before)};
        });
}

std::vector<std::filesystem::path> transcripts()
{
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(POSTHOUSE_SOURCE) / "tests/imap/session/transcripts"))
        paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

INSTANTIATE_TEST_SUITE_P(All, ImapTranscript, testing::ValuesIn(transcripts()),
                         [](const auto& what) {
                             auto name = what.param.stem().string();
                             std::ranges::replace_if(
                                 name, [](char c) { return !is_alpha(c) && !is_digit(c); }, '_');
                             return name;
                         });

} // namespace
} // namespace posthouse::imap::rehearsal
