// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "spool/scheduler.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

/// How each destination is served, by the configuration.
namespace posthouse::keeper {

/// The name that [[destination]] sections match for a scheduler's key: "example.org" for
/// "smtp:example.org", "[host]:587" for "via:[host]:587|other", "unix:/path" for "lmtp:unix:/path".
std::string matched_name(std::string_view destination);

spool::PolicyOf policies_of(std::shared_ptr<const config::Config>);

struct DelayTerms {
    std::chrono::seconds warn_after{}; // 0: never
    std::chrono::seconds lifetime{};
};
DelayTerms delay_terms(const config::Config&, std::string_view destination);

} // namespace posthouse::keeper
