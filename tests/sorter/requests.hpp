// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sorter/notify_requests.hpp"
#include "wire/messages.pb.h"

#include <string>

namespace posthouse::sorter {

/// A question of the keeper's at mx.example.org, whose own domain is example.org.
inline wire::Route route_request()
{
    wire::Route request;
    request.set_letter(7);
    request.set_sender("sender@example.net");
    request.set_hostname("mx.example.org");
    request.set_hop_limit(5);
    return request;
}

inline wire::Route::Recipient& add_local(wire::Route& request, std::string address,
                                         std::uint64_t account)
{
    auto& recipient = *request.add_recipients();
    recipient.set_address(std::move(address));
    recipient.set_local_domain(true);
    recipient.set_account(account);
    return recipient;
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
