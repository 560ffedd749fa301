// SPDX-License-Identifier: Apache-2.0
#include "sources/line.hpp"

#include "base/log.hpp"
#include "sources/packets.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace posthouse::sources {

struct Line::Waiting {
    explicit Waiting(asio::io_context& context, Instant deadline) : changed(context, deadline) {}
    asio::steady_timer changed; // Cancelled when there is an answer, or will be none.
    std::optional<Reply> reply;
    bool closed = false;
};

Line::Line(asio::io_context& context, std::string name, const Limits& limits)
    : context_(context),
      name_(std::move(name)),
      limits_(limits)
{
}

Line::~Line()
{
    close();
}

void Line::open(UniqueFd socket)
{
    close();
    process_ = std::make_unique<asio::posix::stream_descriptor>(context_, socket.release());
    hear();
}

void Line::close()
{
    process_.reset();
    for (const auto& [id, waiting] : std::exchange(waiting_, {})) {
        waiting->closed = true;
        waiting->changed.cancel();
    }
}

void Line::hear()
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

void Line::take(const std::string& packet)
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

Task<directory::SourceResult<Reply>> Line::ask(Question question)
{
    if (!process_ || waiting_.size() >= limits_.outstanding)
        co_return std::unexpected(directory::SourceError::unavailable);
    const auto id = ++last_id_;
    question.set_id(id);
    const bool sent = send_packet(process_->native_handle(), question);
    erase_secrets(question);
    if (!sent)
        co_return std::unexpected(directory::SourceError::unavailable);
    const auto waiting =
        std::make_shared<Waiting>(context_, Instant::clock::now() + limits_.patience);
    waiting_.emplace(id, waiting);
    co_await waiting->changed.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiting->closed) // This object may be gone too.
        co_return std::unexpected(directory::SourceError::unavailable);
    if (!waiting->reply) {
        waiting_.erase(id);
        log::warning("source.slow", {{"source", name_}});
        co_return std::unexpected(directory::SourceError::unavailable);
    }
    if (waiting->reply->what() == Reply::UNAVAILABLE)
        co_return std::unexpected(directory::SourceError::unavailable);
    if (waiting->reply->what() == Reply::BROKEN)
        co_return std::unexpected(directory::SourceError::broken);
    co_return std::move(*waiting->reply);
}

} // namespace posthouse::sources
