// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "sources/backend.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <string>

namespace posthouse::sources {

class Question;
class Reply;

/// A source in a process of its own, as the clerk sees it. Unavailable while that process is not
/// there, answers too slowly or has too much to do; what it says that makes no sense is broken. So
/// neither a source that hangs nor one that was taken over keeps others from their logins.
class RemoteSource final : public directory::Source {
public:
    struct Limits {
        std::size_t outstanding = 256; // questions
        Duration patience = std::chrono::seconds(25);
    };

    /// The context outlives it.
    RemoteSource(boost::asio::io_context&, std::string name, const Limits&);
    RemoteSource(boost::asio::io_context& context, std::string name)
        : RemoteSource(context, std::move(name), Limits())
    {
    }
    ~RemoteSource() override;

    /// Those whose users it may name; none: any. An account elsewhere is not its to open.
    void set_domains(std::vector<mail::Domain> domains) { domains_ = std::move(domains); }
    /// The process, or its successor: what was asked of the one before has no answer.
    void open(UniqueFd socket);

    Task<directory::SourceResult<std::optional<SourcePerson>>> find(mail::Mailbox) override;
    Task<directory::SourceResult<Checked>> check(mail::Mailbox, Secret password) override;

private:
    struct Waiting;

    Task<SourceResult<Reply>> ask(Question);
    SourceResult<SourcePerson> person_in(const Reply&) const;
    bool may_name(const mail::Mailbox&) const;
    void hear();
    void take(const std::string& packet);
    void close();

    boost::asio::io_context& context_;
    std::string name_;
    Limits limits_;
    std::vector<mail::Domain> domains_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> process_;
    std::map<std::uint32_t, std::shared_ptr<Waiting>> waiting_;
    std::uint32_t last_id_ = 0;
};

} // namespace posthouse::sources
