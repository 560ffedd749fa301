// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"

/// Who is there and what is switched on: RFC 2971, RFC 9051 §6.2, RFC 4959, RFC 4978, RFC 5161.
namespace posthouse::imap::grammar {

CommandBody id(Reader& reader)
{
    command::Id id;
    reader.space();
    if (reader.take_keyword("NIL"))
        return id;
    reader.list([&] {
        auto field = reader.string();
        reader.space();
        id.fields.emplace_back(std::move(field), reader.nstring());
    });
    // RFC 2971 §3.3: no more than 30, which nobody holds a client to but to keep logs small.
    if (id.fields.size() > 30)
        reader.fail("Too many fields");
    return id;
}

CommandBody authenticate(Reader& reader)
{
    command::Authenticate authenticate;
    reader.space();
    authenticate.mechanism = uppercase(reader.astring());
    if (!reader.take_space() || reader.rest().empty())
        return authenticate;
    const auto encoded = reader.astring();
    if (encoded == "=") {
        authenticate.initial_response.emplace();
        return authenticate;
    }
    auto decoded = mail::decode_base64(encoded);
    if (!decoded)
        reader.fail("The initial response is not base64");
    else
        authenticate.initial_response = Secret(std::move(*decoded));
    return authenticate;
}

CommandBody login(Reader& reader)
{
    command::Login login;
    reader.space();
    login.user = reader.astring();
    reader.space();
    login.password = Secret(reader.astring());
    return login;
}

CommandBody compress(Reader& reader)
{
    reader.space();
    if (!equal_ignoring_case(reader.astring(), "DEFLATE"))
        reader.fail("The only mechanism is DEFLATE");
    return command::Compress{};
}

CommandBody enable(Reader& reader)
{
    command::Enable enable;
    reader.space();
    do {
        reader.limit(enable.capabilities.size());
        enable.capabilities.push_back(uppercase(reader.astring()));
    } while (reader.take_space() && !reader.rest().empty());
    return enable;
}

} // namespace posthouse::imap::grammar
