// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/keeper_backend.hpp"
#include "gate/keeper_trouble.hpp"

#include <utility>

namespace posthouse::gate {

inline std::uint32_t number(imap::Handle handle)
{
    return static_cast<std::uint32_t>(handle);
}

inline std::optional<mail::UidSet> uids_in(std::string_view text)
{
    constexpr std::size_t most_ranges = 2'000'000;
    return text.empty() ? mail::UidSet() : mail::UidSet::parse(text, most_ranges);
}

void put_flags(const mail::Flags& flags, auto& to)
{
    to.set_flags(flags.system.bits());
    for (const auto& keyword : flags.keywords)
        to.add_keywords(keyword);
}

template <class Answer, class Request>
Task<imap::Result<wire::Typed<Answer>>> KeeperBackend::ask(wire::Method method, Request request,
                                                           std::string raw)
{
    request.set_session(session_);
    auto answer = co_await keeper_->call<Answer>(method, request, std::move(raw));
    if (!answer)
        co_return std::unexpected(trouble_of(answer.error()));
    co_return std::move(*answer);
}

/// Where all that is wanted is that it was done.
template <class Answer, class Request>
Task<imap::Result<void>> KeeperBackend::have_done(wire::Method method, Request request)
{
    auto answer = co_await ask<Answer>(method, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    co_return imap::Result<void>();
}

} // namespace posthouse::gate
