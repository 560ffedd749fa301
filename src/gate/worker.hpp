// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/unique_fd.hpp"
#include "gate/collecting.hpp"
#include "gate/connection.hpp"
#include "gate/milter_pool.hpp"
#include "gate/outside.hpp"
#include "gate/reader_events.hpp"
#include "process/start_up.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace posthouse::gate {

/// What one thread of a gate does: it accepts on its listeners and serves whom it accepted, with
/// links of its own. All but post() is for its own thread, or for before that runs.
class Worker {
public:
    /// A listening socket, and on what terms it is served.
    struct Opening {
        UniqueFd socket;
        std::shared_ptr<const Terms> terms;
    };

    /// `id_mark`: see Desk. `send`: to the supervisor, from this thread. The census must outlive
    /// the worker.
    Worker(Census&, std::string id_mark, Outside::Send send = nullptr);
    /// No session may be left.
    ~Worker();

    boost::asio::io_context& context() { return context_; }
    /// What the threads of a gate have in common; before run().
    void share_login_times(std::shared_ptr<LoginTimes> times)
    {
        desk_.login_times = std::move(times);
    }
    /// Until the context is stopped.
    void run();

    void take_link(process::LinkEnd);
    /// Those of the whole gate; before the first link.
    void share_tickets(std::shared_ptr<net::TicketKeys>);
    /// What was asked of the supervisor has come.
    void connected(std::uint64_t id, UniqueFd, std::string error);
    /// A letter from the drop. `done` is called from this thread.
    void collect(std::shared_ptr<const process::Settings>, Dropped,
                 std::function<void(wire::Control::Collected)> done);
    /// In place of those there are. Sessions stay.
    void listen(std::vector<Opening>);
    /// Takes nothing new and lets what is under way end; `ended` is called when no session is left.
    void drain(std::function<void()> ended);
    std::size_t sessions() const { return connections_.size(); }

private:
    struct Door {
        Door(boost::asio::io_context&, Opening);
        ~Door();
        void close();
        boost::asio::ip::tcp::acceptor acceptor;
        std::shared_ptr<const Terms> terms;
    };

    Task<void> accept(std::shared_ptr<Door>);
    Task<wire::Result<wire::Answer>> hear(wire::Frame);
    Task<void> serve(std::unique_ptr<Connection>);
    void welcome(boost::asio::ip::tcp::socket, const Door&);
    Task<void> welcome_proxied(boost::asio::ip::tcp::socket, std::shared_ptr<const Terms>,
                               Census::Place);
    void admit(boost::asio::ip::tcp::socket, Party, std::shared_ptr<const Terms>);
    void turn_away(boost::asio::ip::tcp::socket, const Terms&, const Party&,
                   std::string_view reason) const;
    void close_doors();

    boost::asio::io_context context_{1};
    net::Deadlines deadlines_{context_};
    Outside outside_;
    ReaderEvents reader_events_;
    MilterPool milters_{deadlines_, outside_};
    Desk desk_;
    Census& census_;
    SystemRandom random_;
    std::vector<std::shared_ptr<Door>> doors_;
    std::unordered_set<Connection*> connections_;
    std::function<void()> ended_; // Set while draining.
};

} // namespace posthouse::gate
