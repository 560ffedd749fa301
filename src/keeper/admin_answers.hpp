// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "directory/accounts.hpp"
#include "process/start_up.hpp"
#include "store/types.hpp"
#include "wire/messages.pb.h"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>

/// The forms of the administrator's answers.
namespace posthouse::keeper {

wire::AdminAnswer answer_of(const boost::json::value&);
/// `why` is one sentence for the administrator.
wire::AdminAnswer refusal(process::Exit, std::string why);
wire::AdminAnswer refusal(store::Error);
wire::AdminAnswer refusal(directory::Error, const std::string& address);

/// RFC 3339 in UTC, to the millisecond: "2026-11-22T04:20:30.123Z".
std::string time_text(Timestamp);
std::string time_text(std::int64_t microseconds);

} // namespace posthouse::keeper
