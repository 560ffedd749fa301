// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"

/// GETMETADATA, SETMETADATA: RFC 5464 §4.
namespace posthouse::imap::grammar {

namespace {

/// An empty name is the server.
std::optional<MailboxName> mailbox_or_server(Reader& reader)
{
    auto name = reader.mailbox();
    return name.text.empty() ? std::nullopt : std::optional(std::move(name));
}

void options(Reader& reader, command::GetMetadata& metadata)
{
    reader.filled_list([&] {
        if (reader.take_keyword("MAXSIZE")) {
            reader.space();
            metadata.max_size = reader.number64();
        } else if (reader.take_keyword("DEPTH")) {
            reader.space();
            const auto depth = reader.keyword();
            if (depth == "1")
                metadata.depth = command::MetadataDepth::one;
            else if (depth == "INFINITY")
                metadata.depth = command::MetadataDepth::infinity;
            else if (depth != "0")
                reader.fail("DEPTH is 0, 1 or infinity");
        } else {
            reader.fail("Unknown option of GETMETADATA");
        }
    });
}

} // namespace

std::string metadata_entry(Reader& reader)
{
    auto name = lowercase(reader.astring());
    // RFC 5464 §3.2
    const bool rooted = name.starts_with("/private/") || name.starts_with("/shared/") ||
                        name == "/private" || name == "/shared";
    if (!reader.failed() && (!rooted || name.contains("//") || name.ends_with('/') ||
                             name.find_first_of("*%") != name.npos || !is_ascii(name)))
        reader.fail("Invalid name of a metadata entry");
    return name;
}

CommandBody get_metadata(Reader& reader)
{
    command::GetMetadata metadata;
    reader.space();
    const bool options_first = reader.peek() == '(';
    if (options_first) {
        options(reader, metadata);
        reader.space();
    }
    metadata.mailbox = mailbox_or_server(reader);
    reader.space();
    // The RFC's own examples have the options behind the mailbox, and entries without parentheses.
    const auto word = reader.peek() == '(' ? reader.rest().substr(1) : std::string_view();
    if (!options_first && (starts_with_ignoring_case(word, "MAXSIZE ") ||
                           starts_with_ignoring_case(word, "DEPTH "))) {
        options(reader, metadata);
        reader.space();
    }
    if (reader.peek() == '(') {
        reader.filled_list([&] { metadata.entries.push_back(metadata_entry(reader)); });
        return metadata;
    }
    do {
        reader.limit(metadata.entries.size());
        metadata.entries.push_back(metadata_entry(reader));
    } while (reader.take_space() && !reader.rest().empty());
    return metadata;
}

CommandBody set_metadata(Reader& reader)
{
    command::SetMetadata metadata;
    reader.space();
    metadata.mailbox = mailbox_or_server(reader);
    reader.space();
    reader.filled_list([&] {
        auto entry = metadata_entry(reader);
        reader.space();
        metadata.entries.emplace_back(std::move(entry), reader.nstring8());
    });
    return metadata;
}

} // namespace posthouse::imap::grammar
