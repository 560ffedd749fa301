// SPDX-License-Identifier: Apache-2.0
#include "gate/gate.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "gate/events.hpp"
#include "gate/worker.hpp"
#include "mail/charset.hpp"

#include <boost/asio/post.hpp>

#include <ctime>
#include <fcntl.h>
#include <optional>
#include <thread>
#include <utility>

namespace asio = boost::asio;

namespace posthouse::gate {
namespace {

/// The first thread: it hears the supervisor and tells the workers.
class Gate {
public:
    Gate(process::StartUp start, TlsGoods tls);

    void start_threads();
    [[noreturn]] void run();

private:
    void configure(std::shared_ptr<const process::Settings>);
    void take_link(process::LinkEnd);
    Outside::Send requests_of(std::size_t worker);
    void connected(std::uint64_t id, UniqueFd, std::string error);
    void collect(std::uint64_t id, Dropped);
    void open_listeners();
    void drain();
    void one_has_ended();

    asio::io_context context_{1};
    std::shared_ptr<const process::Settings> settings_;
    TlsGoods tls_;
    std::vector<process::Listening> listeners_;
    Census census_;
    std::shared_ptr<LoginTimes> login_times_ = std::make_shared<LoginTimes>();
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::size_t ended_ = 0;
    process::RoleControl control_;
};

std::size_t threads_of(const config::Config& config)
{
    if (config.process.gate_threads != 0)
        return config.process.gate_threads;
    return std::max(1U, std::thread::hardware_concurrency());
}

/// A piece of work for a thread's loop; what it holds may be moved only.
template <class Work>
void post_to(Worker& worker, Work work)
{
    asio::post(worker.context(), std::move(work));
}

Gate::Gate(process::StartUp start, TlsGoods tls)
    : settings_(std::move(start.settings)),
      tls_(std::move(tls)),
      listeners_(std::move(start.listeners)),
      control_(context_, std::move(start.control),
               {.configured = [this](auto settings) { configure(std::move(settings)); },
                .linked = [this](process::LinkEnd end) { take_link(std::move(end)); },
                .listening =
                    [this](std::vector<process::Listening> listeners) {
                        listeners_ = std::move(listeners);
                        open_listeners();
                    },
                .drain = [this] { drain(); },
                .ended = nullptr,
                .orphaned = nullptr,
                .connected =
                    [this](std::uint64_t id, UniqueFd socket, std::string error) {
                        connected(id, std::move(socket), std::move(error));
                    },
                .collect = [this](std::uint64_t id, std::uint32_t user,
                                  UniqueFd file) { collect(id, {user, std::move(file)}); }})
{
    SystemRandom random;
    const auto mark = base32_encode(random.next());
    const auto count = threads_of(settings_->config);
    for (std::size_t i = 0; i < count; ++i) {
        workers_.push_back(std::make_unique<Worker>(census_, mark, requests_of(i)));
        workers_.back()->share_tickets(tls_.tickets);
        workers_.back()->share_login_times(login_times_);
    }
    for (auto& link : start.links)
        take_link(std::move(link));
}

void Gate::start_threads()
{
    for (const auto& worker : workers_)
        threads_.emplace_back([&worker = *worker] { worker.run(); });
}

void Gate::run()
{
    open_listeners();
    control_.ready();
    context_.run();
    process::leave(process::Exit::software); // The control channel waits for ever.
}

void Gate::configure(std::shared_ptr<const process::Settings> settings)
{
    auto certificates = certificates_of(*settings);
    if (!certificates) {
        log::error(event::settings_refused, {{"reason", certificates.error()}});
        return;
    }
    settings_ = std::move(settings);
    tls_.certificates = std::move(*certificates);
    open_listeners();
}

void Gate::take_link(process::LinkEnd end)
{
    if (end.index >= workers_.size())
        return; // The house was planned for another number of threads.
    auto& worker = *workers_[end.index];
    post_to(worker,
            [&worker, end = std::move(end)]() mutable { worker.take_link(std::move(end)); });
}

/// On the wire a request's id is the worker's own, with the worker's number below it.
Outside::Send Gate::requests_of(std::size_t worker)
{
    return [this, worker](wire::Control::Connect request) {
        asio::post(context_, [this, worker, request = std::move(request)]() mutable {
            wire::Control message;
            request.set_id(request.id() * workers_.size() + worker);
            *message.mutable_connect() = std::move(request);
            control_.send(message);
        });
    };
}

void Gate::connected(std::uint64_t id, UniqueFd socket, std::string error)
{
    auto& worker = *workers_[id % workers_.size()];
    post_to(worker, [&worker, id = id / workers_.size(), socket = std::move(socket),
                     error = std::move(error)]() mutable {
        worker.connected(id, std::move(socket), std::move(error));
    });
}

/// By turns, since each has a link of its own.
void Gate::collect(std::uint64_t id, Dropped dropped)
{
    auto& worker = *workers_[id % workers_.size()];
    auto done = [this, id](wire::Control::Collected collected) {
        asio::post(context_, [this, id, collected = std::move(collected)]() mutable {
            wire::Control message;
            collected.set_id(id);
            *message.mutable_collected() = std::move(collected);
            control_.send(message);
        });
    };
    post_to(worker, [&worker, settings = settings_, dropped = std::move(dropped),
                     done = std::move(done)]() mutable {
        worker.collect(std::move(settings), std::move(dropped), std::move(done));
    });
}

/// Every thread accepts on a descriptor of its own of each socket.
void Gate::open_listeners()
{
    std::vector<std::vector<Worker::Opening>> openings(workers_.size());
    for (const auto& listener : listeners_) {
        const auto terms = terms_of(listener.what, settings_, tls_);
        if (!terms) {
            log::error(event::listener_unusable,
                       {{"listener", listener.what.address()}, {"reason", terms.error()}});
            continue;
        }
        for (auto& own : openings)
            own.push_back({UniqueFd(::fcntl(listener.socket.get(), F_DUPFD_CLOEXEC, 0)), *terms});
    }
    for (std::size_t i = 0; i < workers_.size(); ++i)
        post_to(*workers_[i], [&worker = *workers_[i], own = std::move(openings[i])]() mutable {
            worker.listen(std::move(own));
        });
}

void Gate::drain()
{
    log::info(event::draining, {{"sessions", census_.sessions()}});
    listeners_.clear();
    for (const auto& worker : workers_)
        post_to(*worker, [this, &worker = *worker] {
            worker.drain([this] { asio::post(context_, [this] { one_has_ended(); }); });
        });
}

void Gate::one_has_ended()
{
    if (++ended_ == workers_.size())
        process::leave(process::Exit::ok);
}

} // namespace

process::Exit run_gate(process::StartUp start)
{
    ::tzset();
    mail::prepare_charsets();
    net::warm_up_tls();
    auto certificates = certificates_of(*start.settings);
    if (!certificates)
        process::fail_start_up(start.control, process::Exit::config, certificates.error());
    TlsGoods tls{std::move(*certificates), std::make_shared<net::TicketKeys>()};
    const process::Confinement confinement{.role = process::Role::gate, .identity = start.identity};
    if (const auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    const process::ControlChannel control(UniqueFd(::dup(start.control.fd())));
    Gate gate(std::move(start), std::move(tls));
    gate.start_threads();
    if (const auto done = process::confine_calls(confinement); !done)
        process::fail_start_up(control, process::Exit::os_error, done.error().text);
    gate.run();
}

} // namespace posthouse::gate
