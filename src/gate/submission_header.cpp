// SPDX-License-Identifier: Apache-2.0
#include "gate/submission_header.hpp"

#include "mail/address_field.hpp"
#include "mail/address_list.hpp"
#include "mail/date_time.hpp"
#include "mail/header_block.hpp"
#include "mail/message_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace posthouse::gate {
namespace {

bool is_one_of(const mail::HeaderField& field, std::span<const std::string_view> names)
{
    return std::ranges::any_of(names, [&](std::string_view name) { return field.is(name); });
}

constexpr std::array<std::string_view, 2> blind = {"Bcc", "Resent-Bcc"};
constexpr std::array<std::string_view, 9> with_addresses = {
    "From",        "Sender",        "Reply-To",  "To",       "Cc",
    "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc"};

bool is_mailbox(const mail::AddressEntry& entry)
{
    return entry.kind == mail::AddressEntry::Kind::mailbox;
}

class Preparation {
public:
    Preparation(std::string_view head, const Submitter& submitter)
        : block_(mail::HeaderBlock::parse(head, {.bytes = head.size() + 1})),
          submitter_(submitter),
          lacks_line_end_(!block_.text().empty() && !block_.text().ends_with('\n'))
    {
    }

    std::expected<PreparedHeader, smtp::Reply> run()
    {
        for (const std::string_view once : {"From", "Sender"})
            if (block_.count(once, 2) > 1) // Readers would show the one, checkers the other.
                return refusal("{}: may be there once only", once);
        if (block_.fields_left_out() != 0)
            return refusal("The header has too many fields");
        for (const auto& field : block_.fields())
            look_at(field);
        const auto* from = block_.first("From");
        if (from != nullptr && authors_of(*from) == 0)
            return refusal("From: names nobody");
        add_missing(from);
        if (const auto* sender = block_.first("Sender"))
            authors_of(*sender);
        if (made_.edits.size() > mail::EditedText::Limits::edits || !fits())
            return refusal("The header has too much that must be changed");
        return std::move(made_);
    }

private:
    template <class... Arguments>
    static std::unexpected<smtp::Reply> refusal(fmt::format_string<Arguments...> text,
                                                Arguments... arguments)
    {
        return std::unexpected(
            smtp::Reply(550, "5.6.0 " + fmt::format(text, std::forward<Arguments>(arguments)...)));
    }

    void look_at(const mail::HeaderField& field)
    {
        if (is_one_of(field, blind))
            remove(field);
        else if (is_one_of(field, with_addresses))
            complete(field);
    }

    /// RFC 5322 §3.6.3: whom it names is not for the others to see.
    void remove(const mail::HeaderField& field)
    {
        auto& edits = made_.edits;
        if (!field.raw.ends_with('\n'))
            lacks_line_end_ = false; // With it
        if (!edits.empty() && edits.back().text.empty() &&
            edits.back().offset + edits.back().length == field.offset)
            edits.back().length += field.raw.size();
        else
            edits.push_back({field.offset, field.raw.size(), ""});
    }

    /// RFC 6409 §6.1. What cannot be read stays as it is.
    void complete(const mail::HeaderField& field)
    {
        auto list = mail::parse_address_list(field.raw_value());
        if (!list.complete || !list.lacks_domains)
            return;
        bool changed = false;
        for (auto& entry : list.entries)
            changed = complete(entry) || changed;
        if (!changed)
            return;
        auto text = mail::address_field(field.name, list.entries);
        if (!text)
            return;
        if (!field.raw.ends_with('\n')) // The letter's end
            text->resize(text->size() - 2);
        made_.edits.push_back({field.offset, field.raw.size(), std::move(*text)});
    }

    bool complete(mail::AddressEntry& entry) const
    {
        if (!is_mailbox(entry) || entry.local_part.empty() || !entry.domain.empty())
            return false;
        entry.domain = submitter_.login.domain().text();
        return true;
    }

    /// How many mailboxes it names.
    std::size_t authors_of(const mail::HeaderField& field)
    {
        auto list = mail::parse_address_list(field.raw_value());
        std::size_t count = 0;
        for (auto& entry : list.entries) {
            if (!is_mailbox(entry))
                continue;
            ++count;
            complete(entry);
            const auto mailbox = mail::Mailbox::parse(entry.address());
            made_.authors.push_back(mailbox ? mailbox->text() : std::string());
        }
        // What other programs may find in it is not known then.
        if (!list.complete || (!list.well_formed && !list.lacks_domains))
            made_.authors.emplace_back();
        return count;
    }

    /// RFC 6409 §8.1 to §8.3, RFC 5322 §3.6: at the header's end.
    void add_missing(const mail::HeaderField* from)
    {
        const auto login = submitter_.login.text();
        std::string added;
        if (from == nullptr) {
            added += "From: " + login + "\r\n";
            made_.authors.push_back(login);
        } else if (made_.authors.size() > 1 && block_.first("Sender") == nullptr) {
            added += "Sender: " + login + "\r\n"; // RFC 5322 §3.6.2: of several it must be said.
        }
        if (block_.first("Date") == nullptr)
            added += "Date: " + mail::date_time_text(submitter_.now) + "\r\n";
        if (block_.first("Message-ID") == nullptr)
            added += "Message-ID: " +
                     mail::new_message_id(submitter_.random, submitter_.host, submitter_.now) +
                     "\r\n";
        if (added.empty())
            return;
        const auto text = block_.text();
        if (lacks_line_end_)
            added.insert(0, "\r\n");
        if (block_.end() == mail::HeaderEnd::no_field) // The body begins without a blank line.
            added += "\r\n";
        made_.edits.push_back({text.size(), 0, std::move(added)});
    }

    bool fits() const
    {
        std::size_t bytes = 0;
        for (const auto& edit : made_.edits)
            bytes += edit.text.size();
        return bytes <= mail::EditedText::Limits::text_bytes;
    }

    mail::HeaderBlock block_;
    const Submitter& submitter_;
    bool lacks_line_end_; // The letter ends with its header, in the middle of a line.
    PreparedHeader made_;
};

} // namespace

void HeaderCatcher::feed(std::string_view bytes)
{
    if (whole_ || too_long_)
        return;
    const auto before = text_.size();
    text_ += bytes;
    // Its end may lie across the pieces; a letter that begins with an empty line has none at all.
    const auto end =
        text_.starts_with("\r\n") ? 0 : text_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    whole_ = end != text_.npos;
    too_long_ = (whole_ ? end : text_.size()) > most_;
    if (too_long_)
        text_ = std::string();
}

std::expected<PreparedHeader, smtp::Reply> prepare_header(std::string_view head,
                                                          const Submitter& submitter)
{
    return Preparation(head, submitter).run();
}

} // namespace posthouse::gate
