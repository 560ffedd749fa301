// SPDX-License-Identifier: Apache-2.0
#include "mail/drop.hpp"

#include "base/contract.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace posthouse::mail {
namespace {

/// A line's first word and the rest.
std::pair<std::string_view, std::string_view> split(std::string_view line)
{
    const auto space = std::min(line.find(' '), line.size());
    return {line.substr(0, space), line.substr(std::min(space + 1, line.size()))};
}

bool is_envelope_id(std::string_view text)
{
    return !text.empty() && encode_xtext(text).size() <= DeliveryTermsLimits::envelope_id_bytes &&
           std::ranges::all_of(text, is_printable);
}

template <class T>
bool take(T& to, std::optional<T> value)
{
    if (value)
        to = std::move(*value);
    return value.has_value();
}

std::optional<Drop::Body> parse_body(std::string_view text)
{
    if (text == "7BIT")
        return Drop::Body::seven_bit;
    if (text == "8BITMIME")
        return Drop::Body::eight_bit_mime;
    return std::nullopt;
}

bool take_option(Drop& drop, std::string_view key, std::string_view value)
{
    if (key == "notify")
        return take(drop.notify, parse_notify(value));
    if (key == "ret")
        return take(drop.ret, parse_return(value));
    if (key == "body")
        return take(drop.body, parse_body(value));
    if (key == "envelope-id") {
        drop.envelope_id = value;
        return is_envelope_id(value);
    }
    if (key == "smtputf8") {
        drop.smtputf8 = true;
        return value == "yes";
    }
    return false;
}

class Reader {
public:
    std::optional<DropFault> take_line(std::string_view line)
    {
        const auto [key, value] = split(line);
        if (key == "sender") {
            auto sender = ReversePath::parse(value);
            if (!sender || std::exchange(has_sender_, true))
                return DropFault::malformed;
            drop.sender = std::move(*sender);
        } else if (key == "recipient") {
            auto recipient = ForwardPath::parse(value);
            if (!recipient)
                return DropFault::malformed;
            if (drop.recipients.size() == DropLimits::recipients)
                return DropFault::too_large;
            drop.recipients.push_back(std::move(*recipient));
        } else if (key == "option") {
            const auto [name, what] = split(value);
            if (!take_option(drop, name, what))
                return DropFault::malformed;
        } else {
            return DropFault::malformed;
        }
        return std::nullopt;
    }
    bool complete() const { return has_sender_ && !drop.recipients.empty(); }

    Drop drop;

private:
    bool has_sender_ = false;
};

} // namespace

std::string drop_head(const Drop& drop)
{
    expects(!drop.recipients.empty() && drop.recipients.size() <= DropLimits::recipients);
    std::string head = "sender " + drop.sender.text() + '\n';
    for (const auto& recipient : drop.recipients)
        head += "recipient " + recipient.text() + '\n';
    const auto option = [&](std::string_view key, std::string_view value) {
        if (!value.empty())
            head.append("option ").append(key).append(" ").append(value).append("\n");
    };
    option("notify", notify_text(drop.notify));
    option("ret", return_text(drop.ret));
    option("body", drop.body == Drop::Body::eight_bit_mime ? "8BITMIME" : "");
    option("smtputf8", drop.smtputf8 ? "yes" : "");
    expects(drop.envelope_id.empty() || is_envelope_id(drop.envelope_id));
    option("envelope-id", drop.envelope_id);
    return head + '\n';
}

std::expected<ParsedDrop, DropFault> parse_drop(std::string_view beginning)
{
    Reader reader;
    for (std::size_t at = 0;;) {
        const auto rest = beginning.substr(at);
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end > DropLimits::line_bytes || at + end > DropLimits::head_bytes)
            return std::unexpected(DropFault::too_large);
        if (end == rest.size())
            return std::unexpected(DropFault::incomplete);
        at += end + 1;
        if (end == 0 && reader.complete())
            return ParsedDrop{std::move(reader.drop), at};
        if (const auto fault = reader.take_line(rest.substr(0, end)))
            return std::unexpected(*fault);
    }
}

} // namespace posthouse::mail
