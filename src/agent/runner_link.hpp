// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/login.hpp"
#include "agent/outcome.hpp"
#include "agent/packet.hpp"
#include "agent/pipe_reader.hpp"
#include "agent/runner.pb.h"
#include "base/task.hpp"
#include "base/time.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace posthouse::agent {

/// What a program is to be run with.
struct Job {
    std::string user;
    std::vector<std::string> arguments, environment;
    int letter = -1; // a LetterFile's descriptor
    std::chrono::milliseconds timeout{};
    std::size_t output_bytes = 0;
};

/// How a program ended.
struct JobEnd {
    enum class How : std::uint8_t {
        ended,       // status
        not_started, // reason; `never`: it may not
        timed_out,
        flooded,
    } how = How::ended;
    int status = 0; // of waitpid
    std::string reason;
    bool never = false;
    std::string output;
};

/// The agent's end of its connection to the runner.
class RunnerLink {
public:
    explicit RunnerLink(boost::asio::io_context& context) : context_(context) {}

    /// A new connection; what was asked on the one before has no answer.
    void open(UniqueFd);

    /// One for each name.
    Task<std::vector<std::expected<Login, LookupError>>> find(std::vector<std::string> names);

    /// Until it has ended, and not much longer than its time. SIGTERM comes before SIGKILL.
    Task<JobEnd> run(std::shared_ptr<const Job>);

private:
    struct Question {
        std::vector<RunnerAnswer> answers; // by index
        std::size_t missing;
        boost::asio::steady_timer changed; // cancelled when an answer has come
        bool flooded = false;              // a program has written too much
    };
    using Open = std::shared_ptr<Question>;

    void hear();
    void take(const RunnerAnswer&);
    void close();
    std::uint32_t ask(RunnerRequest, std::size_t answers, std::span<const int> descriptors);
    void end(std::uint32_t id, bool at_once);
    static Task<> collect(std::shared_ptr<PipeReader>, Open, Instant deadline);
    /// Until it is answered, or the program is too loud. False: not by then.
    Task<bool> wait(Open, Instant deadline);

    boost::asio::io_context& context_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> runner_;
    std::map<std::uint32_t, Open> questions_;
    std::uint32_t last_id_ = 0;
};

} // namespace posthouse::agent
