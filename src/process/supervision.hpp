// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "process/drop_desk.hpp"
#include "process/house.hpp"
#include "process/premises.hpp"
#include "process/spawn.hpp"
#include "process/table_desk.hpp"
#include "process/table_watch.hpp"
#include "process/tls_desk.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::process {

/// The supervisor at work: the children, their links, and what happens when one ends.
class Supervision {
public:
    Supervision(std::string config_path, Premises, Salvage);
    Exit run();

private:
    using Descriptor = boost::asio::posix::stream_descriptor;

    struct Child {
        Member member;
        pid_t pid = -1; // -1: not running
        std::optional<ControlChannel> control;
        std::unique_ptr<Descriptor> watched_process, watched_control;
        std::unique_ptr<boost::asio::steady_timer> restart;
        Instant started{};
        int failures = 0; // in a row
        bool ready = false;
        bool leaving = false; // told to go
    };
    /// A house that is going down does so in this order.
    enum class Phase : std::uint8_t { opening, open, closing_gates, closing_keeper, closing_rest };

    void start_waiting_members();
    bool may_start(const Child&);
    void start(Child&);
    void introduce(Child&);
    void join(Child& one, Child& other, const Join&);
    void watch(Child&);
    void hear(Child&);
    void take_request(Child&, ControlMessage);
    void ended(Child&);
    void restart_later(Child&);
    void ready(Child&);
    void give_up(Exit, const std::string& reason);

    void configure(const Child&) const;
    void watch_source_files();
    void look_at_source_files();
    void hand_listeners(const Child&) const;
    bool tell_compiler(const wire::Control&, std::span<const int> descriptors);
    void hand_tables();
    bool tell_signer(const wire::Control&, std::span<const int> descriptors);
    void show_certificates();
    void reload();
    void take_up(Documents);
    void close_house(Exit);
    void advance_closing();
    void tell_to_leave(bool (*which)(Role));
    bool any_running(bool (*which)(Role)) const;
    void kill_all(bool (*which)(Role));
    Child* find(std::string_view name);
    void wait_for_signals();
    void announce_ready();

    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_{context_};
    boost::asio::steady_timer closing_deadline_{context_};
    std::string config_path_;
    Premises premises_;
    Salvage salvage_;
    std::uint64_t generation_ = 1;
    House house_;
    std::vector<std::unique_ptr<Child>> children_;
    TableDesk tables_;
    TlsDesk tls_;
    DropDesk drop_;
    TableWatch source_watch_;
    Phase phase_ = Phase::opening;
    Exit result_ = Exit::ok;
};

} // namespace posthouse::process
