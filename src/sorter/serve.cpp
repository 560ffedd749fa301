// SPDX-License-Identifier: Apache-2.0
#include "sorter/serve.hpp"

#include "base/random.hpp"
#include "sorter/file.hpp"
#include "sorter/limits.hpp"
#include "sorter/notify.hpp"
#include "sorter/route.hpp"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::sorter {
namespace {

wire::Result<wire::Answer> route(const wire::Frame& frame)
{
    const auto request = wire::parse<wire::Route>(frame.message);
    if (!request)
        return std::unexpected(wire::Failure::invalid);
    const auto routed = route_letter(*request, frame.raw);
    if (!routed)
        return std::unexpected(routed.error());
    return wire::answer_with(*routed);
}

wire::Result<wire::Answer> notify(const wire::Frame& frame)
{
    const auto request = wire::parse<wire::Notify>(frame.message);
    if (!request)
        return std::unexpected(wire::Failure::invalid);
    SystemRandom random; // The Message-ID must not be foreseen.
    auto letter = compose_notification(*request, frame.raw, random);
    if (!letter)
        return std::unexpected(letter.error());
    return wire::answer_with(wire::Notification(), std::move(*letter));
}

/// The rest of a letter that was too large for the request.
Task<wire::Result<void>> read_on(std::shared_ptr<wire::Link> keeper, wire::File request,
                                 Filing& filing)
{
    while (filing.bytes_left() > 0) {
        wire::ReadLetter question;
        question.set_letter(request.letter());
        question.set_offset(request.bytes() - filing.bytes_left());
        question.set_length(static_cast<std::uint32_t>(
            std::min<std::uint64_t>(filing.bytes_left(), Limits::piece)));
        auto piece = co_await keeper->call<wire::Piece>(wire::Method::read_letter, question);
        if (!piece)
            co_return std::unexpected(piece.error());
        if (piece->raw.empty() || piece->raw.size() > question.length())
            co_return std::unexpected(wire::Failure::unavailable);
        filing.append(piece->raw);
    }
    co_return wire::Result<void>();
}

Task<wire::Result<wire::Answer>> file(std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    const auto request = wire::parse<wire::File>(frame.message);
    if (!request)
        co_return std::unexpected(wire::Failure::invalid);
    auto filing = Filing::begin(*request);
    if (!filing)
        co_return std::unexpected(filing.error());
    if (frame.raw.empty()) {
        auto all = co_await read_on(std::move(keeper), *request, *filing);
        if (!all)
            co_return std::unexpected(all.error());
    } else if (frame.raw.size() == request->bytes()) {
        filing->append(frame.raw);
    } else {
        co_return std::unexpected(wire::Failure::invalid);
    }
    co_return wire::answer_with(std::move(*filing).finish());
}

} // namespace

Task<wire::Result<wire::Answer>> serve(std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    switch (frame.head.method) {
    case wire::Method::route:
        co_return route(frame);
    case wire::Method::file:
        co_return co_await file(std::move(keeper), std::move(frame));
    case wire::Method::notify:
        co_return notify(frame);
    default:
        co_return std::unexpected(wire::Failure::refused);
    }
}

} // namespace posthouse::sorter
