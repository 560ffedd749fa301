// SPDX-License-Identifier: Apache-2.0
// fuzzes: smtp mail
// Plays the input to a session twice, in one piece and in small ones, and once more with the
// connection broken on the way. Whatever the peer sends: no crash, the same outcome both times,
// well-formed replies, and no letter that breaks the promises made to the backend.

#include "base/contract.hpp"
#include "tests/smtp/server_rehearsal.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using posthouse::expects;
using namespace posthouse::smtp;

bool well_formed(std::string_view said)
{
    while (!said.empty()) {
        const auto line = said.substr(0, said.find("\r\n"));
        if (line.size() < 4 || line.size() + 2 > said.size() || line.size() > 510)
            return false;
        if (line[0] < '2' || line[0] > '5' || (line[3] != ' ' && line[3] != '-'))
            return false;
        for (const char c : line)
            if (c < ' ' || c > '~')
                return false;
        said.remove_prefix(line.size() + 2);
    }
    return true;
}

bool only_whole_lines(std::string_view text)
{
    for (std::size_t at = 0; (at = text.find_first_of("\r\n", at)) != text.npos; at += 2)
        if (text.substr(at, 2) != "\r\n")
            return false;
    return true;
}

ServerScript script_for(std::uint8_t choices)
{
    ServerScript script;
    script.config.limits.command_line_bytes = 80;
    script.config.limits.text_line_bytes = 40;
    script.config.limits.recipients = 3;
    script.config.limits.message_bytes = 200;
    script.config.limits.errors = 10;
    script.config.limits.junk_commands = 10;
    script.config.limits.commands = 200;
    script.config.extensions.binary_mime = (choices & 1) != 0;
    script.config.extensions.smtputf8 = (choices & 2) == 0;
    script.config.extensions.chunking = (choices & 4) == 0;
    if ((choices & 16) != 0)
        script.config.tls = TlsPolicy::offered;
    if ((choices & 32) != 0)
        script.config.protocol = ServerProtocol::lmtp;
    script.config.extensions.dsn = (choices & 64) == 0;
    script.config.extensions.etrn = (choices & 128) == 0;
    script.etrn = [](const server_step::Etrn& question) {
        return Reply(question.domain.size() % 7 == 0 ? 421 : 250, "2.0.0 " + question.domain);
    };
    if ((choices & 8) != 0)
        script.config.bare_line_ends = BareLineEnds::repair;
    script.check = [](const auto&, const posthouse::mail::ForwardPath& to) -> Verdict {
        const auto text = to.text();
        if (text.size() % 4 == 0)
            return std::unexpected(Reply(550, "5.1.1 No such user: " + text));
        if (text.size() % 37 == 0)
            return std::unexpected(Reply(421, "4.3.2 Bye"));
        return {};
    };
    script.open = [](const server_step::OpenMessage& question) -> Verdict {
        if (question.envelope.sender.is_null())
            return std::unexpected(Reply(451, "4.3.0 Not now"));
        return {};
    };
    script.commit = [] { return CommitVerdict{Queued{"1"}}; };
    script.config.login = (choices & 64) == 0  ? LoginPolicy::none
                          : (choices & 2) == 0 ? LoginPolicy::offered
                                               : LoginPolicy::required;
    script.config.limits.login_line_bytes = 60;
    script.config.limits.failed_logins = 3;
    script.mechanisms = {"A"};
    script.tls_mechanisms = {"A", "B"};
    script.login = [](const std::string& mechanism, const auto& said) -> LoginAnswer {
        if (said.empty() || said.back().size() % 5 == 0)
            return LoginChallenge{std::string(said.size(), 'x')};
        if (said.back().size() % 5 == 1)
            return Reply(535, "5.7.8 Wrong");
        return LoginAccepted{"u@b.c", mechanism == "B" ? "proof" : ""};
    };
    return script;
}

void check(const ServerRehearsal& result, const ServerScript& script)
{
    const auto& limits = script.config.limits;
    expects(well_formed(result.said));
    for (const auto& [peer, envelope, text] : result.letters) {
        expects(script.config.login != LoginPolicy::required || !peer.login.empty());
        expects(text.size() <= limits.message_bytes);
        expects(envelope.parameters.body == BodyType::binary_mime || only_whole_lines(text));
        expects(!envelope.recipients.empty());
        expects(envelope.recipients.size() <= limits.recipients);
        expects(envelope.terms.size() == envelope.recipients.size());
        expects(envelope.parameters.envelope_id.size() <= 100);
        for (const auto& terms : envelope.terms) {
            expects(terms.original.size() <= 500);
            expects(script.config.extensions.dsn || terms == posthouse::mail::RecipientTerms{});
        }
        for (const auto& recipient : envelope.recipients)
            expects(envelope.parameters.smtputf8 || recipient.is_ascii());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 3)
        return 0;
    const std::string_view peer(reinterpret_cast<const char*>(data) + 3, size - 3);
    auto script = script_for(data[0]);
    const auto handshake = std::min(peer.find('\x01'), peer.size());
    script.flights = {std::string(peer.substr(0, handshake)), std::string(peer.substr(handshake))};
    const auto whole = rehearse(script);
    check(whole, script);

    script.piece = 1 + data[1] % 32;
    const auto cut = rehearse(script);
    check(cut, script);
    // Of what comes behind STARTTLS some may be seen too early and some not: that may differ.
    if (!whole.said.contains("421 4.7.0 STARTTLS")) {
        expects(whole.said == cut.said);
        expects(whole.letters == cut.letters);
        expects(whole.logins == cut.logins && whole.given_up == cut.given_up);
        expects(whole.discarded == cut.discarded);
    }

    script.fail_at = data[2];
    const auto broken = rehearse(script);
    check(broken, script);
    expects(cut.said.starts_with(broken.said));
    expects(broken.letters.size() <= cut.letters.size());
    return 0;
}
