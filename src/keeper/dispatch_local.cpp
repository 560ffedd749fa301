// SPDX-License-Identifier: Apache-2.0
// Attempts that the agent makes: mailboxes of this host's users, files, programs.
#include "keeper/dispatch.hpp"
#include "keeper/in_hand.hpp"
#include "keeper/letter_text.hpp"

namespace posthouse::keeper {
namespace {

/// What stands behind the separator in the local part: user+detail.
std::string detail_of(const std::string& address, const std::string& separators)
{
    const auto mailbox = mail::Mailbox::parse(address);
    if (!mailbox || separators.empty())
        return {};
    const auto at = mailbox->local_part().find_first_of(separators, 1);
    return at == std::string::npos ? std::string() : mailbox->local_part().substr(at + 1);
}

} // namespace

Task<void> Dispatch::attempt_local(spool::decision::Start start, std::shared_ptr<OpenLetter> letter)
{
    const auto company = start.company == spool::decision::Start::Company::alone
                             ? Workers::Company::alone
                             : Workers::Company::shared;
    wire::Attempted attempted;
    attempted.set_health_unknown(true); // One user's trouble says nothing about the others.
    for (const auto id : start.deliveries) {
        const auto delivery = letter->deliveries[id.value].record;
        wire::Deliver order;
        order.set_letter(letter->id.value);
        order.set_sender(delivery.has_sender() ? delivery.sender() : letter->record.sender());
        order.set_recipient(delivery.recipient());
        order.set_final_address(delivery.final_address());
        order.set_user(delivery.user());
        order.set_target(delivery.target());
        order.set_bytes(LetterText(letter->record).bytes());
        order.set_received_at(letter->record.received_at());
        order.set_keep(delivery.keep());
        order.set_delivery(id.value);
        order.set_detail(detail_of(delivery.recipient(), office_.rules().separators));
        auto* outcome = attempted.add_outcomes();
        auto bytes = co_await whole_letter(*letter);
        if (!bytes) {
            outcome->set_status("4.3.0");
            outcome->set_text("the letter's body cannot be read at present");
            continue;
        }
        auto place = co_await agents_.take(company);
        const InHand hold(in_hand_, place.link().get(), letter->id.value);
        auto done = co_await place.link()->call<wire::Delivered>(wire::Method::deliver, order,
                                                                 std::move(*bytes));
        if (done) {
            *outcome = done->message.outcome();
        } else if (is_the_worlds_fault(done.error())) {
            outcome->set_status("4.3.0");
            outcome->set_text("our agent could not take it at present");
        } else {
            const auto loss = done.error() == wire::Failure::closed ? co_await place.loss()
                                                                    : spool::Loss::crashed;
            place = {};
            co_return co_await lost(start, letter, loss);
        }
    }
    if (attempted.outcomes().empty())
        attempted.add_outcomes();
    co_await record(start, letter, attempted);
}

} // namespace posthouse::keeper
