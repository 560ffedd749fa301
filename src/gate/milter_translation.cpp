// SPDX-License-Identifier: Apache-2.0
#include "gate/milter_translation.hpp"

#include "base/text.hpp"
#include "mail/edited_text.hpp"
#include "mail/header_block.hpp"

#include <fmt/format.h>

namespace posthouse::gate {
namespace {

using milter::question::Connect;

/// What the keeper takes in front of a letter, with room for our own field.
constexpr std::size_t front_bytes = 4096;

/// "TLSv1.3 TLS_AES_256_GCM_SHA384"
void put_tls(milter::Macros& macros, std::string_view tls)
{
    const auto blank = tls.find(' ');
    if (blank == tls.npos)
        return;
    const auto cipher = tls.substr(blank + 1);
    const bool long_key =
        cipher.find("256") < cipher.find("SHA") || cipher.find("CHACHA20") != cipher.npos;
    macros["{tls_version}"] = tls.substr(0, blank);
    macros["{cipher}"] = cipher;
    macros["{cipher_bits}"] = long_key ? "256" : "128";
}

std::string shown_name(const wire::Origin& origin)
{
    return origin.client_name().empty() ? '[' + origin.client_address() + ']'
                                        : origin.client_name();
}

void put_client(milter::Macros& macros, const wire::Origin& origin)
{
    macros["{client_addr}"] = origin.client_address();
    macros["{client_name}"] = shown_name(origin);
    macros["{client_ptr}"] = shown_name(origin);
}

void put_words(std::string_view arguments, auto&& take)
{
    while (!arguments.empty()) {
        const auto word = arguments.substr(0, arguments.find(' '));
        arguments.remove_prefix(std::min(word.size() + 1, arguments.size()));
        const auto equals = word.find('=');
        if (equals != word.npos)
            take(uppercase(word.substr(0, equals)), word.substr(equals + 1));
    }
}

/// RFC 3461 §4.1, §4.2. What cannot be read was not said.
wire::RecipientTerms terms_from(const std::string& arguments)
{
    wire::RecipientTerms terms;
    put_words(arguments, [&](const std::string& name, std::string_view value) {
        if (name == "NOTIFY")
            terms.set_notify(mail::parse_notify(value).value_or(0));
        if (name == "ORCPT")
            terms.set_original(mail::parse_original_recipient(value).value_or(""));
    });
    return terms;
}

void apply_sender(const milter::Envelope& envelope, wire::Accept& accept)
{
    if (!envelope.sender_changed)
        return;
    accept.set_sender(envelope.sender.text());
    put_words(envelope.sender_arguments, [&](const std::string& name, std::string_view value) {
        if (name == "RET")
            accept.set_ret(std::string(
                mail::return_text(mail::parse_return(value).value_or(mail::Return::unsaid))));
        if (name == "ENVID")
            accept.set_envelope_id(mail::parse_envelope_id(value).value_or(""));
    });
}

void apply_recipients(const milter::Envelope& envelope, wire::Accept& accept)
{
    const auto before = accept;
    accept.clear_recipients();
    accept.clear_terms();
    bool any_terms = before.terms_size() != 0;
    for (const auto& recipient : envelope.recipients)
        any_terms = any_terms || !recipient.arguments.empty();
    for (const auto& recipient : envelope.recipients) {
        accept.add_recipients(recipient.path.text());
        if (!any_terms)
            continue;
        const bool came = recipient.came_as.has_value() &&
                          static_cast<int>(*recipient.came_as) < before.terms_size();
        *accept.add_terms() = came ? before.terms(static_cast<int>(*recipient.came_as))
                                   : terms_from(recipient.arguments);
    }
}

void put_front(const std::string& front, wire::Accept& accept)
{
    accept.set_prefix(front + accept.prefix());
    if (accept.id_offset() != 0)
        accept.set_id_offset(accept.id_offset() + static_cast<std::uint32_t>(front.size()));
}

} // namespace

std::vector<milter::Filter> filters_of(const config::Config& config)
{
    using Configured = config::Milter::OnFailure;
    using OnFailure = milter::Filter::OnFailure;
    std::vector<milter::Filter> filters;
    for (const auto& milter : config.milters)
        filters.push_back(
            {.name = milter.name,
             .on_failure = milter.on_failure == Configured::accept     ? OnFailure::accept
                           : milter.on_failure == Configured::tempfail ? OnFailure::tempfail
                                                                       : OnFailure::reject,
             .connect = milter.connect_timeout,
             .patience = {.command = milter.command_timeout, .end = milter.end_timeout}});
    return filters;
}

milter::Limits milter_limits_of(const config::Config& config)
{
    milter::Limits limits;
    limits.body_bytes = config.limits.message_bytes;
    limits.recipients = config.limits.recipients;
    return limits;
}

Connect connect_question(const wire::Origin& origin, const config::Config& config)
{
    Connect question{.name = shown_name(origin),
                     .family = Connect::Family::unknown,
                     .address = origin.client_address(),
                     .port = 0,
                     .macros = {}};
    if (origin.client_address().find(':') != std::string::npos)
        question.family = Connect::Family::ipv6;
    else if (origin.client_address().find('.') != std::string::npos)
        question.family = Connect::Family::ipv4;
    auto& macros = question.macros;
    put_client(macros, origin);
    macros["j"] = config.hostname.text();
    macros["_"] = fmt::format("{} [{}]", shown_name(origin), origin.client_address());
    macros["v"] = "Posthouse";
    macros["{daemon_name}"] = "Posthouse";
    const auto& listener = origin.listener();
    if (const auto colon = listener.rfind(':');
        colon != listener.npos && !listener.starts_with("unix:")) {
        auto address = listener.substr(0, colon);
        if (address.starts_with('[') && address.ends_with(']'))
            address = address.substr(1, address.size() - 2);
        macros["{daemon_addr}"] = address;
        macros["{if_addr}"] = address;
        macros["{daemon_port}"] = listener.substr(colon + 1);
    }
    macros["{if_name}"] = config.hostname.text();
    return question;
}

milter::question::Helo helo_question(const wire::Origin& origin)
{
    milter::question::Helo question{.name = origin.helo(), .macros = {}};
    put_tls(question.macros, origin.tls());
    return question;
}

milter::question::Mail mail_question(const smtp::server_step::CheckRecipients& asked,
                                     const wire::Origin& origin, std::string_view id)
{
    milter::question::Mail question{.sender = asked.sender.text(), .arguments = {}, .macros = {}};
    const auto& parameters = asked.parameters;
    if (parameters.declared_bytes)
        question.arguments.push_back(fmt::format("SIZE={}", *parameters.declared_bytes));
    if (parameters.body == smtp::BodyType::eight_bit_mime)
        question.arguments.emplace_back("BODY=8BITMIME");
    if (parameters.body == smtp::BodyType::binary_mime)
        question.arguments.emplace_back("BODY=BINARYMIME");
    if (parameters.smtputf8)
        question.arguments.emplace_back("SMTPUTF8");
    if (parameters.ret != mail::Return::unsaid)
        question.arguments.push_back(fmt::format("RET={}", mail::return_text(parameters.ret)));
    if (!parameters.envelope_id.empty())
        question.arguments.push_back("ENVID=" + mail::encode_xtext(parameters.envelope_id));
    auto& macros = question.macros;
    put_client(macros, origin);
    macros["i"] = id;
    macros["{mail_mailer}"] = "smtp";
    macros["{mail_addr}"] = asked.sender.text();
    macros["{mail_host}"] =
        asked.sender.mailbox() ? asked.sender.mailbox()->domain().text() : std::string();
    if (!origin.login().empty()) {
        macros["{auth_authen}"] = origin.login();
        macros["{auth_type}"] = "PLAIN";
    }
    return question;
}

milter::question::Recipient recipient_question(const mail::ForwardPath& path,
                                               const mail::RecipientTerms& terms,
                                               const smtp::Reply* refusal)
{
    milter::question::Recipient question{
        .path = path.text(), .arguments = {}, .refused = refusal != nullptr, .macros = {}};
    if (terms.notify != 0)
        question.arguments.push_back("NOTIFY=" + mail::notify_text(terms.notify));
    if (!terms.original.empty())
        question.arguments.push_back(
            "ORCPT=" + mail::original_recipient_text(terms.original, mail::Charset::utf8));
    auto& macros = question.macros;
    if (refusal != nullptr) {
        macros["{rcpt_mailer}"] = "error";
        macros["{rcpt_host}"] = smtp::enhanced_status(*refusal);
        macros["{rcpt_addr}"] = fmt::format("{} {}", refusal->code, refusal->lines.front());
        return question;
    }
    macros["{rcpt_mailer}"] = "smtp";
    macros["{rcpt_host}"] = path.mailbox() ? path.mailbox()->domain().text() : std::string();
    macros["{rcpt_addr}"] = path.text();
    return question;
}

milter::Macros message_macros(std::string_view id, std::string_view letter)
{
    milter::Macros macros{{"i", std::string(id)}};
    const auto block = mail::HeaderBlock::parse(letter);
    if (const auto* field = block.first("Message-ID"))
        macros["{msg_id}"] = field->value(998);
    return macros;
}

milter::Envelope milter_envelope_of(const wire::Accept& accept)
{
    milter::Envelope envelope;
    if (auto sender = mail::ReversePath::parse(accept.sender()))
        envelope.sender = std::move(*sender);
    for (int i = 0; i < accept.recipients_size(); ++i)
        if (auto path = mail::ForwardPath::parse(accept.recipients(i)))
            envelope.recipients.push_back({std::move(*path), static_cast<std::size_t>(i), {}});
    return envelope;
}

smtp::Reply reply_of(const milter::Verdict& verdict)
{
    return {verdict.code, verdict.lines};
}

std::optional<std::string> apply_draft(const milter::Draft& draft, std::string_view letter,
                                       wire::Accept& accept)
{
    apply_sender(draft.envelope(), accept);
    apply_recipients(draft.envelope(), accept);
    if (!draft.quarantine().empty())
        accept.set_quarantine(draft.quarantine());
    auto front = draft.front();
    auto edits = draft.edits();
    std::size_t edited_bytes = 0;
    for (const auto& edit : edits)
        edited_bytes += edit.text.size();
    const bool too_much = edits.size() > mail::EditedText::Limits::edits ||
                          edited_bytes > mail::EditedText::Limits::text_bytes;
    std::optional<std::string> rewritten;
    if (draft.body())
        rewritten = draft.rewritten();
    else if (too_much)
        rewritten = draft.header_text() + std::string(letter.substr(draft.body_offset()));
    if (front.size() > front_bytes) { // They come behind our own field instead.
        if (!rewritten)
            rewritten = draft.header_text() + std::string(letter.substr(draft.body_offset()));
        rewritten->insert(0, front);
        front.clear();
    }
    put_front(front, accept);
    if (rewritten)
        return rewritten;
    for (auto& edit : edits) {
        auto* added = accept.add_edits();
        added->set_offset(edit.offset);
        added->set_length(edit.length);
        added->set_text(std::move(edit.text));
    }
    return std::nullopt;
}

} // namespace posthouse::gate
