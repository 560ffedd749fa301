// SPDX-License-Identifier: Apache-2.0
// fuzzes: smtp mail base
// Whatever a host says: each letter has one result, with one sound outcome for each recipient.
#include "base/contract.hpp"
#include "tests/smtp/client_rehearsal.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

using namespace posthouse;
using namespace posthouse::smtp;

namespace {

/// Says what it was going to say, whatever it hears, a line at a time unless in smaller pieces. A
/// NUL is a silence.
class DeafHost final : public RehearsedHost {
public:
    DeafHost(std::string_view lines, bool tls_works) : lines_(lines), tls_works_(tls_works) {}
    void hear(std::string_view) override {}
    std::string say(std::size_t most) override
    {
        if (lines_.starts_with('\0')) {
            lines_.remove_prefix(1);
            silent_ = true;
            return {};
        }
        silent_ = false;
        if (lines_.empty())
            return {};
        const auto line = std::min(lines_.find('\n'), lines_.size() - 1) + 1;
        std::string piece(lines_.substr(0, std::min({most, line, lines_.find('\0')})));
        lines_.remove_prefix(piece.size());
        return piece;
    }
    bool has_closed() const override { return lines_.empty() && !silent_; }
    bool start_tls() override { return tls_works_; }

private:
    std::string_view lines_;
    bool tls_works_;
    bool silent_ = false;
};

/// Two answers, and it has been shown a proof: the challenge "ok".
class Dialogue final : public SaslDialogue {
public:
    std::optional<std::string> answer(std::string_view challenge) override
    {
        complete_ = challenge == "ok";
        return challenge.size() > 3 ? std::nullopt : std::optional<std::string>("a");
    }
    bool is_complete() const override { return complete_; }

private:
    bool complete_ = false;
};

class Login final : public SaslClient {
public:
    std::unique_ptr<SaslDialogue> begin(std::string_view) const override
    {
        return std::make_unique<Dialogue>();
    }
};

void check(const Outcome& outcome, Stage last)
{
    const bool delivered = outcome.disposition == Disposition::delivered;
    expects(!delivered || outcome.code / 100 == 2);
    expects(!delivered || outcome.stage == last);
    expects(!delivered || !outcome.may_be_duplicated);
    expects((outcome.disposition == Disposition::failed) == (outcome.status.status == 5));
    expects(delivered == (outcome.status.status == 2));
    expects((delivered || outcome.disposition == Disposition::retry_now) ==
            (outcome.fault == Fault::none));
    expects((outcome.cause == Cause::reply) == (outcome.code != 0));
    expects(outcome.text.size() <= 600);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 6)
        return 0;
    const unsigned way = data[0];
    ClientScript script;
    script.config.tls = static_cast<ClientTlsPolicy>(way % 3);
    if (way & 4)
        script.config.protocol = ClientProtocol::lmtp;
    if (way & 8)
        script.config.channel = ClientChannel::tls;
    if (way & 64)
        script.config.limits.commands_in_flight = 2;
    if (way & 128) {
        script.config.login = std::make_shared<Login>();
        if (way & 64)
            script.config.trust = ClientTrust::verified;
    }
    script.config.limits.one_flight_bytes = 1000;
    script.config.limits.recipients = 3;
    if (data[1] > 0)
        script.host_piece = data[1];
    if (way & 32)
        script.config.timeouts.letter = std::chrono::minutes(8);
    script.body_piece = 700;
    if (data[2] > 0)
        script.lost_at = data[2] - 1;
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned kind = data[3] >> (2 * i) & 3;
        auto letter = letter_to({"a@mx.example", "b@mx.example", "c@x.example", "d@mx.example"},
                                kind == 3 ? std::string(3000, '.') : std::string(".\r\nx\n"));
        if (kind == 1)
            letter.outgoing.body = BodyType::binary_mime;
        if (kind == 2)
            letter.outgoing.recipients.push_back(
                {mail::ForwardPath::parse("\xc3\xa9@mx.example").value()});
        if (data[4] & (1u << i))
            letter.outgoing.size_bytes += 1; // Which it does not have.
        if (data[4] & (16u << i))
            letter.outgoing.afterwards = Outgoing::Afterwards::quit;
        if ((way & 128) && i == 1)
            letter.outgoing.extent = Outgoing::Extent::envelope;
        script.letters.push_back(std::move(letter));
    }
    DeafHost host({reinterpret_cast<const char*>(data) + 5, size - 5}, (way & 16) != 0);
    const auto play = rehearse(script, host);

    expects(play.results.size() == play.letters_begun);
    for (std::size_t i = 0; i < play.results.size(); ++i) {
        const auto& result = play.results[i];
        expects(result.outcomes.size() == script.letters[i].outgoing.recipients.size());
        const bool whole = script.letters[i].outgoing.extent == Outgoing::Extent::letter;
        for (const auto& outcome : result.outcomes)
            check(outcome, whole ? Stage::end_of_data : Stage::rcpt);
        // On a new connection each round ends some; on a used one, only staleness ends none.
        const bool none_ended = result.count(Disposition::retry_now) == result.outcomes.size();
        expects(!none_ended || (i > 0 && result.connection == LetterResult::Connection::spent));
    }
    expects(play.letters_begun > 0 || play.close.why != client_step::Close::Why::finished ||
            script.letters.empty());
    // Nothing is sent before the login, and the login not without TLS.
    expects(!script.config.login || play.letters_begun == 0 || play.said.contains("AUTH "));
    expects(!play.said.contains("AUTH ") || (way & 8) || play.said.contains("STARTTLS"));
    if (play.close.why != client_step::Close::Why::finished)
        expects(play.close.trouble.fault == Fault::site);
    return 0;
}
