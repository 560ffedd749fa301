// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/link.hpp"
#include "wire/login.pb.h"
#include "wire/messages.pb.h"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::gate {

/// Stands at the other end of a gate's link, as keeper or as clerk, and says what it was told to.
class FakeKeeper {
public:
    struct Letter {
        wire::Accept envelope;
        std::string body;
    };
    struct Reader {
        std::string user = {}, password = {};
        std::uint32_t uid_validity = 0;
        std::map<std::uint32_t, std::string> messages = {}; // by uid
        std::map<std::uint32_t, std::string> uidls = {};    // where another server gave one
    };

    FakeKeeper() = default;
    FakeKeeper(const FakeKeeper&) = delete;

    /// The gate's end of a new link; the old one is closed.
    UniqueFd connect(boost::asio::io_context&);
    void hang_up();

    // What it will say
    std::map<std::string, std::pair<std::uint32_t, std::string>> refused; // recipients
    std::map<std::string, wire::Verdict::What> fates; // of letters to these recipients
    std::map<wire::Method, wire::Failure> failing;
    std::optional<wire::Verdict> letter_refusal; // In place of taking a letter.
    std::optional<wire::Method> dies_at;         // Takes the request and closes the link.
    Reader reader;
    std::pair<std::uint32_t, std::string> etrn{250, "2.0.0 Started"};
    std::map<std::string, std::string> names; // As a resolver: of clients, by address.

    // What it heard
    std::vector<wire::Method> heard;
    std::vector<wire::CheckRecipients> questions;
    std::vector<Letter> letters;
    std::vector<wire::Etrn> etrns;
    std::map<std::uint64_t, std::string> uploads;
    std::size_t largest_piece = 0;
    std::vector<wire::SaslStart> logins;
    std::size_t given_up = 0;         // Of them.
    std::vector<std::string> tickets; // Redeemed.
    std::vector<std::uint32_t> expunged;
    std::uint64_t open_session = 0;

private:
    Task<wire::Result<wire::Answer>> answer(std::shared_ptr<wire::Link>, wire::Frame);
    wire::Result<wire::Answer> answer_login(const wire::Frame&);
    wire::Result<wire::Answer> answer_mail(const wire::Frame&);
    wire::Result<wire::Answer> answer_reader(const wire::Frame&);
    wire::Result<wire::Answer> accept(const wire::Frame&);
    wire::Result<wire::Answer> read(const wire::Frame&);

    std::shared_ptr<wire::Link> link_;
    std::uint64_t last_upload_ = 0;
};

} // namespace posthouse::gate
