// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "clerk/acceptor.hpp"
#include "clerk/brake.hpp"
#include "clerk/checker.hpp"
#include "clerk/dialogues.hpp"
#include "clerk/examiner.hpp"
#include "clerk/tokens.hpp"
#include "config/logins.hpp"
#include "wire/link.hpp"
#include "wire/login.pb.h"
#include "wire/messages.pb.h"

#include <memory>
#include <string>

namespace posthouse::clerk {

/// The clerk as gates and the keeper see it: leads SASL dialogues, has credentials looked at, has
/// the keeper vouch for who logged in. Who does not exist and whose password is wrong get the same
/// answer at the same time after the question. Logs login.ok and login.failed.
class Desk {
public:
    struct Limits {
        static constexpr std::size_t text_bytes = 320; // of each text of a request
        static constexpr std::size_t client_bytes = 64;
        static constexpr std::size_t binding_bytes = 128; // channel binding data
        static constexpr std::size_t delayed = 8192;      // answers that wait; then none does
    };

    struct Terms {
        config::Logins logins = {};
        std::string hostname = {};
        std::vector<PlacedSource> sources = {PlacedSource{}};
        std::shared_ptr<Tokens> tokens = nullptr;
        std::shared_ptr<Acceptor> acceptor = nullptr;
    };
    Desk(const Checker::Limits&, Terms);

    /// The keeper, now or again. What is remembered is forgotten: a notice may have been missed.
    void set_keeper(std::shared_ptr<wire::Link> keeper);
    /// Another configuration. The brake goes on by the limits it began with.
    void configure(Terms);

    /// A gate's requests.
    Task<wire::Result<wire::Answer>> serve(std::shared_ptr<wire::Link> gate, wire::Frame);
    /// The keeper's.
    Task<wire::Result<wire::Answer>> serve_keeper(wire::Frame);
    /// A gate went away with its dialogues.
    void gone(const wire::Link* gate) { dialogues_.gone(gate); }

    const Dialogues& dialogues() const { return dialogues_; }
    Remembered& remembered() { return examiner_.remembered(); }

private:
    using Answer = wire::Result<wire::Answer>;
    struct Course;
    Task<Answer> authenticate(wire::Frame);
    Task<Answer> sasl_start(std::shared_ptr<wire::Link>, wire::Frame);
    Task<Answer> sasl_continue(std::shared_ptr<wire::Link>, wire::Frame);
    Task<Answer> find_person(wire::Frame);

    Task<wire::SaslAnswer> advance(OpenDialogue, sasl::Step);
    Task<wire::SaslAnswer> succeed(OpenDialogue, sasl::Accepted);
    Task<wire::SaslAnswer> welcome(OpenDialogue, Finding, std::string data);
    Task<wire::SaslAnswer> refuse(OpenDialogue, wire::SaslAnswer::Reason, std::string_view word);
    Task<wire::SaslAnswer> fail(OpenDialogue, Finding);
    Task<void> wait_until(Instant);
    wire::SaslAnswer unavailable(const OpenDialogue&, std::string_view word) const;
    std::string completed(std::string_view user) const;

    Terms terms_;
    Register register_;
    Checker checker_;
    Brake brake_;
    Examiner examiner_;
    Dialogues dialogues_;
    SystemRandom random_;
    std::size_t delayed_ = 0;
};

} // namespace posthouse::clerk
