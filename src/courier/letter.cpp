// SPDX-License-Identifier: Apache-2.0
#include "courier/letter.hpp"

#include "base/text.hpp"
#include "courier/carrier.hpp"

#include <utility>

namespace posthouse::courier {
namespace {

smtp::Outcome not_read(wire::Failure failure)
{
    return smtp::outcome_of(smtp::Stage::data, smtp::Cause::not_read, {4, 3, 0},
                            "the letter could not be read: " +
                                std::string(wire::describe(failure)));
}

smtp::Outcome unconvertible(std::string_view status, const std::string& why)
{
    const auto code = smtp::leading_enhanced_code(status);
    return smtp::outcome_of(smtp::Stage::mail, smtp::Cause::not_supported,
                            code.value_or(smtp::EnhancedCode{5, 6, 3}),
                            "the host takes no 8-bit content, and the letter cannot be "
                            "converted: " +
                                why);
}

} // namespace

Letter::Letter(Carrier& carrier, Body body, Declared declared)
    : carrier_(carrier),
      original_(std::move(body)),
      declared_(declared)
{
}

Letter::~Letter()
{
    carrier_.give_room_back(room_);
}

Task<std::expected<Letter::Form, smtp::Outcome>>
Letter::for_host(const smtp::ClientCapabilities& host)
{
    using smtp::BodyType;
    if (declared_ == Declared::binary) { // Which goes as it is or not at all.
        original_.rewind();
        co_return Form{&original_, BodyType::binary_mime};
    }
    if (const auto looked = co_await look_through(); !looked)
        co_return std::unexpected(looked.error());
    const bool eight_bit = found_->has_eight_bit();
    Form form{&original_, eight_bit || declared_ == Declared::eight_bit ? BodyType::eight_bit_mime
                                                                        : BodyType::seven_bit};
    if (eight_bit && !host.eight_bit_mime) {
        const auto body = co_await encoded(mail::Demand::seven_bit);
        if (!body)
            co_return std::unexpected(body.error());
        form = {*body, BodyType::seven_bit};
    } else if (found_->has_long_line()) {
        // Nearly every host takes it as it is, should that be all there is.
        if (const auto body = co_await encoded(mail::Demand::short_lines))
            form.body = *body;
    }
    form.body->rewind();
    co_return form;
}

Task<std::expected<void, smtp::Outcome>> Letter::look_through()
{
    if (found_)
        co_return std::expected<void, smtp::Outcome>{};
    mail::LineScan found;
    original_.rewind();
    for (std::uint64_t at = 0; at < original_.size();) {
        const auto piece = co_await original_.next(Limits::piece_bytes);
        if (!piece)
            co_return std::unexpected(not_read(piece.error()));
        found.append(*piece);
        at += piece->size();
    }
    found_ = found;
    co_return std::expected<void, smtp::Outcome>{};
}

Task<Letter::Text> Letter::read()
{
    std::string text;
    text.reserve(original_.size());
    original_.rewind();
    while (text.size() < original_.size()) {
        const auto piece = co_await original_.next(Limits::piece_bytes);
        if (!piece)
            co_return std::unexpected(not_read(piece.error()));
        text += *piece;
    }
    co_return text;
}

Task<std::expected<Body*, smtp::Outcome>> Letter::encoded(mail::Demand demand)
{
    if (!encoded_ || encoded_->demand != demand) {
        encoded_.reset();
        if (original_.size() > Limits::converted_bytes)
            co_return std::unexpected(unconvertible("5.6.3", "it is too large for that"));
        if (room_ == 0) {
            if (!carrier_.take_room(original_.size()))
                co_return std::unexpected(smtp::outcome_of(
                    smtp::Stage::mail, smtp::Cause::not_read, {4, 3, 1},
                    "too many letters are being converted for their hosts at present"));
            room_ = original_.size();
        }
        const auto text = co_await read();
        if (!text)
            co_return std::unexpected(text.error());
        auto converted = mail::encode_for(demand, *text);
        if (converted)
            encoded_.emplace(demand, Body(std::move(*converted)));
        else
            encoded_.emplace(demand, std::unexpected(unconvertible(converted.error().status,
                                                                   converted.error().text)));
    }
    if (!encoded_->body)
        co_return std::unexpected(encoded_->body.error());
    co_return &*encoded_->body;
}

} // namespace posthouse::courier
