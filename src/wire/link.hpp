// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/unique_fd.hpp"
#include "wire/frame.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <google/protobuf/message_lite.h>

#include <functional>
#include <memory>

namespace posthouse::wire {

/// A response, or why there is none.
struct Answer {
    std::string message;
    std::string raw;
};

template <class Message>
struct Typed {
    Message message;
    std::string raw;
};

/// One end of a connection to another process: many requests in flight both ways on one socket.
/// Belongs to one thread (the executor's). What is written in one turn of the loop leaves in one
/// system call.
class Link : public std::enable_shared_from_this<Link> {
public:
    /// Answers a request from the other side. Runs as its own coroutine; the frame is its to keep.
    /// Notices go there too, and their answer is dropped.
    using Handler = std::function<Task<Result<Answer>>(std::shared_ptr<Link>, Frame)>;
    using Closed = std::function<void()>;

    struct Options {
        Handler handler;              // none: requests from the other side are refused
        Closed closed;                // called once, from the loop
        std::size_t in_flight = 1024; // requests of the other side at once; then it is not read
    };

    static std::shared_ptr<Link> open(boost::asio::any_io_executor, UniqueFd, Options);
    Link(const Link&) = delete;
    ~Link();

    Task<Result<Answer>> call(Method, std::string message, std::string raw = {});

    /// The same with messages: a response that does not parse is Failure::invalid.
    template <class Response>
    Task<Result<Typed<Response>>> call(Method method, const google::protobuf::MessageLite& request,
                                       std::string raw = {})
    {
        auto answer = co_await call(method, request.SerializeAsString(), std::move(raw));
        if (!answer)
            co_return std::unexpected(answer.error());
        Typed<Response> typed;
        if (!typed.message.ParseFromString(answer->message))
            co_return std::unexpected(Failure::invalid);
        typed.raw = std::move(answer->raw);
        co_return typed;
    }

    void notify(Method, const google::protobuf::MessageLite&);

    bool is_open() const;
    /// Requests sent and not answered yet.
    std::size_t outstanding() const;
    /// Everything outstanding ends with Failure::closed.
    void close();

private:
    struct Impl;
    explicit Link(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

/// A response out of a message.
inline Result<Answer> answer_with(const google::protobuf::MessageLite& message,
                                  std::string raw = {})
{
    return Answer{message.SerializeAsString(), std::move(raw)};
}

} // namespace posthouse::wire
