// SPDX-License-Identifier: Apache-2.0
// fuzzes: sorter
// Any letter, and any request that a keeper might send: each recipient has one delivery, a summary
// can be read again and does not depend on the pieces it was made of, a notification fits a frame.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/summary.pb.h"
#include "sorter/file.hpp"
#include "sorter/notify.hpp"
#include "sorter/route.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;

const sorter::Handbook& handbook()
{
    static const sorter::Handbook book = [] {
        sorter::Handbook made{routing::Rules{.hostname = *mail::Domain::parse("mx.example.org")}};
        made.rules.domains[*mail::Domain::parse("example.org")] = {};
        made.rules.trusted_networks = {"0.0.0.0/0"};
        made.rules.masquerade.as = mail::Domain::parse("example.org").value();
        made.rules.masquerade.recipients = true;
        return made;
    }();
    return book;
}

void route(std::string_view header, const wire::Route& request)
{
    auto routing = sorter::Routing::begin(handbook(), request, header);
    if (!routing)
        return;
    for (auto unknown = routing->run(); !unknown.empty(); unknown = routing->run())
        for (const auto& person : unknown)
            routing->know(person, {person.name.size() % 2, person.name.size() % 2 == 1});
    std::size_t recipients = 0; // In their order, and none left out.
    for (const auto& delivery : routing->deliveries()) {
        expects(delivery.recipient() == recipients || delivery.recipient() + 1 == recipients);
        recipients = delivery.recipient() + 1;
        expects(delivery.destination().empty() == !delivery.status().empty());
        expects((delivery.destination() == "mailbox:") == (delivery.account() != 0));
    }
    expects(recipients == static_cast<std::size_t>(request.recipients_size()));
    std::uint64_t end = 0;
    for (const auto& edit : routing->changes().edits()) {
        expects(edit.offset() >= end);
        end = edit.offset() + edit.length();
        expects(end <= header.size());
    }
}

std::string file(std::string_view letter, wire::File request, std::size_t piece)
{
    request.set_bytes(letter.size());
    auto filing = sorter::Filing::begin(request);
    if (!filing)
        return {};
    for (; !letter.empty(); letter.remove_prefix(std::min(piece, letter.size())))
        filing->append(letter.substr(0, piece));
    const auto filed = std::move(*filing).finish();
    expects(filed.prefix().starts_with("Return-Path: <"));
    expects(std::ranges::count(filed.prefix(), '\n') == 2);
    mailbox::MessageSummary summary;
    expects(summary.ParseFromString(filed.summary()) && !summary.envelope().empty());
    return filed.summary();
}

void notify(std::string_view letter, const wire::Notify& request)
{
    SeededRandom random(letter.size());
    const auto made = sorter::compose_notification(request, letter, random);
    if (made)
        expects(!made->empty() && made->size() <= wire::FrameLimits::raw_bytes);
}

wire::Route plain_route(std::string_view name)
{
    wire::Route request;
    request.set_hop_limit(5);
    request.add_recipients("alice@example.org");
    request.add_recipients(std::string(name));
    return request;
}

} // namespace

/// A byte that says what the next 0 to 255 bytes are, those, and a letter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.size() < 2)
        return 0;
    const auto kind = input[0];
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(input[1]));
    std::string said(input.substr(2).substr(0, length));
    const auto letter = input.substr(std::min(input.size(), 2 + length));
    switch (kind) {
    case 'R':
        if (wire::Route request; request.ParseFromString(said))
            route(letter, request);
        break;
    case 'F':
        if (wire::File request; request.ParseFromString(said))
            file(letter, request, letter.size() + 1);
        break;
    case 'N':
        if (wire::Notify request; request.ParseFromString(said))
            notify(letter, request);
        break;
    default: {              // What is said is an address, or a host's words.
        if (!is_utf8(said)) // As it is in every message that parses.
            said = printable(said);
        route(letter, plain_route(said));
        wire::File filing;
        filing.set_final_address("alice@example.org");
        expects(file(letter, filing, letter.size() + 1) == file(letter, filing, 1 + length % 7));
        filing.set_sender(said);
        filing.set_final_address(said);
        file(letter, filing, letter.size() + 1);
        wire::Notify order;
        order.set_hostname("mx.example.org");
        order.set_postmaster("postmaster@mx.example.org");
        auto* failed = order.add_told();
        failed->set_recipient(said);
        failed->set_text(said);
        failed->set_remote_host(said);
        failed->set_status(said);
        notify(letter, order);
    }
    }
    return 0;
}
