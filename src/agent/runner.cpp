// SPDX-License-Identifier: Apache-2.0
#include "agent/runner.hpp"

#include "agent/limits.hpp"
#include "agent/packet.hpp"
#include "agent/runner_child.hpp"
#include "base/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace posthouse::agent {
namespace {

/// Children at one time; the agent keeps itself to fewer.
constexpr std::size_t most_children = 1000;

class Runner {
public:
    Runner(asio::io_context& context, std::shared_ptr<const process::Settings> settings)
        : context_(context),
          settings_(std::move(settings))
    {
    }

    void configure(std::shared_ptr<const process::Settings> settings)
    {
        settings_ = std::move(settings);
    }

    /// The agent, or its successor: whose work is under way then, nobody waits for.
    void link(process::LinkEnd end)
    {
        if (end.peer != "agent" || !end.socket)
            return;
        kill_all();
        agent_ = std::make_unique<Descriptor>(context_, end.socket.release());
        hear();
    }

    void kill_all()
    {
        for (const auto& [pid, child] : children_)
            end_group(pid, SIGKILL);
    }

private:
    using Descriptor = asio::posix::stream_descriptor;

    struct Child {
        std::uint32_t id;
        bool runs_program;
        int names;
        std::unique_ptr<Descriptor> process;
    };

    void hear()
    {
        agent_->async_wait(Descriptor::wait_read, [this](boost::system::error_code error) {
            if (error)
                return;
            for (int packets = 0; packets < 64; ++packets) {
                auto packet = receive_packet(agent_->native_handle());
                if (packet) {
                    take(std::move(*packet));
                    continue;
                }
                if (packet.error() == PacketEnd::nothing_yet)
                    break;
                kill_all();
                agent_.reset();
                return;
            }
            hear();
        });
    }

    void take(Packet packet)
    {
        RunnerRequest request;
        if (!request.ParseFromString(packet.bytes))
            return log::error("agent.request_refused", {{"reason", "it makes no sense"}});
        switch (request.what_case()) {
        case RunnerRequest::kFind:
            return find(request);
        case RunnerRequest::kRun:
            return run(request, std::move(packet.descriptors));
        case RunnerRequest::kEnd:
            for (const auto& [pid, child] : children_)
                if (child.runs_program && child.id == request.end().id())
                    end_group(pid, request.end().at_once() ? SIGKILL : SIGTERM);
            return;
        default:
            return;
        }
    }

    void find(const RunnerRequest& request)
    {
        const auto count = request.find().names_size();
        if (count > Limits::names || !start(request, count, [&] {
                find_logins(agent_->native_handle(), request.id(), request.find());
            }))
            tell_unavailable(request.id(), count);
    }

    void run(const RunnerRequest& request, std::vector<UniqueFd> descriptors)
    {
        const auto program =
            check_program(request.run(), settings_->config.local_delivery, std::move(descriptors));
        RunnerAnswer answer;
        answer.set_id(request.id());
        if (!program) {
            log::warning("agent.program_refused",
                         {{"user", request.run().user()}, {"reason", program.error()}});
            answer.mutable_not_started()->set_reason(program.error());
            answer.mutable_not_started()->set_never(true);
            send_packet(agent_->native_handle(), answer);
            return;
        }
        if (!start(request, 0, [&] {
                become_program(agent_->native_handle(), request.id(), request.run(), *program);
            })) {
            answer.mutable_not_started()->set_reason("no process can be started");
            send_packet(agent_->native_handle(), answer);
        }
    }

    template <class Work>
    bool start(const RunnerRequest& request, int names, Work work)
    {
        if (children_.size() >= most_children)
            return false;
        const pid_t pid = ::fork();
        if (pid < 0)
            return false;
        if (pid == 0) {
            work();
            ::_exit(1);
        }
        UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!process) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
            return false;
        }
        auto watched = std::make_unique<Descriptor>(context_, process.release());
        watched->async_wait(Descriptor::wait_read, [this, pid](boost::system::error_code error) {
            if (!error)
                ended(pid);
        });
        children_.emplace(pid, Child{request.id(), request.has_run(), names, std::move(watched)});
        return true;
    }

    /// A program has a session of its own, so that what it has started goes with it.
    static void end_group(pid_t pid, int signal)
    {
        if (::kill(-pid, signal) != 0)
            ::kill(pid, signal);
    }

    void ended(pid_t pid)
    {
        int status = 0;
        ::waitpid(pid, &status, 0);
        const auto node = children_.extract(pid);
        const auto& child = node.mapped();
        if (!agent_)
            return;
        if (!child.runs_program)
            return tell_unavailable(child.id, status == 0 ? 0 : child.names);
        RunnerAnswer answer;
        answer.set_id(child.id);
        answer.mutable_ended()->set_status(status);
        send_packet(agent_->native_handle(), answer);
    }

    /// For the names that were answered already this changes nothing.
    void tell_unavailable(std::uint32_t id, int names)
    {
        for (int i = 0; i < names; ++i) {
            RunnerAnswer answer;
            answer.set_id(id);
            answer.set_index(static_cast<std::uint32_t>(i));
            answer.mutable_unavailable();
            send_packet(agent_->native_handle(), answer);
        }
    }

    asio::io_context& context_;
    std::shared_ptr<const process::Settings> settings_;
    std::unique_ptr<Descriptor> agent_;
    std::map<pid_t, Child> children_;
};

} // namespace

process::Exit run_runner(process::StartUp start)
{
    log::set_process(start.name);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::umask(077);
    if (auto done = process::apply_limits(process::default_limits(process::Role::runner),
                                          process::UserShare::shared_user);
        !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error());
    asio::io_context context(1);
    Runner runner(context, start.settings);
    const auto end = [&] {
        runner.kill_all();
        process::leave(process::Exit::ok);
    };
    process::RoleControl control(
        context, std::move(start.control),
        {.configured =
             [&](std::shared_ptr<const process::Settings> settings) {
                 runner.configure(std::move(settings));
             },
         .linked = [&](process::LinkEnd link) { runner.link(std::move(link)); },
         .listening = {},
         .drain = end,
         .ended = {},
         .orphaned = end});
    for (auto& link : start.links)
        runner.link(std::move(link));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::agent
