// SPDX-License-Identifier: Apache-2.0
#include "sources/worker.hpp"

#include "sources/packets.hpp"

namespace posthouse::sources {
namespace {

Reply reply_to_find(Backend& backend, const mail::Mailbox& mailbox)
{
    const auto found = backend.find(mailbox);
    if (!found)
        return trouble(found.error());
    Reply reply;
    reply.set_what(*found ? Reply::SOMEBODY : Reply::NOBODY);
    if (*found)
        set_person(*reply.mutable_person(), **found);
    return reply;
}

Reply reply_to_check(Backend& backend, const mail::Mailbox& mailbox, const Secret& password)
{
    const auto checked = backend.check(mailbox, password);
    if (!checked)
        return trouble(checked.error());
    Reply reply;
    switch (checked->answer) {
    case Checked::Answer::right:
        reply.set_what(checked->person ? Reply::RIGHT : Reply::BROKEN);
        if (checked->person)
            set_person(*reply.mutable_person(), *checked->person);
        break;
    case Checked::Answer::wrong:
        reply.set_what(Reply::WRONG);
        break;
    case Checked::Answer::unknown:
        reply.set_what(Reply::NOBODY);
        break;
    }
    return reply;
}

} // namespace

Reply trouble(SourceError error)
{
    Reply reply;
    reply.set_what(error == SourceError::broken ? Reply::BROKEN : Reply::UNAVAILABLE);
    return reply;
}

Reply UserWorker::answer(const Question& question)
{
    const auto mailbox = mail::Mailbox::parse(question.address());
    if (!mailbox || question.check() == question.password().empty())
        return trouble(SourceError::broken);
    return question.check() ? reply_to_check(*backend_, *mailbox, Secret(question.password()))
                            : reply_to_find(*backend_, *mailbox);
}

std::vector<std::unique_ptr<Worker>> workers_for(std::vector<std::unique_ptr<Backend>> backends)
{
    std::vector<std::unique_ptr<Worker>> workers;
    for (auto& backend : backends)
        workers.push_back(std::make_unique<UserWorker>(std::move(backend)));
    return workers;
}

} // namespace posthouse::sources
