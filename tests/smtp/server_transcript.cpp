// SPDX-License-Identifier: Apache-2.0
#include "tests/smtp/server_transcript.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"

#include <fstream>
#include <sstream>

namespace posthouse::smtp {
namespace {

std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        switch (text[++i]) {
        case 'r':
            plain += '\r';
            break;
        case 'n':
            plain += '\n';
            break;
        case 't':
            plain += '\t';
            break;
        case '0':
            plain += '\0';
            break;
        case 'x':
            plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
            break;
        default:
            plain += text[i];
        }
    }
    return plain;
}

bool configure(ServerConfig& config, std::string_view key, std::string_view value)
{
    const auto number = parse_number(value).value_or(0);
    if (key == "hostname")
        config.hostname = value;
    else if (key == "tls")
        config.tls = value == "offered"    ? TlsPolicy::offered
                     : value == "required" ? TlsPolicy::required
                     : value == "implicit" ? TlsPolicy::implicit
                                           : TlsPolicy::none;
    else if (key == "protocol")
        config.protocol = value == "lmtp" ? ServerProtocol::lmtp : ServerProtocol::smtp;
    else if (key == "login")
        config.login = value == "required" ? LoginPolicy::required : LoginPolicy::offered;
    else if (key == "etrn")
        config.extensions.etrn = value == "yes";
    else if (key == "bare")
        config.bare_line_ends = value == "repair" ? BareLineEnds::repair : BareLineEnds::refuse;
    else if (key == "binary_mime")
        config.extensions.binary_mime = value == "yes";
    else if (key == "message_bytes")
        config.limits.message_bytes = number;
    else if (key == "recipients")
        config.limits.recipients = number;
    else if (key == "errors")
        config.limits.errors = number;
    else if (key == "text_line_bytes")
        config.limits.text_line_bytes = number;
    else
        return false;
    return true;
}

class Reader {
public:
    ServerTranscript read(std::istream& file)
    {
        result_.script.flights.emplace_back();
        for (std::string line; std::getline(file, line);)
            if (!read(line))
                result_.fault = line;
        result_.script.check = [rejected = rejected_](const auto&, const auto& to) -> Verdict {
            const auto found = rejected.find(lowercase(to.text()));
            if (found == rejected.end())
                return {};
            return std::unexpected(found->second);
        };
        result_.script.etrn = [answers = nodes_](const auto& question) {
            const auto found = answers.find(question.domain);
            return found == answers.end() ? Reply(459, "4.7.1 Not yours") : found->second;
        };
        result_.script.login = [answers = logins_](const std::string& mechanism,
                                                   const auto& said) -> LoginAnswer {
            std::string key = mechanism;
            for (const auto& response : said)
                key += ',' + mail::base64(response);
            const auto found = answers.find(key);
            return found == answers.end() ? Reply(535, "5.7.8 Wrong name or password")
                                          : found->second;
        };
        result_.later = later_;
        return std::move(result_);
    }

private:
    bool read(std::string_view line)
    {
        const auto rest = [line](std::string_view mark) {
            return line.substr(std::min(mark.size() + 1, line.size()));
        };
        if (line.empty() || line.starts_with('#'))
            return true;
        if (line.starts_with("config "))
            return configure(line.substr(7));
        if (line.starts_with("reject "))
            return take_reply(line.substr(7), rejected_);
        if (line.starts_with("later "))
            return take_reply(line.substr(6), later_);
        if (line.starts_with("node "))
            return take_reply(line.substr(5), nodes_);
        if (line.starts_with("login "))
            return take_login(line.substr(6));
        if (line.starts_with("C:"))
            return say(std::string(rest("C:")) + "\r\n");
        if (line.starts_with("C="))
            return say(unescaped(rest("C=")));
        if (line.starts_with("S: "))
            result_.expected.emplace_back(line.substr(3));
        else if (line == "TLS")
            result_.script.flights.emplace_back();
        else if (line == "CLOSED")
            result_.closed = true;
        else if (line.starts_with("LETTER "))
            result_.letters.push_back({std::string(line.substr(7)), {}});
        else if (line.starts_with('|') && !result_.letters.empty())
            result_.letters.back().text += std::string(rest("|")) + "\r\n";
        else if (line.starts_with('=') && !result_.letters.empty())
            result_.letters.back().text += unescaped(rest("="));
        else
            return false;
        return true;
    }

    bool say(std::string_view bytes)
    {
        if (result_.waits.empty() || result_.waits.rbegin()->second != result_.expected.size())
            result_.waits[said_] = result_.expected.size();
        said_ += bytes.size();
        result_.script.flights.back() += bytes;
        return true;
    }

    bool configure(std::string_view settings)
    {
        std::istringstream words{std::string(settings)};
        for (std::string word; words >> word;) {
            const auto equals = word.find('=');
            if (word.starts_with("mechanisms=") || word.starts_with("tls_mechanisms=")) {
                auto& mechanisms = word.starts_with('m') ? result_.script.mechanisms
                                                         : result_.script.tls_mechanisms;
                std::istringstream names(word.substr(equals + 1));
                for (std::string name; std::getline(names, name, ',');)
                    mechanisms.push_back(name);
                continue;
            }
            if (equals == word.npos ||
                !smtp::configure(result_.script.config, word.substr(0, equals),
                                 word.substr(equals + 1)))
                return false;
        }
        return true;
    }

    bool take_login(std::string_view rule)
    {
        std::istringstream words{std::string(rule)};
        std::string key, answer, user, bytes;
        words >> key >> answer;
        if (answer == "challenge" && (words >> bytes || true)) {
            logins_.emplace(key, LoginChallenge{mail::decode_base64(bytes).value_or("")});
            return true;
        }
        words >> user >> bytes;
        logins_.emplace(key, LoginAccepted{user, mail::decode_base64(bytes).value_or("")});
        return answer == "accept" && !user.empty();
    }

    static bool take_reply(std::string_view what, std::map<std::string, Reply>& to)
    {
        const auto space = what.find(' ');
        if (space == what.npos || what.size() < space + 6)
            return false;
        const auto code = parse_number(what.substr(space + 1, 3));
        if (!code)
            return false;
        to.emplace(lowercase(what.substr(0, space)),
                   Reply(static_cast<int>(*code), std::string(what.substr(space + 5))));
        return true;
    }

    ServerTranscript result_;
    std::map<std::string, Reply> rejected_, later_, nodes_;
    std::map<std::string, LoginAnswer> logins_;
    std::size_t said_ = 0;
};

} // namespace

ServerTranscript ServerTranscript::load(const std::filesystem::path& path)
{
    std::ifstream file(path);
    auto transcript = Reader().read(file);
    if (transcript.expected.empty())
        transcript.fault = "the server says nothing";
    return transcript;
}

std::string ServerTranscript::compare(std::string_view said, std::size_t expected_lines) const
{
    const auto take_line = [&said] {
        const auto end = std::min(said.find("\r\n"), said.size());
        const auto line = said.substr(0, end);
        said.remove_prefix(std::min(end + 2, said.size()));
        return line;
    };
    for (std::size_t i = 0; i < expected_lines; ++i) {
        std::string_view wanted = expected[i];
        auto line = take_line();
        if (wanted.ends_with("...")) {
            wanted.remove_suffix(3);
            while (line.size() > 3 && line[3] == '-')
                line = take_line();
            line = line.substr(0, wanted.size());
        }
        if (line != wanted)
            return expected[i] + " (not: " + std::string(line) + ")";
    }
    return said.empty() ? "" : "nothing more (not: " + std::string(said) + ")";
}

} // namespace posthouse::smtp
