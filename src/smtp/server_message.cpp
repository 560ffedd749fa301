// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"
#include "smtp/server_session.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace posthouse::smtp {

// ---- DATA, RFC 5321 §4.1.1.4 ------------------------------------------------------------------

void ServerSession::on(command::Data&)
{
    if (!envelope_)
        return refuse(503, "5.5.1 Say MAIL first");
    if (transfer_ != Transfer::none)
        return refuse(503, "5.5.1 DATA does not go with BDAT"); // RFC 3030 §2
    if (envelope_->parameters.body == BodyType::binary_mime)
        return refuse(503, "5.5.1 BINARYMIME goes with BDAT only"); // RFC 3030 §3
    if (envelope_->recipients.empty())
        return refuse(is_lmtp() ? 503 : 554, "5.5.1 No valid recipients"); // RFC 2033 §4.2
    open_message(Transfer::data);
}

void ServerSession::read_data(Instant now)
{
    if (decoder_.done())
        return finish_message();
    if (hand_out_piece(piece_bytes / 2))
        return;
    if (input_.empty())
        return wait_for_peer(now);

    // So that the piece keeps to its size even if each byte became two.
    const auto room = (piece_bytes - piece_.size()) / 2 - 1;
    const auto before = piece_.size();
    const auto consumed = decoder_.feed(input_.view().substr(0, room), piece_);
    input_.consume(consumed);
    message_bytes_ += piece_.size() - before;
    earn_patience(consumed);
    drop_if_unwanted();
}

// ---- BDAT, RFC 3030 §2 ------------------------------------------------------------------------

void ServerSession::on(command::Bdat& bdat)
{
    // Whatever is wrong, the chunk has to be read first.
    phase_ = Phase::chunk;
    chunk_left_ = chunk_bytes_ = bdat.bytes;
    last_chunk_ = bdat.last;

    const auto limit = config_->limits.message_bytes;
    const auto sofar = transfer_ == Transfer::none ? 0 : message_bytes_;
    if (!config_->extensions.chunking)
        objection_ = Reply(502, "5.5.1 BDAT is not on offer");
    else if (!envelope_)
        objection_ = Reply(503, "5.5.1 Say MAIL first");
    else if (transfer_ == Transfer::none && envelope_->recipients.empty())
        objection_ = Reply(554, "5.5.1 No valid recipients");
    else if (limit != 0 && (sofar > limit || bdat.bytes > limit - sofar))
        objection_ = Reply(552, "5.3.4 Letter too big");
    else if (transfer_ == Transfer::none)
        open_message(Transfer::chunks);
    drop_if_unwanted();
}

void ServerSession::read_chunk(Instant now)
{
    if (chunk_left_ == 0)
        return finish_chunk();
    if (hand_out_piece(piece_bytes / 2))
        return;
    if (input_.empty())
        return wait_for_peer(now);

    const auto room = std::min<std::uint64_t>(chunk_left_, piece_bytes - piece_.size());
    const auto bytes = input_.view().substr(0, room);
    if (!objection_) {
        message_bytes_ += bytes.size();
        if (envelope_->parameters.body != BodyType::binary_mime)
            checker_.feed(bytes);
        if (message_ == Message::open)
            piece_.append(bytes);
    }
    chunk_left_ -= bytes.size();
    earn_patience(bytes.size());
    input_.consume(bytes.size());
    drop_if_unwanted();
}

void ServerSession::finish_chunk()
{
    if (last_chunk_) {
        checker_.finish();
        return finish_message();
    }
    const auto objection = objection_to_message();
    phase_ = Phase::command;
    if (objection) { // RFC 3030 §2: the transaction has failed; further chunks get a 503.
        const auto accepted = accepted_;
        reset_transaction();
        accepted_ = accepted; // A last chunk may be on its way, to be answered for each.
        return refuse(*objection);
    }
    reply(250, "2.0.0 " + std::to_string(chunk_bytes_) + " octets received");
}

// ---- Both -------------------------------------------------------------------------------------

void ServerSession::open_message(Transfer transfer)
{
    const auto& limits = config_->limits;
    transfer_ = transfer;
    message_bytes_ = 0;
    decoder_ = DataDecoder(config_->bare_line_ends, limits.text_line_bytes);
    checker_ = ChunkChecker(limits.text_line_bytes);
    // What stays in envelope_ are the parameters, and that there is a transaction.
    ask(Question::open,
        server_step::OpenMessage{peer_,
                                 {std::move(envelope_->sender), envelope_->parameters,
                                  std::exchange(envelope_->recipients, {}),
                                  std::exchange(envelope_->terms, {})}});
}

void ServerSession::answer_open(Verdict verdict)
{
    expect_answer_to(Question::open);
    if (verdict) {
        message_ = Message::open;
        if (transfer_ == Transfer::data) {
            phase_ = Phase::data;
            reply(354, "End with <CR><LF>.<CR><LF>");
        }
    } else if (transfer_ == Transfer::chunks && verdict.error().code != 421) {
        objection_ = std::move(verdict.error()); // To be said after the chunk.
    } else {
        reset_transaction();
        pass_on(verdict.error());
    }
}

void ServerSession::finish_message()
{
    const auto objection = objection_to_message();
    if (!objection && hand_out_piece(1))
        return;
    phase_ = Phase::command;
    if (objection)
        return end_letter(*objection);
    expects(message_ == Message::open);
    message_ = Message::none; // It is the backend's now.
    ask(Question::commit, server_step::CommitMessage{});
}

/// The whole letter is refused: in LMTP, for each of its recipients, which may be none (RFC 2033
/// §4.3).
void ServerSession::end_letter(const Reply& objection)
{
    const auto replies = is_lmtp() ? accepted_ : 1;
    reset_transaction();
    for (std::size_t i = 0; i < replies; ++i)
        reply(objection);
    count_error();
}

void ServerSession::answer_commit(CommitVerdict verdict)
{
    expect_answer_to(Question::commit);
    const auto replies = is_lmtp() ? accepted_ : 1;
    conclude(std::vector(replies, std::move(verdict)));
}

void ServerSession::answer_commit(std::vector<CommitVerdict> verdicts)
{
    expect_answer_to(Question::commit);
    expects(is_lmtp() && verdicts.size() == accepted_);
    conclude(verdicts);
}

void ServerSession::conclude(const std::vector<CommitVerdict>& verdicts)
{
    reset_transaction();
    for (const auto& verdict : verdicts) {
        if (!verdict) {
            pass_on(verdict.error());
            continue;
        }
        errors_ = junk_commands_ = 0;
        reply(250, verdict->id.empty() ? "2.0.0 Ok" : "2.0.0 Ok: queued as " + verdict->id);
    }
}

/// Said at the end only, when all is known, so that the reply never depends on how the bytes
/// happened to arrive.
std::optional<Reply> ServerSession::objection_to_message() const
{
    if (objection_)
        return objection_;
    if (transfer_ == Transfer::data ? decoder_.malformed() : checker_.malformed())
        return Reply(550, "5.6.0 Lines must end in CR LF"); // RFC 5321 §2.3.8
    if (transfer_ == Transfer::data ? decoder_.line_too_long() : checker_.line_too_long())
        return Reply(550, "5.6.0 Line too long"); // RFC 5321 §4.5.3.1.6
    if (config_->limits.message_bytes != 0 && message_bytes_ > config_->limits.message_bytes)
        return Reply(552, "5.3.4 Letter too big");
    return std::nullopt;
}

/// There is no use in storing more of a letter that will be refused, though its bytes have to be
/// read to the end.
void ServerSession::drop_if_unwanted()
{
    if (message_ == Message::open && objection_to_message())
        message_ = Message::unwanted;
    if (message_ != Message::open)
        piece_.clear();
}

bool ServerSession::hand_out_piece(std::size_t at_least)
{
    if (piece_.size() < at_least)
        return false;
    step_ = server_step::AppendToMessage{std::exchange(piece_, {})};
    return true;
}

void ServerSession::earn_patience(std::uint64_t bytes)
{
    const auto& [patience, rate] =
        std::pair(config_->limits.patience, config_->limits.bytes_per_second);
    const auto earned =
        rate == 0 ? patience : Duration(std::chrono::nanoseconds(bytes * 1'000'000'000 / rate));
    patience_left_ = std::min(patience, patience_left_ + earned);
}

} // namespace posthouse::smtp
