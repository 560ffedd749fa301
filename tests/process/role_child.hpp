// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "process/start_up.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <map>
#include <optional>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::tests {

/// A role in a process of its own, confined as in the house; the test is its supervisor.
class RoleChild {
public:
    using Run = process::Exit (*)(process::StartUp);

    RoleChild(Run run, std::string name)
    {
        auto [ours, theirs] = process::ControlChannel::make_pair();
        pid_ = ::fork();
        expects(pid_ >= 0);
        if (pid_ == 0) {
            std::signal(SIGPIPE, SIG_IGN);
            ::close(ours.release());
            auto start = process::receive_start_up(std::move(theirs), std::move(name));
            process::leave(start ? run(std::move(*start)) : process::Exit::software);
        }
        control_.emplace(std::move(ours));
    }
    RoleChild(const RoleChild&) = delete;
    ~RoleChild()
    {
        control_.reset(); // Orphaned, it leaves.
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    void configure(std::string_view text, const std::vector<std::string>& dns_servers,
                   const std::map<std::string, std::string>& secrets = {})
    {
        const auto file = process::text_file(text);
        const auto none = process::text_file("");
        wire::Control message;
        for (const auto& server : dns_servers)
            message.mutable_configure()->add_dns_servers(server);
        message.mutable_configure()->set_generation(++generation_);
        message.mutable_configure()->mutable_secrets()->insert(secrets.begin(), secrets.end());
        expects(control_->send(message, std::array{file.get(), none.get()}));
    }
    /// The other end of a link that it takes for one to this peer.
    UniqueFd link(std::string_view peer)
    {
        auto [ours, theirs] = socket_pair();
        wire::Control message;
        message.mutable_link()->set_peer(std::string(peer));
        expects(control_->send(message, std::array{theirs.get()}));
        return std::move(ours);
    }
    /// False: it ended instead of becoming ready.
    bool start()
    {
        wire::Control message;
        message.mutable_start();
        control_->send(message);
        const auto answer = control_->receive();
        return answer && answer->message.has_ready();
    }
    void drain()
    {
        wire::Control message;
        message.mutable_drain();
        control_->send(message);
    }
    /// How it ended; waits for that.
    int exit_code()
    {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    pid_t pid_ = -1;
    std::optional<process::ControlChannel> control_;
    std::uint64_t generation_ = 0;
};

/// Asks over a link and runs until there is an answer.
template <class Response>
wire::Result<Response> ask(boost::asio::io_context& context, std::shared_ptr<wire::Link> link,
                           wire::Method method, const google::protobuf::MessageLite& question,
                           std::string raw = {})
{
    std::optional<wire::Result<Response>> result;
    boost::asio::co_spawn(context, link->call<Response>(method, question, std::move(raw)),
                          [&](std::exception_ptr error, auto answer) {
                              expects(!error);
                              if (answer)
                                  result.emplace(std::move(answer->message));
                              else
                                  result.emplace(std::unexpected(answer.error()));
                          });
    while (!result) {
        context.restart();
        context.run_one();
    }
    return std::move(*result);
}

} // namespace posthouse::tests
