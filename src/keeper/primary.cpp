// SPDX-License-Identifier: Apache-2.0
#include "keeper/primary.hpp"

#include "base/text.hpp"

namespace posthouse::keeper {
namespace {

wire::Verdict refusal(std::string text)
{
    wire::Verdict verdict;
    verdict.set_code(550);
    verdict.set_text(std::move(text));
    return verdict;
}

} // namespace

Task<std::optional<wire::Verdict>> Primary::ask(mail::Mailbox mailbox)
{
    using Verify = config::BackupMx::Verify;
    switch (office_.config().backup_mx.verify) {
    case Verify::list:
        if (!is_listed(mailbox))
            co_return refusal("5.1.1 No such mailbox");
        break;
    case Verify::callout:
        co_return co_await call_out(std::move(mailbox));
    case Verify::none:
        break;
    }
    co_return std::nullopt;
}

bool Primary::is_listed(const mail::Mailbox& mailbox)
{
    if (list_generation_ != office_.settings().generation) {
        list_generation_ = office_.settings().generation;
        list_.clear();
        std::string_view rest = office_.settings().backup_recipients;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            auto entry = trimmed(rest.substr(0, end));
            rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
            entry = trimmed(entry.substr(0, entry.find('#')));
            if (!entry.empty())
                list_.insert(lowercase(entry));
        }
    }
    return list_.contains(lowercase(mailbox.text())) ||
           list_.contains("@" + mailbox.domain().text());
}

Task<std::optional<wire::Verdict>> Primary::call_out(mail::Mailbox mailbox)
{
    const auto key = mailbox.text();
    const auto now = Instant::clock::now();
    if (const auto known = known_.find(key); known != known_.end() && now < known->second.until) {
        if (known->second.taken)
            co_return std::nullopt;
        co_return refusal(known->second.text);
    }
    if (under_way_ >= Limits::at_once || dispatch_.couriers().capacity() == 0)
        co_return std::nullopt;
    ++under_way_;
    wire::Verify question;
    question.set_destination(routing::smtp_destination(mailbox.domain()));
    question.set_recipient(key);
    wire::Result<wire::Typed<wire::Verified>> answer = std::unexpected(wire::Failure::closed);
    {
        // Not from a place that deliveries may hold for long: a client waits for this.
        if (const auto link = dispatch_.couriers().any_link())
            answer = co_await link->call<wire::Verified>(wire::Method::verify, question);
    }
    --under_way_;
    if (!answer || answer->message.answer() == wire::Verified::UNKNOWN)
        co_return std::nullopt;
    const bool taken = answer->message.answer() == wire::Verified::TAKEN;
    const auto text =
        "5.1.1 The domain's own server refuses it: " + printable(answer->message.text(), 200);
    if (known_.size() >= Limits::remembered)
        std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    if (known_.size() < Limits::remembered)
        known_[key] = {taken, text, now + (taken ? Limits::taken_for : Limits::refused_for)};
    if (taken)
        co_return std::nullopt;
    co_return refusal(text);
}

} // namespace posthouse::keeper
