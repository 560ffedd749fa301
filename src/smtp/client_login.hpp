// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// How a client logs in (RFC 4954), as far as the session has to know: which mechanism is chosen
/// and what goes on the wire is the session's part, what a mechanism says is behind this interface.
namespace posthouse::smtp {

/// One dialogue of one SASL mechanism: RFC 4422 §3.
class SaslDialogue {
public:
    virtual ~SaslDialogue() = default;
    /// What the client says to this challenge; the first one is empty for a mechanism in which the
    /// client begins. Nothing: the challenge makes no sense, or the host is not who it has to be.
    virtual std::optional<std::string> answer(std::string_view challenge) = 0;
    /// Nothing is left to be said. In a mechanism in which the host proves that it knows the
    /// password too, it has done so.
    virtual bool is_complete() const = 0;
};

/// User and password of one login, for as many dialogues as are needed.
class SaslClient {
public:
    virtual ~SaslClient() = default;
    /// By the mechanism's name, such as "SCRAM-SHA-256". Never null for what the session chooses:
    /// SCRAM-SHA-256, PLAIN, LOGIN.
    virtual std::unique_ptr<SaslDialogue> begin(std::string_view mechanism) const = 0;
};

} // namespace posthouse::smtp
