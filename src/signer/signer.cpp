// SPDX-License-Identifier: Apache-2.0
#include "signer/signer.hpp"

#include "base/log.hpp"
#include "net/tls.hpp"
#include "signer/desk.hpp"
#include "signer/offers.hpp"
#include "wire/parse.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <ctime>
#include <map>
#include <thread>

namespace asio = boost::asio;

namespace posthouse::signer {
namespace {

constexpr auto between_reports = std::chrono::minutes(10);
constexpr auto between_rotations = std::chrono::seconds(10);

Desk::Limits limits_for(std::size_t cores)
{
    Desk::Limits limits;
    limits.threads = std::clamp<std::size_t>(cores, 1, 4);
    return limits;
}

class Signer {
public:
    explicit Signer(Duration ticket_rotation)
        : desk_(limits_for(std::thread::hardware_concurrency()), random_, ticket_rotation)
    {
    }

    asio::io_context& context() { return context_; }
    void configure(const process::Settings& settings)
    {
        desk_.tickets().set_rotation(settings.config.tls.ticket_rotation);
    }

    void link(process::LinkEnd end)
    {
        if (!end.socket || !end.peer.starts_with("gate."))
            return;
        auto& place = links_[{end.peer, end.index}];
        if (place)
            place->close();
        place = wire::Link::open(
            context_.get_executor(), std::move(end.socket),
            {.handler =
                 [this, gate = end.peer](std::shared_ptr<wire::Link>, wire::Frame frame) {
                     return desk_.serve(gate, std::move(frame), Instant::clock::now());
                 },
             .closed = {}});
    }

    /// What to answer, if anything.
    std::optional<wire::Control> take(const std::string& bytes, std::vector<UniqueFd> files)
    {
        const auto word = wire::parse<wire::KeyWord>(bytes);
        if (word && word->has_settle())
            desk_.keys().settle({word->settle().keys().begin(), word->settle().keys().end()});
        if (!word || !word->has_offer())
            return std::nullopt;
        auto judged = offers_.take(word->offer(), std::move(files), desk_.keys());
        if (!judged)
            return std::nullopt;
        log::info("keys.judged", {{"keys", judged->verdicts_size()}});
        wire::KeyWord answer;
        *answer.mutable_judged() = std::move(*judged);
        wire::Control message;
        message.set_keys(answer.SerializeAsString());
        return message;
    }

    void keep_time()
    {
        timer_.expires_after(between_rotations);
        timer_.async_wait([this](boost::system::error_code error) {
            if (error)
                return;
            const auto now = Instant::clock::now();
            rotate_tickets(now);
            if (now - reported_ >= between_reports) {
                reported_ = now;
                report();
            }
            keep_time();
        });
    }

private:
    void rotate_tickets(Instant now)
    {
        for (const auto& gate : desk_.tickets().rotate(now)) {
            const auto keys = desk_.tickets().keys_of(gate, now);
            for (const auto& [peer, link] : links_)
                if (peer.first == gate && link->is_open())
                    link->notify(wire::Method::ticket_keys, message_of(*keys));
            log::debug("tickets.rotated", {{"gate", gate}});
        }
    }

    void report()
    {
        const auto counts = desk_.take_counts();
        if (counts.signatures + counts.refused + counts.throttled > 0)
            log::info("signatures.made", {{"signatures", counts.signatures},
                                          {"refused", counts.refused},
                                          {"throttled", counts.throttled}});
    }

    asio::io_context context_{1};
    asio::steady_timer timer_{context_};
    SystemRandom random_;
    Desk desk_;
    Offers offers_;
    Instant reported_ = Instant::clock::now();
    std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<wire::Link>> links_;
};

} // namespace

process::Exit run_signer(process::StartUp start)
{
    log::set_process(start.name);
    ::tzset();
    net::warm_up_tls();
    const process::Confinement confinement{.role = process::Role::signer,
                                           .identity = start.identity};
    if (auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    Signer signer(start.settings->config.tls.ticket_rotation);
    std::optional<process::RoleControl> control;
    const auto take = [&](const std::string& word, std::vector<UniqueFd> files) {
        if (const auto answer = signer.take(word, std::move(files)))
            control->send(*answer);
    };
    control.emplace(signer.context(), std::move(start.control),
                    process::RoleControl::Events{
                        .configured = [&](auto settings) { signer.configure(*settings); },
                        .linked = [&](process::LinkEnd end) { signer.link(std::move(end)); },
                        .listening = {},
                        .drain = [] { process::leave(process::Exit::ok); },
                        .ended = {},
                        .orphaned = {},
                        .keys = take});
    if (auto done = process::confine_calls(confinement); !done)
        control->fail(process::Exit::os_error, done.error().text);
    for (auto& end : start.links)
        signer.link(std::move(end));
    signer.keep_time();
    control->ready();
    signer.context().run();
    return process::Exit::ok;
}

} // namespace posthouse::signer
