// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "imap/backend.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::imap {

/// What became of a login, or of its next step.
struct LoginAnswer {
    enum class What : std::uint8_t {
        unavailable, ///< Nothing was found out.
        challenge,   ///< `data` is to be sent; then respond() or cancel().
        accepted,
        refused, ///< Any wait that guessing costs is over.
    };
    enum class Reason : std::uint8_t {
        wrong,
        braked, ///< Too many failures.
        expired,
        disabled,
        no_mechanism,
        protocol_not_allowed,
        malformed,
        aborted,
        needs_tls,
    };
    What what = What::unavailable;
    std::string data; ///< Of a challenge; of an acceptance: what the mechanism says last, or empty.
    Reason reason = Reason::wrong;
    std::string user;                 ///< Of an acceptance: the account's address.
    std::unique_ptr<Backend> backend; ///< Of an acceptance.
};

/// Finds out who the client is. One exchange at a time.
class Login {
public:
    virtual ~Login() = default;

    /// In upper case: "PLAIN", "SCRAM-SHA-256-PLUS"; those that may be used as the connection is
    /// now (secured or not).
    virtual std::vector<std::string> mechanisms() const = 0;
    /// LOGIN is PLAIN with an initial response. No response: the client sent none.
    virtual Task<LoginAnswer> start(std::string mechanism, std::optional<Secret> response) = 0;
    virtual Task<LoginAnswer> respond(Secret response) = 0;
    /// The client gave the exchange up.
    virtual void cancel() = 0;
};

} // namespace posthouse::imap
