// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/submit.hpp"
#include "directory/accounts.hpp"
#include "keeper/submission_allowance.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace posthouse::keeper {

/// Serves the submission gates. A letter is an account's: it names the session that a login's
/// ticket was redeemed for, and what the account may send as is judged here, so that a gate that
/// was broken into can send as those only who are logged in there. The rest is the mail gates'
/// affair, to which the account is passed on as the letter's origin.
class Submission {
public:
    struct Limits {
        static constexpr int authors = 100; // of one letter
    };
    /// Who has logged in.
    struct Sender {
        directory::AccountId account{};
        std::string address;
    };
    using Reply = wire::Result<wire::Answer>;
    /// The parts of the keeper that it leans on.
    struct House {
        std::function<const config::Submit&()> config;
        std::function<std::optional<Sender>(const wire::Link*, std::uint64_t session)> sender;
        std::function<Task<wire::Result<bool>>(directory::AccountId, mail::Mailbox)> may_send_as;
        /// Opens and closes sessions.
        std::function<Task<Reply>(std::shared_ptr<wire::Link>, wire::Frame)> sessions;
        /// Takes recipients, bodies and letters: Intake.
        std::function<Task<Reply>(std::shared_ptr<wire::Link>, wire::Frame)> intake;
    };

    explicit Submission(House house) : house_(std::move(house)) {}

    Task<Reply> answer(std::shared_ptr<wire::Link> gate, wire::Frame);

private:
    Task<Reply> check_recipients(std::shared_ptr<wire::Link>, wire::Frame);
    Task<Reply> accept(std::shared_ptr<wire::Link>, wire::Frame);
    Task<wire::Result<std::optional<wire::Verdict>>> judge(Sender, std::string address,
                                                           std::string_view role);
    Task<wire::Result<std::optional<wire::Verdict>>> judge_authors(Sender, wire::Accept);
    static std::optional<wire::Verdict> refusal_of(Allowances::Answer, const config::Submit&);

    House house_;
    Allowances allowances_;
};

} // namespace posthouse::keeper
