// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/caller.hpp"
#include "gate/connection.hpp"
#include "gate/letter.hpp"
#include "gate/milter_filtering.hpp"
#include "gate/smtp_submission.hpp"
#include "smtp/server_session.hpp"

#include <memory>
#include <optional>

namespace posthouse::gate {

/// Drives an smtp::ServerSession over a connection, with the keeper's answers. It holds no
/// knowledge of the protocol.
class SmtpConnection final : public Connection {
public:
    struct Limits {
        static constexpr int recipients_a_question = 1000; // The keeper's.
    };

    SmtpConnection(Visitor, Desk&);
    void drain() override;

private:
    Task<void> converse() override;
    std::string_view last_words() const override { return "421 4.3.0 The server has failed\r\n"; }

    /// True: done here. Otherwise the step takes its time: perform().
    bool perform_at_once(smtp::ServerStep&);
    Task<void> perform(smtp::ServerStep);
    Task<void> check_recipients(smtp::server_step::CheckRecipients);
    Task<wire::Result<wire::Verdicts>> ask_for_verdicts(wire::CheckRecipients);
    void offer_logins();
    const std::shared_ptr<wire::Link>& keeper();
    smtp::Reply trouble(wire::Failure) const;
    void note_fate(const wire::Verdicts&);
    Task<void> start_queue(smtp::server_step::Etrn);
    smtp::Verdict open_letter(smtp::server_step::OpenMessage&);
    Task<void> open_filtered_letter(smtp::server_step::OpenMessage);
    void append_to_letter(std::string bytes);
    Task<void> commit_letter();
    Task<bool> filter_letter(Letter&);
    bool prepare_letter(Letter&);
    void note_refusal(const Letter&, const smtp::Reply&) const;
    std::string received_field(const smtp::ServerPeer&, const smtp::ServerEnvelope&,
                               const wire::Origin&);
    wire::Origin origin_of(const smtp::ServerPeer&, const smtp::MailParameters&) const;

    struct Fate {
        std::uint32_t letter = 0; // its number in this session
        bool discard = false;
        std::string quarantine = {};
    };

    Caller caller_;
    Fate fate_;
    smtp::ServerSession session_;
    std::unique_ptr<Letter> letter_;
    std::unique_ptr<Submitting> submitting_; // Where people log in.
    std::unique_ptr<Filtering> filtering_;   // Where there are filters.
};

} // namespace posthouse::gate
