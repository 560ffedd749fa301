// SPDX-License-Identifier: Apache-2.0
// fuzzes: pop3 mail
#include "base/contract.hpp"
#include "tests/pop3/rehearsal.hpp"

#include <cstdint>

namespace {

using namespace posthouse::pop3;

/// Status lines and multi-line responses, and nothing else.
bool well_formed(std::string_view said)
{
    while (!said.empty()) {
        const auto end = said.find("\r\n");
        if (end == said.npos ||
            (!said.starts_with("+OK ") && !said.starts_with("-ERR ") && !said.starts_with("+ ")))
            return false;
        const auto line = said.substr(0, end);
        if (line.find_first_of("\r\n") != line.npos)
            return false;
        // "n messages (m octets)" follows a login and RSET too: those have no list behind them.
        const bool listing = line.ends_with("octets)") && end + 2 < said.size() &&
                             said[end + 2] != '+' && said[end + 2] != '-';
        if (listing || line.ends_with(" octets") || line.ends_with(" follow") ||
            line.ends_with(" follows")) {
            if (!read_multiline(said))
                return false;
        } else {
            said.remove_prefix(end + 2);
        }
    }
    return true;
}

} // namespace

/// The first two bytes choose how the input is cut and what the connection is; up to an NUL NUL
/// stands what the peer says, behind it the first message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto split = input.find(std::string_view("\0\0", 2));
    const auto peer = input.substr(0, split);

    Script script;
    script.messages = {
        split == input.npos ? "a: b\r\n\r\n.c\r\n" : std::string(input.substr(split + 2)), "x", ""};
    const bool clear = (data[1] & 1) != 0;
    script.mechanisms = clear ? std::vector<std::string>{"PLAIN", "B"} : std::vector<std::string>();
    script.tls_mechanisms = {"PLAIN", "B"};
    script.login = [](const std::string& mechanism, const auto& said) -> LoginAnswer {
        if (said.empty() || said.size() == 3)
            return LoginChallenge{std::string(said.size(), 'x')};
        if (said.back() == std::string_view("\0u\0p", 4))
            return LoginAccepted{};
        if (mechanism == "PLAIN" || said.back().size() % 7 == 6)
            return static_cast<LoginRefused>(said.back().size() % 6);
        return said.back().size() % 2 == 0 ? LoginAnswer(LoginAccepted{"proof"})
                                           : LoginAnswer(LoginChallenge{said.back()});
    };
    script.config.implicit_tls = data[1] & 2;
    auto& limits = script.config.limits;
    limits.command_line = 60;
    limits.login_line = 80;
    limits.errors = 5;
    limits.piece_bytes = 16;
    limits.top_bytes = 7;
    limits.output_bytes = 64;
    if (data[1] & 4)
        script.fails_from = 20;

    const Rehearsal whole = rehearse(peer, script);
    script.piece = 1 + data[0] % 32;
    script.message_piece = 1 + data[0] / 32;
    const Rehearsal cut = rehearse(peer, script);

    posthouse::expects(whole.said == cut.said);
    posthouse::expects(whole.deleted == cut.deleted && whole.closed == cut.closed);
    posthouse::expects(whole.closed == CloseReason::message_lost || well_formed(whole.said));
    posthouse::expects(whole.longest_send <= 64 + 60 + 2 * 16 + 200);
    posthouse::expects(whole.openings == 0 || clear || script.config.implicit_tls);
    posthouse::expects(whole.deletions == 0 || whole.closed == CloseReason::quit);
    posthouse::expects(whole.logins == cut.logins && whole.given_up == cut.given_up);
    return 0;
}
