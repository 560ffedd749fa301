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

Reply trouble(SourceError error)
{
    Reply reply;
    reply.set_what(error == SourceError::broken ? Reply::BROKEN : Reply::UNAVAILABLE);
    return reply;
}

Reply reply_to_find(Backend& backend, const mail::Mailbox& mailbox)
{
    const auto found = backend.find(mailbox);
    if (!found)
        return trouble(found.error());
    Reply reply;
    reply.set_what(*found ? Reply::SOMEBODY : Reply::NOBODY);
    if (*found)
        set_person(*reply.mutable_person(), **found);
    return reply;
}

Reply reply_to_check(Backend& backend, const mail::Mailbox& mailbox, const Secret& password)
{
    const auto checked = backend.check(mailbox, password);
    if (!checked)
        return trouble(checked.error());
    Reply reply;
    switch (checked->answer) {
    case Checked::Answer::right:
        reply.set_what(checked->person ? Reply::RIGHT : Reply::BROKEN);
        if (checked->person)
            set_person(*reply.mutable_person(), *checked->person);
        break;
    case Checked::Answer::wrong:
        reply.set_what(Reply::WRONG);
        break;
    case Checked::Answer::unknown:
        reply.set_what(Reply::NOBODY);
        break;
    }
    return reply;
}

} // namespace

Service::Service(asio::io_context& context, std::vector<std::unique_ptr<Backend>> backends,
                 const Limits& limits)
    : context_(context),
      limits_(limits),
      cache_(limits.cache),
      backends_(std::move(backends))
{
    for (auto& backend : backends_)
        threads_.emplace_back([this, &backend] { work(*backend); });
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
    Secret password(question.password());
    ::explicit_bzero(question.mutable_password()->data(), question.password().size());
    auto mailbox = mail::Mailbox::parse(question.address());
    if (!parsed || !mailbox || question.check() == password.empty())
        return send(trouble(SourceError::broken), question.id());
    const auto now = Instant::clock::now();
    if (!question.check())
        if (auto known = cache_.find(lowercase(question.address()), now))
            return send(std::move(*known), question.id());
    {
        const std::lock_guard hold(lock_);
        if (jobs_.size() < limits_.waiting) {
            jobs_.push_back({question.id(), connection_, std::move(*mailbox), question.check(),
                             std::move(password), now});
            changed_.notify_one();
            return;
        }
    }
    send(trouble(SourceError::unavailable), question.id());
}

void Service::work(Backend& backend)
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
                     : job.check ? reply_to_check(backend, job.mailbox, job.password)
                                 : reply_to_find(backend, job.mailbox);
        job.password = Secret();
        asio::post(context_,
                   [this, job = std::move(job), reply = std::move(reply)] { answer(job, reply); });
    }
}

void Service::answer(const Job& job, Reply reply)
{
    if (!job.check && (reply.what() == Reply::SOMEBODY || reply.what() == Reply::NOBODY))
        cache_.put(lowercase(job.mailbox.text()), reply, Instant::clock::now());
    if (job.connection == connection_)
        send(std::move(reply), job.id);
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
