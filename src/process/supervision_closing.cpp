// SPDX-License-Identifier: Apache-2.0
// Signals: reloading and closing the house.
#include "base/log.hpp"
#include "process/supervision.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

namespace posthouse::process {
namespace {

constexpr auto last_patience = std::chrono::seconds(3);

bool is_gate(Role role)
{
    return role == Role::gate;
}
bool is_keeper(Role role)
{
    return role == Role::keeper;
}
bool is_other(Role role)
{
    return !is_gate(role) && !is_keeper(role);
}
bool is_any(Role)
{
    return true;
}

} // namespace

void Supervision::wait_for_signals()
{
    if (phase_ == Phase::opening && generation_ == 1) {
        boost::system::error_code ignored;
        for (const int number : {SIGHUP, SIGTERM, SIGINT})
            signals_.add(number, ignored);
    }
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error)
            return;
        if (number == SIGHUP)
            reload();
        else
            close_house(Exit::ok);
        wait_for_signals();
    });
}

void Supervision::reload()
{
    auto documents = read_documents(config_path_);
    if (!documents) {
        for (const auto& sentence : documents.error().sentences)
            log::error("configuration.refused", {{"reason", sentence}});
        return;
    }
    if (documents->config.data_dir != premises_.documents.config.data_dir) {
        log::error("configuration.refused",
                   {{"reason", "data_dir cannot change while the server runs; restart it"}});
        return;
    }
    const auto tls = documents->config.tls;
    auto kept = std::make_shared<Documents>(std::move(*documents));
    tls_.configure(tls, [this, kept](std::vector<std::string> problems) {
        for (const auto& problem : problems)
            log::error("configuration.refused", {{"reason", problem}});
        if (problems.empty() && (phase_ == Phase::opening || phase_ == Phase::open))
            take_up(std::move(*kept));
    });
}

/// Its certificates have been taken already.
void Supervision::take_up(Documents documents)
{
    if (auto bound = bind_listeners(documents.config, premises_.sockets); !bound) {
        for (const auto& sentence : bound.error().sentences)
            log::error("configuration.refused", {{"reason", sentence}});
        return show_certificates();
    }
    premises_.documents = std::move(documents);
    ++generation_;
    log::set_level(premises_.documents.config.log_level);
    for (const auto& child : children_)
        if (child->control) {
            configure(*child);
            if (is_gate(child->member.role))
                hand_listeners(*child);
        }
    tables_.configure(premises_.documents.config.tables);
    watch_source_files();
    if (phase_ == Phase::open) {
        drop_.open(premises_.documents.config.submission.drop);
        drop_.look();
    }
    log::info("configuration.reloaded", {{"generation", generation_}});
}

void Supervision::close_house(Exit code)
{
    if (phase_ != Phase::opening && phase_ != Phase::open)
        return;
    log::info("house.closing");
    result_ = code;
    phase_ = Phase::closing_gates;
    for (auto& child : children_)
        child->restart.reset();
    drop_.close();
    premises_.sockets.clear(); // The kernel refuses new connections from here on.
    tell_to_leave(is_gate);
    closing_deadline_.expires_after(
        std::chrono::seconds(premises_.documents.config.process.drain_seconds));
    closing_deadline_.async_wait([this](boost::system::error_code error) {
        if (error)
            return;
        kill_all(phase_ == Phase::closing_gates ? is_gate : is_any);
    });
    advance_closing();
}

void Supervision::advance_closing()
{
    if (phase_ == Phase::closing_gates && !any_running(is_gate)) {
        phase_ = Phase::closing_keeper;
        tell_to_leave(is_keeper);
        closing_deadline_.expires_after(
            std::chrono::seconds(premises_.documents.config.process.drain_seconds));
        closing_deadline_.async_wait([this](boost::system::error_code error) {
            if (!error)
                kill_all(is_any);
        });
    }
    if (phase_ == Phase::closing_keeper && !any_running(is_keeper)) {
        phase_ = Phase::closing_rest;
        tell_to_leave(is_other);
        closing_deadline_.expires_after(last_patience);
        closing_deadline_.async_wait([this](boost::system::error_code error) {
            if (!error)
                kill_all(is_any);
        });
    }
    if (phase_ == Phase::closing_rest && !any_running(is_any)) {
        log::info("house.closed");
        context_.stop();
    }
}

void Supervision::tell_to_leave(bool (*which)(Role))
{
    wire::Control message;
    message.mutable_drain();
    for (auto& child : children_)
        if (child->control && which(child->member.role)) {
            child->leaving = true;
            child->control->send(message);
        }
}

bool Supervision::any_running(bool (*which)(Role)) const
{
    return std::ranges::any_of(
        children_, [&](const auto& child) { return child->pid >= 0 && which(child->member.role); });
}

void Supervision::kill_all(bool (*which)(Role))
{
    for (auto& child : children_)
        if (child->pid >= 0 && which(child->member.role)) {
            child->leaving = true;
            ::kill(child->pid, SIGKILL);
        }
}

} // namespace posthouse::process
