// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "directory/source.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <map>
#include <memory>
#include <string>

namespace posthouse::sources {

class Question;
class Reply;

/// The clerk's end of the connection to a process that answers questions (Service has the other).
/// Unavailable while that process is not there, answers too slowly or has too much to do.
class Line {
public:
    struct Limits {
        std::size_t outstanding = 256; // questions
        Duration patience = std::chrono::seconds(25);
    };

    /// The context outlives it. `name`: for the log.
    Line(boost::asio::io_context&, std::string name, const Limits&);
    Line(boost::asio::io_context& context, std::string name)
        : Line(context, std::move(name), Limits())
    {
    }
    Line(const Line&) = delete;
    ~Line();

    const std::string& name() const { return name_; }
    /// The process, or its successor: what was asked of the one before has no answer.
    void open(UniqueFd socket);
    /// Secrets in the question are erased. What the answer says is not trusted.
    Task<directory::SourceResult<Reply>> ask(Question);

private:
    struct Waiting;

    void hear();
    void take(const std::string& packet);
    void close();

    boost::asio::io_context& context_;
    std::string name_;
    Limits limits_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> process_;
    std::map<std::uint32_t, std::shared_ptr<Waiting>> waiting_;
    std::uint32_t last_id_ = 0;
};

} // namespace posthouse::sources
