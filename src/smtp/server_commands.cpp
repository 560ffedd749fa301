// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"
#include "smtp/server_session.hpp"

#include <string>
#include <utility>

namespace posthouse::smtp {

void ServerSession::execute(std::string_view line, std::size_t line_bytes)
{
    auto command = parse_command(line, completing_domain());
    const bool out_of_step = !command && is_bdat(line); // How much is not a command now?
    input_.consume_and_wipe(line_bytes);                // And `line` is gone.
    renew_patience();

    if (++commands_ > config_->limits.commands)
        return close_after("4.7.0 Too many commands");
    const bool quits = command && std::holds_alternative<command::Quit>(*command);
    if (draining_ && !envelope_ && !quits)
        return close_after("4.3.2 The server is going down");

    if (command) {
        std::visit([this](auto& parsed) { on(parsed); }, *command);
    } else {
        refuse(command.error());
        if (out_of_step && phase_ != Phase::farewell)
            close_after("4.7.0 A chunk of unknown size follows");
    }
}

// ---- Who is there ---------------------------------------------------------------------------

void ServerSession::on(command::Hello& hello)
{
    if (hello.lmtp != is_lmtp()) // RFC 2033 §4.1: whoever mistakes one for the other is to notice.
        return refuse(500,
                      is_lmtp() ? "5.5.1 This is LMTP: say LHLO" : "5.5.1 This is SMTP: say EHLO");
    const bool again = !peer_.helo.empty();
    reset_transaction(); // RFC 5321 §4.1.4: EHLO resets as RSET does.
    peer_.helo = std::move(hello.client);
    peer_.extended = hello.extended;
    if (hello.extended)
        reply(offer());
    else
        reply(250, config_->hostname);
    if (again)
        count_junk();
}

Reply ServerSession::offer() const
{
    const auto& extensions = config_->extensions;
    const auto& limits = config_->limits;
    std::vector<std::string> lines{config_->hostname};
    if (extensions.pipelining || is_lmtp()) // RFC 2033 §5
        lines.emplace_back("PIPELINING");
    if (extensions.size) // RFC 1870 §4: 0 says that there is no limit.
        lines.push_back("SIZE " + std::to_string(limits.message_bytes));
    if (offers_starttls())
        lines.emplace_back("STARTTLS");
    if (offers_login()) {
        std::string auth = "AUTH";
        for (const auto& mechanism : mechanisms_)
            auth += ' ' + mechanism;
        lines.push_back(std::move(auth));
    }
    if (extensions.enhanced_status_codes || is_lmtp()) // RFC 2033 §5
        lines.emplace_back("ENHANCEDSTATUSCODES");
    if (extensions.eight_bit_mime)
        lines.emplace_back("8BITMIME");
    if (extensions.smtputf8)
        lines.emplace_back("SMTPUTF8");
    if (extensions.chunking)
        lines.emplace_back("CHUNKING");
    if (offers_binary_mime())
        lines.emplace_back("BINARYMIME");
    if (extensions.dsn)
        lines.emplace_back("DSN");
    if (extensions.etrn)
        lines.emplace_back("ETRN");
    if (extensions.limits) // RFC 9422
        lines.push_back("LIMITS RCPTMAX=" + std::to_string(limits.recipients) +
                        " MAILMAX=" + std::to_string(limits.letters));
    return {250, std::move(lines)};
}

bool ServerSession::offers_starttls() const
{
    // After a login it would have to be forgotten.
    return !peer_.tls && peer_.login.empty() &&
           (config_->tls == TlsPolicy::offered || config_->tls == TlsPolicy::required);
}

bool ServerSession::offers_binary_mime() const
{
    return config_->extensions.chunking && config_->extensions.binary_mime;
}

void ServerSession::on(command::StartTls&)
{
    if (!offers_starttls())
        return refuse(peer_.tls ? 503 : 502, "5.5.1 TLS is not on offer");
    reset_transaction();
    // Plaintext after STARTTLS would run as if it had come protected (CVE-2011-0411).
    if (!input_.empty())
        return close_after("4.7.0 STARTTLS must come last in its group");
    reply(220, "2.0.0 Go ahead");
    if (phase_ != Phase::farewell)
        phase_ = Phase::handshake;
}

void ServerSession::on(command::Quit&)
{
    reply(221, "2.0.0 Bye");
}

// ---- The envelope ---------------------------------------------------------------------------

void ServerSession::on(command::MailFrom& mail)
{
    if (const auto objection = objection_to(mail))
        return refuse(*objection);
    if (++letters_ > config_->limits.letters)
        return close_after("4.7.0 Too many letters in one session");
    accepted_ = 0;
    envelope_ = ServerEnvelope{std::move(mail.sender), std::move(mail.parameters), {}};
    reply(250, "2.1.0 Ok");
}

std::optional<Reply> ServerSession::objection_to(const command::MailFrom& mail) const
{
    const auto& extensions = config_->extensions;
    const auto& [declared_bytes, body, smtputf8, ret, envelope_id] = mail.parameters;
    if (peer_.helo.empty())
        return Reply(503, is_lmtp() ? "5.5.1 Say LHLO first" : "5.5.1 Say EHLO first");
    if (config_->tls == TlsPolicy::required && !peer_.tls)
        return Reply(530, "5.7.0 Say STARTTLS first"); // RFC 3207 §4
    if (config_->login == LoginPolicy::required && peer_.login.empty())
        return Reply(530, "5.7.0 Log in first"); // RFC 6409 §4.3
    if (envelope_)
        return Reply(503, "5.5.1 One letter at a time");
    if ((declared_bytes && !extensions.size) || (smtputf8 && !extensions.smtputf8) ||
        (mail.has_body && !extensions.eight_bit_mime && !offers_binary_mime()) ||
        (mail.has_auth && config_->login == LoginPolicy::none) ||
        (body == BodyType::eight_bit_mime && !extensions.eight_bit_mime) ||
        (body == BodyType::binary_mime && !offers_binary_mime()) ||
        (!extensions.dsn && (ret != mail::Return::unsaid || !envelope_id.empty())))
        return Reply(555, "5.5.4 Parameter not on offer");
    if (!smtputf8 && !mail.sender.is_ascii())
        return Reply(553, "5.6.7 An address in UTF-8 needs SMTPUTF8"); // RFC 6531 §3.5
    if (config_->limits.message_bytes != 0 && declared_bytes > config_->limits.message_bytes)
        return Reply(552, "5.3.4 Letter too big");
    return std::nullopt;
}

void ServerSession::on(command::RcptTo& rcpt)
{
    if (!envelope_)
        return refuse(503, "5.5.1 Say MAIL first");
    if (transfer_ != Transfer::none)
        return refuse(503, "5.5.1 The letter has begun already");
    if (!offers(rcpt))
        return refuse(555, "5.5.4 Parameter not on offer");
    if (!fits_envelope(rcpt))
        return refuse(553, "5.6.7 An address in UTF-8 needs SMTPUTF8");
    if (envelope_->recipients.size() >= config_->limits.recipients)
        return reply(452, "4.5.3 Too many recipients"); // RFC 5321 §4.5.3.1.10
    add_candidate(rcpt);
    gather_candidates();
    ask(Question::recipients,
        server_step::CheckRecipients{peer_, envelope_->sender, envelope_->parameters, candidates_,
                                     candidate_terms_});
}

bool ServerSession::offers(const command::RcptTo& rcpt) const
{
    return config_->extensions.dsn || !rcpt.has_terms;
}

bool ServerSession::fits_envelope(const command::RcptTo& rcpt) const
{
    return envelope_->parameters.smtputf8 || !rcpt.utf8;
}

void ServerSession::add_candidate(command::RcptTo& rcpt)
{
    candidates_.push_back(std::move(rcpt.recipient));
    candidate_terms_.push_back(std::move(rcpt.terms));
}

/// Takes the RCPTs that are in the buffer already into the same question. Whatever would not end
/// in a question stays there, to be answered in its turn.
void ServerSession::gather_candidates()
{
    const auto& limits = config_->limits;
    while (envelope_->recipients.size() + candidates_.size() < limits.recipients &&
           commands_ < limits.commands) {
        const auto input = input_.view();
        const auto end = input.find("\r\n");
        if (end == input.npos || end + 2 > limits.command_line_bytes ||
            !is_rcpt(input.substr(0, end)))
            return;
        auto command = parse_command(input.substr(0, end), completing_domain());
        auto* rcpt = command ? std::get_if<command::RcptTo>(&*command) : nullptr;
        if (!rcpt || !offers(*rcpt) || !fits_envelope(*rcpt))
            return;
        input_.consume(end + 2);
        ++commands_;
        add_candidate(*rcpt);
    }
}

void ServerSession::answer_recipients(std::vector<Verdict> verdicts)
{
    expect_answer_to(Question::recipients);
    expects(verdicts.size() == candidates_.size());
    auto candidates = std::exchange(candidates_, {});
    auto terms = std::exchange(candidate_terms_, {});
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (verdicts[i]) {
            envelope_->recipients.push_back(std::move(candidates[i]));
            envelope_->terms.push_back(std::move(terms[i]));
            ++accepted_;
            reply(250, "2.1.5 Ok");
            continue;
        }
        const auto& refusal = verdicts[i].error();
        pass_on(refusal);
        if (phase_ != Phase::farewell && refusal.is_permanent_failure() &&
            ++refused_recipients_ >= config_->limits.refused_recipients)
            close_after("4.7.0 Too many unknown recipients");
        if (phase_ == Phase::farewell)
            return;
    }
}

// ---- The rest -------------------------------------------------------------------------------

void ServerSession::on(command::Reset&)
{
    reset_transaction();
    reply(250, "2.0.0 Ok");
    count_junk();
}

void ServerSession::on(command::Noop&)
{
    reply(250, "2.0.0 Ok");
    count_junk();
}

void ServerSession::on(command::Verify&)
{
    reply(252, "2.0.0 Send the letter and see"); // RFC 5321 §3.5.3
    count_junk();
}

void ServerSession::on(command::Help&)
{
    reply(214, "2.0.0 RFC 5321 is how to talk to this server");
    count_junk();
}

void ServerSession::on(command::Etrn& etrn)
{
    if (!config_->extensions.etrn)
        return refuse(502, "5.5.1 ETRN is not on offer");
    if (peer_.helo.empty())
        return refuse(503, "5.5.1 Say EHLO first");
    if (config_->tls == TlsPolicy::required && !peer_.tls)
        return refuse(530, "5.7.0 Say STARTTLS first");
    if (envelope_)
        return refuse(503, "5.5.1 Not within a letter"); // RFC 1985 §5
    ask(Question::etrn, server_step::Etrn{peer_, std::move(etrn.domain)});
}

void ServerSession::answer_etrn(Reply answer)
{
    expect_answer_to(Question::etrn);
    reply(answer);
    count_junk();
}

void ServerSession::count_junk()
{
    if (++junk_commands_ > config_->limits.junk_commands)
        count_error();
}

} // namespace posthouse::smtp
