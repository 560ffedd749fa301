// SPDX-License-Identifier: Apache-2.0
// May this recipient be accepted? Client, sender, relaying, recipient, in that order.
#include "routing/access.hpp"
#include "routing/domains.hpp"
#include "routing/failure.hpp"
#include "routing/relaying.hpp"
#include "routing/roles.hpp"
#include "routing/walk.hpp"

#include <fmt/format.h>

namespace posthouse::routing {

Outcome route(const Question& question, const Rules& rules, const Tables& tables,
              const Directory& directory, Telling telling)
{
    Steps steps(telling);
    auto outcome = Walk(question, {rules, tables, directory}, steps, Walk::Purpose::deliver).run();
    outcome.steps = steps.take();
    return outcome;
}

namespace {

const Failure denied{.status = "5.7.1", .code = 550, .text = "Access denied"};
const Failure disabled{
    .status = "5.2.1", .code = 550, .text = "Mailbox disabled for this recipient"};
const Failure no_relaying{.status = "5.7.1", .code = 550, .text = "Relaying denied"};

class Check {
public:
    Check(Walk::Ground ground, Telling telling) : ground_(ground), steps_(telling) {}

    Verdict judge(const mail::ReversePath& sender, const mail::ForwardPath& recipient,
                  const Client& client)
    {
        const auto& [rules, tables, directory] = ground_;
        const auto mailbox =
            recipient.mailbox() ? *recipient.mailbox() : postmaster_of(rules.hostname);
        // Everyone may write to the postmaster: RFC 5321 §4.5.1.
        const bool exempt =
            is_role(mailbox.local_part()) && locality_of(mailbox.domain(), rules, tables);
        const bool known = client.local || !client.login.empty();
        if (!exempt && !known && (client_is_refused(client) || sender_is_refused(sender)))
            return done();
        if (exempt)
            steps_("{}: mail for it is taken from anyone", mailbox.text());
        if (known)
            steps_("access: not asked about clients that are known");
        const auto relay = may_relay(mailbox, client, rules, tables);
        if (!relay) {
            steps_("relaying: no rule allows it");
            refuse(no_relaying, "relaying");
            return done();
        }
        steps_("relaying: allowed by {}", *relay);
        const auto keys = exempt ? Keys::users_only : Keys::all;
        if (obeys(access_of_recipient(mailbox, rules, tables, keys), disabled, "to"))
            return done();
        exists(sender, mailbox, client);
        return done();
    }

private:
    bool client_is_refused(const Client& client)
    {
        return obeys(access_of_client(client, ground_.tables), denied, "connect");
    }

    bool sender_is_refused(const mail::ReversePath& sender)
    {
        return sender.mailbox() &&
               obeys(access_of_sender(*sender.mailbox(), ground_.rules, ground_.tables), denied,
                     "from");
    }

    /// Is the rule the last word?
    bool obeys(const std::optional<AccessRule>& rule, const Failure& rejection,
               std::string_view what)
    {
        if (!rule) {
            if (ground_.tables.access)
                steps_("access, {}: nothing", what);
            return false;
        }
        switch (rule->kind) {
        case tables::Access::ok:
        case tables::Access::relay:
        case tables::Access::skip:
            steps_("{}, {}: OK", rule->place, what);
            return false;
        case tables::Access::reject:
            steps_("{}, {}: REJECT", rule->place, what);
            refuse(rejection, rule->place);
            return true;
        case tables::Access::error:
            steps_("{}, {}: ERROR", rule->place, what);
            refuse(failure_from(rule->text, rejection), rule->place);
            return true;
        case tables::Access::discard:
            steps_("{}, {}: DISCARD", rule->place, what);
            verdict_.kind = Verdict::Kind::discard;
            verdict_.text = "2.1.5 Recipient accepted";
            verdict_.rule = rule->place;
            return true;
        case tables::Access::quarantine:
            steps_("{}, {}: QUARANTINE", rule->place, what);
            if (!quarantine_)
                quarantine_ = *rule;
            return false;
        }
        return false;
    }

    void exists(const mail::ReversePath& sender, const mail::Mailbox& mailbox, const Client& client)
    {
        Question question;
        question.sender = sender;
        question.recipients = {mailbox.text()};
        question.client = client;
        question.copies = false;
        Walk walk(question, ground_, steps_, Walk::Purpose::probe);
        auto outcome = walk.run();
        if (walk.has_delivery())
            verdict_.rule = walk.delivering_rule();
        else if (!outcome.unknown.empty())
            verdict_.unknown = std::move(outcome.unknown);
        else if (const auto& failure = walk.first_failure())
            refuse(*failure, walk.first_rule());
    }

    void refuse(const Failure& failure, std::string rule)
    {
        verdict_.kind = Verdict::Kind::refuse;
        verdict_.code = failure.code;
        verdict_.text = fmt::format("{} {}", failure.status, failure.text);
        verdict_.rule = std::move(rule);
    }

    Verdict done()
    {
        if (verdict_.kind == Verdict::Kind::accept && quarantine_) {
            verdict_.kind = Verdict::Kind::quarantine;
            verdict_.text = quarantine_->text.empty() ? "access" : quarantine_->text;
            verdict_.rule = quarantine_->place;
        } else if (verdict_.kind == Verdict::Kind::accept) {
            verdict_.text = "2.1.5 Recipient accepted";
        }
        verdict_.steps = steps_.take();
        return std::move(verdict_);
    }

    Walk::Ground ground_;
    Steps steps_;
    Verdict verdict_;
    std::optional<AccessRule> quarantine_;
};

} // namespace

Verdict check(const mail::ReversePath& sender, const mail::ForwardPath& recipient,
              const Client& client, const Rules& rules, const Tables& tables,
              const Directory& directory, Telling telling)
{
    return Check({rules, tables, directory}, telling).judge(sender, recipient, client);
}

} // namespace posthouse::routing
