// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/unique_fd.hpp"
#include "gate/connection.hpp"
#include "process/start_up.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
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

    /// `id_mark`: see Desk. The census must outlive the worker.
    Worker(Census&, std::string id_mark);
    /// No session may be left.
    ~Worker();

    boost::asio::io_context& context() { return context_; }
    /// Until the context is stopped.
    void run();

    void take_link(process::LinkEnd);
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
    Task<void> serve(std::unique_ptr<Connection>);
    void welcome(boost::asio::ip::tcp::socket, const Door&);
    void turn_away(boost::asio::ip::tcp::socket, const Terms&) const;
    void close_doors();

    boost::asio::io_context context_{1};
    net::Deadlines deadlines_{context_};
    Desk desk_;
    Census& census_;
    SystemRandom random_;
    std::vector<std::shared_ptr<Door>> doors_;
    std::unordered_set<Connection*> connections_;
    std::function<void()> ended_; // Set while draining.
};

} // namespace posthouse::gate
