// SPDX-License-Identifier: Apache-2.0
// fuzzes: routing tables config mail base
#include "base/contract.hpp"
#include "routing/engine.hpp"
#include "routing/rewrite_header.hpp"
#include "tests/routing/house.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace posthouse;
using namespace posthouse::routing;

namespace {

/// Parts of the input, which `\x01` parts: tables, then questions.
std::string_view part(std::string_view& rest)
{
    const auto end = std::min(rest.find('\x01'), rest.size());
    const auto one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return one;
}

void add_table(house::House& host, tables::Table which, std::string_view text)
{
    const std::array sources{tables::Source{"table", std::string(text)}};
    host.image(which, tables::compile(which, sources).image);
}

bool is_clean(std::string_view text)
{
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

/// Every third name exists.
class Some : public Directory {
public:
    const Standing* find(const Person& person) const override
    {
        static const Standing yes{.account = 7, .exists = true}, no;
        return person.name.size() % 3 == 0 ? &yes : &no;
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    house::House host;
    for (const auto which :
         {tables::Table::aliases, tables::Table::virtusers, tables::Table::mailers,
          tables::Table::access, tables::Table::generics, tables::Table::copies})
        add_table(host, which, part(rest));
    host.rules.masquerade.as = house::domain("example.net");
    host.rules.expansion_limit = 50;
    Question question;
    if (const auto sender = mail::ReversePath::parse(part(rest)))
        question.sender = *sender;
    question.client.address = part(rest);
    question.client.name = part(rest);
    for (int i = 0; i < 4; ++i)
        question.recipients.emplace_back(part(rest));
    const Some directory;
    const auto outcome = route(question, host.rules, host.tables, directory, Telling::steps);
    expects(outcome.unknown.empty());
    std::size_t answered = 0;
    for (std::size_t i = 0; i < question.recipients.size(); ++i)
        answered += std::ranges::any_of(outcome.deliveries,
                                        [&](const auto& one) { return one.recipient == i; });
    expects(answered == question.recipients.size());
    for (const auto& delivery : outcome.deliveries) {
        expects(mail::ForwardPath::parse(delivery.final_address) ||
                !mail::ForwardPath::parse(question.recipients[delivery.recipient]));
        expects(delivery.rule.size() <= 255 && delivery.target.size() <= 4096);
        expects(delivery.destination.empty() || is_destination(delivery.destination));
        expects(is_clean(delivery.text) && is_clean(delivery.rule) && is_clean(delivery.target) &&
                is_clean(delivery.user));
    }
    for (const auto& recipient : question.recipients)
        if (const auto path = mail::ForwardPath::parse(recipient)) {
            const auto verdict = check(question.sender, *path, question.client, host.rules,
                                       host.tables, directory, Telling::steps);
            expects(is_clean(verdict.text));
            for (const auto& step : verdict.steps)
                expects(is_clean(step));
        }
    std::uint64_t end = 0;
    for (const auto& edit : rewrite_header(rest, host.rules, host.tables)) {
        expects(edit.offset >= end && edit.offset + edit.length <= rest.size());
        expects(edit.text.ends_with("\r\n"));
        end = edit.offset + edit.length;
    }
    return 0;
}
