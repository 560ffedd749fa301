// SPDX-License-Identifier: Apache-2.0
// One letter: RFC 5321 §3.3 and §4.1.1.2 to §4.1.1.5, RFC 2920, RFC 3030, RFC 2033 §4.2.
#include "smtp/client_session.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

/// Nothing in them can end the command early.
bool is_sound(std::string_view parameters)
{
    return std::ranges::all_of(parameters, [](char c) { return c >= ' ' && c <= '~'; });
}

void append_parameters(std::string& line, const std::string& parameters)
{
    if (!parameters.empty() && is_sound(parameters))
        line.append(1, ' ').append(parameters);
}

/// "The host has had enough recipients for now": RFC 5321 §4.5.3.1.10, which has 552 mean the
/// same. A full mailbox says so in its enhanced code, and is another matter.
bool is_too_many(const RemoteReply& reply)
{
    if (reply.code != 452 && reply.code != 552)
        return false;
    return !reply.enhanced || (reply.enhanced->subject == 5 && reply.enhanced->detail == 3);
}

Outcome unsupported(EnhancedCode status, std::string text)
{
    return outcome_of(Stage::mail, Cause::not_supported, status, std::move(text));
}

} // namespace

// ---- Before anything is said -----------------------------------------------------------------

void ClientSession::send_letter(Outgoing letter)
{
    expects(phase_ == Phase::ready && !letter.recipients.empty());
    phase_ = Phase::letter;
    transaction_.emplace(std::move(letter));
    answered_ = end_written_ = end_sent_ = body_asked_ = false;
    next_ = needs_rset_ ? Next::rset : Next::mail;

    const auto& config = *config_;
    const bool small = transaction_->letter().size_bytes <= config.limits.one_flight_bytes;
    if (!capabilities_.chunking)
        transfer_ = Transfer::data;
    else if (small && capabilities_.pipelining && config.protocol == ClientProtocol::smtp)
        transfer_ = Transfer::chunk_in_one_flight;
    else // LMTP: how many replies a chunk has is known once the recipients were answered.
        transfer_ = Transfer::chunk;

    check_letter();
    check_internationalization();
    choose_recipients();
}

/// What the host is known not to take.
void ClientSession::check_letter()
{
    const auto& letter = transaction_->letter();
    if (capabilities_.largest_bytes && letter.size_bytes > *capabilities_.largest_bytes)
        transaction_->decide_rest(outcome_of(Stage::mail, Cause::too_large, {5, 3, 4},
                                             "the letter is larger than the host takes"));
    if (letter.body == BodyType::binary_mime && !capabilities_.binary_mime)
        transaction_->decide_rest(
            unsupported({5, 6, 3}, "the letter is binary, and the host does not take that"));
    if (letter.body == BodyType::eight_bit_mime && !capabilities_.eight_bit_mime &&
        letter.eight_bit_to_7bit_host == EightBitTo7BitHost::fail)
        transaction_->decide_rest(
            unsupported({5, 6, 3}, "the letter is 8-bit, and the host does not take that"));
}

/// RFC 6531 §3.2 and §3.5: an internationalized letter does not go to a host without SMTPUTF8.
void ClientSession::check_internationalization()
{
    const auto& letter = transaction_->letter();
    const bool all = letter.header == mail::Charset::utf8 || !letter.sender.is_ascii();
    needs_smtputf8_ = all;
    for (std::size_t i = 0; i < letter.recipients.size(); ++i) {
        if (!all && letter.recipients[i].path.is_ascii())
            continue;
        needs_smtputf8_ = true;
        if (!capabilities_.smtputf8)
            transaction_->decide(i, unsupported({5, 6, 7}, "the letter or its address is "
                                                           "internationalized, and the host does "
                                                           "not support SMTPUTF8"));
    }
    needs_smtputf8_ = needs_smtputf8_ && capabilities_.smtputf8;
}

/// No more than one transaction holds.
void ClientSession::choose_recipients()
{
    const auto& recipients = transaction_->letter().recipients;
    const std::uint64_t most =
        std::min<std::uint64_t>(std::max<std::size_t>(config_->limits.recipients, 1),
                                capabilities_.recipients.value_or(recipients.size()));
    std::vector<std::string_view> domains;
    std::uint64_t chosen = 0;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (transaction_->is_decided(i))
            continue;
        bool fits = chosen < most;
        if (fits && capabilities_.recipient_domains && recipients[i].path.mailbox()) {
            const std::string_view domain = recipients[i].path.mailbox()->domain().text();
            if (std::ranges::find(domains, domain) == domains.end()) {
                fits = domains.size() < *capabilities_.recipient_domains;
                if (fits)
                    domains.push_back(domain);
            }
        }
        if (fits)
            ++chosen;
        else
            transaction_->decide(i, outcome_of(Stage::rcpt, Cause::not_sent, {4, 5, 3},
                                               "left for the next transaction"));
    }
}

// ---- Commands --------------------------------------------------------------------------------

void ClientSession::advance_letter()
{
    while (next_ != Next::nothing && may_send()) {
        if (transaction_->undecided() == 0)
            next_ = Next::nothing;
        else if (next_ == Next::rset)
            command("RSET", {Expect::rset}), next_ = Next::mail;
        else if (next_ == Next::mail)
            send_mail();
        else if (next_ == Next::rcpt)
            send_rcpt();
        else
            begin_content();
    }
    const bool in_flight = expecting() && !only_quit_expected();
    if (next_ == Next::nothing && body_left_ == 0 && !in_flight)
        done_ = true;
}

bool ClientSession::may_send() const
{
    if (!expecting())
        return true;
    if (!capabilities_.pipelining || (next_ == Next::content && transfer_ == Transfer::chunk))
        return false;
    return expected_.size() - expected_at_ < config_->limits.commands_in_flight;
}

void ClientSession::send_mail()
{
    const auto& letter = transaction_->letter();
    std::string line = "MAIL FROM:<" + letter.sender.text() + '>';
    if (capabilities_.size && letter.extent == Outgoing::Extent::letter) // RFC 1870 §6
        line += " SIZE=" + std::to_string(letter.size_bytes);
    if (letter.body == BodyType::binary_mime)
        line += " BODY=BINARYMIME";
    else if (letter.body == BodyType::eight_bit_mime && capabilities_.eight_bit_mime)
        line += " BODY=8BITMIME";
    if (needs_smtputf8_)
        line += " SMTPUTF8";
    if (capabilities_.dsn)
        append_parameters(line, letter.dsn_parameters);
    command(line, {Expect::mail});
    ++mails_;
    next_ = Next::rcpt;
}

void ClientSession::send_rcpt()
{
    const auto i = transaction_->next_recipient();
    if (!i) {
        const bool whole = transaction_->letter().extent == Outgoing::Extent::letter;
        next_ = whole ? Next::content : Next::nothing;
        return;
    }
    const auto& recipient = transaction_->letter().recipients[*i];
    std::string line = "RCPT TO:<" + recipient.path.text() + '>';
    if (capabilities_.dsn)
        append_parameters(line, recipient.dsn_parameters);
    command(line, {Expect::rcpt, static_cast<std::uint32_t>(*i)});
}

void ClientSession::begin_content()
{
    next_ = Next::nothing;
    if (transfer_ == Transfer::data)
        return command("DATA", {Expect::data});
    output_ += "BDAT " + std::to_string(transaction_->letter().size_bytes) + " LAST\r\n";
    begin_body();
}

void ClientSession::begin_body()
{
    if (config_->protocol == ClientProtocol::smtp)
        expected_.push_back({Expect::end_of_data});
    else // RFC 2033 §4.2: a reply for each recipient that was accepted.
        for (std::size_t i = 0; i < transaction_->letter().recipients.size(); ++i)
            if (transaction_->is_accepted(i))
                expected_.push_back({Expect::end_of_data, static_cast<std::uint32_t>(i)});
    encoder_ = {};
    body_left_ = transaction_->letter().size_bytes;
    if (body_left_ == 0)
        end_body();
}

void ClientSession::body(std::string_view bytes)
{
    expects(std::exchange(body_asked_, false));
    if (bytes.empty() || bytes.size() > body_left_)
        return body_failed("its size is not what it was said to be");
    if (transfer_ == Transfer::data)
        encoder_.encode(bytes, output_);
    else
        output_ += bytes;
    body_left_ -= bytes.size();
    if (body_left_ == 0)
        end_body();
}

void ClientSession::end_body()
{
    if (transfer_ == Transfer::data)
        encoder_.finish(output_);
    end_written_ = true;
    // RFC 2920 §3.1: QUIT may follow, as the last of a group.
    if (transaction_->letter().afterwards == Outgoing::Afterwards::quit &&
        capabilities_.pipelining && transfer_ != Transfer::chunk_in_one_flight &&
        !transaction_->any_to_retry_now())
        command("QUIT", {Expect::quit});
}

void ClientSession::body_failed(std::string_view reason)
{
    body_asked_ = false;
    lose(outcome_of(Stage::data, Cause::not_read, {4, 3, 0},
                    "the letter could not be read: " +
                        printable(reason, config_->limits.outcome_text_bytes)));
}

// ---- Replies ---------------------------------------------------------------------------------

Outcome ClientSession::outcome_here(Stage stage, const RemoteReply& reply) const
{
    return outcome_of(stage, reply, config_->limits.outcome_text_bytes);
}

void ClientSession::on_rset(const RemoteReply& reply)
{
    if (reply.severity() == 2) {
        needs_rset_ = false;
        return;
    }
    if (reply.severity() == 3)
        return lose(Cause::protocol_error);
    auto outcome = outcome_here(Stage::mail, reply); // It says nothing of the letter.
    outcome.disposition = Disposition::deferred;
    outcome.fault = Fault::site;
    outcome.status.status = 4;
    lose(std::move(outcome));
}

void ClientSession::on_mail(const RemoteReply& reply)
{
    if (reply.severity() == 3)
        return lose(Cause::protocol_error);
    if (reply.severity() == 2)
        needs_rset_ = true;
    else
        transaction_->decide_rest(outcome_here(Stage::mail, reply));
}

void ClientSession::on_rcpt(const RemoteReply& reply, std::size_t recipient)
{
    if (transaction_->is_decided(recipient)) // MAIL was refused, so this says nothing new.
        return;
    if (reply.severity() == 3)
        return lose(Cause::protocol_error);
    auto outcome = outcome_here(Stage::rcpt, reply);
    if (reply.severity() == 2 && transaction_->letter().extent == Outgoing::Extent::letter)
        return transaction_->accept(recipient);
    if (is_too_many(reply) && transaction_->accepted() > 0) {
        outcome.disposition = Disposition::retry_now;
        outcome.fault = Fault::none;
        outcome.status.status = 4;
    }
    transaction_->decide(recipient, std::move(outcome));
}

void ClientSession::on_data(const RemoteReply& reply)
{
    if (reply.severity() == 2)
        return lose(Cause::protocol_error);
    if (reply.severity() != 3)
        return transaction_->decide_rest(outcome_here(Stage::data, reply));
    if (transaction_->accepted() > 0)
        return begin_body();
    if (config_->protocol == ClientProtocol::lmtp) // There, nobody is left to answer the dot.
        return lose(Cause::protocol_error);
    // RFC 2920 §3.1: it was pipelined, and taken though there is no recipient.
    command(".", {Expect::end_of_data});
    end_written_ = true;
}

void ClientSession::on_end_of_data(const RemoteReply& reply, std::size_t recipient)
{
    if (reply.severity() == 3 || (reply.severity() == 2 && !end_sent_))
        return lose(Cause::protocol_error);
    auto outcome = outcome_here(Stage::end_of_data, reply);
    if (!end_sent_) // Refused half-way. The rest need not be sent, but there is no other way out.
        return lose(std::move(outcome));
    if (transfer_ == Transfer::data && transaction_->accepted() > 0)
        needs_rset_ = false; // RFC 5321 §4.1.1.4: either way, the transaction is over.
    if (reply.severity() == 2)
        needs_rset_ = false;
    if (config_->protocol == ClientProtocol::lmtp) {
        if (outcome.fault == Fault::letter)
            outcome.fault = Fault::recipient; // Others may have been told otherwise.
        transaction_->decide(recipient, std::move(outcome));
    } else
        transaction_->decide_accepted(outcome);
}

} // namespace posthouse::smtp
