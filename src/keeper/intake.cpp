// SPDX-License-Identifier: Apache-2.0
#include "keeper/intake.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "wire/parse.hpp"

namespace posthouse::keeper {

using wire::Answer;
using wire::Failure;
using wire::Method;

Task<wire::Result<Answer>> Intake::answer(std::shared_ptr<wire::Link> gate, wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::check_recipients:
        co_return co_await check_recipients(std::move(frame));
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
    const auto facts = co_await office_.facts_of(*path);
    if (!facts)
        co_return say(451, "4.3.0 Recipients cannot be looked up at present");
    const auto route = routing::route(*path, *facts, office_.config().hostname);
    if (route.kind == routing::Route::Kind::refused)
        co_return say(550, route.status + ' ' + route.text);
    if (route.kind == routing::Route::Kind::remote) {
        const routing::RelayPolicy policy{office_.config().smtp.trusted_networks,
                                          office_.config().smtp.relay_domains};
        if (!path->mailbox() || !routing::may_relay(policy, request.origin().client_address(),
                                                    path->mailbox()->domain()))
            co_return say(550, "5.7.1 We do not relay for you");
    }
    co_return say(250, "2.1.5 Ok");
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
    if (!request || request->recipients().empty() ||
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
    const bool hold = config.outbound.hold;
    letter.arrival = hold ? spool::Spool::Arrival::to_hold : spool::Spool::Arrival::to_route;
    const auto id = letter.id;
    std::shared_ptr<OpenLetter> open;
    if (!hold) { // What is going on at once need not be read back.
        open = std::make_shared<OpenLetter>();
        open->id = id;
        spool::Spool::set_recipients(record, letter.recipients);
        open->record = record;
        open->recipients = letter.recipients;
        open->fresh = true;
        if (letter.body && letter.body->size() <= Limits::body_kept)
            open->body = *letter.body;
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

} // namespace posthouse::keeper
