// SPDX-License-Identifier: Apache-2.0
#include "imap/session/uploads.hpp"

#include <utility>

namespace posthouse::imap {

Uploads::~Uploads()
{
    for (const auto& message : messages_)
        dialogue_.backend->abandon_upload(message.upload);
}

std::vector<NewMessage> Uploads::release()
{
    return std::exchange(messages_, {});
}

Task<std::optional<Reply>> Uploads::take(std::vector<append::Step> steps, AppendPlace place)
{
    while (true) {
        for (const auto& step : steps)
            if (auto trouble = co_await follow(step))
                co_return trouble;
        if (place.done)
            co_return std::nullopt;
        auto frame = co_await dialogue_.hear();
        if (!frame)
            co_return Reply::said();
        std::string text;
        if (auto* head = std::get_if<frame::MessageHead>(&*frame))
            text = std::move(head->text);
        else if (auto* tail = std::get_if<frame::MessageTail>(&*frame))
            text = std::move(tail->text);
        else
            co_return Reply::bad("The command was broken off", "TOOBIG");
        auto more = read_append(text, place, dialogue_.parser_settings());
        if (!more)
            co_return more.error().how == Refusal::How::bad
                ? Reply::bad(more.error().text, more.error().code)
                : Reply::no(more.error().code, more.error().text);
        steps = std::move(*more);
    }
}

Task<std::optional<Reply>> Uploads::follow(const append::Step& step)
{
    if (const auto* message = std::get_if<append::BeginMessage>(&step))
        co_return co_await begin(*message);
    if (const auto* literal = std::get_if<append::Literal>(&step))
        co_return co_await take_literal(*literal);
    if (const auto* url = std::get_if<append::Url>(&step))
        co_return co_await take_url(*url);
    co_return co_await end_message();
}

Task<std::optional<Reply>> Uploads::begin(const append::BeginMessage& message)
{
    auto upload = co_await dialogue_.backend->open_upload();
    if (!upload)
        co_return reply_to(upload.error());
    messages_.push_back({*upload, message.flags, std::nullopt});
    if (message.internal_date)
        messages_.back().internal_date = to_microseconds(message.internal_date->at);
    bytes_ = 0;
    co_return std::nullopt;
}

Task<std::optional<Reply>> Uploads::take_literal(append::Literal literal)
{
    if (literal.bytes > dialogue_.append_limit() ||
        bytes_ + literal.bytes > dialogue_.append_limit())
        co_return Reply::no("TOOBIG", "Message too large");
    dialogue_.framer.accept_message();
    std::string piece;
    for (bool last = false; !last;) {
        auto frame = co_await dialogue_.hear();
        if (!frame)
            co_return Reply::said();
        if (std::holds_alternative<frame::Continue>(*frame)) {
            dialogue_.out << "+ OK\r\n";
            continue;
        }
        const auto* bytes = std::get_if<frame::MessageBytes>(&*frame);
        if (!bytes)
            co_return Reply::bad("The command was broken off");
        last = bytes->last;
        piece += bytes->bytes;
        if (last || piece.size() >= dialogue_.settings.limits.piece_bytes)
            if (auto trouble = co_await put(std::exchange(piece, {})))
                co_return trouble;
    }
    co_return std::nullopt;
}

Task<std::optional<Reply>> Uploads::put(std::string piece)
{
    if (piece.empty())
        co_return std::nullopt;
    bytes_ += piece.size();
    if (bytes_ > dialogue_.append_limit())
        co_return Reply::no("TOOBIG", "Message too large");
    auto done = co_await dialogue_.backend->upload(messages_.back().upload, std::move(piece));
    if (!done)
        co_return reply_to(done.error());
    co_return std::nullopt;
}

Task<std::optional<Reply>> Uploads::end_message()
{
    if (bytes_ == 0) // RFC 3502 §6.3.11: it takes the command back.
        co_return Reply::no({}, "A message of no bytes cannot be stored");
    co_return std::nullopt;
}

} // namespace posthouse::imap
