// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

/// SEARCH, ESEARCH, SORT, THREAD, CANCELUPDATE: RFC 9051 §6.4.4, RFC 7377, RFC 5256, RFC 5267.
namespace posthouse::imap::grammar {

namespace {

/// "(MIN MAX)"
command::SearchReturn return_options(Reader& reader)
{
    command::SearchReturn want;
    bool any = false;
    reader.list([&] {
        const auto option = reader.keyword();
        any = true;
        if (option == "MIN") {
            want.min = true;
        } else if (option == "MAX") {
            want.max = true;
        } else if (option == "ALL") {
            want.all = true;
        } else if (option == "COUNT") {
            want.count = true;
        } else if (option == "SAVE") {
            want.save = true;
        } else if (option == "CONTEXT") {
            want.context = true;
        } else if (option == "RELEVANCY") {
            want.relevancy = true;
        } else if (option == "UPDATE") {
            want.update = true;
            if (reader.rest().starts_with(" ("))
                reader.take_space();
            if (reader.peek() == '(')
                want.update_items = fetch_items(reader);
        } else if (option == "PARTIAL" && !want.partial) {
            reader.space();
            want.partial = partial_range(reader);
        } else {
            reader.fail("Unknown return option of SEARCH");
        }
    });
    if (!any)
        want.all = true;
    if (want.all && want.partial) // RFC 9394 §3.1
        reader.fail("ALL and PARTIAL exclude each other");
    return want;
}

/// What clients say of a charset is kept to what a charset's name can be.
std::string charset(Reader& reader)
{
    auto name = uppercase(reader.astring());
    if (name.empty() || name.size() > 64 || !is_ascii(name))
        reader.refuse("BADCHARSET (US-ASCII UTF-8)", "Unknown charset");
    return name == "UTF-8" || name == "US-ASCII" || name == "UTF8" ? std::string() : name;
}

/// In UTF-8 unless a charset was named, whose texts are converted by who can.
void check_texts(Reader& reader, const command::Search& search)
{
    if (!search.charset.empty() || reader.failed())
        return;
    for_each_key(search.program, [&](const SearchKey& key) {
        const auto* header = std::get_if<imap::search::Header>(&key.is);
        const auto* text = std::get_if<imap::search::Text>(&key.is);
        if ((header && !is_utf8(header->text)) || (text && !is_utf8(text->text)))
            reader.fail("The text to look for is not in the charset");
    });
}

/// "[RETURN (…)]"
void perhaps_return(Reader& reader, command::Search& search)
{
    if (!reader.take_keyword("RETURN"))
        return;
    reader.space();
    search.want = return_options(reader);
    reader.space();
}

/// "[CHARSET …] program"
void criteria(Reader& reader, command::Search& search)
{
    if (reader.take_keyword("CHARSET")) {
        reader.space();
        search.charset = charset(reader);
        reader.space();
    }
    search.program = search_program(reader);
    check_texts(reader, search);
}

struct SortName {
    std::string_view name;
    command::SortKey::By by;
};
using By = command::SortKey::By;
constexpr std::array sort_names{
    SortName{"ARRIVAL", By::arrival},
    SortName{"CC", By::cc},
    SortName{"DATE", By::date},
    SortName{"DISPLAYFROM", By::display_from},
    SortName{"DISPLAYTO", By::display_to},
    SortName{"FROM", By::from},
    SortName{"RELEVANCY", By::relevancy},
    SortName{"SIZE", By::size},
    SortName{"SUBJECT", By::subject},
    SortName{"TO", By::to},
};

command::SortKey sort_key(Reader& reader)
{
    command::SortKey key;
    if (reader.take_keyword("REVERSE")) {
        key.reverse = true;
        reader.space();
    }
    const auto word = reader.keyword();
    const auto found = std::ranges::find(sort_names, std::string_view(word), &SortName::name);
    if (found == sort_names.end())
        reader.fail("Unknown sort key");
    else
        key.by = found->by;
    return key;
}

} // namespace

CommandBody search(Reader& reader, Numbering by)
{
    command::Search search;
    search.by = by;
    reader.space();
    perhaps_return(reader, search);
    criteria(reader, search);
    return search;
}

CommandBody esearch(Reader& reader)
{
    command::Esearch esearch;
    reader.space();
    if (reader.take_keyword("IN")) {
        reader.space();
        reader.filled_list([&] {
            if (reader.peek() == '(') // scope-options: there are none (RFC 7377 §3)
                reader.fail("Unknown scope option");
            else
                esearch.sources.push_back(mailbox_filter(reader));
            if (!esearch.sources.empty() &&
                esearch.sources.back().kind == MailboxFilter::Kind::selected_delayed)
                reader.fail("SELECTED-DELAYED is for NOTIFY"); // RFC 7377 §2.2
        });
        reader.space();
    }
    esearch.search.by = Numbering::uid;
    perhaps_return(reader, esearch.search);
    if (!esearch.search.want) {
        esearch.search.want.emplace();
        esearch.search.want->all = true;
    }
    criteria(reader, esearch.search);
    return esearch;
}

CommandBody sort(Reader& reader, Numbering by)
{
    command::Sort sort;
    sort.search.by = by;
    reader.space();
    perhaps_return(reader, sort.search);
    reader.filled_list([&] {
        // RFC 5256 §3: keys may be repeated, to no effect.
        const auto key = sort_key(reader);
        if (std::ranges::count(sort.keys, key.by, &command::SortKey::by) == 0)
            sort.keys.push_back(key);
    });
    reader.space();
    sort.search.charset = charset(reader);
    reader.space();
    sort.search.program = search_program(reader);
    check_texts(reader, sort.search);
    return sort;
}

CommandBody thread(Reader& reader, Numbering by)
{
    command::Thread thread;
    thread.search.by = by;
    reader.space();
    const auto algorithm = reader.keyword();
    if (algorithm == "ORDEREDSUBJECT")
        thread.algorithm = command::ThreadAlgorithm::ordered_subject;
    else if (algorithm != "REFERENCES")
        reader.fail("Unknown threading algorithm");
    reader.space();
    thread.search.charset = charset(reader);
    reader.space();
    thread.search.program = search_program(reader);
    check_texts(reader, thread.search);
    return thread;
}

CommandBody cancel_update(Reader& reader)
{
    command::CancelUpdate cancel;
    reader.space();
    do {
        reader.limit(cancel.tags.size());
        cancel.tags.push_back(reader.astring());
    } while (reader.take_space() && !reader.rest().empty());
    return cancel;
}

} // namespace posthouse::imap::grammar
