// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/connection.hpp"
#include "gate/letter.hpp"
#include "gate/milter_pool.hpp"
#include "milter/chain.hpp"
#include "smtp/server_steps.hpp"

#include <memory>
#include <string>
#include <vector>

namespace posthouse::gate {

/// The mail filters of one SMTP connection: asks them what the session comes to, and lets them
/// change its letters. It exists only where filters are configured.
///
/// They hear of a client with its first recipient, and of a letter's text when all of it is here,
/// since each is shown what the one before has made of it.
class Filtering {
public:
    Filtering(std::shared_ptr<const process::Settings>, Desk&, std::string session);
    Filtering(const Filtering&) = delete;
    ~Filtering();

    /// `letter`: its number in this session. Puts the filters' refusals in place of the verdicts
    /// of recipients that may be accepted.
    Task<void> ask_recipients(std::uint32_t letter, smtp::server_step::CheckRecipients,
                              wire::Origin, std::vector<smtp::Verdict>&);
    /// Before a letter's text.
    Task<smtp::Verdict> ask_data();
    /// Room for more of a letter's text; false: this process has none.
    [[nodiscard]] bool reserve(std::uint64_t bytes);
    /// A letter, all of which is here. Unless it is refused, it is as the filters want it now.
    Task<smtp::Verdict> ask_letter(Letter&);
    /// There will be no letter.
    void abort();
    /// The client has gone.
    Task<void> leave();

private:
    Task<smtp::Verdict> settle();
    Task<void> perform(milter::ChainStep);
    Task<void> connect(milter::chain_step::Connect);
    Task<void> begin(std::uint32_t letter, const smtp::server_step::CheckRecipients&,
                     const wire::Origin&);
    void meet(const wire::Origin&);
    void log_failures();
    std::string letter_id() const;
    void release();

    std::shared_ptr<const process::Settings> settings_;
    MilterPool& pool_;
    std::string session_;
    milter::Chain chain_;
    std::vector<std::unique_ptr<net::Channel>> channels_; // One a filter, or none.
    std::uint32_t letter_ = 0;
    bool under_way_ = false;
    bool met_ = false;
    std::string greeting_;
    smtp::Verdict on_sender_;
    std::string_view body_; // Of the letter that they are shown.
    std::uint64_t reserved_ = 0;
};

} // namespace posthouse::gate
