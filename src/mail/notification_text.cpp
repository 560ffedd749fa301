// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "mail/notification_parts.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace posthouse::mail {
namespace {

constexpr std::array actions = {Action::failed, Action::delayed, Action::delivered, Action::relayed,
                                Action::expanded};

struct Passages {
    Passage introduction, recipient, closing;
};

constexpr Passages passages_of(Action action)
{
    switch (action) {
    case Action::failed:
        return {Passage::failed_introduction, Passage::failed_recipient, Passage::failed_closing};
    case Action::delayed:
        return {Passage::delayed_introduction, Passage::delayed_recipient,
                Passage::delayed_closing};
    case Action::delivered:
        return {Passage::delivered_introduction, Passage::delivered_recipient,
                Passage::delivered_closing};
    case Action::relayed:
        return {Passage::relayed_introduction, Passage::relayed_recipient,
                Passage::relayed_closing};
    case Action::expanded:
        break;
    }
    return {Passage::expanded_introduction, Passage::expanded_recipient, Passage::expanded_closing};
}

/// A time that is read the same way in every language: 2026-11-22 03:20:05 +0000.
std::string time_text(Timestamp at)
{
    using namespace std::chrono;
    const auto second = std::clamp(floor<seconds>(at), sys_seconds(sys_days(year(1) / 1 / 1)),
                                   sys_seconds(sys_days(year(9999) / 12 / 31)));
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss time(second - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} +0000", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

/// Blocks of text with blank lines between them.
class Text {
public:
    void add(std::string_view block)
    {
        if (block.empty())
            return;
        if (!text_.empty())
            text_ += "\r\n";
        text_ += block;
    }
    std::size_t size() const { return text_.size(); }
    std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

PlaceholderValues values_of(const Notification& report)
{
    PlaceholderValues values;
    values[Placeholder::hostname] = report.host.text();
    values[Placeholder::postmaster] = report.postmaster.text();
    values[Placeholder::letter] = report.letter_id;
    values[Placeholder::sender] = report.to.text();
    if (report.received_at) {
        values[Placeholder::arrived] = time_text(*report.received_at);
        const auto hours = std::chrono::floor<std::chrono::hours>(report.at - *report.received_at);
        values[Placeholder::hours] = fmt::format("{}", std::max<std::int64_t>(0, hours.count()));
    }
    std::optional<Timestamp> latest;
    for (const auto& told : report.told)
        latest = std::max(latest, told.retry_until); // Nothing is before any time.
    if (latest)
        values[Placeholder::retry_until] = time_text(*latest);
    return values;
}

/// Cut between characters.
std::string_view beginning(std::string_view text, std::size_t most)
{
    if (text.size() <= most)
        return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
        --most;
    return text.substr(0, most);
}

void set_recipient(PlaceholderValues& values, const ToldRecipient& told, const Notification& report,
                   const NotificationLimits& limits)
{
    const auto recipient = told.recipient.is_bare_postmaster() ? "postmaster@" + report.host.text()
                                                               : told.recipient.text();
    values[Placeholder::recipient] = recipient;
    values[Placeholder::final_address] =
        told.final_address == recipient ? "" : beginning(told.final_address, 320);
    values[Placeholder::status] = beginning(told.status, 16);
    values[Placeholder::host] = beginning(told.remote_host, 255);
    values[Placeholder::reason] = beginning(told.reason, limits.reason_bytes);
    values[Placeholder::output] = beginning(told.output, limits.output_bytes);
    values[Placeholder::tried] = told.tried_at ? time_text(*told.tried_at) : "";
    if (told.retry_until)
        values[Placeholder::retry_until] = time_text(*told.retry_until);
}

} // namespace

NotificationPart text_part(const Notification& report, const NotificationWords& words,
                           const NotificationLimits& limits)
{
    auto values = values_of(report);
    Text text;
    text.add(words.text(Passage::letter_opening, values));
    std::size_t named = 0;
    const auto name_all = [&](Action action) {
        for (const auto& told : report.told)
            if (told.action == action && text.size() < limits.text_bytes) {
                auto own = values;
                set_recipient(own, told, report, limits);
                text.add(words.text(passages_of(action).recipient, own));
                ++named;
            }
    };
    if (report.purpose == Notification::Purpose::double_bounce) {
        text.add(words.text(Passage::double_bounce_introduction, values));
        std::ranges::for_each(actions, name_all);
        text.add(words.text(Passage::double_bounce_closing, values));
    } else {
        for (const auto action : actions)
            if (tells_of(report, action)) {
                text.add(words.text(passages_of(action).introduction, values));
                name_all(action);
                text.add(words.text(passages_of(action).closing, values));
            }
    }
    if (const auto more = report.told.size() - named + report.untold; more > 0) {
        values[Placeholder::more] = fmt::format("{}", more);
        text.add(words.text(Passage::letter_more, values));
    }
    text.add(words.text(Passage::letter_closing, values));
    return encoded_part("text/plain; charset=utf-8", std::move(text).take());
}

} // namespace posthouse::mail
