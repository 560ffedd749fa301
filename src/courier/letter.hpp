// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/body.hpp"
#include "mail/seven_bit.hpp"
#include "smtp/client_session.hpp"

#include <expected>
#include <optional>

namespace posthouse::courier {

class Carrier;

/// The letter of one attempt, in the form that each host takes: as it is, or encoded for one that
/// takes no 8-bit content or no long lines. It is looked through once, and encoded once.
class Letter {
public:
    /// What the envelope said of it.
    enum class Declared : std::uint8_t { seven_bit, eight_bit, binary };

    Letter(Carrier&, Body, Declared);
    Letter(const Letter&) = delete;
    ~Letter();

    struct Form {
        Body* body; // from its beginning
        smtp::BodyType type;
    };
    /// The error is what becomes of the recipients: it cannot go to such a host, or not now.
    Task<std::expected<Form, smtp::Outcome>> for_host(const smtp::ClientCapabilities&);

private:
    using Text = std::expected<std::string, smtp::Outcome>;
    Task<std::expected<void, smtp::Outcome>> look_through();
    Task<Text> read();
    /// Nothing: as it is.
    Task<std::expected<Body*, smtp::Outcome>> encoded(mail::Demand);

    Carrier& carrier_;
    Body original_;
    Declared declared_;
    std::optional<mail::LineScan> found_;
    struct Encoded {
        mail::Demand demand;
        std::expected<Body, smtp::Outcome> body;
    };
    std::optional<Encoded> encoded_;
    std::uint64_t room_ = 0; // taken
};

} // namespace posthouse::courier
