// SPDX-License-Identifier: Apache-2.0
#include "mail/address_list.hpp"

#include "mail/header_lexer.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::mail {
namespace {

using Token = HeaderToken;

class Parser {
public:
    Parser(std::string_view value, const AddressListLimits& limits)
        : lexer_(value.substr(0, limits.bytes)),
          most_entries_(limits.entries)
    {
        list_.complete = value.size() <= limits.bytes;
        advance();
    }

    AddressList parse() &&
    {
        while (token_.kind != Token::Kind::end && has_room())
            read_element();
        list_.complete &= token_.kind == Token::Kind::end;
        if (in_group_) {
            list_.well_formed = false;
            list_.entries.push_back(mark(AddressEntry::Kind::group_end));
        }
        list_.well_formed &= !lexer_.saw_fault();
        list_.lacks_domains = list_.well_formed && lacks_domain_;
        list_.well_formed &= !lacks_domain_;
        return std::move(list_);
    }

private:
    /// Words and dots read so far, of which only the next special tells what they are.
    struct Words {
        std::string phrase;     ///< All of them.
        std::size_t run_at = 0; ///< Where in it the last run of words joined by dots begins.
        std::string run;        ///< That run without spaces: a local part, if `@` follows.
        std::size_t runs = 0;
        bool quoted = false;

        void add(const Token& token)
        {
            const bool dot = token.is('.');
            const bool joined = runs > 0 && (dot || run.ends_with('.'));
            if (token.after_space && !phrase.empty() && !dot)
                phrase += ' ';
            if (!joined) {
                run_at = phrase.size();
                run.clear();
                ++runs;
            }
            phrase += token.text;
            run += token.text;
            quoted |= token.kind == Token::Kind::quoted;
        }
    };

    static AddressEntry mark(AddressEntry::Kind kind, std::string name = {})
    {
        return {.kind = kind, .name = std::move(name), .local_part = {}, .domain = {}};
    }

    void advance() { token_ = lexer_.next(); }
    bool has_room() const { return list_.entries.size() < most_entries_; }
    bool at_word() const
    {
        using enum Token::Kind;
        return token_.kind == atom || token_.kind == quoted || token_.is('.');
    }
    bool at_separator() const
    {
        return token_.kind == Token::Kind::end || token_.is(',') || token_.is(';');
    }
    void fault() { list_.well_formed = false; }

    Words read_words()
    {
        Words words;
        for (; at_word(); advance())
            words.add(token_);
        return words;
    }

    /// One mailbox, or the beginning of a group, and the separator behind it.
    void read_element()
    {
        const auto words = read_words();
        AddressEntry entry;
        if (token_.is(':')) {
            begin_group(words.phrase);
            return;
        }
        if (token_.is('<')) {
            advance();
            entry.name = words.phrase;
            read_angle_address(entry);
        } else if (token_.is('@')) {
            read_plain_address(entry, words);
        } else if (words.runs == 1 && !words.quoted) {
            entry.local_part = words.run;
        } else {
            entry.name = words.phrase;
        }
        finish(std::move(entry));
    }

    void begin_group(const std::string& name)
    {
        advance();
        lexer_.take_comment();
        if (in_group_ || name.empty()) {
            fault();
            return;
        }
        in_group_ = true;
        list_.entries.push_back(mark(AddressEntry::Kind::group_begin, name));
    }

    /// local-part@domain without brackets; words before it can only be a name.
    void read_plain_address(AddressEntry& entry, const Words& words)
    {
        entry.name = trimmed(std::string_view(words.phrase).substr(0, words.run_at));
        entry.local_part = words.run;
        if (words.runs != 1)
            fault();
        read_domain(entry);
    }

    /// What stands between `<` and `>`; a bracket that is never closed ends with the element.
    void read_angle_address(AddressEntry& entry)
    {
        auto words = read_words();
        if (words.runs == 0 && token_.is('@') && skip_route(entry))
            words = read_words();
        if (words.runs > 1)
            fault();
        entry.local_part = words.run;
        if (token_.is('@'))
            read_domain(entry);
        while (!token_.is('>') && !at_separator()) {
            fault();
            advance();
        }
        if (token_.is('>'))
            advance();
        else
            fault();
    }

    /// `@relay,@relay:` (RFC 5322 §4.4). If no colon follows, it was a domain without local part.
    bool skip_route(AddressEntry& entry)
    {
        while (token_.is('@')) {
            read_domain(entry);
            while (token_.is(','))
                advance();
        }
        if (!token_.is(':')) {
            fault();
            return false;
        }
        advance();
        entry.domain.clear();
        return true;
    }

    /// From the `@` on.
    void read_domain(AddressEntry& entry)
    {
        advance();
        entry.domain.clear();
        if (token_.kind == Token::Kind::literal) {
            entry.domain = token_.text;
            advance();
            return;
        }
        // Two atoms with no dot between them are not one domain.
        bool after_atom = false;
        for (; token_.is('.') || (token_.kind == Token::Kind::atom && !after_atom); advance()) {
            after_atom = token_.kind == Token::Kind::atom;
            entry.domain += token_.text;
        }
        if (entry.domain.empty())
            fault();
    }

    /// Takes the rest of the element and its separator, and keeps what was found.
    void finish(AddressEntry entry)
    {
        while (!at_separator()) {
            fault();
            advance();
        }
        if (auto comment = lexer_.take_comment(); entry.name.empty() && !entry.address().empty())
            entry.name = std::move(comment);
        if (!entry.name.empty() || !entry.address().empty()) {
            if (entry.address().empty())
                fault();
            else
                lacks_domain_ |= entry.domain.empty();
            list_.entries.push_back(std::move(entry));
        }
        if (token_.is(';')) {
            if (in_group_)
                list_.entries.push_back(mark(AddressEntry::Kind::group_end));
            else
                fault();
            in_group_ = false;
        }
        if (token_.kind != Token::Kind::end)
            advance();
    }

    HeaderLexer lexer_;
    Token token_;
    AddressList list_;
    std::size_t most_entries_;
    bool in_group_ = false;
    bool lacks_domain_ = false;
};

/// As atoms if it can be, since an encoded word is none in quotes (RFC 2047 §5).
std::string name_text(const std::string& name)
{
    const auto fits = [](char c) { return is_atext(c) || is_non_ascii(c) || c == ' '; };
    const bool atoms = !name.empty() && std::ranges::all_of(name, fits) && name.front() != ' ' &&
                       name.back() != ' ' && !name.contains("  ");
    return atoms ? name : quoted(name);
}

} // namespace

std::string AddressEntry::address() const
{
    if (local_part.empty() && domain.empty())
        return {};
    const auto local = is_dot_atom(local_part) ? local_part : quoted(local_part);
    return domain.empty() ? local : local + '@' + domain;
}

AddressList parse_address_list(std::string_view value, const AddressListLimits& limits)
{
    return Parser(value, limits).parse();
}

std::string address_list_text(std::span<const AddressEntry> entries)
{
    std::string text;
    bool first = true;
    for (const auto& entry : entries) {
        if (entry.kind == AddressEntry::Kind::group_end) {
            text += ';';
        } else {
            text += first ? "" : text.ends_with(':') ? " " : ", ";
            if (!entry.name.empty())
                text += name_text(entry.name);
            if (entry.kind == AddressEntry::Kind::group_begin)
                text += ':';
            else
                text += (entry.name.empty() ? "<" : " <") + entry.address() + '>';
        }
        first = false;
    }
    return text;
}

} // namespace posthouse::mail
