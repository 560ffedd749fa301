// SPDX-License-Identifier: Apache-2.0
#include "envoy/pam_desk.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "envoy/pam_child.hpp"
#include "sources/names.hpp"
#include "sources/packets.hpp"

#include <csignal>
#include <cstring>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::envoy {
namespace {

using sources::Reply;

Reply reply_with(Reply::What what)
{
    Reply reply;
    reply.set_what(what);
    return reply;
}

} // namespace

PamDesk::PamDesk(boost::asio::io_context& context, config::LoginSource source, const Limits& limits)
    : context_(context),
      source_(std::move(source)),
      limits_(limits),
      cache_(source_.cache)
{
}

void PamDesk::configure(config::LoginSource source)
{
    source_ = std::move(source);
    cache_ = sources::FindCache(source_.cache);
}

void PamDesk::open(UniqueFd clerk)
{
    kill_all();
    clerk_ = std::make_unique<Descriptor>(context_, clerk.release());
    hear();
}

void PamDesk::kill_all()
{
    for (auto& [pid, child] : children_) {
        child.wanted = false;
        if (::kill(-pid, SIGKILL) != 0) // It has a session of its own, or is about to.
            ::kill(pid, SIGKILL);
    }
}

void PamDesk::hear()
{
    clerk_->async_wait(Descriptor::wait_read, [this](boost::system::error_code error) {
        if (error)
            return;
        for (int packets = 0; packets < 64; ++packets) {
            auto packet = sources::receive_packet(clerk_->native_handle());
            if (!packet && packet.error() == sources::PacketEnd::nothing_yet)
                break;
            if (!packet) {
                kill_all();
                return clerk_.reset();
            }
            take(*packet);
        }
        hear();
    });
}

void PamDesk::take(std::string& packet)
{
    sources::Question question;
    const bool parsed = question.ParseFromString(packet);
    ::explicit_bzero(packet.data(), packet.size());
    const Secret password(question.password());
    ::explicit_bzero(question.mutable_password()->data(), question.password().size());
    const auto mailbox = mail::Mailbox::parse(question.address());
    if (!parsed || !mailbox || question.check() == password.empty())
        return send(reply_with(Reply::BROKEN), question.id());
    const auto user = sources::Names(*mailbox).local;
    if (!is_askable(user))
        return send(reply_with(Reply::NOBODY), question.id());
    const auto address = lowercase(mailbox->text());
    if (!question.check())
        if (auto known = cache_.find(address, Instant::clock::now()))
            return send(std::move(*known), question.id());
    Child child{.id = question.id(),
                .check = question.check(),
                .address = address,
                .process = {},
                .deadline = {}};
    if (!start(std::move(child), [&] {
            if (question.check())
                ask_pam(source_.pam_service, user, password);
            else
                ask_user_database(user);
        }))
        send(reply_with(Reply::UNAVAILABLE), question.id());
}

template <class Work>
bool PamDesk::start(Child child, Work work)
{
    if (children_.size() >= limits_.processes)
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
    child.process = std::make_unique<Descriptor>(context_, process.release());
    child.process->async_wait(Descriptor::wait_read, [this, pid](boost::system::error_code error) {
        if (!error)
            ended(pid);
    });
    child.deadline = std::make_unique<boost::asio::steady_timer>(context_, limits_.patience);
    child.deadline->async_wait([this, pid](boost::system::error_code error) {
        if (error || !children_.contains(pid))
            return;
        log::warning("source.slow", {{"source", source_.name}});
        if (::kill(-pid, SIGKILL) != 0)
            ::kill(pid, SIGKILL);
    });
    children_.emplace(pid, std::move(child));
    return true;
}

void PamDesk::ended(pid_t pid)
{
    int status = 0;
    ::waitpid(pid, &status, 0);
    const auto node = children_.extract(pid);
    const auto& child = node.mapped();
    if (!child.wanted)
        return;
    auto reply = reply_to(child, status);
    if (!child.check && reply.what() != Reply::UNAVAILABLE)
        cache_.put(child.address, reply, Instant::clock::now());
    send(std::move(reply), child.id);
}

Reply PamDesk::reply_to(const Child& child, int status) const
{
    const auto end =
        WIFEXITED(status) ? static_cast<PamEnd>(WEXITSTATUS(status)) : PamEnd::unavailable;
    auto reply = reply_with(Reply::UNAVAILABLE);
    switch (end) {
    case PamEnd::right:
    case PamEnd::right_but_disabled:
        reply.set_what(child.check ? Reply::RIGHT : Reply::UNAVAILABLE);
        break;
    case PamEnd::somebody:
        reply.set_what(child.check ? Reply::UNAVAILABLE : Reply::SOMEBODY);
        break;
    case PamEnd::wrong:
        reply.set_what(child.check ? Reply::WRONG : Reply::UNAVAILABLE);
        break;
    case PamEnd::nobody:
        reply.set_what(Reply::NOBODY);
        break;
    case PamEnd::unavailable:
        log::warning("source.failed",
                     {{"source", source_.name},
                      {"reason", child.check ? "PAM gave no answer" : "the user database"}});
        break;
    }
    if (reply.what() == Reply::RIGHT || reply.what() == Reply::SOMEBODY) {
        reply.mutable_person()->set_address(child.address);
        reply.mutable_person()->set_disabled(end == PamEnd::right_but_disabled);
    }
    return reply;
}

void PamDesk::send(Reply reply, std::uint32_t id)
{
    reply.set_id(id);
    if (clerk_ && !sources::send_packet(clerk_->native_handle(), reply))
        log::warning("source.answer_lost", {{"reason", "the clerk takes nothing"}});
}

} // namespace posthouse::envoy
