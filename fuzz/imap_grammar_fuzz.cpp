// SPDX-License-Identifier: Apache-2.0
// fuzzes: imap
#include "base/contract.hpp"
#include "imap/list_match.hpp"
#include "imap/parser.hpp"
#include "imap/search_plan.hpp"

#include <cstdint>

namespace {

using namespace posthouse::imap;

/// Every command is understood within the limits, or refused with words that fit on a line.
void check(const RefusedCommand& refused)
{
    posthouse::expects(!refused.why.text.empty());
    posthouse::expects(refused.tag == "*" || tag_of(refused.tag) == refused.tag);
}

void check(const Command& command, const ParserSettings& settings)
{
    posthouse::expects(tag_of(command.tag) == command.tag);
    if (const auto* search = std::get_if<command::Search>(&command.body)) {
        std::size_t keys = 0;
        for_each_key(search->program, [&](const SearchKey&) { ++keys; });
        // NEW and UN… keys are two or four nodes.
        posthouse::expects(keys <= 5 * settings.limits.search_keys);
        const SearchPlan plan(search->program, {});
        (void)plan.matches({}, [](const SearchKey&) { return false; });
    }
    if (const auto* list = std::get_if<command::List>(&command.body)) {
        const std::vector<ListedMailbox> mailboxes{{.name = "a", .subscribed = true},
                                                   {.name = "a/b", .special_use = "\\Sent"},
                                                   {.name = "c/d", .subscribed = true}};
        posthouse::expects(list_rows(mailboxes, *list, ListDialect::rev2).size() <= 4);
    }
}

/// Behind each message of an APPEND the rest of the input is what follows it.
void read_on(AppendPlace place, std::string_view text, const ParserSettings& settings)
{
    for (int count = 0; count < 5 && !place.done; ++count) {
        const auto steps = read_append(text, place, settings);
        if (!steps)
            return;
        posthouse::expects(!steps->empty());
        posthouse::expects(place.done == std::holds_alternative<append::EndMessage>(steps->back()));
        posthouse::expects(place.done || std::holds_alternative<append::Literal>(steps->back()));
    }
}

} // namespace

/// Up to an NUL stands the command, behind it what follows an APPEND's literal.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto split = input.find('\0');
    const auto text = input.substr(0, split);
    ParserSettings settings;
    settings.limits = {.set_ranges = 20,
                       .search_keys = 20,
                       .search_depth = 8,
                       .list_items = 10,
                       .part_depth = 5,
                       .append_messages = 3};
    for (const auto form : {NameForm::modified_utf7, NameForm::utf8}) {
        settings.names = form;
        const auto command = parse_command(text, settings);
        if (!command) {
            check(command.error());
            continue;
        }
        check(*command, settings);
        const auto rest = split == input.npos ? std::string_view() : input.substr(split + 1);
        if (const auto* append = std::get_if<command::Append>(&command->body))
            read_on(append->place, rest, settings);
        if (const auto* replace = std::get_if<command::Replace>(&command->body))
            read_on(replace->place, rest, settings);
    }
    return 0;
}
