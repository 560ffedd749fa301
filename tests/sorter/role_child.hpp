// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"
#include "tests/wire/link_pair.hpp"

#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace posthouse::tests {

/// A role in a process of its own, confined as the supervisor has it; the test is the supervisor
/// and its peers.
class RoleChild {
public:
    using Run = process::Exit (*)(process::StartUp);

    RoleChild(Run run, const std::string& name, const std::vector<std::string>& peers)
        : channels_(process::ControlChannel::make_pair())
    {
        process::StartUp start{.name = name,
                               .settings = std::make_shared<process::Settings>(process::Settings{
                                   .config = {.hostname = mail::Domain::parse("mx.test").value()},
                                   .dns_servers = {}}),
                               .listeners = {},
                               .links = {},
                               .identity = {},
                               .control = std::move(channels_.second)};
        for (const auto& peer : peers) {
            auto [ours, theirs] = socket_pair();
            ends.push_back(std::move(ours));
            start.links.push_back({peer, 0, std::move(theirs)});
        }
        pid_ = ::fork();
        if (pid_ == 0)
            ::_exit(static_cast<int>(run(std::move(start))));
    }
    RoleChild(const RoleChild&) = delete;
    ~RoleChild()
    {
        if (pid_ > 0)
            end();
    }

    bool becomes_ready() const
    {
        const auto said = channels_.first.receive();
        return said && said->message.has_ready();
    }
    /// Tells it to end; its exit code, or -1 if something else ended it.
    int end()
    {
        wire::Control drain;
        drain.mutable_drain();
        channels_.first.send(drain);
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    std::vector<UniqueFd> ends; // of its links, in the peers' order

private:
    std::pair<process::ControlChannel, process::ControlChannel> channels_;
    pid_t pid_ = -1;
};

} // namespace posthouse::tests
