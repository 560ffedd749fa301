// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/server_session.hpp"
#include "tests/simulation/world.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace posthouse::simulation {

/// What stands behind a server session.
class Receiver {
public:
    virtual ~Receiver() = default;
    virtual std::vector<smtp::Verdict> check(const smtp::server_step::CheckRecipients&) = 0;
    virtual smtp::Verdict open() = 0;
    virtual void take(std::uint64_t wire, const smtp::ServerEnvelope&, const std::string& text,
                      std::function<void(smtp::CommitVerdict)>) = 0;
};

/// Performs the steps of a server session on a wire.
class Reception : public std::enable_shared_from_this<Reception> {
public:
    enum class Port : std::uint8_t { mail, submission };

    Reception(World& world, std::shared_ptr<Wire> wire, Receiver& receiver)
        : world_(world),
          wire_(std::move(wire)),
          receiver_(&receiver),
          session_(config())
    {
    }

    void start()
    {
        wire_->end(1).wake = [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->pump();
        };
        if (world_.stormy() && world_.one_in(40))
            session_.drain(); // 421
        pump();
    }
    /// Its host is no more.
    void abandon()
    {
        receiver_ = nullptr;
        wire_->end(1).wake = nullptr;
    }
    bool finished() const { return receiver_ == nullptr; }

private:
    static std::shared_ptr<const smtp::ServerConfig> config()
    {
        static const auto shared = std::make_shared<const smtp::ServerConfig>(
            smtp::ServerConfig{.hostname = "mx.example"});
        return shared;
    }

    void pump()
    {
        while (receiver_ != nullptr && !asking_) {
            ++waits_;
            auto step = session_.next(world_.instant());
            if (!std::visit([this](auto& s) { return perform(s); }, step))
                return;
        }
    }

    bool perform(smtp::server_step::Read& read)
    {
        auto& end = wire_->end(1);
        if (!end.inbox.empty()) {
            session_.receive(std::exchange(end.inbox, {}));
            return true;
        }
        if (end.closed) {
            session_.disconnected();
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
    bool perform(smtp::server_step::Send& send)
    {
        wire_->send(1, std::move(send.bytes));
        return true;
    }
    bool perform(smtp::server_step::StartTls&) { std::abort(); }
    // Hosts do not log in at each other.
    bool perform(smtp::server_step::StartLogin&) { std::abort(); }
    bool perform(smtp::server_step::ContinueLogin&) { std::abort(); }
    bool perform(smtp::server_step::CancelLogin&) { std::abort(); }
    bool perform(smtp::server_step::CheckRecipients& question)
    {
        session_.answer_recipients(receiver_->check(question));
        return true;
    }
    bool perform(smtp::server_step::Etrn&) { std::abort(); }
    bool perform(smtp::server_step::OpenMessage& open)
    {
        auto verdict = receiver_->open();
        envelope_ = std::move(open.envelope);
        text_.clear();
        session_.answer_open(std::move(verdict));
        return true;
    }
    bool perform(smtp::server_step::AppendToMessage& append)
    {
        text_ += append.bytes;
        return true;
    }
    bool perform(smtp::server_step::DiscardMessage&) { return true; }
    bool perform(smtp::server_step::CommitMessage&)
    {
        asking_ = true;
        receiver_->take(wire_->number(), envelope_, text_,
                        [weak = weak_from_this()](smtp::CommitVerdict verdict) {
                            const auto self = weak.lock();
                            if (!self || self->receiver_ == nullptr)
                                return;
                            self->asking_ = false;
                            self->session_.answer_commit(std::move(verdict));
                            self->pump();
                        });
        return asking_ == false;
    }
    bool perform(smtp::server_step::Close&)
    {
        wire_->close(1);
        receiver_ = nullptr;
        return false;
    }

    World& world_;
    std::shared_ptr<Wire> wire_;
    Receiver* receiver_;
    smtp::ServerSession session_;
    smtp::ServerEnvelope envelope_;
    std::string text_;
    std::uint64_t waits_ = 0;
    bool asking_ = false;
};

} // namespace posthouse::simulation
