// SPDX-License-Identifier: Apache-2.0
#include "sorter/serve.hpp"

#include "base/random.hpp"
#include "sorter/file.hpp"
#include "sorter/index.hpp"
#include "sorter/limits.hpp"
#include "sorter/notify.hpp"
#include "sorter/route.hpp"
#include "sorter/search.hpp"
#include "sorter/words.hpp"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::sorter {
namespace {

/// Who exists is the keeper's to say.
Task<wire::Result<void>> look_up(std::shared_ptr<wire::Link> keeper, std::uint64_t letter,
                                 std::vector<routing::Person> unknown, Routing& routing)
{
    for (std::size_t at = 0; at < unknown.size(); at += Limits::persons_a_question) {
        const auto end = std::min(unknown.size(), at + Limits::persons_a_question);
        wire::LookUp question;
        question.set_letter(letter);
        for (auto i = at; i < end; ++i) {
            auto* person = question.add_persons();
            person->set_login(unknown[i].kind == routing::Person::Kind::login);
            person->set_name(unknown[i].name);
        }
        auto found = co_await keeper->call<wire::LookedUp>(wire::Method::look_up, question);
        if (!found)
            co_return std::unexpected(found.error());
        const auto& standings = found->message.standings();
        if (static_cast<std::size_t>(standings.size()) != end - at)
            co_return std::unexpected(wire::Failure::unavailable);
        for (auto i = at; i < end; ++i) {
            const auto& standing = standings[static_cast<int>(i - at)];
            routing.know(unknown[i], {standing.account(), standing.exists()});
        }
    }
    co_return wire::Result<void>();
}

Task<wire::Result<wire::Answer>> route(std::shared_ptr<const Handbook> handbook,
                                       std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    auto request = wire::parse<wire::Route>(frame.message);
    if (!request)
        co_return std::unexpected(wire::Failure::invalid);
    const auto letter = request->letter();
    auto routing = Routing::begin(*handbook, std::move(*request), frame.raw);
    if (!routing)
        co_return std::unexpected(routing.error());
    auto unknown = routing->run();
    for (int round = 0; !unknown.empty(); ++round) {
        if (round == Limits::rounds)
            co_return std::unexpected(wire::Failure::invalid);
        auto found = co_await look_up(keeper, letter, std::move(unknown), *routing);
        if (!found)
            co_return std::unexpected(found.error() == wire::Failure::closed
                                          ? wire::Failure::closed
                                          : wire::Failure::unavailable);
        unknown = routing->run();
    }
    auto deliveries = routing->deliveries();
    while (deliveries.size() > Limits::deliveries_a_page) {
        wire::Routes page;
        page.set_letter(letter);
        const auto first = deliveries.end() - Limits::deliveries_a_page;
        for (auto delivery = first; delivery != deliveries.end(); ++delivery)
            *page.add_deliveries() = std::move(*delivery);
        deliveries.erase(first, deliveries.end());
        auto taken = co_await keeper->call<wire::Done>(wire::Method::routes, page);
        if (!taken)
            co_return std::unexpected(taken.error());
    }
    auto last = routing->changes();
    for (auto& delivery : deliveries)
        *last.add_deliveries() = std::move(delivery);
    if (last.ByteSizeLong() > wire::FrameLimits::message_bytes)
        co_return std::unexpected(wire::Failure::invalid);
    co_return wire::answer_with(last);
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

Task<wire::Result<wire::Answer>> serve(std::shared_ptr<const Handbook> handbook,
                                       std::shared_ptr<wire::Link> keeper, wire::Frame frame)
{
    switch (frame.head.method) {
    case wire::Method::route:
        co_return co_await route(std::move(handbook), std::move(keeper), std::move(frame));
    case wire::Method::file:
        co_return co_await file(std::move(keeper), std::move(frame));
    case wire::Method::index_letter:
        co_return co_await index(std::move(keeper), std::move(frame));
    case wire::Method::cut_words:
        co_return co_await cut_words(std::move(keeper), std::move(frame));
    case wire::Method::search_letters:
        co_return co_await search(std::move(keeper), std::move(frame));
    case wire::Method::notify:
        co_return notify(frame);
    default:
        co_return std::unexpected(wire::Failure::refused);
    }
}

} // namespace posthouse::sorter
