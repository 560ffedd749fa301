// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "milter/session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace posthouse::milter {

/// One filter, as configured.
struct Filter {
    enum class OnFailure : std::uint8_t { accept, tempfail, reject };
    std::string name;
    OnFailure on_failure = OnFailure::tempfail;
    Duration connect = std::chrono::seconds(30);
    Patience patience = {};
};

/// What a Chain asks its driver to do next. `filter` is the place in the chain, from 0.
namespace chain_step {

/// -> connected(), or lost().
struct Connect {
    std::size_t filter;
    bool fresh; // Not one that was kept: that has failed already.
    Instant until;
};
/// Failing to by `until` -> lost().
struct Send {
    std::size_t filter;
    std::string bytes;
    Instant until;
};
/// -> receive(), or lost(). Nothing by `until`: just call next() again.
struct Read {
    std::size_t filter;
    Instant until;
};
/// -> take_body(), with at least one and at most `most` bytes of the body as it came from
/// `offset` on.
struct ReadBody {
    std::uint64_t offset;
    std::size_t most;
};
/// The filter's connection is of no more use.
struct Drop {
    std::size_t filter;
};
/// The question is answered: verdict().
struct Answered {};

} // namespace chain_step

using ChainStep = std::variant<chain_step::Connect, chain_step::Send, chain_step::Read,
                               chain_step::ReadBody, chain_step::Drop, chain_step::Answered>;

/// All the filters of one SMTP connection, without I/O: each question goes to one after another,
/// until one of them refuses or discards. What the first changes in a letter, the second is shown.
///
/// Filters hear of the client only when the first sender is asked about; connections that never
/// come that far cost nothing.
class Chain {
public:
    Chain(std::vector<Filter>, const Limits&);

    /// Who has come, and how it greets: told with the next sender.
    void meet(question::Connect);
    void greet(question::Helo);

    // Each is answered when next() says so. A transaction begins with ask(Mail), and ends with
    // the answer to ask(Draft …) or with abort().
    void ask(question::Mail);
    void ask(question::Recipient);
    void ask(question::Data);
    void ask(Draft, std::uint64_t body_bytes, Macros);
    ChainStep next(Instant now);
    const Verdict& verdict() const { return verdict_; }

    /// `agreed`: it was kept, and this was agreed on then.
    void connected(std::optional<Terms> agreed);
    void receive(std::string_view bytes);
    void lost(std::string_view why);
    void take_body(std::string_view bytes);

    /// The transaction ends without a letter.
    void abort();
    /// The letter as it is now: from ask(Draft …) until the next transaction begins.
    const Draft& draft() const { return *draft_; }

    /// What came of a letter, for its trace: "opendkim: added DKIM-Signature".
    const std::vector<std::string>& notes() const { return notes_; }

    /// A filter that did not do what it should; for the log.
    struct Failure {
        std::size_t filter;
        std::string what;
    };
    std::vector<Failure> take_failures() { return std::exchange(failures_, {}); }
    const Filter& filter(std::size_t place) const { return places_[place].filter; }
    std::size_t size() const { return places_.size(); }

    /// The client goes: what is left to be said on a filter's connection, which then is closed,
    /// or kept with these terms.
    struct Farewell {
        std::string bytes;
        std::optional<Terms> terms;
    };
    Farewell farewell(std::size_t filter);

private:
    enum class Stage : std::uint8_t { none, mail, recipient, data, message };
    struct Place {
        Filter filter;
        std::optional<Session> session = {};
        bool reused = false;
        bool fresh = false; // Is to be connected anew.
        bool met = false;
        bool greeted = false;
        bool out = false;                        // of the whole connection
        bool out_of_letter = false;              // this transaction
        std::optional<Verdict> on_client = {};   // Refused when they met.
        std::optional<Verdict> on_greeting = {}; // Until there is another.
        std::optional<Verdict> on_letter = {};   // Refused, from then on.
    };
    enum class Asked : std::uint8_t { nothing, meeting, greeting, question };

    void begin(Stage);
    void answer(Verdict);
    void ask_next();
    void put_question(Place&);
    void take_answer(Place&);
    void take_ruling(Place&, const Verdict&);
    void failed(Place&, const std::string& what);
    void note(const Place&, std::string_view what);
    void end_letter();
    std::string_view own_body(std::uint64_t offset, std::size_t most) const;

    Limits limits_;
    std::vector<Place> places_;
    std::optional<question::Connect> client_;
    std::optional<question::Helo> greeting_;

    Stage stage_ = Stage::none;
    std::optional<Question> question_; // But for a message's, which differs from one to the next.
    Macros message_macros_;
    std::uint64_t body_bytes_ = 0;
    std::size_t at_ = 0; // The place that is being asked,
    Asked asked_ = Asked::nothing;
    bool connecting_ = false;
    bool answered_ = true;
    std::optional<std::size_t> to_drop_;

    Verdict verdict_;
    bool discarded_ = false;
    std::optional<Draft> draft_;
    std::vector<std::string> notes_;
    std::vector<Failure> failures_;
};

} // namespace posthouse::milter
