// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/connection.hpp"
#include "gate/pop3_read_ahead.hpp"
#include "gate/sasl_dialogue.hpp"
#include "pop3/session.hpp"

#include <optional>
#include <vector>

namespace posthouse::gate {

/// Drives a pop3::Session over a connection, with the clerk's and the keeper's answers. It holds
/// no knowledge of the protocol.
class Pop3Connection final : public Connection {
public:
    struct Limits {
        static constexpr int uids_a_request = 100'000;
        static constexpr std::size_t pages = 64; // Of a maildrop: some ten million messages.
    };

    Pop3Connection(Visitor, Desk&);
    ~Pop3Connection() override;
    void drain() override;

private:
    Task<void> converse() override;
    std::string_view last_words() const override
    {
        return "-ERR [SYS/TEMP] The server has failed\r\n";
    }

    Task<void> perform(pop3::Step);
    Task<void> read_command(pop3::step::Read);
    Task<void> protect(pop3::step::StartTls);
    void offer_logins();
    pop3::LoginAnswer take_login(SaslDialogue::Answer);
    Task<std::expected<pop3::Maildrop, pop3::OpenFailure>> open_maildrop();
    Task<std::optional<pop3::Maildrop>> list_maildrop();
    void close_maildrop();
    Task<void> read_message(pop3::step::ReadMessage);
    ReadAhead::Wanted wanted_of(const pop3::step::ReadMessage&) const;
    /// The letter behind one that is being sent, where they are fetched in their order.
    std::optional<pop3::step::ReadMessage> next_after(const pop3::step::ReadMessage&) const;
    /// UIDs of the messages behind this one, as far as they are small.
    std::vector<std::uint32_t> small_ones_behind(std::size_t index) const;
    Task<pop3::Deletion> delete_messages(pop3::step::DeleteMessages);

    pop3::Session session_;
    SaslDialogue dialogue_;
    ReadAhead ahead_;
    bool draining_ = false;
    std::string ticket_;                   // From the clerk, for the keeper.
    std::shared_ptr<wire::Link> keeper_;   // The one that has opened the session below.
    std::uint64_t reading_session_ = 0;    // The keeper's handle; 0: none.
    std::vector<std::uint32_t> uids_;      // Of the maildrop's messages,
    std::vector<std::uint32_t> sizes_;     // in octets; 0: too large to tell here.
    std::optional<std::size_t> read_last_; // Index of the message
};

} // namespace posthouse::gate
