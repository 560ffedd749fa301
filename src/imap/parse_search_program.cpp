// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"
#include "imap/dates.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

/// Search keys: see search_key.hpp.
namespace posthouse::imap::grammar {

namespace {

/// What every key costs is counted here; NOT, FUZZY, OR and parentheses go one level down.
class ProgramReader {
public:
    explicit ProgramReader(Reader& reader) : reader_(reader) {}

    /// Keys up to the end, or to a closing parenthesis.
    SearchKey keys();

    Reader& reader() { return reader_; }

    SearchKey key();
    SearchKey disjunction();

private:
    bool may_begin_key();

    Reader& reader_;
    std::size_t keys_ = 0, depth_ = 0;
};

using Parse = SearchKey (*)(ProgramReader&);

struct KeyName {
    std::string_view name;
    Parse parse;
};

template <mail::SystemFlag flag>
SearchKey has(ProgramReader&)
{
    return {search::Flag{flag}};
}

SearchKey negated(SearchKey key)
{
    search::Not result;
    result.keys.push_back(std::move(key));
    return {std::move(result)};
}

template <mail::SystemFlag flag>
SearchKey lacks(ProgramReader&)
{
    return negated({search::Flag{flag}});
}

SearchKey keyword(ProgramReader& program)
{
    program.reader().space();
    return {search::Keyword{std::string(program.reader().atom())}};
}

std::string search_text(ProgramReader& program)
{
    program.reader().space();
    return program.reader().astring();
}

/// FROM and the like.
template <const char* field>
SearchKey field_has(ProgramReader& program)
{
    return {search::Header{field, search_text(program)}};
}
constexpr char from_field[] = "from", to_field[] = "to", cc_field[] = "cc", bcc_field[] = "bcc",
               subject_field[] = "subject";

SearchKey header(ProgramReader& program)
{
    auto field = lowercase(search_text(program));
    return {search::Header{std::move(field), search_text(program)}};
}

template <search::Where where>
SearchKey text(ProgramReader& program)
{
    return {search::Text{where, search_text(program)}};
}

template <search::Day day, search::Order order>
SearchKey date(ProgramReader& program)
{
    const auto written = search_text(program);
    const auto date = parse_date(written);
    if (!date)
        program.reader().fail("Invalid date");
    return {search::Date{day, order, date.value_or(std::chrono::year_month_day{})}};
}

template <search::Comparison comparison>
SearchKey size(ProgramReader& program)
{
    program.reader().space();
    return {search::Size{comparison, program.reader().number64()}};
}

template <search::Age age>
SearchKey within(ProgramReader& program)
{
    program.reader().space();
    return {search::Within{age, std::chrono::seconds(program.reader().positive_number())}};
}

template <class Id>
SearchKey object_id(ProgramReader& program)
{
    return {Id{search_text(program)}};
}

SearchKey uids(ProgramReader& program)
{
    program.reader().space();
    return {search::Uids{program.reader().sequence_set()}};
}

/// RFC 9738 §4: UIDs less than this one, or greater, whether it is there or not.
enum class Side : std::uint8_t { before, after };
template <Side side>
SearchKey uids_beside(ProgramReader& program)
{
    program.reader().space();
    const auto uid = program.reader().positive_number();
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    search::Uids key;
    if (side == Side::before && uid > 1)
        key.set.ranges.push_back({1, uid - 1});
    if (side == Side::after && uid < most)
        key.set.ranges.push_back({uid + 1, most});
    return {std::move(key)};
}

/// "MODSEQ 620162338", "MODSEQ "/flags/\\draft" all 620162338": RFC 7162 §3.1.5
SearchKey mod_seq(ProgramReader& program)
{
    auto& reader = program.reader();
    search::ModSeq key;
    reader.space();
    if (reader.peek() == '"') {
        key.entry = reader.string();
        reader.space();
        const auto type = reader.keyword();
        if (type != "PRIV" && type != "SHARED" && type != "ALL")
            reader.fail("Unknown type of metadata");
        reader.space();
    }
    key.value = reader.mod_seq();
    return {std::move(key)};
}

template <class Key>
SearchKey around(ProgramReader& program)
{
    program.reader().space();
    Key outer;
    outer.keys.push_back(program.key());
    return {std::move(outer)};
}

SearchKey fresh(ProgramReader&)
{
    search::And both;
    both.keys.push_back({search::Recent{}});
    both.keys.push_back(negated({search::Flag{mail::SystemFlag::seen}}));
    return {std::move(both)};
}

using enum mail::SystemFlag;
using enum search::Day;
using enum search::Order;

constexpr std::array names{
    KeyName{"ALL", [](ProgramReader&) { return SearchKey{search::All{}}; }},
    KeyName{"ANSWERED", has<answered>},
    KeyName{"BCC", field_has<bcc_field>},
    KeyName{"BEFORE", date<internal, before>},
    KeyName{"BODY", text<search::Where::body>},
    KeyName{"CC", field_has<cc_field>},
    KeyName{"DELETED", has<deleted>},
    KeyName{"DRAFT", has<draft>},
    KeyName{"EMAILID", object_id<search::EmailId>},
    KeyName{"FLAGGED", has<flagged>},
    KeyName{"FROM", field_has<from_field>},
    KeyName{"FUZZY", around<search::Fuzzy>},
    KeyName{"HEADER", header},
    KeyName{"KEYWORD", keyword},
    KeyName{"LARGER", size<search::Comparison::larger>},
    KeyName{"MODSEQ", mod_seq},
    KeyName{"NEW", fresh},
    KeyName{"NOT", around<search::Not>},
    KeyName{"OLD", [](ProgramReader&) { return negated({search::Recent{}}); }},
    KeyName{"OLDER", within<search::Age::older>},
    KeyName{"ON", date<internal, on>},
    KeyName{"OR", [](ProgramReader& program) { return program.disjunction(); }},
    KeyName{"RECENT", [](ProgramReader&) { return SearchKey{search::Recent{}}; }},
    KeyName{"SAVEDATESUPPORTED",
            [](ProgramReader&) { return SearchKey{search::SaveDateSupported{}}; }},
    KeyName{"SAVEDBEFORE", date<saved, before>},
    KeyName{"SAVEDON", date<saved, on>},
    KeyName{"SAVEDSINCE", date<saved, since>},
    KeyName{"SEEN", has<seen>},
    KeyName{"SENTBEFORE", date<sent, before>},
    KeyName{"SENTON", date<sent, on>},
    KeyName{"SENTSINCE", date<sent, since>},
    KeyName{"SINCE", date<internal, since>},
    KeyName{"SMALLER", size<search::Comparison::smaller>},
    KeyName{"SUBJECT", field_has<subject_field>},
    KeyName{"TEXT", text<search::Where::text>},
    KeyName{"THREADID", object_id<search::ThreadId>},
    KeyName{"TO", field_has<to_field>},
    KeyName{"UID", uids},
    KeyName{"UIDAFTER", uids_beside<Side::after>},
    KeyName{"UIDBEFORE", uids_beside<Side::before>},
    KeyName{"UNANSWERED", lacks<answered>},
    KeyName{"UNDELETED", lacks<deleted>},
    KeyName{"UNDRAFT", lacks<draft>},
    KeyName{"UNFLAGGED", lacks<flagged>},
    KeyName{"UNKEYWORD", [](ProgramReader& program) { return negated(keyword(program)); }},
    KeyName{"UNSEEN", lacks<seen>},
    KeyName{"YOUNGER", within<search::Age::younger>},
};
static_assert(std::ranges::is_sorted(names, {}, &KeyName::name));

bool ProgramReader::may_begin_key()
{
    if (++keys_ > reader_.limits().search_keys)
        reader_.refuse("LIMIT", "The search program has too many keys");
    else if (depth_ > reader_.limits().search_depth)
        reader_.refuse("LIMIT", "The search program is too deep");
    return !reader_.failed();
}

SearchKey ProgramReader::key()
{
    ++depth_;
    SearchKey result;
    const char first = reader_.peek();
    if (!may_begin_key()) {
        // Said already.
    } else if (reader_.take('(')) {
        reader_.take_space();
        result = keys();
        reader_.expect(')');
    } else if (is_digit(first) || first == '*' || first == '$') {
        result.is = search::Messages{reader_.sequence_set()};
    } else {
        const auto word = reader_.keyword();
        const auto found =
            std::ranges::lower_bound(names, std::string_view(word), {}, &KeyName::name);
        if (found == names.end() || found->name != word)
            reader_.fail("Unknown search key" + (word.empty() ? "" : " " + word));
        else
            result = found->parse(*this);
    }
    --depth_;
    return result;
}

/// Behind the word OR. An OR that is an operand adds its operands, however clients nest them.
SearchKey ProgramReader::disjunction()
{
    search::Or any;
    for (std::size_t missing = 2; missing != 0 && !reader_.failed();) {
        reader_.space();
        if (reader_.take_keyword("OR")) {
            ++missing;
            if (!may_begin_key())
                break;
        } else {
            any.keys.push_back(key());
            --missing;
        }
    }
    return {std::move(any)};
}

SearchKey ProgramReader::keys()
{
    search::And all;
    do {
        all.keys.push_back(key());
    } while (!reader_.failed() && reader_.take_space() && !reader_.rest().empty() &&
             reader_.peek() != ')');
    if (all.keys.size() == 1)
        return std::move(all.keys.front());
    return {std::move(all)};
}

} // namespace

SearchKey search_program(Reader& reader)
{
    return ProgramReader(reader).keys();
}

} // namespace posthouse::imap::grammar
