// SPDX-License-Identifier: Apache-2.0
// Attempts at our own mailboxes.
#include "base/contract.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/in_hand.hpp"
#include "keeper/letter_text.hpp"
#include "routing/local_part.hpp"

namespace posthouse::keeper {

Task<void> Dispatch::attempt_mailbox(spool::decision::Start start,
                                     std::shared_ptr<OpenLetter> letter)
{
    const auto company = start.company == spool::decision::Start::Company::alone
                             ? Workers::Company::alone
                             : Workers::Company::shared;
    wire::Attempted attempted;
    attempted.set_health_unknown(true); // A full disk says nothing about the other mailboxes.
    for (const auto id : start.deliveries) {
        auto filing = co_await file(letter, letter->deliveries[id.value].record, company);
        if (filing.end == Filing::End::lost)
            co_return co_await lost(start, letter, filing.loss);
        auto* outcome = attempted.add_outcomes();
        outcome->set_result(filing.end == Filing::End::delivered ? wire::Attempted::DELIVERED
                            : filing.end == Filing::End::failed  ? wire::Attempted::FAILED
                                                                 : wire::Attempted::DEFERRED);
        outcome->set_status(filing.status);
        outcome->set_text(filing.text);
    }
    for (std::size_t i = 0; i < start.deliveries.size(); ++i)
        if (attempted.outcomes(static_cast<int>(i)).result() == wire::Attempted::DELIVERED)
            letter->filed.insert(start.deliveries[i].value);
    if (co_await record(start, letter, attempted) == Written::now)
        co_await forget_filed(letter, start.deliveries);
}

/// The mailboxes need not remember deliveries whose outcome is durable, and no others: of those the
/// queue would ask again after a crash.
Task<void> Dispatch::forget_filed(std::shared_ptr<OpenLetter> letter,
                                  std::vector<spool::DeliveryId> deliveries)
{
    for (const auto id : deliveries) {
        if (letter->filed.erase(id.value) == 0)
            continue;
        const mailbox::AccountId owner{letter->deliveries[id.value].record.account()};
        if (auto account = co_await office_.open_accounts.open(owner))
            (*account)->forget_delivery(id.value);
    }
}

/// What a sorter makes of the letter for this delivery; or why there is nothing.
Task<std::expected<std::unique_ptr<wire::Filed>, Dispatch::Filing>>
Dispatch::ask_sorter(std::shared_ptr<OpenLetter> letter, spool::Delivery delivery,
                     Workers::Company company)
{
    auto bytes = co_await whole_letter(*letter);
    if (!bytes)
        co_return std::unexpected(
            Filing{Filing::End::deferred, "4.3.0", "the letter's body cannot be read at present"});
    wire::File order;
    order.set_letter(letter->id.value);
    order.set_sender(delivery.has_sender() ? delivery.sender() : letter->record.sender());
    order.set_recipient(delivery.recipient());
    order.set_final_address(delivery.final_address());
    const LetterText text(letter->record);
    order.set_bytes(text.bytes());
    order.set_received_at(letter->record.received_at());
    auto place = co_await sorters_.take(company);
    wire::Result<wire::Typed<wire::Filed>> filed = std::unexpected(wire::Failure::closed);
    {
        const InHand hold(in_hand_, place.link().get(), letter->id.value);
        filed =
            co_await place.link()->call<wire::Filed>(wire::Method::file, order, std::move(*bytes));
    }
    if (!filed && is_the_worlds_fault(filed.error()))
        co_return std::unexpected(
            Filing{Filing::End::deferred, "4.3.0", "our sorter could not file it at present"});
    if (!filed) {
        Filing lost_filing{Filing::End::lost, {}, {}};
        lost_filing.loss =
            filed.error() == wire::Failure::closed ? co_await place.loss() : spool::Loss::crashed;
        co_return std::unexpected(std::move(lost_filing));
    }
    co_return std::make_unique<wire::Filed>(std::move(filed->message));
}

Task<Dispatch::Filing> Dispatch::file(std::shared_ptr<OpenLetter> letter, spool::Delivery delivery,
                                      Workers::Company company)
{
    const mailbox::AccountId account_id{delivery.account()};
    auto account = co_await office_.open_accounts.open(account_id);
    if (!account)
        co_return Filing{Filing::End::deferred, "4.2.0", "the mailbox cannot be opened at present"};
    // Then the body may be gone already: it was the mailbox's, and its message expunged.
    const bool before =
        !letter->fresh && (co_await (*account)->was_delivered(delivery.id())).value_or(false);
    if (before)
        co_return Filing{Filing::End::delivered, "2.0.0", "in the mailbox before"};

    // The address must be the account's: it may have been removed since, and its partition is gone
    // for good then; nor is a sorter believed that it is.
    const auto address = mail::Mailbox::parse(delivery.final_address());
    auto id = address ? co_await office_.accounts.id_of(*address)
                      : directory::Result<std::optional<directory::AccountId>>();
    if (address && id && !*id) // user+detail
        if (const auto detail =
                routing::detail_of(address->local_part(), office_.rules().separators))
            if (const auto plain = routing::mailbox_at(detail->user, address->domain().text()))
                id = co_await office_.accounts.id_of(*plain);
    if (!id)
        co_return Filing{Filing::End::deferred, "4.3.0", "accounts cannot be looked up"};
    if (!*id || static_cast<std::uint64_t>(**id) != delivery.account())
        co_return Filing{Filing::End::failed, "5.1.1", "No such mailbox here any more"};
    std::unique_ptr<wire::Filed> filed;
    if (letter->filed_ahead_for == delivery.id())
        filed = std::exchange(letter->filed_ahead, nullptr);
    if (!filed) {
        auto asked = co_await ask_sorter(letter, delivery, company);
        if (!asked)
            co_return std::move(asked.error());
        filed = std::move(*asked);
    }

    const auto blob = store::BlobId::from_bytes(letter->record.body());
    expects(blob.has_value());
    if (letter->record.shared_body()) {
        auto claimed =
            co_await mailbox::SharedBodies(office_.engine)
                .claim(*blob, mailbox::SharedBodies::claim_of(account_id, delivery.id()));
        if (!claimed)
            co_return Filing{Filing::End::deferred, "4.3.1", "the store cannot take it at present"};
    }
    mailbox::Account::NewMessage message;
    message.message.set_body(letter->record.body());
    message.message.set_body_bytes(letter->record.body_bytes());
    message.message.set_prefix(filed->prefix() + letter->record.prefix());
    message.message.set_internal_date(letter->record.received_at());
    message.message.set_shared_body(letter->record.shared_body());
    message.summary = std::move(*filed->mutable_summary());
    message.threading = {filed->threading().begin(), filed->threading().end()};
    message.internal_date = letter->record.received_at();
    message.message.set_letter(letter->id.text());
    put_edits(LetterText(letter->record).text(), *message.message.mutable_edits());
    message.size = LetterText(message.message).bytes();
    auto delivered = co_await (*account)->deliver(delivery.id(), std::move(message), wall_clock());
    if (!delivered)
        co_return Filing{Filing::End::deferred, "4.3.1", "the store cannot take it at present"};
    co_return Filing{Filing::End::delivered, "2.0.0", "in the mailbox"};
}

} // namespace posthouse::keeper
