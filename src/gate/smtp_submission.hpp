// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "gate/connection.hpp"
#include "gate/letter.hpp"
#include "gate/sasl_dialogue.hpp"
#include "gate/submission_header.hpp"
#include "smtp/server_steps.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace posthouse::gate {

/// What submission adds to an SMTP connection: the login, the keeper's session that comes of it,
/// and what is done to a letter's header. RFC 6409, RFC 8314
class Submitting {
public:
    Submitting(Desk&, std::shared_ptr<const process::Settings>);
    Submitting(const Submitting&) = delete;
    /// Closes the session.
    ~Submitting();

    Task<smtp::LoginAnswer> start(LoginSite, smtp::server_step::StartLogin);
    Task<smtp::LoginAnswer> proceed(smtp::server_step::ContinueLogin);
    void cancel();

    /// The keeper that has opened the session, and its handle there.
    const std::shared_ptr<wire::Link>& keeper() const { return keeper_; }
    std::uint64_t session() const { return session_; }

    /// A letter begins; its bytes follow.
    void begin_letter();
    void feed(std::string_view bytes);
    /// All of it is here: its header is made what it should be. The reply is a refusal.
    smtp::Verdict prepare(Letter&);

private:
    Task<smtp::LoginAnswer> take(SaslDialogue::Answer);
    void close_session();

    Desk& desk_;
    std::shared_ptr<const process::Settings> settings_;
    SaslDialogue dialogue_;
    std::shared_ptr<wire::Link> keeper_;
    std::uint64_t session_ = 0; // 0: none
    std::string login_;
    std::optional<HeaderCatcher> header_;
    SystemRandom random_;
};

} // namespace posthouse::gate
