// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_letter.hpp"

#include "base/text.hpp"
#include "mail/address_list.hpp"
#include "mail/date_time.hpp"
#include "mail/encoded_word.hpp"
#include "mail/field_writer.hpp"
#include "mail/header_block.hpp"
#include "mail/message_id.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::cli {

// ---- taking it in ---------------------------------------------------------------------------

void LetterIntake::end_line()
{
    const auto line = std::string_view(text_).substr(line_);
    if (line == "." && dot_ == SendmailCall::Dot::ends_letter) {
        text_.resize(line_);
        complete_ = true;
        return;
    }
    in_header_ = in_header_ && !line.empty();
    text_ += "\r\n";
    line_ = text_.size();
}

void LetterIntake::take(char c)
{
    if (std::exchange(after_cr_, false) && c != '\n') {
        if (c == '\r') { // CR CR LF, as some write, is one line end.
            after_cr_ = true;
            return;
        }
        if (in_header_)
            text_ += ' ';
        else
            end_line();
        if (complete_)
            return;
    }
    if (c == '\n')
        end_line();
    else if (c == '\r')
        after_cr_ = true;
    else
        text_ += c == '\0' && in_header_ ? ' ' : c;
}

bool LetterIntake::add(std::string_view bytes)
{
    for (const char c : bytes) {
        if (complete_ || too_long_)
            break;
        take(c);
        too_long_ = text_.size() > most_bytes_;
    }
    return !complete_ && !too_long_;
}

std::string LetterIntake::finish()
{
    if (!complete_ && (after_cr_ || text_.size() > line_))
        end_line();
    complete_ = true;
    return std::move(text_);
}

// ---- its header -----------------------------------------------------------------------------

namespace {

bool is_any_of(const mail::HeaderField& field, std::initializer_list<std::string_view> names)
{
    return std::ranges::any_of(names, [&](std::string_view name) { return field.is(name); });
}

/// For the recipients only, and the way here: never for those who read it.
bool is_left_out(const mail::HeaderField& field)
{
    return field.name.empty() || is_any_of(field, {"Bcc", "Resent-Bcc", "Return-Path"});
}

std::string from_field(std::string_view name, const LetterWriter& writer)
{
    mail::FieldWriter field(name);
    const auto full_name = one_line(writer.full_name);
    if (full_name.empty())
        return std::move(field.word(writer.address.text())).done();
    for (const auto& word : mail::phrase_words(full_name))
        field.word(word);
    return std::move(field.word('<' + writer.address.text() + '>')).done();
}

/// What is missing of `prefix`Date, `prefix`From and `prefix`Message-ID.
std::string additions(const mail::HeaderBlock& header, const std::string& prefix,
                      const LetterWriter& writer, std::pair<Random&, Timestamp> chance_and_time)
{
    auto& [random, now] = chance_and_time;
    std::string added;
    if (header.first(prefix + "Date") == nullptr)
        added += prefix + "Date: " + mail::date_time_text(now, writer.zone) + "\r\n";
    if (header.first(prefix + "From") == nullptr)
        added += from_field(prefix + "From", writer);
    if (header.first(prefix + "Message-ID") == nullptr)
        added +=
            prefix + "Message-ID: " + mail::new_message_id(random, writer.hostname, now) + "\r\n";
    return added;
}

std::string written(const mail::HeaderField& field)
{
    if (!field.is("Subject") || is_ascii(field.raw) || !is_utf8(field.raw))
        return std::string(field.raw);
    mail::FieldWriter writer(field.name);
    for (const auto& word : mail::encoded_words(field.value()))
        writer.word(word);
    return std::move(writer).done();
}

/// False: they are too many.
bool add_recipients(const mail::HeaderField& field, std::vector<std::string>& to)
{
    const auto list =
        mail::parse_address_list(field.raw_value(), {.bytes = SendmailLimits::header_bytes,
                                                     .entries = SendmailLimits::recipients});
    for (const auto& entry : list.entries)
        if (entry.kind == mail::AddressEntry::Kind::mailbox && !entry.local_part.empty())
            to.push_back(entry.address());
    return list.complete && to.size() <= SendmailLimits::recipients;
}

bool is_resent(const mail::HeaderField& field)
{
    return starts_with_ignoring_case(field.name, "Resent-");
}

} // namespace

std::string one_line(std::string_view text)
{
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = ' ';
    return std::string(trimmed(line));
}

std::string full_name_of(std::string_view comment, std::string_view login)
{
    std::string name;
    for (const char c : comment.substr(0, comment.find(','))) {
        if (c != '&' || login.empty())
            name += c;
        else
            name.append(1, to_upper(login.front())).append(login.substr(1));
    }
    return one_line(name);
}

std::expected<PreparedLetter, LetterFault>
prepare_letter(std::string_view text, const LetterWriter& writer, Random& random, Timestamp now)
{
    const auto header =
        mail::HeaderBlock::parse(text, {.bytes = SendmailLimits::header_bytes, .fields = 10'000});
    if (header.end() == mail::HeaderEnd::limit || header.fields_left_out() > 0)
        return std::unexpected(LetterFault::header_too_long);
    const auto fields = header.fields();
    const auto first_resent = std::ranges::find_if(fields, is_resent);
    const bool resent = first_resent != fields.end();

    PreparedLetter prepared;
    for (auto field = fields.begin(); field != fields.end(); ++field) {
        const bool names_recipients =
            resent ? is_any_of(*field, {"Resent-To", "Resent-Cc", "Resent-Bcc"})
                   : is_any_of(*field, {"To", "Cc", "Bcc"});
        if (names_recipients && !add_recipients(*field, prepared.recipients))
            return std::unexpected(LetterFault::too_many_recipients);
        if (resent && field == first_resent)
            prepared.header += additions(header, "Resent-", writer, {random, now});
        if (!is_left_out(*field))
            prepared.header += written(*field);
    }
    if (!prepared.header.empty() && !prepared.header.ends_with("\r\n"))
        prepared.header += "\r\n";
    prepared.header += additions(header, "", writer, {random, now});
    prepared.header += "\r\n";
    prepared.body_offset = header.body_offset();
    const bool ascii_header = is_ascii(prepared.header);
    prepared.utf8_header = !ascii_header && is_utf8(prepared.header);
    prepared.eight_bit = !ascii_header || !is_ascii(text.substr(prepared.body_offset));
    return prepared;
}

} // namespace posthouse::cli
