// SPDX-License-Identifier: Apache-2.0
#include "agent/runner_link.hpp"

#include "agent/limits.hpp"
#include "agent/names.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>

namespace asio = boost::asio;

namespace posthouse::agent {
namespace {

std::expected<Login, LookupError> login_from(const RunnerAnswer& answer)
{
    if (answer.has_none())
        return std::unexpected(LookupError::none);
    if (!answer.has_found() || !is_plain_login(answer.found().name()))
        return std::unexpected(LookupError::unavailable);
    const auto& found = answer.found();
    return Login{.name = found.name(),
                 .home = found.home(),
                 .user = found.user(),
                 .group = found.group(),
                 .groups = {found.groups().begin(), found.groups().end()}};
}

} // namespace

void RunnerLink::open(UniqueFd socket)
{
    close();
    runner_ = std::make_unique<asio::posix::stream_descriptor>(context_, socket.release());
    hear();
}

void RunnerLink::close()
{
    runner_.reset();
    for (const auto& [id, question] : std::exchange(questions_, {})) {
        question->missing = 0;
        question->changed.cancel();
    }
}

void RunnerLink::hear()
{
    runner_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this](boost::system::error_code error) {
                            if (error)
                                return;
                            for (int packets = 0; packets < 64; ++packets) {
                                const auto packet = receive_packet(runner_->native_handle());
                                if (!packet && packet.error() == PacketEnd::nothing_yet)
                                    break;
                                if (!packet)
                                    return close();
                                RunnerAnswer answer;
                                if (answer.ParseFromString(packet->bytes))
                                    take(answer);
                            }
                            hear();
                        });
}

void RunnerLink::take(const RunnerAnswer& answer)
{
    const auto found = questions_.find(answer.id());
    if (found == questions_.end())
        return;
    auto& question = *found->second;
    if (answer.index() >= question.answers.size())
        return;
    auto& place = question.answers[answer.index()];
    if (place.what_case() != RunnerAnswer::WHAT_NOT_SET)
        return; // The first counts.
    place = answer;
    if (--question.missing == 0) {
        question.changed.cancel();
        questions_.erase(found);
    }
}

std::uint32_t RunnerLink::ask(RunnerRequest request, std::size_t answers,
                              std::span<const int> descriptors)
{
    const auto id = ++last_id_;
    request.set_id(id);
    auto question = std::make_shared<Question>(std::vector<RunnerAnswer>(answers), answers,
                                               asio::steady_timer(context_, Instant::max()));
    if (!runner_ || !send_packet(runner_->native_handle(), request, descriptors))
        question->missing = 0; // Nothing will come.
    questions_[id] = std::move(question);
    return id;
}

void RunnerLink::end(std::uint32_t id, bool at_once)
{
    RunnerRequest request;
    request.mutable_end()->set_id(id);
    request.mutable_end()->set_at_once(at_once);
    if (runner_)
        send_packet(runner_->native_handle(), request);
}

Task<bool> RunnerLink::wait(Open question, Instant deadline)
{
    while (question->missing > 0 && !question->flooded) {
        if (Instant::clock::now() >= deadline)
            co_return false;
        question->changed.expires_at(deadline);
        co_await question->changed.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return true;
}

Task<std::vector<std::expected<Login, LookupError>>>
RunnerLink::find(std::vector<std::string> names)
{
    RunnerRequest request;
    for (const auto& name : names)
        request.mutable_find()->add_names(name);
    const auto id = ask(std::move(request), names.size(), {});
    const auto question = questions_[id];
    co_await wait(question, Instant::clock::now() + Limits::lookup);
    questions_.erase(id);
    std::vector<std::expected<Login, LookupError>> logins;
    for (const auto& answer : question->answers)
        logins.push_back(login_from(answer));
    co_return logins;
}

Task<JobEnd> RunnerLink::run(std::shared_ptr<const Job> job)
{
    auto pipe = make_pipe();
    if (!pipe)
        co_return JobEnd{
            .how = JobEnd::How::not_started, .reason = "no pipe can be made", .output = {}};
    RunnerRequest request;
    auto* run = request.mutable_run();
    run->set_user(job->user);
    run->set_cpu_seconds(
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(job->timeout).count()));
    for (const auto& argument : job->arguments)
        run->add_arguments(argument);
    for (const auto& variable : job->environment)
        run->add_environment(variable);
    const auto id = ask(std::move(request), 1, std::array{job->letter, pipe->write.get()});
    const auto question = questions_[id];
    pipe->write.reset();
    const auto output = std::make_shared<PipeReader>(context_.get_executor(), std::move(pipe->read),
                                                     job->output_bytes + 1);
    const auto deadline = Instant::clock::now() + job->timeout;
    asio::co_spawn(context_, collect(output, question, deadline), asio::detached);
    JobEnd ending;
    if (const bool in_time = co_await wait(question, deadline); !in_time || question->flooded) {
        ending.how = question->flooded ? JobEnd::How::flooded : JobEnd::How::timed_out;
        question->flooded = false;
        end(id, false);
        if (!co_await wait(question, Instant::clock::now() + Limits::last_words)) {
            end(id, true);
            co_await wait(question, Instant::clock::now() + Limits::last_words);
        }
    }
    questions_.erase(id);
    output->read_rest();
    output->close();
    ending.output = output->text().substr(0, job->output_bytes);
    if (ending.how != JobEnd::How::ended)
        co_return ending;
    const auto& answer = question->answers.front();
    if (answer.has_ended()) {
        ending.status = answer.ended().status();
        co_return ending;
    }
    ending.how = JobEnd::How::not_started;
    ending.never = answer.not_started().never();
    ending.reason = answer.has_not_started() ? answer.not_started().reason() : "the runner is gone";
    co_return ending;
}

/// It may close its output long before it ends, and what it has started may hold it open long
/// after. So it is read beside the wait for the end.
Task<> RunnerLink::collect(std::shared_ptr<PipeReader> output, Open question, Instant deadline)
{
    const auto why = co_await output->read_until(deadline);
    if (why != PipeReader::Why::flood)
        co_return;
    question->flooded = true;
    question->changed.cancel();
}

} // namespace posthouse::agent
