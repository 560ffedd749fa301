// SPDX-License-Identifier: Apache-2.0
#include "clerk/clerk.hpp"

#include "base/log.hpp"
#include "clerk/desk.hpp"
#include "directory/password.hpp"
#include "process/house.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <ctime>
#include <thread>

namespace posthouse::clerk {
namespace {

Checker::Limits limits_for(std::size_t cores)
{
    return {.threads = std::clamp<std::size_t>(cores, 2, 4)};
}

/// A link lives by itself until its other end goes.
void open_link(boost::asio::io_context& context, Desk& desk, process::LinkEnd end)
{
    if (!end.socket)
        return;
    if (end.peer == "keeper")
        desk.set_keeper(wire::Link::open(context.get_executor(), std::move(end.socket), {}));
    else if (end.peer == process::reader_gate)
        wire::Link::open(
            context.get_executor(), std::move(end.socket),
            {.handler = [&desk](std::shared_ptr<wire::Link>,
                                wire::Frame frame) { return desk.serve(std::move(frame)); },
             .closed = {}});
}

} // namespace

process::Exit run_clerk(process::StartUp start)
{
    log::set_process(start.name);
    ::tzset();
    if (!directory::prepare_passwords())
        process::fail_start_up(start.control, process::Exit::software, "libsodium does not start");
    const auto limits = limits_for(std::thread::hardware_concurrency());
    const process::Confinement confinement{.role = process::Role::clerk,
                                           .identity = start.identity};
    if (auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    Desk desk(limits);
    process::RoleControl control(
        context, std::move(start.control),
        {.configured = {},
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

} // namespace posthouse::clerk
