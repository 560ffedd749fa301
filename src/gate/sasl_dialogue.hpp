// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "config/mechanisms.hpp"
#include "wire/link.hpp"
#include "wire/login.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace posthouse::gate {

/// Where a login takes place, as far as the clerk has to know.
struct LoginSite {
    std::string protocol;       // imap, pop3, submission
    std::string session;        // For the log, as are
    std::string client;         // whom the log calls so, and
    std::string client_address; // its address
    std::string listener;
    std::string hostname; // Ours.
    bool clear = false;   // The listener takes passwords without TLS.
    bool tls = false;
    /// Of the TLS connection; empty: it has none. net::Channel::channel_binding()
    std::string exporter = {}, end_point = {};
    std::string certificate_address = {};

    config::LoginChannel channel() const;
};

/// A login in one session of a reader or sender: carries what the client says to the clerk and what
/// the clerk says back, one message at a time. Knows no mechanism. Another one may begin when the
/// one before is over. Logs login.accepted and login.refused.
class SaslDialogue {
public:
    struct Challenge {
        std::string bytes;
    };
    struct Accepted {
        std::string ticket; // For the keeper (Method::open_session): once, soon.
        std::string user;   // The account's address.
        /// What the mechanism's server says last; a protocol that has no place for it beside its
        /// success sends it as one more challenge, and takes an empty response.
        std::string last_words = {};
    };
    struct Refused {
        wire::SaslAnswer::Reason why = wire::SaslAnswer::NONE; // NONE: nothing was found out.
    };
    using Answer = std::variant<Challenge, Accepted, Refused>;

    SaslDialogue() = default;
    SaslDialogue(const SaslDialogue&) = delete;
    /// One that is under way is given up.
    ~SaslDialogue();

    /// No initial response is not an empty one. `clerk` may be none, or closed.
    Task<Answer> start(std::shared_ptr<wire::Link> clerk, LoginSite, std::string mechanism,
                       std::optional<Secret> initial);
    /// The answer to a challenge.
    Task<Answer> proceed(Secret response);
    /// The client said "*", or what was no response.
    void cancel();

private:
    Task<Answer> ask(wire::Method, std::string request);
    Answer answer_of(wire::Result<wire::Answer>);
    Answer refused(wire::SaslAnswer::Reason, std::string_view words);

    std::shared_ptr<wire::Link> clerk_;
    LoginSite site_;
    std::string mechanism_;
    std::uint64_t dialogue_ = 0; // The clerk's; 0: none is under way.
};

/// For the log: "wrong", "braked" …
std::string_view describe(wire::SaslAnswer::Reason);

} // namespace posthouse::gate
