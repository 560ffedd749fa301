// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "envoy/envoy.hpp"
#include "envoy/kit.hpp"
#include "envoy/pam_desk.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>

namespace posthouse::envoy {

process::Exit run_pam(process::StartUp start)
{
    log::set_process(start.name);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::umask(077);
    if (auto done = process::apply_limits(process::default_limits(process::Role::pam),
                                          process::UserShare::shared_user);
        !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error());
    boost::asio::io_context context(1);
    const auto terms = [&](const process::Settings& settings) {
        const auto* source = source_of(start.name, settings.config);
        return source == nullptr ? config::LoginSource{} : *source;
    };
    PamDesk desk(context, terms(*start.settings));
    const auto open_link = [&](process::LinkEnd end) {
        if (end.peer == "clerk" && end.socket)
            desk.open(std::move(end.socket));
    };
    const auto end = [&] {
        desk.kill_all();
        process::leave(process::Exit::ok);
    };
    process::RoleControl control(context, std::move(start.control),
                                 {.configured =
                                      [&](std::shared_ptr<const process::Settings> settings) {
                                          desk.configure(terms(*settings));
                                      },
                                  .linked = open_link,
                                  .listening = {},
                                  .drain = end,
                                  .ended = {},
                                  .orphaned = end});
    for (auto& link : start.links)
        open_link(std::move(link));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::envoy
