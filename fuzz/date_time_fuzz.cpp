// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// Any value of Date: what is taken for one can be written and reads back as itself.

#include "base/contract.hpp"
#include "mail/date_time.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace posthouse;
    using namespace posthouse::mail;
    using namespace std::chrono;
    const auto date = parse_date_time({reinterpret_cast<const char*>(data), size});
    if (!date)
        return 0;
    const auto zone = date->zone.value_or(minutes(0));
    const auto again = parse_date_time(date_time_text(date->at, zone));
    expects(again.has_value() && again->zone == zone);
    // Within 100 hours of the first and the last year that can be written it may have moved.
    const bool near_the_edge = date->at < sys_days(year(1900) / January / 10) ||
                               date->at > sys_days(year(9999) / December / 20);
    expects(near_the_edge || again->at == date->at);
    return 0;
}
