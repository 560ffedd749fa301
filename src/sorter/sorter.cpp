// SPDX-License-Identifier: Apache-2.0
#include "sorter/sorter.hpp"

#include "base/log.hpp"
#include "sorter/serve.hpp"

#include <boost/asio/io_context.hpp>

#include <ctime>

namespace posthouse::sorter {
namespace {

/// A link lives by itself until its other end goes.
void open_link(boost::asio::io_context& context, process::LinkEnd end)
{
    if (end.peer == "keeper" && end.socket)
        wire::Link::open(context.get_executor(), std::move(end.socket),
                         {.handler = serve, .closed = {}});
}

} // namespace

process::Exit run_sorter(process::StartUp start)
{
    log::set_process(start.name);
    ::tzset();
    const process::Confinement confinement{.role = process::Role::sorter,
                                           .identity = start.identity};
    if (auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    process::RoleControl control(
        context, std::move(start.control),
        {.configured = {},
         .linked = [&](process::LinkEnd end) { open_link(context, std::move(end)); },
         .listening = {},
         .drain = [] { process::leave(process::Exit::ok); },
         .ended = {},
         .orphaned = {}});
    if (auto done = process::confine_calls(confinement); !done)
        control.fail(process::Exit::os_error, done.error().text);
    for (auto& end : start.links)
        open_link(context, std::move(end));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::sorter
