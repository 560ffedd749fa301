// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.hpp"

#include "agent/desk.hpp"
#include "agent/limits.hpp"
#include "base/log.hpp"

#include <boost/asio/io_context.hpp>

#include <ctime>

namespace posthouse::agent {
namespace {

/// A link lives by itself until its other end goes.
void open_link(boost::asio::io_context& context, Desk& desk, process::LinkEnd end)
{
    if (!end.socket)
        return;
    if (end.peer == "runner")
        desk.runner().open(std::move(end.socket));
    else if (end.peer == "keeper")
        wire::Link::open(context.get_executor(), std::move(end.socket),
                         {.handler =
                              [&desk](std::shared_ptr<wire::Link> keeper, wire::Frame frame) {
                                  return desk.serve(std::move(keeper), std::move(frame));
                              },
                          .closed = {},
                          .in_flight = Limits::deliveries});
}

} // namespace

process::Exit run_agent(process::StartUp start)
{
    log::set_process(start.name);
    ::tzset();
    const process::Confinement confinement{.role = process::Role::agent};
    if (auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    Desk desk(context, start.settings);
    process::RoleControl control(
        context, std::move(start.control),
        {.configured =
             [&](std::shared_ptr<const process::Settings> settings) {
                 desk.configure(std::move(settings));
             },
         .linked = [&](process::LinkEnd end) { open_link(context, desk, std::move(end)); },
         .listening = {},
         .drain = [] { process::leave(process::Exit::ok); },
         .ended = {},
         .orphaned = {}});
    if (auto done = process::confine_calls(confinement); !done)
        control.fail(process::Exit::os_error, done.error().text);
    for (auto& end : start.links)
        open_link(context, desk, std::move(end));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::agent
