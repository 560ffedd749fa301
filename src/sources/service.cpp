// SPDX-License-Identifier: Apache-2.0
#include "sources/service.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "sources/packets.hpp"

#include <boost/asio/post.hpp>

#include <cstring>

namespace asio = boost::asio;

namespace posthouse::sources {
namespace {

bool is_find(const Question& question)
{
    return !question.check() && !question.address().empty();
}

} // namespace

Service::Service(asio::io_context& context, std::vector<std::unique_ptr<Worker>> workers,
                 const Limits& limits)
    : context_(context),
      limits_(limits),
      cache_(limits.cache),
      workers_(std::move(workers))
{
    for (auto& worker : workers_)
        threads_.emplace_back([this, &worker] { work(*worker); });
}

Service::~Service()
{
    {
        const std::lock_guard hold(lock_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void Service::open(UniqueFd clerk)
{
    ++connection_;
    clerk_ = std::make_unique<asio::posix::stream_descriptor>(context_, clerk.release());
    hear();
}

void Service::hear()
{
    clerk_->async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](boost::system::error_code error) {
                           if (error)
                               return;
                           for (int packets = 0; packets < 64; ++packets) {
                               auto packet = receive_packet(clerk_->native_handle());
                               if (!packet && packet.error() == PacketEnd::nothing_yet)
                                   break;
                               if (!packet)
                                   return clerk_.reset();
                               take(*packet);
                           }
                           hear();
                       });
}

void Service::take(std::string& packet)
{
    Question question;
    const bool parsed = question.ParseFromString(packet);
    ::explicit_bzero(packet.data(), packet.size());
    const auto id = question.id();
    if (!parsed)
        return send(trouble(SourceError::broken), id);
    const auto now = Instant::clock::now();
    if (is_find(question))
        if (auto known = cache_.find(lowercase(question.address()), now))
            return send(std::move(*known), id);
    {
        const std::lock_guard hold(lock_);
        if (jobs_.size() < limits_.waiting) {
            jobs_.push_back({connection_, std::move(question), now});
            changed_.notify_one();
            return;
        }
    }
    erase_secrets(question);
    send(trouble(SourceError::unavailable), id);
}

void Service::work(Worker& worker)
{
    for (;;) {
        std::unique_lock hold(lock_);
        changed_.wait(hold, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_)
            return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        hold.unlock();
        auto reply = Instant::clock::now() - job.since > limits_.patience
                         ? trouble(SourceError::unavailable)
                         : worker.answer(job.question);
        erase_secrets(job.question);
        asio::post(context_,
                   [this, job = std::move(job), reply = std::move(reply)] { answer(job, reply); });
    }
}

void Service::answer(const Job& job, Reply reply)
{
    if (is_find(job.question) && (reply.what() == Reply::SOMEBODY || reply.what() == Reply::NOBODY))
        cache_.put(lowercase(job.question.address()), reply, Instant::clock::now());
    if (job.connection == connection_)
        send(std::move(reply), job.question.id());
}

void Service::send(Reply reply, std::uint32_t id)
{
    if (!clerk_)
        return;
    reply.set_id(id);
    if (!send_packet(clerk_->native_handle(), reply))
        log::warning("source.answer_lost", {{"reason", "the clerk takes nothing"}});
}

} // namespace posthouse::sources
