// SPDX-License-Identifier: Apache-2.0
#include "moving/writing.hpp"

#include "base/text.hpp"
#include "imap/mailbox_name.hpp"
#include "moving/letter_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace posthouse::moving {
namespace {

std::string from_line(std::int64_t microseconds)
{
    using namespace std::chrono;
    static constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto at = floor<seconds>(sys_time<std::chrono::microseconds>(
        std::chrono::microseconds(std::max<std::int64_t>(microseconds, 0))));
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss clock(at - day);
    return fmt::format(
        "From MAILER-DAEMON {} {} {:2} {:02}:{:02}:{:02} {}\n", weekdays[weekday(day).c_encoding()],
        months[static_cast<unsigned>(date.month()) - 1], static_cast<unsigned>(date.day()),
        clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
        static_cast<int>(date.year()));
}

std::string base_words(const NotedMailbox& mailbox)
{
    std::string words =
        fmt::format("{} {:010}", mailbox.uid_validity, std::max(mailbox.uid_next, 1U) - 1);
    for (const auto& keyword : mailbox.keywords)
        words += " " + keyword;
    return words;
}

} // namespace

std::string mbox_head(const Noted& letter, const NotedMailbox* first)
{
    using mail::SystemFlag;
    std::string head = from_line(letter.internal_date);
    if (first != nullptr)
        head += "X-IMAPbase: " + base_words(*first) + "\n";
    head += fmt::format("X-UID: {}\n", letter.uid);
    const auto& flags = letter.flags.system;
    head += flags.has(SystemFlag::seen) ? "Status: RO\n" : "Status: O\n";
    std::string status;
    for (const auto& [flag, mark] :
         {std::pair(SystemFlag::answered, 'A'), std::pair(SystemFlag::flagged, 'F'),
          std::pair(SystemFlag::draft, 'T'), std::pair(SystemFlag::deleted, 'D')})
        if (flags.has(flag))
            status += mark;
    if (!status.empty())
        head += "X-Status: " + status + "\n";
    if (!letter.flags.keywords.empty()) {
        head += "X-Keywords:";
        for (const auto& keyword : letter.flags.keywords)
            head += " " + keyword;
        head += "\n";
    }
    if (!letter.uidl.empty())
        head += "X-UIDL: " + letter.uidl + "\n";
    return head;
}

std::string mbox_placeholder(const NotedMailbox& mailbox)
{
    return from_line(0) +
           "Date: Thu, 01 Jan 1970 00:00:00 +0000\n"
           "From: Mail System Internal Data <MAILER-DAEMON>\n"
           "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
           "X-IMAP: " +
           base_words(mailbox) +
           "\n"
           "Status: RO\n\n"
           "This is no letter. It holds what is known of an empty mailbox.\n\n";
}

void FileText::line(std::string_view front, std::string& to)
{
    if (form_ == Form::mboxrd) {
        if (in_header_) {
            if (front == "\n") {
                in_header_ = skipping_ = false;
            } else if (!front.starts_with(' ') && !front.starts_with('\t')) {
                auto name = front.substr(0, std::min(front.find(':'), front.size()));
                skipping_ = is_mbox_field(trimmed(name));
                if (front.starts_with("From ")) // No field, and it would begin a letter.
                    to += '>';
            }
        } else {
            const auto behind = front.find_first_not_of('>');
            if (behind != front.npos && front.substr(behind).starts_with("From "))
                to += '>';
        }
    }
    if (!skipping_)
        to += front;
}

std::string FileText::take(std::string_view bytes)
{
    constexpr std::size_t enough = 512;
    std::string to;
    to.reserve(bytes.size() + 16);
    const auto put = [&](char c) {
        if (in_line_) {
            if (!skipping_)
                to += c;
        } else {
            front_ += c;
            if (c == '\n' || form_ == Form::maildir || front_.size() >= enough) {
                line(front_, to);
                front_.clear();
                in_line_ = true;
            }
        }
        if (c == '\n')
            in_line_ = false;
        last_ = c;
    };
    for (const char c : bytes) {
        if (std::exchange(carriage_return_, c == '\r') && c != '\n')
            put('\r');
        if (c != '\r')
            put(c);
    }
    return to;
}

std::string FileText::finish()
{
    std::string to;
    if (std::exchange(carriage_return_, false)) {
        if (in_line_ && !skipping_)
            to += '\r';
        else if (!in_line_)
            front_ += '\r';
        last_ = '\r';
    }
    if (!front_.empty())
        line(std::exchange(front_, {}), to);
    if (form_ == Form::mboxrd) {
        if (last_ != '\n')
            to += '\n';
        to += '\n';
    }
    return to;
}

std::string maildir_front(const Noted& letter)
{
    const auto at = std::max<std::int64_t>(letter.internal_date, 0);
    return fmt::format("{}.M{}V{}U{}.posthouse", at / 1'000'000, at % 1'000'000,
                       letter.uid_validity, letter.uid);
}

std::string maildir_flags(const Noted& letter, const std::vector<std::string>& keywords)
{
    using mail::SystemFlag;
    std::string flags = ":2,";
    for (const auto& [flag, mark] :
         {std::pair(SystemFlag::draft, 'D'), std::pair(SystemFlag::flagged, 'F'),
          std::pair(SystemFlag::answered, 'R'), std::pair(SystemFlag::seen, 'S'),
          std::pair(SystemFlag::deleted, 'T')})
        if (letter.flags.system.has(flag))
            flags += mark;
    for (std::size_t i = 0; i < std::min(keywords.size(), maildir_keywords); ++i)
        if (letter.flags.has_keyword(keywords[i]))
            flags += static_cast<char>('a' + i);
    return flags;
}

std::string dovecot_uidlist(const NotedMailbox& mailbox, const std::vector<UidListLine>& lines)
{
    std::string text = fmt::format("3 V{} N{}\n", mailbox.uid_validity, mailbox.uid_next);
    for (const auto& line : lines)
        text += fmt::format("{}{}{} :{}\n", line.uid, line.uidl.empty() ? "" : " P", line.uidl,
                            line.file);
    return text;
}

std::string dovecot_keywords(const std::vector<std::string>& keywords)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(keywords.size(), maildir_keywords); ++i)
        text += fmt::format("{} {}\n", i, keywords[i]);
    return text;
}

std::string dovecot_subscriptions(const std::vector<std::string>& utf8_names)
{
    std::string text = "V\t2\n\n";
    for (const auto& name : utf8_names) {
        std::string levels = imap::modified_utf7(name);
        std::ranges::replace(levels, '/', '\t');
        text += levels + "\n";
    }
    return text;
}

} // namespace posthouse::moving
