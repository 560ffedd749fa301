// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sources/backend.hpp"
#include "sources/line.hpp"

#include <string>
#include <utility>
#include <vector>

namespace posthouse::sources {

/// A source in a process of its own, as the clerk sees it. What that says that makes no sense is
/// broken. So neither a source that hangs nor one that was taken over keeps others from their
/// logins.
class RemoteSource final : public directory::Source {
public:
    using Limits = Line::Limits;

    /// The context outlives it.
    RemoteSource(boost::asio::io_context& context, std::string name, const Limits& limits = {})
        : line_(context, std::move(name), limits)
    {
    }

    /// Those whose users it may name; none: any. An account elsewhere is not its to open.
    void set_domains(std::vector<mail::Domain> domains) { domains_ = std::move(domains); }
    void open(UniqueFd socket) { line_.open(std::move(socket)); }

    Task<directory::SourceResult<std::optional<SourcePerson>>> find(mail::Mailbox) override;
    Task<directory::SourceResult<Checked>> check(mail::Mailbox, Secret password) override;

private:
    SourceResult<SourcePerson> person_in(const Reply&) const;
    bool may_name(const mail::Mailbox&) const;

    Line line_;
    std::vector<mail::Domain> domains_;
};

} // namespace posthouse::sources
