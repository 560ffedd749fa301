// SPDX-License-Identifier: Apache-2.0
#include "keeper/intake.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "keeper/letter_text.hpp"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::keeper {

namespace {
constexpr std::uint32_t notify_bits = 15;
}

using wire::Answer;
using wire::Failure;
using wire::Method;

Task<wire::Result<Answer>> Intake::answer(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::check_recipients:
        co_return co_await check_recipients(std::move(frame));
    case Method::etrn:
        co_return co_await etrn(std::move(frame));
    case Method::accept:
        co_return co_await accept(gate.get(), std::move(frame));
    case Method::open_body:
        co_return co_await open_body(std::move(gate));
    case Method::append_body:
        co_return co_await append_body(gate.get(), std::move(frame));
    case Method::abandon_body:
        if (const auto request = wire::parse<wire::Upload>(frame.message)) {
            const auto found = uploads_.find(request->upload());
            if (found != uploads_.end() && found->second.gate == gate.get())
                uploads_.erase(found);
        }
        co_return wire::answer_with(wire::Done());
    default:
        co_return std::unexpected(Failure::refused);
    }
}

void Intake::gone(const wire::Link* gate)
{
    std::erase_if(uploads_, [&](const auto& entry) { return entry.second.gate == gate; });
}

// ---- recipients -----------------------------------------------------------------------------

Task<wire::Result<Answer>> Intake::check_recipients(wire::Frame frame)
{
    const auto request = wire::parse<wire::CheckRecipients>(frame.message);
    if (!request ||
        static_cast<std::size_t>(request->recipients_size()) > Limits::recipients_a_question)
        co_return std::unexpected(Failure::invalid);
    wire::Verdicts verdicts;
    for (const auto& recipient : request->recipients())
        *verdicts.add_verdicts() = co_await check(*request, recipient);
    co_return wire::answer_with(verdicts);
}

Task<wire::Verdict> Intake::check(const wire::CheckRecipients& request,
                                  const std::string& recipient)
{
    wire::Verdict verdict;
    const auto say = [&](std::uint32_t code, std::string text) {
        verdict.set_code(code);
        verdict.set_text(std::move(text));
        return verdict;
    };
    const auto path = mail::ForwardPath::parse(recipient);
    if (!path)
        co_return say(501, "5.1.3 Bad recipient address syntax");
    const auto sender = mail::ReversePath::parse(request.sender());
    if (!sender)
        co_return say(501, "5.1.7 Bad sender address syntax");
    const auto found = co_await office_.check(*sender, *path, client_of(request.origin()),
                                              routing::Telling::brief);
    if (!found)
        co_return say(451, "4.3.0 Recipients cannot be looked up at present");
    switch (found->kind) {
    case routing::Verdict::Kind::refuse:
        log::info("recipient.refused_by_rule",
                  {{"recipient", recipient}, {"rule", found->rule}, {"reply", found->text}});
        co_return say(found->code, found->text);
    case routing::Verdict::Kind::discard:
        verdict.set_what(wire::Verdict::DISCARD);
        break;
    case routing::Verdict::Kind::quarantine:
        if (auto refusal = co_await backup_refusal(*path))
            co_return std::move(*refusal);
        verdict.set_what(wire::Verdict::QUARANTINE);
        co_return say(250, found->text);
    case routing::Verdict::Kind::accept:
        if (auto refusal = co_await backup_refusal(*path))
            co_return std::move(*refusal);
        if (co_await is_full(*path))
            co_return say(452, "4.2.2 The mailbox is full");
        break;
    }
    co_return say(250, "2.1.5 Ok");
}

/// Has the account of this very address no room left? What is behind aliases is seen when it is
/// delivered.
Task<bool> Intake::is_full(const mail::ForwardPath& path)
{
    if (!path.mailbox())
        co_return false;
    const auto id = co_await office_.accounts.id_of(*path.mailbox());
    if (!id || !*id)
        co_return false;
    auto account =
        co_await office_.open_accounts.open(mailbox::AccountId{static_cast<std::uint64_t>(**id)});
    co_return account && (*account)->is_full();
}

/// A domain whose backup MX we are may say who exists there.
Task<std::optional<wire::Verdict>> Intake::backup_refusal(const mail::ForwardPath& path)
{
    if (!path.mailbox() || !asks_primary_)
        co_return std::nullopt;
    const auto& backup = office_.config().backup_mx;
    if (std::ranges::find(backup.domains, path.mailbox()->domain()) == backup.domains.end())
        co_return std::nullopt;
    co_return co_await asks_primary_(*path.mailbox());
}

// ---- ETRN -----------------------------------------------------------------------------------

/// RFC 1985: the queue for a domain is run, if this client may have it run.
Task<wire::Result<Answer>> Intake::etrn(wire::Frame frame)
{
    const auto request = wire::parse<wire::Etrn>(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    wire::EtrnAnswer answer;
    const auto say = [&](std::uint32_t code, std::string text) {
        answer.set_code(code);
        answer.set_text(std::move(text));
        return wire::answer_with(answer);
    };
    const auto& smtp = office_.config().smtp;
    const auto allows = [&](const std::string& network) {
        return routing::in_network(request->origin().client_address(), network);
    };
    if (!std::ranges::any_of(smtp.etrn_networks, allows) &&
        !std::ranges::any_of(smtp.trusted_networks, allows))
        co_return say(458, "4.7.1 You may not have the queue run");
    auto name = request->domain();
    if (name.starts_with('@')) // The domain with all below it; RFC 1985 §5.3
        name.erase(0, 1);
    const auto domain = mail::Domain::parse(name);
    if (!domain)
        co_return say(501, "5.5.4 That is no domain");
    if (!runs_queue_)
        co_return say(459, "4.3.0 The queue cannot be run at present");
    log::info("etrn.asked",
              {{"domain", domain->text()}, {"client", request->origin().client_address()}});
    const bool any = co_await runs_queue_(*domain);
    co_return say(any ? 250 : 251, any ? "2.0.0 Queuing for that domain started"
                                       : "2.0.0 No letters wait for that domain");
}

// ---- bodies ---------------------------------------------------------------------------------

Task<wire::Result<Answer>> Intake::open_body(std::shared_ptr<wire::Link> gate)
{
    if (uploads_.size() >= Limits::uploads)
        co_return std::unexpected(Failure::busy);
    const auto id = ++last_upload_;
    const auto blob = office_.engine.blobs().new_id();
    const auto letter = office_.letter_ids.next(wall_clock());
    auto sink = co_await office_.engine.blobs().create(blob, spool::keys::shard_of(letter));
    if (!sink)
        co_return std::unexpected(failure_of(sink.error()));
    if (!gate->is_open()) // It went while the file was made.
        co_return std::unexpected(Failure::closed);
    Upload upload;
    upload.gate = gate.get();
    upload.blob = blob;
    upload.letter = letter;
    upload.sink = std::move(*sink);
    uploads_.emplace(id, std::move(upload));
    wire::Upload answer;
    answer.set_upload(id);
    co_return wire::answer_with(answer);
}

Task<wire::Result<Answer>> Intake::append_body(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::Upload>(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    const auto found = uploads_.find(request->upload());
    // One piece at a time: the gate waits for the answer, which is its credit.
    if (found == uploads_.end() || found->second.gate != gate || found->second.busy)
        co_return std::unexpected(Failure::refused);
    auto& upload = found->second;
    if (upload.failed)
        co_return std::unexpected(upload.failure);
    upload.bytes += frame.raw.size();
    if (upload.bytes > office_.config().limits.message_bytes)
        co_return std::unexpected(Failure::refused);
    upload.busy = true;
    const auto sink = upload.sink; // Stays although the gate may go.
    auto written = co_await sink->write(std::move(frame.raw));
    const auto again = uploads_.find(request->upload());
    if (again == uploads_.end())
        co_return std::unexpected(Failure::refused);
    again->second.busy = false;
    if (!written) {
        again->second.failed = true;
        again->second.failure = failure_of(written.error());
        co_return std::unexpected(again->second.failure);
    }
    co_return wire::answer_with(wire::Done());
}

Task<wire::Result<Intake::Upload>> Intake::seal(const wire::Link* gate, std::uint64_t id)
{
    const auto found = uploads_.find(id);
    if (found == uploads_.end() || found->second.gate != gate || found->second.busy)
        co_return std::unexpected(Failure::refused);
    auto upload = std::move(found->second);
    uploads_.erase(found);
    if (upload.failed)
        co_return std::unexpected(upload.failure);
    auto sealed = co_await upload.sink->seal();
    if (!sealed)
        co_return std::unexpected(failure_of(sealed.error()));
    co_return upload;
}

// ---- letters --------------------------------------------------------------------------------

Task<wire::Result<Answer>> Intake::accept(const wire::Link* gate, wire::Frame frame)
{
    const auto request = wire::parse<wire::Accept>(frame.message);
    const auto& config = office_.config();
    if (!request || (request->recipients().empty() && !request->discard()) ||
        static_cast<std::size_t>(request->recipients_size()) > config.limits.recipients ||
        request->prefix().size() > Limits::prefix_bytes ||
        !mail::ReversePath::parse(request->sender()))
        co_return std::unexpected(Failure::invalid);
    if (closed_)
        co_return std::unexpected(Failure::unavailable);

    spool::Spool::NewLetter letter;
    for (const auto& recipient : request->recipients()) {
        if (!mail::ForwardPath::parse(recipient))
            co_return std::unexpected(Failure::invalid);
        letter.recipients.push_back(recipient);
    }
    if (request->terms_size() != 0 && request->terms_size() != request->recipients_size())
        co_return std::unexpected(Failure::invalid);
    for (const auto& terms : request->terms()) {
        if (terms.notify() > notify_bits || terms.original().size() > Limits::original_bytes)
            co_return std::unexpected(Failure::invalid);
        spool::RecipientTerms kept;
        kept.set_notify(terms.notify());
        kept.set_original(printable(terms.original(), Limits::original_bytes));
        letter.terms.push_back(std::move(kept));
    }
    if (request->discard())
        co_return co_await discard(gate, *request);
    store::BlobId blob;
    std::uint64_t bytes = frame.raw.size();
    const auto now = wall_clock();
    if (request->upload() != 0) {
        auto sealed = co_await seal(gate, request->upload());
        if (!sealed)
            co_return std::unexpected(sealed.error());
        blob = sealed->blob;
        bytes = sealed->bytes;
        letter.id = sealed->letter;
    } else {
        if (bytes > store::Limits::small_blob)
            co_return std::unexpected(Failure::invalid);
        blob = office_.engine.blobs().new_id();
        letter.body = std::move(frame.raw);
        letter.id = office_.letter_ids.next(now);
    }
    auto& record = letter.record;
    record.set_sender(request->sender());
    record.set_body(blob.bytes());
    record.set_body_bytes(bytes);
    auto prefix = request->prefix();
    if (request->id_offset() != 0 && request->id_offset() < prefix.size())
        prefix.insert(request->id_offset(), letter.id.text());
    record.set_prefix(std::move(prefix));
    record.set_received_at(to_microseconds(now));
    record.set_smtputf8(request->smtputf8());
    record.set_body_type(request->body_type());
    record.set_client_address(request->origin().client_address());
    record.set_helo(request->origin().helo());
    record.set_protocol(request->origin().protocol());
    record.set_tls(request->origin().tls());
    record.set_ret(request->ret() == "FULL" || request->ret() == "HDRS" ? request->ret() : "");
    record.set_envelope_id(printable(request->envelope_id(), Limits::envelope_id_bytes));
    record.set_client_name(printable(request->origin().client_name(), 255));
    record.set_login(printable(request->origin().login(), 255));
    record.set_local(request->origin().local());
    record.set_local_user(request->origin().local_user());
    record.set_ident(printable(request->origin().ident(), 64));
    record.set_held_for(printable(request->quarantine(), 255));
    for (int i = 0; i < std::min(request->notes_size(), Limits::notes); ++i)
        record.add_notes(printable(request->notes(i), Limits::note_bytes));
    if (!request->edits().empty()) {
        mail::EditedText text(bytes);
        if (!text.apply(edits_from(request->edits())))
            co_return std::unexpected(Failure::invalid);
        put_edits(text, *record.mutable_edits());
    }
    const bool hold = config.outbound.hold || !request->quarantine().empty();
    letter.arrival = hold ? spool::Spool::Arrival::to_hold : spool::Spool::Arrival::to_route;
    const auto id = letter.id;
    std::shared_ptr<OpenLetter> open;
    if (!hold) { // What is going on at once need not be read back.
        open = std::make_shared<OpenLetter>();
        open->id = id;
        spool::Spool::set_recipients(record, letter.recipients, letter.terms);
        open->record = record;
        open->recipients = letter.recipients;
        open->terms = letter.terms;
        open->fresh = true;
        if (letter.body && letter.body->size() <= Limits::body_kept)
            open->body = *letter.body;
        if (routes_ahead_ && co_await routes_ahead_(open)) {
            letter.record = open->record;
            auto& routes = letter.routes.emplace();
            for (const auto& [key, delivery] : open->deliveries)
                routes.deliveries.push_back(delivery.record);
            for (const auto& notice : open->notices)
                routes.notices.emplace_back(notice.delivery, notice.record);
            routes.over = open->over;
        }
    }
    auto done = co_await office_.spool.accept(std::move(letter));
    if (!done) {
        log::warning("letter.not_accepted",
                     {{"letter", id.text()}, {"reason", store::describe(done.error())}});
        // What was uploaded has no name now; on a full disk it would pile up.
        if (request->upload() != 0 && done.error() != store::Error::unknown)
            (void)co_await office_.engine.blobs().remove(blob);
        co_return std::unexpected(failure_of(done.error()));
    }
    log::debug("letter.accepted", {{"letter", id.text()}, {"bytes", bytes}});
    if (open)
        accepted_(std::move(open));
    wire::Accepted answer;
    answer.set_letter(id.text());
    co_return wire::answer_with(answer);
}

/// Accepted and dropped, as an access rule or a filter has it. Nothing is kept but the log's line.
Task<wire::Result<Answer>> Intake::discard(const wire::Link* gate, const wire::Accept& request)
{
    const auto id = office_.letter_ids.next(wall_clock());
    if (request.upload() != 0) {
        const auto found = uploads_.find(request.upload());
        if (found == uploads_.end() || found->second.gate != gate)
            co_return std::unexpected(Failure::refused);
        uploads_.erase(found);
    }
    log::info("letter.discarded", {{"letter", id.text()},
                                   {"sender", request.sender()},
                                   {"client", request.origin().client_address()}});
    wire::Accepted answer;
    answer.set_letter(id.text());
    co_return wire::answer_with(answer);
}

} // namespace posthouse::keeper
