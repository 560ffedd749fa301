// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/session.hpp"
#include "tests/imap/session/support/fake_account.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// A driver in memory: what is said goes in, what is answered comes out, time is whatever the test
/// says it is.
namespace posthouse::imap::rehearsal {

class FakeChannel final : public Channel {
public:
    explicit FakeChannel(boost::asio::io_context& context) : waiting_(context), writing_(context)
    {
        waiting_.expires_at(Instant::max());
        writing_.expires_at(Instant::max());
    }

    Instant now() const override { return now_; }
    Timestamp wall_clock() const override { return from_microseconds(1'000'000'000'000'000); }

    Task<bool> write(std::string bytes) override
    {
        if (ended_)
            co_return false;
        written_ += bytes.size();
        output_ += bytes;
        most_held_ = std::max(most_held_, output_.size());
        largest_write_ = std::max(largest_write_, bytes.size());
        while (output_.size() > high_water_ && !ended_)
            co_await rest(writing_);
        co_return !ended_;
    }
    Task<Arrival> wait(Instant until) override
    {
        while (true) {
            if (!input_.empty())
                co_return Arrival{Arrival::What::bytes, std::exchange(input_, {})};
            if (std::exchange(nudged_, false))
                co_return Arrival{Arrival::What::nudge, {}};
            if (ended_)
                co_return Arrival{Arrival::What::end, {}};
            if (now_ >= until)
                co_return Arrival{Arrival::What::time, {}};
            co_await rest(waiting_);
        }
    }
    void nudge() override
    {
        nudged_ = true;
        waiting_.cancel();
    }
    Task<bool> start_tls() override
    {
        input_.clear();
        tls_ = true;
        co_return !ended_;
    }
    Task<bool> compress(std::string received) override
    {
        compressed_ = true;
        input_.insert(0, received);
        co_return !ended_;
    }

    // ---- the other side -------------------------------------------------------------------

    void say(std::string_view bytes)
    {
        input_ += bytes;
        waiting_.cancel();
    }
    void hang_up()
    {
        ended_ = true;
        waiting_.cancel();
        writing_.cancel();
    }
    void pass_time(Duration much)
    {
        now_ += much;
        waiting_.cancel();
    }
    std::string take(std::size_t most = std::numeric_limits<std::size_t>::max())
    {
        const auto count = std::min(most, output_.size());
        auto taken = output_.substr(0, count);
        output_.erase(0, count);
        writing_.cancel();
        return taken;
    }
    /// Writers wait while more than this is not taken.
    void read_slowly(std::size_t high_water) { high_water_ = high_water; }
    std::size_t most_held() const { return most_held_; }
    std::size_t largest_write() const { return largest_write_; }
    std::size_t written() const { return written_; }
    bool tls() const { return tls_; }
    bool compressed() const { return compressed_; }

private:
    static Task<void> rest(boost::asio::steady_timer& timer)
    {
        boost::system::error_code cancelled;
        co_await timer.async_wait(
            boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }

    boost::asio::steady_timer waiting_, writing_;
    Instant now_ = Instant(std::chrono::hours(1));
    std::string input_, output_;
    bool nudged_ = false, ended_ = false, tls_ = false, compressed_ = false;
    std::size_t high_water_ = std::numeric_limits<std::size_t>::max();
    std::size_t most_held_ = 0, largest_write_ = 0, written_ = 0;
};

/// "user" with the password "secret"; CHALLENGE asks twice, and takes "one" and "two".
class FakeLogin final : public Login {
public:
    explicit FakeLogin(FakeAccount& account) : account_(account) {}

    std::vector<std::string> mechanisms() const override { return {"PLAIN"}; }
    Task<LoginAnswer> start(std::string mechanism, std::optional<Secret> response) override
    {
        if (mechanism != "PLAIN" && mechanism != "CHALLENGE")
            co_return refused(LoginAnswer::Reason::no_mechanism);
        mechanism_ = mechanism;
        steps_ = 0;
        if (response)
            co_return judge(response->reveal());
        co_return challenge("");
    }
    Task<LoginAnswer> respond(Secret response) override { co_return judge(response.reveal()); }
    void cancel() override { ++cancelled; }

    int cancelled = 0;
    FakeBackend* backend = nullptr; ///< The last one given.

private:
    static LoginAnswer refused(LoginAnswer::Reason why)
    {
        LoginAnswer answer;
        answer.what = LoginAnswer::What::refused;
        answer.reason = why;
        return answer;
    }
    static LoginAnswer challenge(std::string data)
    {
        LoginAnswer answer;
        answer.what = LoginAnswer::What::challenge;
        answer.data = std::move(data);
        return answer;
    }
    LoginAnswer judge(std::string_view response)
    {
        using namespace std::string_view_literals;
        LoginAnswer accepted;
        if (mechanism_ == "CHALLENGE") {
            if (response != (steps_++ == 0 ? "one"sv : "two"sv))
                return refused(LoginAnswer::Reason::wrong);
            if (steps_ == 1)
                return challenge("and?");
            accepted.data = "welcome";
        } else if (response != "\0user\0secret"sv) {
            return refused(LoginAnswer::Reason::wrong);
        }
        accepted.what = LoginAnswer::What::accepted;
        accepted.user = "user@example.org";
        auto made = std::make_unique<FakeBackend>(account_);
        backend = made.get();
        accepted.backend = std::move(made);
        return accepted;
    }

    FakeAccount& account_;
    std::string mechanism_;
    int steps_ = 0;
};

inline SessionSettings usual_settings()
{
    SessionSettings settings;
    settings.hostname = "mx.example.org";
    settings.plaintext_auth = true;
    settings.offer_tls = true;
    return settings;
}

/// One client and its session.
class Rehearsal {
public:
    Rehearsal(boost::asio::io_context& context, FakeAccount& account,
              SessionSettings settings = usual_settings())
        : context_(context),
          settings_(std::move(settings)),
          channel(context),
          login(account),
          session(settings_, channel, login)
    {
        boost::asio::co_spawn(context_, run(), boost::asio::detached);
        proceed();
    }
    ~Rehearsal()
    {
        channel.hang_up();
        for (int i = 0; i < 100 && !done_; ++i)
            proceed();
    }

    /// Says it, and takes what comes back until nothing more happens.
    std::string say(std::string_view bytes)
    {
        channel.say(bytes);
        return heard();
    }
    std::string heard()
    {
        proceed();
        return channel.take();
    }
    bool done() const { return done_; }
    void proceed()
    {
        context_.restart();
        context_.poll();
    }

private:
    Task<void> run()
    {
        co_await session.run();
        done_ = true;
    }

    boost::asio::io_context& context_;
    SessionSettings settings_;
    bool done_ = false;

public:
    FakeChannel channel;
    FakeLogin login;
    Session session;
};

} // namespace posthouse::imap::rehearsal
