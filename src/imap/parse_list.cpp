// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

/// LIST and LSUB: RFC 9051 §6.3.9, RFC 5258 §6, RFC 5819, RFC 6154, RFC 8440, RFC 9590.
namespace posthouse::imap::grammar {

namespace {

void selection_options(Reader& reader, command::List& list)
{
    auto& select = list.select;
    reader.list([&] {
        const auto option = reader.keyword();
        if (option == "SUBSCRIBED")
            select.subscribed = true;
        else if (option == "REMOTE")
            select.remote = true;
        else if (option == "RECURSIVEMATCH")
            select.recursive_match = true;
        else if (option == "SPECIAL-USE")
            select.special_use = true;
        else
            reader.fail("Unknown selection option of LIST");
    });
    if (select.recursive_match && !select.subscribed && !select.special_use)
        reader.fail("RECURSIVEMATCH needs an option to match by");
}

void return_options(Reader& reader, command::List& list)
{
    auto& want = list.want;
    reader.list([&] {
        const auto option = reader.keyword();
        if (option == "SUBSCRIBED") {
            want.subscribed = true;
        } else if (option == "CHILDREN") {
            want.children = true;
        } else if (option == "SPECIAL-USE") {
            want.special_use = true;
        } else if (option == "MYRIGHTS") {
            want.my_rights = true;
        } else if (option == "STATUS") {
            reader.space();
            want.status = status_items(reader);
        } else if (option == "METADATA") {
            reader.space();
            reader.list([&] { want.metadata.push_back(metadata_entry(reader)); });
        } else {
            reader.fail("Unknown return option of LIST");
        }
    });
}

} // namespace

CommandBody list(Reader& reader)
{
    command::List list;
    reader.space();
    if (reader.peek() == '(') {
        list.extended = true;
        selection_options(reader, list);
        reader.take_space(); // Which an example of RFC 5819 §2 lacks.
    }
    list.reference = reader.pattern();
    reader.space();
    if (reader.peek() == '(') {
        list.extended = true;
        reader.filled_list([&] { list.patterns.push_back(reader.pattern()); });
    } else {
        list.patterns.push_back(reader.pattern());
    }
    if (reader.take_space() && reader.take_keyword("RETURN")) {
        list.extended = true;
        reader.space();
        return_options(reader, list);
    }
    return list;
}

CommandBody lsub(Reader& reader)
{
    command::Lsub lsub;
    reader.space();
    lsub.reference = reader.pattern();
    reader.space();
    lsub.pattern = reader.pattern();
    return lsub;
}

} // namespace posthouse::imap::grammar
