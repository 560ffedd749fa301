// SPDX-License-Identifier: Apache-2.0
#include "sources/packets.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace posthouse::sources {

bool send_packet(int socket, const google::protobuf::MessageLite& message)
{
    auto text = message.SerializeAsString();
    ssize_t sent = -1;
    if (text.size() <= PacketLimits::bytes)
        do
            sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        while (sent < 0 && errno == EINTR);
    ::explicit_bzero(text.data(), text.size()); // It may hold a password.
    return sent >= 0;
}

void erase_secrets(Question& question)
{
    for (auto* secret : {question.mutable_password(), question.mutable_token()})
        ::explicit_bzero(secret->data(), secret->size());
    if (question.has_exchange())
        ::explicit_bzero(question.mutable_exchange()->mutable_response()->data(),
                         question.exchange().response().size());
}

std::expected<std::string, PacketEnd> receive_packet(int socket)
{
    std::string bytes(PacketLimits::bytes, '\0');
    ssize_t got = 0;
    do
        got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return std::unexpected(PacketEnd::nothing_yet);
    if (got <= 0 || static_cast<std::size_t>(got) > bytes.size())
        return std::unexpected(PacketEnd::closed);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

void set_person(Person& message, const SourcePerson& person)
{
    message.set_address(person.address.text());
    for (const auto& alias : person.aliases)
        if (message.aliases_size() < PacketLimits::aliases)
            message.add_aliases(alias.text());
    for (const auto& keys : person.scram) {
        auto* added = message.add_scram();
        added->set_sha_256(keys.hash == sasl::ScramHash::sha_256);
        added->set_iterations(keys.iterations);
        added->set_salt(keys.salt);
        added->set_stored_key(keys.stored_key);
        added->set_server_key(keys.server_key);
    }
    message.set_disabled(person.disabled);
    message.set_version(person.version);
}

std::optional<SourcePerson> person_from(const Person& message)
{
    auto address = mail::Mailbox::parse(message.address());
    if (!address || message.aliases_size() > PacketLimits::aliases || message.scram_size() > 4 ||
        message.version().size() > 64)
        return std::nullopt;
    SourcePerson person{.address = std::move(*address)};
    for (const auto& text : message.aliases()) {
        auto alias = mail::Mailbox::parse(text);
        if (!alias)
            return std::nullopt;
        person.aliases.push_back(std::move(*alias));
    }
    for (const auto& keys : message.scram()) {
        person.scram.push_back(
            {.hash = keys.sha_256() ? sasl::ScramHash::sha_256 : sasl::ScramHash::sha_1,
             .iterations = keys.iterations(),
             .salt = keys.salt(),
             .stored_key = keys.stored_key(),
             .server_key = keys.server_key()});
        if (!sasl::is_sound(person.scram.back()))
            return std::nullopt;
    }
    person.disabled = message.disabled();
    person.version = message.version();
    return person;
}

} // namespace posthouse::sources
