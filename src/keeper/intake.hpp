// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <functional>
#include <map>
#include <optional>

namespace posthouse::keeper {

/// Told of every letter that is ours now and may go on.
using LetterAccepted = std::function<void(std::shared_ptr<OpenLetter>)>;

/// Serves the mail gates: recipients, bodies, letters. Everything a gate says is checked as if
/// an attacker had written it.
class Intake {
public:
    struct Limits {
        static constexpr std::size_t recipients_a_question = 1000;
        static constexpr std::size_t uploads = 2000; // in all
        static constexpr std::size_t prefix_bytes = 8 * 1024;
        static constexpr std::size_t original_bytes = 500;    // RFC 3461 §4.2, decoded
        static constexpr std::size_t envelope_id_bytes = 100; // RFC 3461 §4.4
        static constexpr int notes = 20;
        static constexpr std::size_t note_bytes = 200;
        static constexpr std::size_t body_kept = 64 * 1024; // in memory, until it is delivered
    };

    Intake(Office& office, LetterAccepted accepted)
        : office_(office),
          accepted_(std::move(accepted))
    {
    }

    /// Has what waits for a domain tried at once. False: nothing waits.
    using RunQueue = std::function<Task<bool>(mail::Domain)>;
    void set_run_queue(RunQueue run) { runs_queue_ = std::move(run); }
    /// Routes a letter before it is accepted, if that can be done at once.
    using RouteAhead = std::function<Task<bool>(std::shared_ptr<OpenLetter>)>;
    void set_route_ahead(RouteAhead route) { routes_ahead_ = std::move(route); }
    /// Asks a domain's primary whether this mailbox exists; a verdict is a refusal.
    using AskPrimary = std::function<Task<std::optional<wire::Verdict>>(mail::Mailbox)>;
    void set_ask_primary(AskPrimary ask) { asks_primary_ = std::move(ask); }

    Task<wire::Result<wire::Answer>> answer(std::shared_ptr<wire::Link>, wire::Frame);
    /// A gate went away: what it was uploading is dropped.
    void gone(const wire::Link*);
    /// From now on letters are refused: the house closes.
    void close() { closed_ = true; }

private:
    struct Upload {
        const wire::Link* gate = nullptr;
        store::BlobId blob;
        spool::LetterId letter; // whose body it will be
        std::shared_ptr<store::BlobSink> sink;
        std::uint64_t bytes = 0;
        bool busy = false;
        bool failed = false;
        wire::Failure failure = wire::Failure::unavailable;
    };

    Task<wire::Result<wire::Answer>> check_recipients(wire::Frame);
    Task<wire::Verdict> check(const wire::CheckRecipients&, const std::string& recipient);
    Task<std::optional<wire::Verdict>> backup_refusal(const mail::ForwardPath&);
    Task<bool> is_full(const mail::ForwardPath&);
    Task<wire::Result<wire::Answer>> etrn(wire::Frame);
    Task<wire::Result<wire::Answer>> discard(const wire::Link*, const wire::Accept&);
    Task<wire::Result<wire::Answer>> open_body(std::shared_ptr<wire::Link>);
    Task<wire::Result<wire::Answer>> append_body(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> accept(const wire::Link*, wire::Frame);
    Task<wire::Result<Upload>> seal(const wire::Link*, std::uint64_t upload);

    Office& office_;
    LetterAccepted accepted_;
    std::map<std::uint64_t, Upload> uploads_;
    std::uint64_t last_upload_ = 0;
    bool closed_ = false;
    RunQueue runs_queue_;
    AskPrimary asks_primary_;
    RouteAhead routes_ahead_;
};

} // namespace posthouse::keeper
