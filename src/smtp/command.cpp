// SPDX-License-Identifier: Apache-2.0
#include "smtp/command.hpp"

#include "base/text.hpp"
#include "mail/sasl_response.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace posthouse::smtp {
namespace {

constexpr bool is_control(char c)
{
    return (c >= 0 && c < ' ') || c == 0x7f;
}
constexpr bool is_printable(char c)
{
    return c >= '!' && c <= '~';
}

std::unexpected<Reply> syntax_error(std::string_view what)
{
    return std::unexpected(Reply(501, "5.5.4 " + std::string(what)));
}

/// A verb and what follows it.
struct Words {
    std::string_view verb;
    std::string_view rest; // Without the space in between.
};

Words split(std::string_view line)
{
    const auto space = std::min(line.find(' '), line.size());
    return {line.substr(0, space), line.substr(std::min(space + 1, line.size()))};
}

void skip_spaces(std::string_view& text)
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
}

/// Takes "<" path ">" from the front and returns what is between, which may be nothing. A quoted
/// local part may hold a ">".
std::optional<std::string_view> take_path(std::string_view& text)
{
    if (!text.starts_with('<'))
        return std::nullopt;
    bool quoted = false;
    for (std::size_t at = 1; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted && c == '\\') {
            ++at;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == '>' && !quoted) {
            const auto path = text.substr(1, at - 1);
            text.remove_prefix(at + 1);
            return path;
        }
    }
    return std::nullopt;
}

/// Takes what precedes the path, such as "FROM:".
bool take_label(std::string_view& text, std::string_view label)
{
    if (!starts_with_ignoring_case(text, label))
        return false;
    text.remove_prefix(label.size());
    skip_spaces(text);
    return true;
}

/// esmtp-param = esmtp-keyword ["=" esmtp-value]                          RFC 5321 §4.1.2
struct Parameter {
    std::string_view keyword;
    std::optional<std::string_view> value;
};

std::optional<Parameter> parse_parameter(std::string_view text)
{
    constexpr auto in_keyword = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
    // RFC 6531 §3.3 lets UTF-8 into the value.
    constexpr auto in_value = [](char c) { return (is_printable(c) && c != '=') || c < 0; };

    const auto equals = text.find('=');
    Parameter parameter{text.substr(0, equals), std::nullopt};
    if (parameter.keyword.empty() || parameter.keyword.front() == '-' ||
        !std::ranges::all_of(parameter.keyword, in_keyword))
        return std::nullopt;
    if (equals != text.npos) {
        parameter.value = text.substr(equals + 1);
        if (parameter.value->empty() || !std::ranges::all_of(*parameter.value, in_value))
            return std::nullopt;
    }
    return parameter;
}

/// Calls `take`, which returns the reply to a parameter it does not like, for each parameter.
template <class Take>
std::optional<Reply> for_each_parameter(std::string_view text, Take take)
{
    if (!text.empty() && text.front() != ' ')
        return syntax_error("Unexpected text after the address").error();
    for (skip_spaces(text); !text.empty(); skip_spaces(text)) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        const auto parameter = parse_parameter(word);
        if (!parameter)
            return syntax_error("Not a parameter").error();
        if (auto objection = take(*parameter))
            return objection;
    }
    return std::nullopt;
}

Reply unknown_parameter(const Parameter& parameter)
{
    return Reply(555, "5.5.4 Parameter not supported: " +
                          std::string(parameter.keyword)); // RFC 5321 §4.1.1.11
}

/// size-value = 1*20DIGIT (RFC 1870 §6), which may be more than fits 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text)
{
    if (text.empty() || text.size() > 20 || !std::ranges::all_of(text, is_digit))
        return std::nullopt;
    return parse_number(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

std::optional<Reply> take_mail_parameter(command::MailFrom& mail, const Parameter& parameter)
{
    const auto is = [&](std::string_view name) {
        return equal_ignoring_case(parameter.keyword, name);
    };
    auto& to = mail.parameters;
    const auto value = parameter.value.value_or(std::string_view());
    if (is("SIZE")) {
        if (to.declared_bytes || !(to.declared_bytes = parse_size(value)))
            return syntax_error("Expected one SIZE=number").error();
    } else if (is("BODY")) {
        if (mail.has_body)
            return syntax_error("BODY was given already").error();
        mail.has_body = true;
        if (equal_ignoring_case(value, "8BITMIME"))
            to.body = BodyType::eight_bit_mime;
        else if (equal_ignoring_case(value, "BINARYMIME"))
            to.body = BodyType::binary_mime;
        else if (!equal_ignoring_case(value, "7BIT"))
            return syntax_error("Not a body type").error();
    } else if (is("SMTPUTF8")) {
        if (parameter.value || to.smtputf8)
            return syntax_error("SMTPUTF8 comes once and takes no value").error();
        to.smtputf8 = true;
    } else if (is("RET")) {
        const auto ret = mail::parse_return(value);
        if (!ret || to.ret != mail::Return::unsaid)
            return syntax_error("Expected one RET=FULL or RET=HDRS").error();
        to.ret = *ret;
    } else if (is("ENVID")) {
        const auto id = mail::parse_envelope_id(value);
        if (!id || !to.envelope_id.empty())
            return syntax_error("Expected one ENVID=xtext of at most 100 characters").error();
        to.envelope_id = *id;
    } else if (is("AUTH")) { // xtext: RFC 4954 §5
        if (value.empty() || mail.has_auth || !mail::decode_xtext(value))
            return syntax_error("Expected one AUTH=xtext").error();
        mail.has_auth = true;
    } else {
        return unknown_parameter(parameter);
    }
    return std::nullopt;
}

/// RFC 3461 §4.1, §4.2
std::optional<Reply> take_rcpt_parameter(command::RcptTo& rcpt, const Parameter& parameter)
{
    const auto value = parameter.value.value_or(std::string_view());
    if (equal_ignoring_case(parameter.keyword, "NOTIFY")) {
        const auto bits = mail::parse_notify(value);
        if (!bits || rcpt.terms.notify != 0)
            return syntax_error("Expected one NOTIFY=NEVER or NOTIFY=SUCCESS,FAILURE,DELAY")
                .error();
        rcpt.terms.notify = *bits;
    } else if (equal_ignoring_case(parameter.keyword, "ORCPT")) {
        auto original = mail::parse_original_recipient(value);
        if (!original || !rcpt.terms.original.empty())
            return syntax_error("Expected one ORCPT=type;xtext of at most 500 characters").error();
        rcpt.terms.original = std::move(*original);
    } else {
        return unknown_parameter(parameter);
    }
    rcpt.has_terms = true;
    return std::nullopt;
}

/// "EHLO", "HELO" or "LHLO".
std::expected<Command, Reply> parse_hello(std::string_view verb, std::string_view client)
{
    // What it is (a domain, a literal, or any of the odd names that real clients give) is policy.
    if (client.empty() || client.size() > 255 || !std::ranges::all_of(client, is_printable))
        return syntax_error("Say who you are: a domain or an address literal");
    return command::Hello{to_upper(verb[0]) != 'H', std::string(client), to_upper(verb[0]) == 'L'};
}

/// user of user@domain, where that is all that was said.
std::string completed(std::string_view path, std::string_view domain)
{
    std::string address(path);
    if (!domain.empty() && !path.empty() && path.find('@') == path.npos)
        address.append("@").append(domain);
    return address;
}

std::expected<Command, Reply> parse_mail(std::string_view rest, std::string_view domain)
{
    const auto path = take_label(rest, "FROM:") ? take_path(rest) : std::nullopt;
    if (!path)
        return syntax_error("Expected MAIL FROM:<address>");
    auto sender = mail::ReversePath::parse(completed(*path, domain));
    if (!sender)
        return std::unexpected(Reply(501, "5.1.7 " + sender.error().what));

    command::MailFrom mail{std::move(*sender), {}};
    auto objection = for_each_parameter(
        rest, [&](const Parameter& parameter) { return take_mail_parameter(mail, parameter); });
    if (objection)
        return std::unexpected(std::move(*objection));
    return mail;
}

std::expected<Command, Reply> parse_rcpt(std::string_view rest, std::string_view domain)
{
    const bool utf8 = !is_ascii(rest);
    const auto path = take_label(rest, "TO:") ? take_path(rest) : std::nullopt;
    if (!path)
        return syntax_error("Expected RCPT TO:<address>");
    auto recipient = mail::ForwardPath::parse(completed(*path, domain));
    if (!recipient)
        return std::unexpected(Reply(501, "5.1.3 " + recipient.error().what));
    command::RcptTo rcpt{.recipient = std::move(*recipient), .utf8 = utf8};
    auto objection = for_each_parameter(
        rest, [&](const Parameter& parameter) { return take_rcpt_parameter(rcpt, parameter); });
    if (objection)
        return std::unexpected(std::move(*objection));
    return rcpt;
}

/// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF                RFC 3030 §2
std::expected<Command, Reply> parse_bdat(std::string_view rest)
{
    const auto [size, marker] = split(rest);
    const auto bytes = size.size() <= 20 ? parse_number(size) : std::nullopt;
    const bool last = equal_ignoring_case(marker, "LAST");
    if (!bytes || (!last && size.size() != rest.size()))
        return syntax_error("Expected BDAT size [LAST]");
    return command::Bdat{*bytes, last};
}

/// etrn = "ETRN" SP [ "@" ] domain                                         RFC 1985 §5
/// The names of queues ("#name") are a local matter, and there are none here.
std::expected<Command, Reply> parse_etrn(std::string_view rest)
{
    const bool subdomains = rest.starts_with('@');
    const auto domain = mail::Domain::parse(rest.substr(subdomains ? 1 : 0));
    if (!domain || domain->is_literal() || !domain->text().contains('.'))
        return syntax_error("Expected ETRN domain");
    return command::Etrn{(subdomains ? "@" : "") + domain->text()};
}

/// auth-command = "AUTH" SP sasl-mech [ SP initial-response ]              RFC 4954 §8
std::expected<Command, Reply> parse_auth(std::string_view rest)
{
    const auto [mechanism, initial] = split(rest);
    if (!mail::is_sasl_mechanism(mechanism))
        return syntax_error("Expected AUTH mechanism");
    command::Auth auth{.mechanism = uppercase(mechanism), .initial = std::nullopt};
    if (mechanism.size() != rest.size()) {
        auth.initial = mail::parse_initial_sasl_response(initial);
        if (!auth.initial)
            return std::unexpected(Reply(501, "5.5.2 The initial response is not base64"));
    }
    return auth;
}

template <class Bare>
std::expected<Command, Reply> bare(std::string_view rest)
{
    if (!rest.empty())
        return syntax_error("This command takes no argument");
    return Bare{};
}

bool is_known_elsewhere(std::string_view verb)
{
    constexpr std::string_view verbs[] = {"EXPN", "TURN", "ATRN", "SEND", "SOML", "SAML"};
    return std::ranges::any_of(
        verbs, [&](std::string_view known) { return equal_ignoring_case(verb, known); });
}

} // namespace

std::expected<Command, Reply> parse_command(std::string_view line, std::string_view domain)
{
    while (line.ends_with(' ') || line.ends_with('\t')) // RFC 5321 §4.1.1
        line.remove_suffix(1);
    if (std::ranges::any_of(line, is_control)) // Among them a CR or LF that ends no line.
        return std::unexpected(Reply(500, "5.5.2 Control character in a command"));

    const auto [verb, rest] = split(line);
    const auto is = [verb](std::string_view name) { return equal_ignoring_case(verb, name); };
    if (is("RCPT"))
        return parse_rcpt(rest, domain);
    if (is("MAIL"))
        return parse_mail(rest, domain);
    if (is("DATA"))
        return bare<command::Data>(rest);
    if (is("BDAT"))
        return parse_bdat(rest);
    if (is("EHLO") || is("HELO") || is("LHLO"))
        return parse_hello(verb, rest);
    if (is("RSET"))
        return bare<command::Reset>(rest);
    if (is("QUIT"))
        return bare<command::Quit>(rest);
    if (is("STARTTLS"))
        return bare<command::StartTls>(rest);
    if (is("NOOP")) // May carry a word, which means nothing: RFC 5321 §4.1.1.9.
        return command::Noop{};
    if (is("HELP"))
        return command::Help{};
    if (is("VRFY")) {
        if (rest.empty())
            return syntax_error("Expected VRFY address");
        return command::Verify{};
    }
    if (is("AUTH"))
        return parse_auth(rest);
    if (is("ETRN"))
        return parse_etrn(rest);
    if (is_known_elsewhere(verb))
        return std::unexpected(Reply(502, "5.5.1 Command not implemented"));
    return std::unexpected(Reply(500, "5.5.1 Command not recognised"));
}

bool is_rcpt(std::string_view line)
{
    return starts_with_ignoring_case(line, "RCPT ");
}
bool is_bdat(std::string_view line)
{
    return starts_with_ignoring_case(line, "BDAT");
}
bool is_auth(std::string_view line)
{
    return starts_with_ignoring_case(line, "AUTH ");
}

} // namespace posthouse::smtp
