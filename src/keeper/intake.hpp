// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <functional>
#include <map>

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
        static constexpr std::size_t prefix_bytes = 16 * 1024;
        static constexpr std::size_t body_kept = 64 * 1024; // in memory, until it is delivered
    };

    Intake(Office& office, LetterAccepted accepted)
        : office_(office),
          accepted_(std::move(accepted))
    {
    }

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
    Task<wire::Result<wire::Answer>> open_body(std::shared_ptr<wire::Link>);
    Task<wire::Result<wire::Answer>> append_body(const wire::Link*, wire::Frame);
    Task<wire::Result<wire::Answer>> accept(const wire::Link*, wire::Frame);
    Task<wire::Result<Upload>> seal(const wire::Link*, std::uint64_t upload);

    Office& office_;
    LetterAccepted accepted_;
    std::map<std::uint64_t, Upload> uploads_;
    std::uint64_t last_upload_ = 0;
    bool closed_ = false;
};

} // namespace posthouse::keeper
