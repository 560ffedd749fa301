// SPDX-License-Identifier: Apache-2.0
#include "agent/delivery_process.hpp"

#include "agent/letter.hpp"
#include "agent/limits.hpp"
#include "agent/pipe_reader.hpp"
#include "base/contract.hpp"
#include "base/descriptor_io.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace posthouse::agent {
namespace {

/// What the errand's process says: an outcome behind one of these.
constexpr char said_outcome = 'o';
constexpr char said_go_on = 'g';

/// Links, other letters, the control channel: nothing of the agent's comes along.
void close_all_but(int one, int other)
{
    auto from = static_cast<unsigned>(STDERR_FILENO + 1);
    for (const int kept : {std::min(one, other), std::max(one, other)}) {
        const auto number = static_cast<unsigned>(kept);
        if (number > from)
            ::syscall(SYS_close_range, from, number - 1, 0);
        from = number + 1;
    }
    ::syscall(SYS_close_range, from, ~0U, 0);
}

[[noreturn]] void do_errand(const Errand& errand, const config::LocalDelivery& terms, int report,
                            pid_t parent)
{
    close_all_but(errand.letter_file, report);
    ::signal(SIGXFSZ, SIG_IGN); // A limit on files is an error of writing.
    ::signal(SIGPIPE, SIG_IGN);
    const auto group = mailbox_group(terms, errand.login);
    std::optional<Outcome> outcome;
    if (become(errand.login, group)) {
        ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); // A change of user makes it forgotten.
        if (::getppid() != parent)
            ::_exit(1);
        ::umask(077);
        Clock clock;
        outcome = run_errand(errand, terms, group, clock);
    } else {
        outcome = deferred("4.3.0", fmt::format("the agent cannot become the user {}: {}",
                                                errand.login.name, std::strerror(errno)));
    }
    std::string said(1, outcome ? said_outcome : said_go_on);
    if (outcome)
        said += outcome->SerializeAsString();
    ::_exit(write_all(report, said) ? 0 : 1);
}

struct Started {
    pid_t pid;
    asio::posix::stream_descriptor process;
    PipeReader report;
};

std::expected<Started, int> start(const Errand& errand, const config::LocalDelivery& terms,
                                  const asio::any_io_executor& executor)
{
    auto pipe = make_pipe();
    if (!pipe)
        return std::unexpected(pipe.error());
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0)
        return std::unexpected(errno);
    if (pid == 0)
        do_errand(errand, terms, pipe->write.get(), parent);
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process) {
        const int error = errno;
        ::waitpid(pid, nullptr, 0); // It ends by itself; there is no other way to its end.
        return std::unexpected(error);
    }
    return Started{pid, asio::posix::stream_descriptor(executor, process.release()),
                   PipeReader(executor, std::move(pipe->read), Limits::report_bytes)};
}

std::optional<std::optional<Outcome>> understand(const std::string& said)
{
    if (said == std::string_view(&said_go_on, 1))
        return std::optional<Outcome>();
    Outcome outcome;
    if (said.empty() || said.front() != said_outcome ||
        !outcome.ParseFromArray(said.data() + 1, static_cast<int>(said.size() - 1)))
        return std::nullopt;
    return outcome;
}

} // namespace

Task<std::optional<Outcome>> run_in_process(std::shared_ptr<const Errand> errand,
                                            std::shared_ptr<const config::LocalDelivery> terms)
{
    auto started = start(*errand, *terms, co_await asio::this_coro::executor);
    if (!started)
        co_return deferred(
            "4.3.1", fmt::format("no process can be started: {}", std::strerror(started.error())));
    const auto deadline = Instant::clock::now() + Limits::delivery;
    const auto why = co_await started->report.read_until(deadline);
    bool ended = false;
    if (why == PipeReader::Why::end)
        ended = co_await wait_readable(started->process, deadline);
    if (!ended) {
        ::syscall(SYS_pidfd_send_signal, started->process.native_handle(), SIGKILL, nullptr, 0);
        // One that hangs in the kernel (a file server that is gone) keeps its place until it ends.
        co_await wait_readable(started->process, Instant::max());
    }
    int status = 0;
    ::waitpid(started->pid, &status, 0);
    auto said = understand(started->report.text());
    if (ended && said && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        co_return std::move(*said);
    log::warning("agent.delivery_broken", {{"letter", base32_encode(errand->letter)},
                                           {"user", errand->login.name},
                                           {"how", ended ? fmt::format("status {}", status)
                                                         : std::string("took too long")}});
    co_return deferred("4.3.0",
                       ended ? "the delivery's process broke down" : "the delivery took too long");
}

} // namespace posthouse::agent
