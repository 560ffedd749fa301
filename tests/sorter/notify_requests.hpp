// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/messages.pb.h"

#include <string>

namespace posthouse::sorter {

/// The keeper at mx.example.org has news for sender@example.net.
inline wire::Notify notify_request()
{
    wire::Notify request;
    request.set_letter(7);
    request.set_sender("sender@example.net");
    request.set_hostname("mx.example.org");
    request.set_postmaster("postmaster@mx.example.org");
    request.set_at(1'795'000'000'000'000); // 18 Nov 2026 11:06:40
    return request;
}

inline void add_told(wire::Notify& request, std::string recipient, std::string text)
{
    auto& told = *request.add_told();
    told.set_recipient(std::move(recipient));
    told.set_status("5.1.1");
    told.set_text(std::move(text));
    told.set_remote_host("mx.example.com");
}

inline wire::Notify notify_failure(std::string recipient, std::string text)
{
    auto request = notify_request();
    add_told(request, std::move(recipient), std::move(text));
    return request;
}

} // namespace posthouse::sorter
