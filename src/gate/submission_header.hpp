// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "mail/address.hpp"
#include "mail/edited_text.hpp"
#include "smtp/reply.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// What a submission server does to a letter's header: RFC 6409 §6, §8.
namespace posthouse::gate {

/// The beginning of a letter as it comes in, as far as its header goes.
class HeaderCatcher {
public:
    explicit HeaderCatcher(std::size_t most) : most_(most) {}

    void feed(std::string_view bytes);
    /// With what came in the same piece of the body.
    const std::string& text() const { return text_; }
    /// There is more of it than there may be.
    bool too_long() const { return too_long_; }

private:
    std::size_t most_;
    std::string text_;
    bool whole_ = false;
    bool too_long_ = false;
};

/// Who hands it in, and what it may need.
struct Submitter {
    mail::Mailbox login; // The account's address.
    mail::Domain host;   // Ours, for message-ids.
    Random& random;
    Timestamp now;
};

struct PreparedHeader {
    /// Of the letter: fields that were missing, Bcc taken out, names without a domain completed.
    std::vector<mail::Edit> edits;
    /// Whom From: and Sender: name; "" is one that makes no sense.
    std::vector<std::string> authors;
};

/// `head`: the letter's beginning, with all of its header.
std::expected<PreparedHeader, smtp::Reply> prepare_header(std::string_view head, const Submitter&);

} // namespace posthouse::gate
