// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/smtp/client_rehearsal.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::smtp {

/// A host that says yes to everything, unless told otherwise.
class FakeHost final : public RehearsedHost {
public:
    /// The reply to a line that begins so (the longest such counts) instead of the usual one.
    /// "(greeting)" and "(end)" stand for those; an empty reply is silence, "(close)" a hang-up.
    std::map<std::string, std::string> replies;
    std::vector<std::string> extensions{"PIPELINING", "8BITMIME", "SIZE 1000000"};
    bool lmtp = false;
    bool tls_works = true;

    std::vector<std::string> commands; // Heard.
    std::vector<std::string> letters;  // Whole ones.

    FakeHost() = default;
    explicit FakeHost(std::vector<std::string> offered) : extensions(std::move(offered)) {}

    void hear(std::string_view bytes) override
    {
        heard_ += bytes;
        while (!closed_ && take()) {
        }
    }
    std::string say(std::size_t most) override
    {
        if (!greeted_) {
            greeted_ = true;
            reply("(greeting)", "220 mx.example ESMTP");
        }
        auto piece = saying_.substr(0, most);
        saying_.erase(0, piece.size());
        return piece;
    }
    bool has_closed() const override { return closed_; }
    bool start_tls() override
    {
        secured_ = tls_works;
        return tls_works;
    }

private:
    bool take()
    {
        if (chunk_left_ > 0) {
            const auto part = std::min(chunk_left_, heard_.size());
            receiving_ += heard_.substr(0, part);
            heard_.erase(0, part);
            chunk_left_ -= part;
            if (chunk_left_ == 0)
                end();
            return part > 0;
        }
        const auto end_of_line = heard_.find("\r\n");
        if (end_of_line == std::string::npos)
            return false;
        const auto line = heard_.substr(0, end_of_line);
        heard_.erase(0, end_of_line + 2);
        if (!data_)
            execute(line);
        else if (line == ".")
            data_ = false, end();
        else
            receiving_ += (line.starts_with('.') ? line.substr(1) : line) + "\r\n";
        return true;
    }

    void execute(const std::string& line)
    {
        commands.push_back(line);
        const bool was = accepted_ > 0;
        if (line.starts_with("EHLO") || line.starts_with("LHLO")) {
            std::string text = "250";
            std::string lines = "mx.example";
            for (const auto& extension : extensions)
                if (!secured_ || extension != "STARTTLS")
                    lines += "\r\n" + extension;
            for (auto at = lines.find("\r\n"); at != std::string::npos; at = lines.find("\r\n"))
                text += "-" + lines.substr(0, at) + "\r\n250", lines.erase(0, at + 2);
            reply(line, text + " " + lines);
        } else if (line.starts_with("MAIL")) {
            accepted_ = 0;
            reply(line, "250 2.1.0 Sender ok");
        } else if (line.starts_with("RCPT")) {
            accepted_ += reply(line, "250 2.1.5 Recipient ok") == '2';
        } else if (line == "DATA") {
            if (reply(line, was ? "354 Go on" : "554 5.5.1 No valid recipients") == '3')
                data_ = true;
        } else if (line.starts_with("BDAT")) {
            chunk_left_ = std::stoul(line.substr(5));
            if (chunk_left_ == 0)
                end();
        } else if (line == "QUIT") {
            closed_ = reply(line, "221 2.0.0 Bye") != ' ' || closed_;
        } else if (line == "STARTTLS") {
            reply(line, "220 2.0.0 Go on");
        } else {
            reply(line, "250 2.0.0 Ok");
        }
    }
    void end()
    {
        if (accepted_ > 0)
            letters.push_back(receiving_);
        receiving_.clear();
        const int times = lmtp ? accepted_ : 1;
        for (int i = 0; i < times; ++i)
            reply("(end)", accepted_ > 0 ? "250 2.0.0 Queued as 7" : "503 5.5.1 No recipients");
        accepted_ = 0;
    }
    char reply(const std::string& to, std::string usual)
    {
        std::size_t longest = 0;
        for (const auto& [prefix, text] : replies)
            if (to.starts_with(prefix) && prefix.size() >= longest)
                usual = text, longest = prefix.size();
        if (usual == "(close)") {
            closed_ = true;
            return ' ';
        }
        if (usual.empty())
            return ' ';
        saying_ += usual + "\r\n";
        if (usual.starts_with("421"))
            closed_ = true;
        return usual[0];
    }

    std::string heard_;
    std::string receiving_;
    std::string saying_;
    bool greeted_ = false;
    bool closed_ = false;
    bool secured_ = false;
    bool data_ = false;
    std::size_t chunk_left_ = 0;
    int accepted_ = 0;
};

} // namespace posthouse::smtp
