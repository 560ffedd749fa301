// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_session.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace posthouse::cli {
namespace {

constexpr int too_many_recipients = 452; // RFC 5321 §4.5.3.1.10
constexpr int going_away = 421;          // RFC 5321 §4.2.1

using End = Submitted::End;

class Dialogue {
public:
    Dialogue(SubmissionLine& line, const Submittal& letter) : line_(line), letter_(letter) {}

    Submitted run()
    {
        if (open() && envelope())
            transmit();
        if (result_.reply.code != 0)
            line_.send("QUIT\r\n");
        return std::move(result_);
    }

private:
    std::optional<std::string> read_line()
    {
        for (;;) {
            const auto end = received_.find('\n');
            if (end != std::string::npos) {
                auto line = received_.substr(0, end);
                received_.erase(0, end + 1);
                if (line.ends_with('\r'))
                    line.pop_back();
                return line;
            }
            if (received_.size() > SubmissionLimits::line_bytes)
                return std::nullopt;
            const auto more = line_.receive();
            if (more.empty())
                return std::nullopt;
            received_ += more;
        }
    }

    /// Its lines, the code taken off; nothing that follows the grammar: none.
    std::vector<std::string> read_reply()
    {
        std::vector<std::string> lines;
        result_.reply = {};
        while (lines.size() < SubmissionLimits::reply_lines) {
            const auto line = read_line();
            if (!line || line->size() < 3)
                break;
            const auto code = parse_number(std::string_view(*line).substr(0, 3));
            if (!code || *code < 200 || *code > 599)
                break;
            lines.push_back(line->size() > 4 ? line->substr(4) : std::string());
            if (line->size() > 3 && (*line)[3] == '-')
                continue;
            result_.reply.code = static_cast<int>(*code);
            for (const auto& text : lines)
                result_.reply.text += (result_.reply.text.empty() ? "" : " ") + text;
            return lines;
        }
        return {};
    }

    bool succeeded() const { return result_.reply.code / 100 == 2; }

    /// False: this was not the reply that goes on.
    bool expect(int hundreds)
    {
        read_reply();
        return judge(hundreds);
    }
    bool judge(int hundreds)
    {
        if (result_.reply.code / 100 == hundreds)
            return true;
        result_.end = result_.reply.code == 0 || result_.reply.code == going_away ? End::interrupted
                                                                                  : End::refused;
        return false;
    }
    /// Where it cannot be sent, the server may still have said why.
    bool command(const std::string& text, int hundreds)
    {
        line_.send(text + "\r\n");
        return expect(hundreds);
    }

    bool open()
    {
        if (!expect(2))
            return false;
        line_.send("EHLO " + std::string(letter_.greeting) + "\r\n");
        for (const auto& line : read_reply())
            extensions_.insert(uppercase(line.substr(0, line.find(' '))));
        return judge(2);
    }

    bool envelope()
    {
        const auto& drop = letter_.drop;
        auto mail = "MAIL FROM:<" + drop.sender.text() + '>';
        if (drop.body == mail::Drop::Body::eight_bit_mime && extensions_.contains("8BITMIME"))
            mail += " BODY=8BITMIME";
        if (drop.smtputf8 && extensions_.contains("SMTPUTF8"))
            mail += " SMTPUTF8";
        const bool dsn = extensions_.contains("DSN");
        if (dsn && drop.ret != mail::Return::unsaid)
            mail += " RET=" + std::string(mail::return_text(drop.ret));
        if (dsn && !drop.envelope_id.empty())
            mail += " ENVID=" + mail::encode_xtext(drop.envelope_id);
        if (!command(mail, 2))
            return false;
        std::size_t accepted = 0;
        for (const auto& recipient : drop.recipients) {
            auto rcpt = "RCPT TO:<" + recipient.text() + '>';
            if (dsn && drop.notify != 0)
                rcpt += " NOTIFY=" + mail::notify_text(drop.notify);
            if (command(rcpt, 2)) {
                ++accepted;
                continue;
            }
            if (result_.end == End::interrupted)
                return false;
            if (result_.reply.code == too_many_recipients && accepted > 0)
                result_.left.push_back(recipient);
            else
                result_.refused.push_back(
                    {recipient.text(), result_.reply.code, result_.reply.text});
        }
        result_.end = End::refused;
        return accepted > 0;
    }

    void transmit()
    {
        if (!command("DATA", 3))
            return;
        result_.end = End::interrupted;
        at_line_start_ = true;
        if (!send_text(letter_.header) || !send_text(letter_.body) || !flush()) {
            read_reply(); // It may have said why.
            if (result_.reply.code >= 400 && result_.reply.code != going_away)
                result_.end = End::refused;
            return;
        }
        line_.send(".\r\n");
        read_reply();
        result_.end = result_.reply.code == 0            ? End::in_doubt
                      : result_.reply.code == going_away ? End::interrupted
                      : succeeded()                      ? End::accepted
                                                         : End::refused;
    }

    /// With a dot before each line that begins with one: RFC 5321 §4.5.2. Whole pieces go out.
    bool send_text(std::string_view text)
    {
        while (!text.empty()) {
            if (at_line_start_ && text.front() == '.')
                pending_ += '.';
            const auto end = text.find('\n');
            const auto size = end == std::string_view::npos ? text.size() : end + 1;
            pending_ += text.substr(0, size);
            at_line_start_ = end != std::string_view::npos;
            text.remove_prefix(size);
            if (pending_.size() >= (64u << 10) && !flush())
                return false;
        }
        return true;
    }
    bool flush()
    {
        const auto piece = std::exchange(pending_, {});
        return piece.empty() || line_.send(piece);
    }

    SubmissionLine& line_;
    const Submittal& letter_;
    Submitted result_;
    std::set<std::string> extensions_;
    std::string received_, pending_;
    bool at_line_start_ = true;
};

} // namespace

Submitted submit(SubmissionLine& line, const Submittal& letter)
{
    return Dialogue(line, letter).run();
}

int exit_code_of(int reply_code, std::string_view text)
{
    if (reply_code / 100 == 2)
        return 0;
    if (reply_code / 100 == 4)
        return 75;
    if (text.starts_with("5.1.2"))
        return 68;
    if (text.starts_with("5.1."))
        return 67;
    return text.starts_with("5.7.") ? 77 : 69;
}

int exit_code_of(const std::vector<RefusedRecipient>& refused, Taken taken)
{
    if (refused.empty())
        return 0;
    const auto for_good =
        std::ranges::find_if(refused, [](const auto& one) { return one.code / 100 != 4; });
    if (for_good == refused.end())
        return 75;
    return taken == Taken::some ? 67 : exit_code_of(for_good->code, for_good->reason);
}

} // namespace posthouse::cli
