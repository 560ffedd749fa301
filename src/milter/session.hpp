// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"
#include "base/time.hpp"
#include "milter/modification.hpp"
#include "milter/negotiation.hpp"
#include "milter/question.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace posthouse::milter {

/// How long one filter may take.
struct Patience {
    Duration command = std::chrono::seconds(30);
    Duration end = std::chrono::minutes(5); // For its answer to the letter's end.
};

/// What a Session asks its driver to do next.
namespace session_step {

/// Failing to by `until` -> lost().
struct Send {
    std::string bytes;
    Instant until;
};
/// -> receive(), or lost(). Nothing by `until`: just call next() again.
struct Read {
    Instant until;
};
/// -> take_body(), with at least one and at most `most` bytes of the body from `offset` on.
struct ReadBody {
    std::uint64_t offset;
    std::size_t most;
};
/// The question is answered, or the filter has failed: verdict(), fault().
struct Answered {};

} // namespace session_step

using SessionStep = std::variant<session_step::Send, session_step::Read, session_step::ReadBody,
                                 session_step::Answered>;

/// One connection to one filter, without I/O: it is asked one question at a time and says what
/// the filter ruled. Asked the first, it negotiates before.
///
/// What a question of one stage means for the next (that one that refused a sender is not asked
/// about recipients) is for whoever asks: Chain.
class Session {
public:
    Session(Patience, const Limits&);
    /// On a connection on which this was agreed already, and which was left by leave().
    Session(Patience, const Limits&, Terms agreed);

    /// Not before the last one is answered, and not after a fault.
    void ask(const Question&);
    SessionStep next(Instant now);

    void receive(std::string_view bytes);
    void lost(std::string_view why);
    void take_body(std::string_view bytes);

    /// Of the question asked last.
    const Verdict& verdict() const { return verdict_; }
    /// What the filter wants changed: with the verdict on a Message.
    const std::vector<Modification>& modifications() const { return modifications_; }
    const std::optional<Fault>& fault() const { return fault_; }
    /// Did the filter say anything on this connection?
    bool heard() const { return heard_; }

    /// The letter that was begun will not be ended. Nothing is answered; goes out with what is
    /// asked next, or with farewell().
    void abort();
    /// What is to be sent before the connection is closed, or kept for another client (then the
    /// terms for the next session on it are terms()).
    std::string farewell();
    bool can_be_reused() const { return !fault_ && terms_ && terms_->can_be_reused(); }
    const std::optional<Terms>& terms() const { return terms_; }

private:
    /// What is awaited, or to be sent next.
    enum class At : std::uint8_t {
        rest, // Nothing was asked, or all is answered.
        negotiation,
        question,
        fields,
        end_of_header,
        body,
        end_of_message,
    };

    void begin();
    void open_message();
    void send(Command, std::string_view payload, std::uint32_t unanswered);
    void send_macros(MacroStage, Command, const Macros&);
    void wait_for_answer() { awaited_ = true; }
    void advance();
    void send_field();
    void send_end_of_header();
    void send_body();
    void finish();
    void read_packets();
    void take(Packet);
    void take_terms(const Packet&);
    void take_modification(Packet);
    void rule(Verdict);
    void fail(std::string_view what);
    bool has(std::uint32_t step) const { return terms_->has(step); }

    // Each sends its question.
    void put(const question::Connect&);
    void put(const question::Helo&);
    void put(const question::Mail&);
    void put(const question::Recipient&);
    void put(const question::Data&);
    void put(const question::Message&);

    Patience patience_;
    Limits limits_;
    std::optional<Terms> terms_;
    std::optional<Question> question_;
    At at_ = At::rest;
    bool awaited_ = false;            // An answer is.
    std::optional<Instant> deadline_; // For it.
    std::optional<Instant> ends_;     // For all that comes after the letter's end.

    InputBuffer input_;
    std::string output_;
    Verdict verdict_;
    std::vector<Modification> modifications_;
    std::size_t modification_bytes_ = 0;
    std::uint64_t new_body_bytes_ = 0;
    std::optional<Fault> fault_;
    bool heard_ = false;
    bool in_message_ = false; // abort() would have something to abort.

    std::size_t field_ = 0;       // To be sent next.
    std::uint64_t body_sent_ = 0; // Or skipped.
    bool body_wanted_ = false;    // From the driver.
};

} // namespace posthouse::milter
