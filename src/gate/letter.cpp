// SPDX-License-Identifier: Apache-2.0
#include "gate/letter.hpp"

namespace posthouse::gate {

using wire::Failure;
using wire::Method;

Letter::Letter(std::shared_ptr<wire::Link> keeper, wire::Accept envelope)
    : keeper_(std::move(keeper)),
      envelope_(std::move(envelope))
{
}

Letter::~Letter()
{
    if (envelope_.upload() == 0)
        return;
    wire::Upload upload;
    upload.set_upload(envelope_.upload());
    keeper_->notify(Method::abandon_body, upload);
}

void Letter::append(std::string bytes)
{
    bytes_ += bytes.size();
    if (failed_)
        return;
    if (body_.empty())
        body_ = std::move(bytes);
    else
        body_ += bytes;
}

void Letter::fail(wire::Failure failure)
{
    failed_ = failure;
    body_ = std::string();
}

bool Letter::is_full() const
{
    if (whole_)
        return false;
    return body_.size() > (envelope_.upload() == 0 ? Limits::memory_bytes : Limits::piece_bytes);
}

Task<void> Letter::unload()
{
    auto unloaded = co_await unload_body();
    if (unloaded)
        co_return;
    fail(unloaded.error());
}

/// What is left is less than a piece.
Task<wire::Result<void>> Letter::unload_body()
{
    if (envelope_.upload() == 0) {
        auto opened = co_await keeper_->call<wire::Upload>(Method::open_body, wire::Upload());
        if (!opened)
            co_return std::unexpected(opened.error());
        if (opened->message.upload() == 0)
            co_return std::unexpected(Failure::invalid);
        envelope_.set_upload(opened->message.upload());
    }
    std::size_t at = 0;
    for (; body_.size() - at >= Limits::piece_bytes; at += Limits::piece_bytes)
        if (auto sent = co_await send_piece(body_.substr(at, Limits::piece_bytes)); !sent)
            co_return sent;
    body_.erase(0, at);
    co_return wire::Result<void>{};
}

/// Its answer is the leave to send the next one.
Task<wire::Result<void>> Letter::send_piece(std::string piece)
{
    wire::Upload upload;
    upload.set_upload(envelope_.upload());
    auto taken = co_await keeper_->call<wire::Done>(Method::append_body, upload, std::move(piece));
    if (!taken)
        co_return std::unexpected(taken.error());
    co_return wire::Result<void>{};
}

Task<wire::Result<std::string>> Letter::commit()
{
    if (envelope_.discard() && envelope_.upload() == 0)
        body_.clear();
    whole_ = false;
    if (is_full())
        co_await unload();
    if (!failed_ && envelope_.upload() != 0 && !body_.empty())
        if (auto sent = co_await send_piece(std::move(body_)); !sent)
            failed_ = sent.error();
    if (failed_)
        co_return std::unexpected(*failed_);
    auto raw = envelope_.upload() == 0 ? std::move(body_) : std::string();
    auto accepted =
        co_await keeper_->call<wire::Accepted>(Method::accept, envelope_, std::move(raw));
    if (!accepted)
        co_return std::unexpected(accepted.error());
    if (accepted->message.has_refusal()) { // What was uploaded is abandoned.
        refusal_ = accepted->message.refusal();
        co_return std::unexpected(Failure::refused);
    }
    envelope_.clear_upload(); // It is the letter's now.
    co_return std::move(*accepted->message.mutable_letter());
}

} // namespace posthouse::gate
