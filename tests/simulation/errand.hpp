// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/client_session.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/world.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::simulation {

/// Opens a connection to the n-th of the hosts to try. The answer comes later: a wire, or nothing.
using Dial = std::function<void(std::size_t, std::function<void(std::shared_ptr<Wire>)>)>;

/// Carries one letter to the first of some hosts that takes it, by client sessions.
class Errand : public std::enable_shared_from_this<Errand> {
public:
    struct Load {
        std::uint64_t token = 0;
        std::string sender{};
        std::vector<std::string> recipients{};
    };
    struct Result {
        std::vector<smtp::Disposition> of{}; // each recipient; never retry_now
        bool site_answered = false;
    };
    using Report = std::function<void(const Result&)>;

    Errand(World& world, Ledger& ledger, Load load)
        : world_(world),
          ledger_(ledger),
          load_(std::move(load))
    {
        result_.of.assign(load_.recipients.size(), smtp::Disposition::deferred);
        for (std::size_t i = 0; i < load_.recipients.size(); ++i)
            open_.push_back(i);
        text_ = "Token: " + std::to_string(load_.token) + "\r\n\r\nHello.\r\n.\r\n";
    }

    void start(std::size_t hosts, Dial dial, Report report)
    {
        hosts_ = hosts;
        dial_ = std::move(dial);
        report_ = std::move(report);
        call();
    }

    /// Whoever ran it is no more, and knows nothing of what became of it.
    void abandon()
    {
        report_ = nullptr;
        ++waits_;
        session_.reset();
        if (wire_) {
            wire_->end(0).wake = nullptr;
            wire_->cut();
        }
        not_known();
    }
    /// What the hosts said was forgotten before it was written down.
    void not_known()
    {
        for (const auto& [wire, recipient] : sent_)
            ledger_.uncertain(wire, load_.token, load_.recipients[recipient]);
    }

private:
    static std::shared_ptr<const smtp::ClientConfig> config()
    {
        static const auto shared = std::make_shared<const smtp::ClientConfig>(
            smtp::ClientConfig{.hostname = "out.example", .tls = smtp::ClientTlsPolicy::never});
        return shared;
    }

    void call()
    {
        session_.reset();
        if (open_.empty() || host_ >= hosts_ || calls_++ > 8) {
            if (auto report = std::exchange(report_, nullptr))
                report(result_);
            return;
        }
        dial_(host_, [weak = weak_from_this()](std::shared_ptr<Wire> wire) {
            const auto self = weak.lock();
            if (!self || !self->report_)
                return;
            if (!wire) {
                ++self->host_;
                return self->call();
            }
            self->begin(std::move(wire));
        });
    }

    void begin(std::shared_ptr<Wire> wire)
    {
        wire_ = std::move(wire);
        session_ = std::make_unique<smtp::ClientSession>(config());
        given_ = false;
        again_ = false;
        wire_->end(0).wake = [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->pump();
        };
        pump();
    }

    void pump()
    {
        while (session_) {
            ++waits_;
            const auto step = session_->next(world_.instant());
            if (!std::visit([this](const auto& s) { return perform(s); }, step))
                return;
        }
    }

    bool perform(const smtp::client_step::Read& read)
    {
        auto& end = wire_->end(0);
        if (!end.inbox.empty()) {
            session_->receive(std::exchange(end.inbox, {}));
            return true;
        }
        if (end.closed) {
            session_->disconnected();
            return true;
        }
        world_.after(std::max(world_.until(read.until), Micros(1)),
                     [weak = weak_from_this(), wait = waits_] {
                         const auto self = weak.lock();
                         if (self && self->waits_ == wait)
                             self->pump();
                     });
        return false;
    }
    bool perform(const smtp::client_step::Send& send)
    {
        wire_->send(0, std::string(send.bytes));
        return true;
    }
    bool perform(const smtp::client_step::StartTls&) { std::abort(); }
    bool perform(const smtp::client_step::ReadBody&)
    {
        session_->body(text_);
        return true;
    }
    bool perform(const smtp::client_step::Ready&)
    {
        if (std::exchange(given_, true)) {
            session_->quit();
            return true;
        }
        smtp::Outgoing outgoing;
        outgoing.sender = mail::ReversePath::parse(load_.sender).value();
        asked_ = open_;
        for (const auto i : asked_) {
            sent_.emplace_back(wire_->number(), i);
            outgoing.recipients.push_back({mail::ForwardPath::parse(load_.recipients[i]).value()});
        }
        outgoing.size_bytes = text_.size();
        session_->send_letter(std::move(outgoing));
        return true;
    }
    bool perform(const smtp::client_step::LetterDone& done)
    {
        expects(done.result.outcomes.size() == asked_.size());
        open_.clear();
        bool trouble = false;
        for (std::size_t n = 0; n < asked_.size(); ++n) {
            const auto& outcome = done.result.outcomes[n];
            const std::size_t i = asked_[n];
            if (outcome.may_be_duplicated)
                ledger_.uncertain(wire_->number(), load_.token, load_.recipients[i]);
            if (outcome.disposition == smtp::Disposition::retry_now) {
                open_.push_back(i);
                again_ = true;
            } else if (outcome.try_next_host()) {
                open_.push_back(i);
                result_.of[i] = outcome.disposition;
                trouble = true;
            } else {
                result_.of[i] = outcome.disposition;
            }
        }
        if (!trouble)
            result_.site_answered = true;
        return true;
    }
    bool perform(const smtp::client_step::Close&)
    {
        wire_->end(0).wake = nullptr;
        wire_->close(0);
        if (!again_)
            ++host_;
        call();
        return false;
    }

    World& world_;
    Ledger& ledger_;
    Load load_;
    std::string text_;
    Dial dial_;
    Report report_;
    Result result_;
    std::vector<std::size_t> open_, asked_;
    std::vector<std::pair<std::uint64_t, std::size_t>> sent_;
    std::shared_ptr<Wire> wire_;
    std::unique_ptr<smtp::ClientSession> session_;
    std::size_t hosts_ = 0, host_ = 0, calls_ = 0;
    std::uint64_t waits_ = 0;
    bool given_ = false, again_ = false;
};

} // namespace posthouse::simulation
