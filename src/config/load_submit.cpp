// SPDX-License-Identifier: Apache-2.0
#include "config/sections.hpp"

namespace posthouse::config {

void read_submit(const Section& root, Config& config)
{
    const auto section = root.section("submit");
    auto& submit = config.submit;
    section.read_choice("senders", submit.senders);
    section.read("hide_client", submit.hide_client);
    section.read("letters_per_hour", submit.letters_per_hour);
    section.read("recipients_per_day", submit.recipients_per_day);
    section.read("recipients", submit.recipients);
}

void read_pop3(const Section& root, Config& config)
{
    const auto section = root.section("pop3");
    section.read("login_delay", config.pop3.login_delay);
    section.read("expire_days", config.pop3.expire_days);
}

} // namespace posthouse::config
