// SPDX-License-Identifier: Apache-2.0
// Class files: names, one or several a line, # begins a comment anywhere.
#include "tables/builder.hpp"

#include "base/text.hpp"
#include "mail/address.hpp"
#include "tables/lines.hpp"
#include "tables/values.hpp"

#include <fmt/format.h>

namespace posthouse::tables {
namespace {

struct Member {
    std::string key;
    std::optional<Network> network;
};
using ReadMember = std::expected<Member, std::string>;

ReadMember member_of(const Read& read)
{
    if (!read)
        return std::unexpected(read.error());
    return Member{*read, {}};
}

/// A domain of ours may be an address literal: user@[192.0.2.1].
ReadMember read_local_host(std::string_view word)
{
    if (!word.starts_with('['))
        return member_of(read_domain(word));
    const auto literal = mail::Domain::parse(word);
    if (!literal)
        return std::unexpected(
            fmt::format("'{}' is no address: {}", printable(word, 100), literal.error().what));
    return Member{literal->text(), {}};
}

ReadMember read_relay_domain(std::string_view word)
{
    if (const auto parsed = parse_network(word)) {
        if (!parsed->network)
            return std::unexpected(fmt::format("'{}': {}", printable(word, 100), parsed->fault));
        return Member{parsed->network->text, parsed->network};
    }
    if (word.starts_with('.'))
        return std::unexpected(fmt::format("'{}' would match nothing; {}, which stands for its "
                                           "subdomains too, would be right",
                                           printable(word, 100), printable(word.substr(1), 100)));
    return member_of(read_domain(word));
}

ReadMember read_member(Table table, std::string_view word)
{
    if (table == Table::local_hosts)
        return read_local_host(word);
    if (table == Table::relay_domains)
        return read_relay_domain(word);
    return member_of(table == Table::callers ? read_local_name(word) : read_domain(word));
}

} // namespace

void read_class(Table table, std::string_view text, Builder& builder)
{
    LineReader lines(text, Layout::listed, builder.report);
    while (const auto line = lines.next()) {
        auto rest = trimmed(line->text.substr(0, line->text.find('#')));
        while (!rest.empty()) {
            const auto word = rest.substr(0, rest.find_first_of(" \t"));
            rest = trimmed(rest.substr(word.size()));
            const auto member = read_member(table, word);
            if (!member) {
                builder.report.skipped(line->number, member.error());
                continue;
            }
            const NewItem item{plain_item, member->key};
            builder.add(member->key, {builder.file, line->number}, {&item, 1});
            if (member->network)
                builder.keep_prefix(*member->network);
        }
    }
}

} // namespace posthouse::tables
