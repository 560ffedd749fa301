// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/contract.hpp"
#include "imap/dates.hpp"

/// APPEND and REPLACE: see append_step.hpp.
namespace posthouse::imap {

namespace {

class StepReader {
public:
    StepReader(Reader& reader, AppendPlace& place) : reader_(reader), place_(place) {}

    /// From one message's options on, to the next literal or the end.
    void read_messages();
    /// From a literal's end on, to the next one or the end.
    void read_behind_literal();
    std::vector<append::Step> steps;

private:
    /// What the text holds next: is it over with this, since a literal follows?
    enum class Then : std::uint8_t { literal, more };

    Then message();
    Then parts();
    Then literal();
    Then utf8_literal();
    Then end_message();

    Reader& reader_;
    AppendPlace& place_;
};

void StepReader::read_messages()
{
    while (!reader_.failed() && !place_.done)
        if (message() == Then::literal)
            return;
}

StepReader::Then StepReader::message()
{
    if (place_.messages++ == place_.most_messages)
        reader_.refuse("LIMIT", "Too many messages at one time");
    append::BeginMessage begin;
    if (reader_.peek() == '(') {
        begin.flags = reader_.flag_list();
        reader_.space();
    }
    if (reader_.peek() == '"') {
        begin.internal_date = parse_internal_date(reader_.string());
        if (!begin.internal_date)
            reader_.fail("Invalid internal date");
        reader_.space();
    }
    begin.catenated = reader_.take_keyword("CATENATE");
    steps.emplace_back(begin);
    if (begin.catenated) {
        reader_.space();
        reader_.expect('(');
        place_.catenated = true;
        return parts();
    }
    return reader_.take_keyword("UTF8") ? utf8_literal() : literal();
}

StepReader::Then StepReader::literal()
{
    const auto announced = reader_.announcement();
    steps.emplace_back(append::Literal{announced.bytes, announced.binary, place_.utf8});
    return Then::literal;
}

StepReader::Then StepReader::utf8_literal()
{
    reader_.space();
    reader_.expect('(');
    place_.utf8 = true;
    return literal();
}

/// Parts of a CATENATE up to the next literal, or to the closing parenthesis and beyond.
StepReader::Then StepReader::parts()
{
    for (std::size_t count = 0; !reader_.failed(); ++count) {
        reader_.limit(count);
        if (reader_.take_keyword("URL")) {
            reader_.space();
            steps.emplace_back(append::Url{reader_.astring()});
        } else if (reader_.take_keyword("TEXT")) {
            reader_.space();
            return literal();
        } else if (reader_.take_keyword("UTF8")) {
            return utf8_literal();
        } else {
            reader_.fail("CATENATE takes TEXT and URL");
        }
        if (reader_.take(')'))
            return end_message();
        reader_.space();
    }
    return Then::more;
}

void StepReader::read_behind_literal()
{
    if (place_.utf8) {
        reader_.expect(')');
        place_.utf8 = false;
    }
    if (place_.catenated) {
        const bool spaced = reader_.take_space();
        if (!reader_.take(')')) {
            if (!spaced)
                reader_.expect(')');
            if (parts() == Then::literal)
                return;
            read_messages();
            return;
        }
    }
    end_message();
    read_messages();
}

StepReader::Then StepReader::end_message()
{
    place_.catenated = false;
    steps.emplace_back(append::EndMessage{});
    const bool spaced = reader_.take_space();
    place_.done = reader_.rest().empty();
    if (!place_.done && !spaced)
        reader_.fail("There should be a space before the next message");
    return Then::more;
}

} // namespace

CommandBody grammar::append(Reader& reader)
{
    command::Append append;
    reader.space();
    append.mailbox = reader.mailbox();
    reader.space();
    append.place.most_messages = reader.limits().append_messages;
    StepReader steps(reader, append.place);
    steps.read_messages();
    append.steps = std::move(steps.steps);
    return append;
}

CommandBody grammar::replace(Reader& reader, Numbering by)
{
    command::Replace replace;
    replace.by = by;
    reader.space();
    replace.message = reader.sequence_set();
    const auto& ranges = replace.message.ranges;
    if (ranges.size() != 1 || ranges[0].first != ranges[0].last)
        reader.fail("REPLACE takes one message");
    reader.space();
    replace.mailbox = reader.mailbox();
    reader.space();
    StepReader steps(reader, replace.place);
    steps.read_messages();
    replace.steps = std::move(steps.steps);
    return replace;
}

std::expected<std::vector<append::Step>, Refusal>
read_append(std::string_view text, AppendPlace& place, const ParserSettings& settings)
{
    expects(!place.done);
    Reader reader(text, settings);
    StepReader steps(reader, place);
    steps.read_behind_literal();
    if (reader.failed())
        return std::unexpected(reader.failure());
    return std::move(steps.steps);
}

} // namespace posthouse::imap
