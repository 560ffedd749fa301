// SPDX-License-Identifier: Apache-2.0
#include "sources/remote.hpp"

#include "base/log.hpp"
#include "sources/packets.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace posthouse::sources {

bool RemoteSource::may_name(const mail::Mailbox& mailbox) const
{
    return domains_.empty() || std::ranges::find(domains_, mailbox.domain()) != domains_.end();
}

SourceResult<SourcePerson> RemoteSource::person_in(const Reply& reply) const
{
    auto person = person_from(reply.person());
    if (!person || !may_name(person->address)) {
        log::error("source.broken",
                   {{"source", line_.name()},
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
    const auto reply = co_await line_.ask(std::move(question));
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
    const auto reply = co_await line_.ask(std::move(question));
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
