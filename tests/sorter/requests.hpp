// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sorter/route.hpp"
#include "tests/sorter/notify_requests.hpp"
#include "wire/messages.pb.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::sorter {

/// Of mx.example.org, whose own domain is example.org, where whoever() gets what is nobody's.
inline Handbook handbook(std::optional<std::string> catch_all = std::nullopt)
{
    Handbook book{routing::Rules{.hostname = *mail::Domain::parse("mx.example.org")}};
    auto& domain = book.rules.domains[*mail::Domain::parse("example.org")];
    if (catch_all)
        domain.catch_all = *mail::Mailbox::parse(*catch_all);
    book.rules.trusted_networks = {"127.0.0.0/8"};
    return book;
}

/// A question of the keeper's.
inline wire::Route route_request(const std::vector<std::string>& recipients = {})
{
    wire::Route request;
    request.set_letter(7);
    request.set_sender("sender@example.net");
    request.set_hop_limit(5);
    for (const auto& recipient : recipients)
        request.add_recipients(recipient);
    return request;
}

/// The accounts of example.org, by name.
using Accounts = std::map<std::string, std::uint64_t>;

/// Runs it to its end, as serve() does with the keeper's help.
inline wire::Result<std::vector<wire::Routed::Delivery>> route_letter(const Handbook& book,
                                                                      const wire::Route& request,
                                                                      std::string_view head,
                                                                      const Accounts& accounts)
{
    auto routing = Routing::begin(book, request, head);
    if (!routing)
        return std::unexpected(routing.error());
    for (auto unknown = routing->run(); !unknown.empty(); unknown = routing->run())
        for (const auto& person : unknown) {
            const auto found = accounts.find(person.name);
            routing->know(person, found == accounts.end() ? routing::Standing{}
                                                          : routing::Standing{found->second, true});
        }
    return routing->deliveries();
}

inline std::string received_fields(int count)
{
    std::string header;
    for (int i = 0; i < count; ++i)
        header += "Received: from a by b; Sun, 22 Nov 2026 03:20:05 +0000\r\n";
    return header;
}

inline wire::File file_request(std::uint64_t bytes)
{
    wire::File request;
    request.set_letter(7);
    request.set_sender("sender@example.net");
    request.set_recipient("sales@example.org");
    request.set_final_address("alice@example.org");
    request.set_bytes(bytes);
    return request;
}

} // namespace posthouse::sorter
