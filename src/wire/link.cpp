// SPDX-License-Identifier: Apache-2.0
#include "wire/link.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unordered_map>
#include <vector>

namespace asio = boost::asio;

namespace posthouse::wire {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_buffer = 64 * 1024;
/// Raw bytes from here on are neither joined with other frames' to be sent nor taken out of a
/// buffer when they come.
constexpr std::size_t large = 16 * 1024;
/// Behind one large frame another comes, mostly: read for its head alone.
constexpr std::size_t head_buffer = 1024;
constexpr std::size_t most_held = 32 << 20;
constexpr std::size_t most_output = 16 << 20;
constexpr int socket_buffer =
    1 << 20; // Doubles what a copied body costs less than: docs/confinement.md

/// A large frame that has come in part.
struct Coming {
    Frame frame;
    std::size_t bytes = 0; // of its raw ones
};

/// Someone who waits for a response.
class Waiter {
public:
    virtual ~Waiter() = default;
    virtual void complete(Result<Answer>) = 0;
};

template <class CompletionHandler>
class WaiterFor final : public Waiter {
public:
    explicit WaiterFor(CompletionHandler handler) : handler_(std::move(handler)) {}
    void complete(Result<Answer> answer) override { std::move(handler_)(std::move(answer)); }

private:
    CompletionHandler handler_;
};

} // namespace

struct Link::Impl {
    Impl(asio::any_io_executor ex, Options o) : executor(ex), socket(ex), options(std::move(o)) {}

    using Self = std::shared_ptr<Link>; // Keeps the link alive while a coroutine runs.

    Task<void> read(Self);
    Task<void> handle(Self, Frame);
    Task<void> write_rest(Self);
    bool take_input(const Self&, std::string_view);
    std::optional<std::size_t> take_frames(const Self&, std::string_view);
    void await_rest(const Head&, std::string_view);
    bool overloaded(std::size_t part) const;
    void read_on(const Self&);
    void dispatch(const Self&, Frame);
    void finish(Frame);
    void send(const Self&, Head, std::string_view message, std::string raw);
    void flush(const Self&);
    bool send_some();
    void forget_sent(std::size_t bytes);
    void shut();

    asio::any_io_executor executor;
    asio::local::stream_protocol::socket socket;
    Options options;
    std::unordered_map<std::uint32_t, std::unique_ptr<Waiter>> waiting;
    std::uint32_t last_id = 0;

    std::string input; // Received and not taken yet.
    std::optional<Coming> coming;
    std::size_t next_read = read_buffer;

    std::deque<std::string> output; // Framed and not sent.
    std::size_t output_bytes = 0;
    std::size_t sent = 0; // of the first of them
    bool flush_posted = false;
    bool writing = false;     // The socket was full; a coroutine waits for it.
    std::size_t handling = 0; // Requests of the other side under way,
    std::size_t held = 0;     // and their bytes.
    bool paused = false;      // Too many of them: not reading.
    bool reading = false;     // read() runs. One at a time, or the stream would be torn.
    bool open = true;
};

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Link::~Link() = default;

std::shared_ptr<Link> Link::open(asio::any_io_executor executor, UniqueFd fd, Options options)
{
    const int size = socket_buffer;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    std::shared_ptr<Link> link(new Link(std::make_unique<Impl>(executor, std::move(options))));
    link->impl_->socket.assign(asio::local::stream_protocol(), fd.release());
    link->impl_->socket.non_blocking(true);
    asio::co_spawn(executor, link->impl_->read(link), asio::detached);
    return link;
}

bool Link::is_open() const
{
    return impl_->open;
}

std::size_t Link::outstanding() const
{
    return impl_->waiting.size();
}

void Link::close()
{
    impl_->shut();
}

Task<Result<Answer>> Link::call(Method method, std::string message, std::string raw)
{
    if (!impl_->open)
        co_return std::unexpected(Failure::closed);
    Head head{.id = ++impl_->last_id, .kind = Kind::request, .method = method};
    expects(!impl_->waiting.contains(head.id));
    if (message.size() > FrameLimits::message_bytes || raw.size() > FrameLimits::raw_bytes)
        co_return std::unexpected(Failure::invalid);
    const auto self = shared_from_this();
    impl_->send(self, head, message, std::move(raw));
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Answer>)>(
        [](auto completion, Link* link, std::uint32_t id) {
            link->impl_->waiting.emplace(
                id, std::make_unique<WaiterFor<decltype(completion)>>(std::move(completion)));
        },
        asio::use_awaitable, this, head.id);
}

void Link::notify(Method method, const google::protobuf::MessageLite& message)
{
    if (impl_->open)
        impl_->send(shared_from_this(), {.kind = Kind::notice, .method = method},
                    message.SerializeAsString(), {});
}

// ---- Reading --------------------------------------------------------------------------------

Task<void> Link::Impl::read(Self self)
{
    const auto buffer = std::make_unique_for_overwrite<char[]>(read_buffer);
    reading = true;
    while (open) {
        if (!take_input(self, {})) // What was left when it was paused, too.
            break;
        if (paused) { // handle() starts another one.
            reading = false;
            co_return;
        }
        auto place = asio::buffer(buffer.get(), next_read);
        if (coming)
            place = asio::buffer(coming->frame.raw) + coming->bytes;
        auto [error, count] = co_await socket.async_read_some(place, as_result);
        if (error)
            break;
        if (coming)
            coming->bytes += count;
        else if (!take_input(self, {buffer.get(), count}))
            break;
    }
    shut();
}

/// False: what came is no frame.
bool Link::Impl::take_input(const Self& self, std::string_view more)
{
    if (coming) {
        if (coming->bytes < coming->frame.raw.size())
            return true;
        auto frame = std::move(coming->frame);
        coming.reset();
        dispatch(self, std::move(frame));
    }
    if (input.empty()) {
        const auto taken = take_frames(self, more);
        if (!taken)
            return false;
        input = more.substr(*taken);
        return true;
    }
    input += more;
    const auto taken = take_frames(self, input);
    if (!taken)
        return false;
    input.erase(0, *taken);
    if (input.empty() && input.capacity() > 4 * read_buffer)
        input = std::string();
    return true;
}

/// How many bytes made whole frames; nothing: they are none.
std::optional<std::size_t> Link::Impl::take_frames(const Self& self, std::string_view bytes)
{
    std::size_t at = 0;
    while (open && !paused && bytes.size() - at >= Head::size) {
        const auto rest = bytes.substr(at);
        const auto head = Head::parse(rest);
        if (!head)
            return std::nullopt;
        const auto body = Head::size + std::size_t{head->message_bytes};
        const auto size = body + head->raw_bytes;
        next_read = head->raw_bytes >= large ? head_buffer : read_buffer;
        if (rest.size() < size) {
            if (head->raw_bytes < large || rest.size() < body)
                break;
            await_rest(*head, rest);
            return bytes.size();
        }
        at += size;
        dispatch(self, {*head, std::string(rest.substr(Head::size, head->message_bytes)),
                        std::string(rest.substr(body, head->raw_bytes))});
    }
    return at;
}

/// Its raw bytes are read to where they will stay.
void Link::Impl::await_rest(const Head& head, std::string_view begun)
{
    auto& [frame, bytes] = coming.emplace();
    frame.head = head;
    frame.message = begun.substr(Head::size, head.message_bytes);
    begun.remove_prefix(Head::size + head.message_bytes);
    bytes = begun.size();
    frame.raw.resize_and_overwrite(head.raw_bytes, [&](char* to, std::size_t size) {
        std::ranges::copy(begun, to);
        return size;
    });
}

void Link::Impl::dispatch(const Self& self, Frame frame)
{
    if (frame.head.kind == Kind::response || frame.head.kind == Kind::failure)
        return finish(std::move(frame));
    ++handling;
    held += frame.message.size() + frame.raw.size();
    paused = overloaded(1);
    asio::co_spawn(executor, handle(self, std::move(frame)), asio::detached);
}

void Link::Impl::finish(Frame frame)
{
    const auto found = waiting.find(frame.head.id);
    if (found == waiting.end())
        return; // Answered twice, or never asked: nothing to be done with it.
    const auto waiter = std::move(found->second);
    waiting.erase(found);
    if (frame.head.kind == Kind::failure)
        waiter->complete(std::unexpected(static_cast<Failure>(frame.head.code)));
    else
        waiter->complete(Answer{std::move(frame.message), std::move(frame.raw)});
}

Task<void> Link::Impl::handle(Self self, Frame frame)
{
    const Head asked = frame.head;
    const auto size = frame.message.size() + frame.raw.size();
    Result<Answer> answer = std::unexpected(Failure::refused);
    try {
        if (options.handler)
            answer = co_await options.handler(self, std::move(frame));
    } catch (const std::exception& thrown) { // Of a library: it costs this request.
        log::error("request.failed",
                   {{"method", static_cast<unsigned>(asked.method)}, {"reason", thrown.what()}});
        answer = std::unexpected(Failure::unavailable);
    }
    --handling;
    held -= size;
    if (open && asked.kind == Kind::request) {
        Head head{.id = asked.id, .kind = Kind::response, .method = asked.method};
        if (answer && (answer->message.size() > FrameLimits::message_bytes ||
                       answer->raw.size() > FrameLimits::raw_bytes))
            answer = std::unexpected(Failure::unavailable);
        if (answer) {
            send(self, head, answer->message, std::move(answer->raw));
        } else {
            head.kind = Kind::failure;
            head.code = static_cast<std::uint16_t>(answer.error());
            send(self, head, {}, {});
        }
    }
    read_on(self);
}

/// What the other side asks for, and what it does not fetch, is bounded in bytes too.
bool Link::Impl::overloaded(std::size_t part) const
{
    return handling >= std::max<std::size_t>(options.in_flight / part, 1) ||
           held >= most_held / part || output_bytes >= most_output / part;
}

void Link::Impl::read_on(const Self& self)
{
    if (!paused || !open || overloaded(2))
        return;
    paused = false;
    if (!reading) // It may be read() that called us, by dispatch().
        asio::co_spawn(executor, read(self), asio::detached);
}

// ---- Writing --------------------------------------------------------------------------------

void Link::Impl::send(const Self& self, Head head, std::string_view message, std::string raw)
{
    expects(message.size() <= FrameLimits::message_bytes && raw.size() <= FrameLimits::raw_bytes);
    head.message_bytes = static_cast<std::uint32_t>(message.size());
    head.raw_bytes = static_cast<std::uint32_t>(raw.size());
    output_bytes += Head::size + message.size() + raw.size();
    if (output.empty() || output.back().size() >= read_buffer)
        output.emplace_back();
    auto& last = output.back();
    head.append_to(last);
    last += message;
    if (raw.size() < large) {
        last += raw;
    } else {
        output.push_back(std::move(raw));
        output.emplace_back(); // What comes behind it
    }
    if (flush_posted || writing)
        return;
    flush_posted = true;
    asio::post(executor, [self] { self->impl_->flush(self); });
}

void Link::Impl::flush(const Self& self)
{
    flush_posted = false;
    if (!open || writing)
        return;
    if (send_some())
        return read_on(self);
    writing = true;
    asio::co_spawn(executor, write_rest(self), asio::detached);
}

/// True: all of it is gone, or the link is.
bool Link::Impl::send_some()
{
    while (open && output_bytes != 0) {
        std::array<iovec, 64> pieces{};
        std::size_t count = 0;
        std::size_t skipped = sent;
        for (auto piece = output.begin(); piece != output.end() && count < pieces.size(); ++piece) {
            pieces[count++] = {piece->data() + skipped, piece->size() - skipped};
            skipped = 0;
        }
        msghdr header{};
        header.msg_iov = pieces.data();
        header.msg_iovlen = count;
        const auto gone = ::sendmsg(socket.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (gone >= 0)
            forget_sent(static_cast<std::size_t>(gone));
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return false;
        else if (errno != EINTR)
            shut();
    }
    return true;
}

void Link::Impl::forget_sent(std::size_t bytes)
{
    output_bytes -= bytes;
    sent += bytes;
    while (!output.empty() && sent >= output.front().size()) {
        sent -= output.front().size();
        if (output.size() == 1 && output.front().capacity() <= (1 << 20)) {
            output.front().clear(); // Small ones are kept for what comes next.
            break;
        }
        output.pop_front();
    }
}

Task<void> Link::Impl::write_rest(Self self)
{
    while (open && !send_some()) {
        auto [error] = co_await socket.async_wait(socket.wait_write, as_result);
        if (error)
            shut();
    }
    writing = false;
    // Something may have been added between the last send and here.
    if (open && output_bytes != 0)
        flush(self);
    else
        read_on(self);
}

void Link::Impl::shut()
{
    if (!open)
        return;
    open = false;
    boost::system::error_code ignored;
    socket.close(ignored);
    output.clear();
    output_bytes = sent = 0;
    // The waiters run later, from the loop: they may destroy or use anything here.
    for (auto& [id, waiter] : std::exchange(waiting, {}))
        asio::post(executor, [w = std::shared_ptr<Waiter>(std::move(waiter))] {
            w->complete(std::unexpected(Failure::closed));
        });
    if (options.closed)
        asio::post(executor, std::exchange(options.closed, nullptr));
}

} // namespace posthouse::wire
