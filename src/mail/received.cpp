// SPDX-License-Identifier: Apache-2.0
#include "mail/received.hpp"

#include "mail/date_time.hpp"
#include "mail/field_writer.hpp"
#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

/// The address as a literal; nothing if it is none.
std::string address_literal(const std::string& address)
{
    const bool v6 = address.contains(':');
    const auto literal = (v6 ? "[IPv6:" : "[") + address + ']';
    return Domain::parse(literal) ? literal : std::string();
}

std::string ascii_only(std::string said)
{
    if (!is_ascii(said))
        std::ranges::replace_if(said, is_non_ascii, '?');
    return said;
}

void write_from(FieldWriter& field, const Arrival& arrival)
{
    if (arrival.client_address.empty() && (arrival.greeted_as.empty() || arrival.local_user))
        return;
    const auto charset = arrival.transmission.utf8 ? Charset::utf8 : Charset::ascii;
    const auto greeted_as = Domain::parse(arrival.greeted_as, charset);
    const auto name = Domain::parse(arrival.client_name, charset);
    const auto literal = address_literal(arrival.client_address);

    field.word("from");
    if (greeted_as)
        field.word(greeted_as->text());
    else
        field.word(literal.empty() ? "unknown" : literal);
    if (!literal.empty())
        field.comment(name ? name->text() + ' ' + literal : literal);
    if (!arrival.ident.empty())
        field.comment("ident says " + ascii_only(arrival.ident.substr(0, 64)));
    if (!greeted_as && !arrival.greeted_as.empty()) {
        field.comment("greeted as " + ascii_only(arrival.greeted_as.substr(0, 64)));
    }
}

/// An atom, as the grammar wants it.
std::string id_atom(std::string_view id)
{
    std::string atom(id.substr(0, 128));
    std::ranges::replace_if(atom, [](char c) { return !is_atext(c) && c != '.'; }, '-');
    return atom;
}

} // namespace

std::string protocol_name(const Transmission& how)
{
    using enum Transmission::Greeting;
    if (how.greeting == helo && !how.tls && !how.authenticated)
        return "SMTP";
    std::string name = how.greeting == lhlo ? "LMTP" : "SMTP";
    if (how.utf8)
        name.insert(0, "UTF8");
    else if (how.greeting != lhlo)
        name.insert(0, "E");
    if (how.tls)
        name += 'S';
    if (how.authenticated)
        name += 'A';
    return name;
}

std::string received_field(const Arrival& arrival)
{
    FieldWriter field("Received");
    write_from(field, arrival);
    field.word("by").word(arrival.host.text());
    if (arrival.local_user)
        field.comment("from user " + std::to_string(*arrival.local_user));
    if (arrival.transmission.greeting != Transmission::Greeting::none)
        field.word("with").word(protocol_name(arrival.transmission));
    if (arrival.transmission.tls && !arrival.tls.empty())
        field.comment(arrival.tls);
    if (!arrival.id.empty())
        field.word("id").word(id_atom(arrival.id));
    if (const auto& to = arrival.only_recipient;
        to && to->mailbox() && (to->is_ascii() || arrival.transmission.utf8))
        field.word("for").word('<' + to->text() + '>');
    field.punctuation(';');
    field.text(date_time_text(arrival.at));
    return std::move(field).done();
}

std::string return_path_field(const ReversePath& sender)
{
    return "Return-Path: <" + sender.text() + ">\r\n";
}

std::string delivered_to_field(const Mailbox& mailbox)
{
    return "Delivered-To: " + mailbox.text() + "\r\n";
}

} // namespace posthouse::mail
