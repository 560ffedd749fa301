// SPDX-License-Identifier: Apache-2.0
#include "sources/remote.hpp"

#include "base/log.hpp"
#include "sources/packets.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace posthouse::sources {

struct RemoteSource::Waiting {
    explicit Waiting(asio::io_context& context, Instant deadline) : changed(context, deadline) {}
    asio::steady_timer changed; // Cancelled when there is an answer, or will be none.
    std::optional<Reply> reply;
    bool closed = false;
};

RemoteSource::RemoteSource(asio::io_context& context, std::string name, const Limits& limits)
    : context_(context),
      name_(std::move(name)),
      limits_(limits)
{
}

RemoteSource::~RemoteSource()
{
    close();
}

void RemoteSource::open(UniqueFd socket)
{
    close();
    process_ = std::make_unique<asio::posix::stream_descriptor>(context_, socket.release());
    hear();
}

void RemoteSource::close()
{
    process_.reset();
    for (const auto& [id, waiting] : std::exchange(waiting_, {})) {
        waiting->closed = true;
        waiting->changed.cancel();
    }
}

void RemoteSource::hear()
{
    process_->async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](boost::system::error_code error) {
                             if (error)
                                 return;
                             for (int packets = 0; packets < 64; ++packets) {
                                 const auto packet = receive_packet(process_->native_handle());
                                 if (!packet && packet.error() == PacketEnd::nothing_yet)
                                     break;
                                 if (!packet)
                                     return close();
                                 take(*packet);
                             }
                             hear();
                         });
}

void RemoteSource::take(const std::string& packet)
{
    Reply reply;
    if (!reply.ParseFromString(packet))
        return;
    const auto node = waiting_.extract(reply.id());
    if (node.empty())
        return; // It comes too late.
    node.mapped()->reply = std::move(reply);
    node.mapped()->changed.cancel();
}

Task<SourceResult<Reply>> RemoteSource::ask(Question question)
{
    if (!process_ || waiting_.size() >= limits_.outstanding)
        co_return std::unexpected(SourceError::unavailable);
    const auto id = ++last_id_;
    question.set_id(id);
    const bool sent = send_packet(process_->native_handle(), question);
    ::explicit_bzero(question.mutable_password()->data(), question.password().size());
    if (!sent)
        co_return std::unexpected(SourceError::unavailable);
    const auto waiting =
        std::make_shared<Waiting>(context_, Instant::clock::now() + limits_.patience);
    waiting_.emplace(id, waiting);
    co_await waiting->changed.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiting->closed) // This object may be gone too.
        co_return std::unexpected(SourceError::unavailable);
    if (!waiting->reply) {
        waiting_.erase(id);
        log::warning("source.slow", {{"source", name_}});
        co_return std::unexpected(SourceError::unavailable);
    }
    if (waiting->reply->what() == Reply::UNAVAILABLE)
        co_return std::unexpected(SourceError::unavailable);
    if (waiting->reply->what() == Reply::BROKEN)
        co_return std::unexpected(SourceError::broken);
    co_return std::move(*waiting->reply);
}

bool RemoteSource::may_name(const mail::Mailbox& mailbox) const
{
    return domains_.empty() || std::ranges::find(domains_, mailbox.domain()) != domains_.end();
}

SourceResult<SourcePerson> RemoteSource::person_in(const Reply& reply) const
{
    auto person = person_from(reply.person());
    if (!person || !may_name(person->address)) {
        log::error("source.broken",
                   {{"source", name_},
                    {"reason", person ? "it names a user of a domain that it is not asked for"
                                      : "its answer makes no sense"}});
        return std::unexpected(SourceError::broken);
    }
    std::erase_if(person->aliases, [this](const mail::Mailbox& alias) { return !may_name(alias); });
    return std::move(*person);
}

Task<directory::SourceResult<std::optional<SourcePerson>>> RemoteSource::find(mail::Mailbox mailbox)
{
    Question question;
    question.set_address(mailbox.text());
    const auto reply = co_await ask(std::move(question));
    if (!reply)
        co_return std::unexpected(reply.error());
    if (reply->what() == Reply::NOBODY)
        co_return std::nullopt;
    if (reply->what() != Reply::SOMEBODY)
        co_return std::unexpected(SourceError::broken);
    auto person = person_in(*reply);
    if (!person)
        co_return std::unexpected(person.error());
    co_return std::move(*person);
}

Task<directory::SourceResult<Checked>> RemoteSource::check(mail::Mailbox mailbox, Secret password)
{
    Question question;
    question.set_address(mailbox.text());
    question.set_check(true);
    question.set_password(std::string(password.reveal()));
    const auto reply = co_await ask(std::move(question));
    if (!reply)
        co_return std::unexpected(reply.error());
    if (reply->what() == Reply::NOBODY)
        co_return Checked{.answer = Checked::Answer::unknown};
    if (reply->what() == Reply::WRONG)
        co_return Checked{.answer = Checked::Answer::wrong};
    if (reply->what() != Reply::RIGHT)
        co_return std::unexpected(SourceError::broken);
    auto person = person_in(*reply);
    if (!person)
        co_return std::unexpected(person.error());
    co_return Checked{.answer = Checked::Answer::right, .person = std::move(*person)};
}

} // namespace posthouse::sources
