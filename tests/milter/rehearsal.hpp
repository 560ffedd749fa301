// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "base/text.hpp"
#include "milter/chain.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Filters without a process, and a chain of them played through in memory with a clock that
/// moves only when someone waits. Unit tests and the fuzzer share it.
namespace posthouse::milter {

inline std::string packet(char code, std::string_view payload = {})
{
    std::string bytes;
    append_packet(bytes, static_cast<Command>(code), payload);
    return bytes;
}
inline std::string u32(std::uint32_t value)
{
    std::string bytes;
    append_u32(bytes, value);
    return bytes;
}
/// Texts, each with its NUL.
inline std::string texts(std::initializer_list<std::string_view> all)
{
    std::string bytes;
    for (const auto text : all)
        append_text(bytes, text);
    return bytes;
}

/// The letter with these edits made to it.
inline std::string edited(std::string_view letter, const std::vector<mail::Edit>& edits)
{
    std::string text;
    std::uint64_t at = 0;
    for (const auto& edit : edits) {
        expects(edit.offset >= at && edit.offset + edit.length <= letter.size());
        text += letter.substr(at, edit.offset - at);
        text += edit.text;
        at = edit.offset + edit.length;
    }
    return text + std::string(letter.substr(at));
}

/// What a filter is, and what it was told.
struct FakeFilter {
    std::uint32_t version = 6;
    std::uint32_t actions = action::all;
    std::uint32_t steps = 0;
    std::string macro_lists; // as they go on the wire
    /// What it sends at this command, for the nth time (from 0) in a session: packets; empty: it
    /// says nothing and the client waits. Commands that are not here are answered "go on".
    std::map<char, std::function<std::string(std::size_t)>> says;
    bool away = false;        // takes no connections
    bool closes_kept = false; // has closed the connection that was kept
    std::optional<Terms> kept;

    std::vector<std::string> heard;                            // "M <a@b> SIZE=1", without macros
    std::string body;                                          // of the last letter
    std::map<char, std::map<std::string, std::string>> macros; // by command
    std::map<char, std::size_t> counts;
    std::size_t connections = 0;
    bool stale = false;

    FakeFilter& on(char command, std::string bytes)
    {
        says[command] = [bytes](std::size_t) { return bytes; };
        return *this;
    }

    std::string answer_to(const Packet& asked)
    {
        if (asked.code == 'D') {
            PayloadReader reader(std::string_view(asked.payload).substr(1));
            auto& told = macros[asked.payload.at(0)];
            while (const auto name = reader.text()) {
                const auto value = reader.text();
                expects(value.has_value()); // Names and values come in pairs.
                told[std::string(*name)] = *value;
            }
            return {};
        }
        std::string line(1, asked.code);
        if (asked.code == 'B') {
            body += asked.payload;
        } else if (asked.code == 'C') {
            line += ' ' + asked.payload; // With a port of two bytes.
        } else if (asked.code != 'O') {
            PayloadReader reader(asked.payload);
            while (const auto text = reader.text())
                line += ' ' + std::string(*text);
        }
        if (asked.code == 'M')
            body.clear();
        heard.push_back(line);
        const auto count = counts[asked.code]++;
        if (const auto found = says.find(asked.code); found != says.end())
            return found->second(count);
        if (asked.code == 'O')
            return packet('O', u32(version) + u32(actions) + u32(steps) + macro_lists);
        static constexpr std::string_view answered = "CHMRTLNBE";
        static const std::map<char, std::uint32_t> unanswered = {
            {'C', protocol::unanswered_connect},       {'H', protocol::unanswered_helo},
            {'M', protocol::unanswered_mail},          {'R', protocol::unanswered_recipient},
            {'T', protocol::unanswered_data},          {'L', protocol::unanswered_header},
            {'N', protocol::unanswered_end_of_header}, {'B', protocol::unanswered_body}};
        const auto quiet = unanswered.find(asked.code);
        if (answered.find(asked.code) == answered.npos ||
            (quiet != unanswered.end() && (steps & quiet->second) != 0))
            return {};
        return packet('c');
    }
};

/// Plays a driver's part.
class Rehearsal {
public:
    static constexpr std::size_t never = static_cast<std::size_t>(-1);

    explicit Rehearsal(std::vector<FakeFilter> fakes, std::vector<Filter> filters = {},
                       const Limits& limits = {})
        : fakes(std::move(fakes)),
          chain(configured(this->fakes.size(), std::move(filters)), limits),
          limits_(limits),
          wires_(this->fakes.size())
    {
        chain.meet({.name = "client.example",
                    .family = question::Connect::Family::ipv4,
                    .address = "192.0.2.7",
                    .port = 0x4142,
                    .macros = {{"j", "mx.example"}, {"{client_addr}", "192.0.2.7"}}});
        chain.greet({.name = "client.example", .macros = {{"{tls_version}", "TLSv1.3"}}});
    }

    std::vector<FakeFilter> fakes;
    Chain chain;
    std::size_t piece = never; // What filters say arrives in pieces of at most this size.
    std::size_t body_piece = never;
    std::size_t fail_at = never; // The nth Connect, Send or Read fails.
    std::size_t operations = 0;
    std::vector<std::size_t> dropped;
    std::string letter;
    Instant now{std::chrono::hours(1000)};

    Verdict mail(std::string sender, std::vector<std::string> arguments = {})
    {
        chain.ask(question::Mail{sender, std::move(arguments), {{"i", "abc"}}});
        sender_ = std::move(sender);
        recipients_.clear();
        return settle();
    }
    Verdict recipient(std::string path, bool refused = false)
    {
        chain.ask(question::Recipient{path, {}, refused, {{"{rcpt_addr}", path}}});
        auto verdict = settle();
        if (verdict.is(Ruling::proceed) && !refused)
            recipients_.push_back(std::move(path));
        return verdict;
    }
    Verdict data()
    {
        chain.ask(question::Data{{{"i", "abc"}}});
        return settle();
    }
    Verdict message(std::string text)
    {
        letter = std::move(text);
        Envelope envelope;
        envelope.sender = *mail::ReversePath::parse(sender_);
        for (const auto& path : recipients_)
            envelope.recipients.push_back(
                {*mail::ForwardPath::parse(path), envelope.recipients.size(), {}});
        Draft draft(letter, std::move(envelope), limits_);
        body_offset_ = draft.body_offset();
        chain.ask(std::move(draft), letter.size() - body_offset_, {{"i", "abc"}});
        return settle();
    }
    /// One letter from a@client.example to b@here.example.
    Verdict send(std::string text)
    {
        auto verdict = mail("a@client.example");
        if (verdict.is(Ruling::proceed))
            verdict = recipient("b@here.example");
        if (verdict.is(Ruling::proceed))
            verdict = data();
        if (!verdict.is(Ruling::proceed)) {
            chain.abort();
            return verdict;
        }
        return message(std::move(text));
    }
    /// The letter as it has become, without what stands in front of it.
    std::string result() const
    {
        const auto& draft = chain.draft();
        return draft.body() ? draft.rewritten() : edited(letter, draft.edits());
    }
    std::string faults()
    {
        std::string all;
        for (const auto& failure : chain.take_failures())
            all += failure.what + '\n';
        return all;
    }

private:
    struct Wire {
        InputBuffer to_filter;
        std::string to_us;
        bool closed = false;
    };

    static std::vector<Filter> configured(std::size_t count, std::vector<Filter> filters)
    {
        for (auto i = filters.size(); i < count; ++i)
            filters.push_back({.name = "filter" + std::to_string(i)});
        return filters;
    }

    bool breaks() { return operations++ == fail_at; }

    Verdict settle()
    {
        for (;;) {
            auto step = chain.next(now);
            if (std::holds_alternative<chain_step::Answered>(step))
                return chain.verdict();
            std::visit([this](auto&& what) { perform(what); }, step);
        }
    }

    void perform(chain_step::Connect& connect)
    {
        expects(connect.until > now);
        auto& fake = fakes[connect.filter];
        auto& wire = wires_[connect.filter];
        wire = {};
        if (breaks() || fake.away)
            return chain.lost("connection refused");
        ++fake.connections;
        if (fake.kept && !connect.fresh) {
            wire.closed = fake.closes_kept;
            return chain.connected(std::exchange(fake.kept, std::nullopt));
        }
        chain.connected(std::nullopt);
    }
    void perform(chain_step::Send& send)
    {
        expects(send.until > now && !send.bytes.empty());
        auto& wire = wires_[send.filter];
        if (breaks() || wire.closed)
            return chain.lost("connection lost");
        wire.to_filter.append(send.bytes);
        for (;;) {
            auto asked = take_packet(wire.to_filter, 2 << 20);
            expects(asked.has_value());
            if (!*asked)
                break;
            wire.to_us += fakes[send.filter].answer_to(**asked);
        }
    }
    void perform(chain_step::Read& read)
    {
        expects(read.until > now);
        auto& wire = wires_[read.filter];
        if (breaks())
            return chain.lost("connection lost");
        if (wire.to_us.empty()) {
            now = read.until;
            return;
        }
        const auto bytes = wire.to_us.substr(0, piece);
        wire.to_us.erase(0, bytes.size());
        chain.receive(bytes);
    }
    void perform(chain_step::ReadBody& body)
    {
        expects(body.most > 0 && body.offset + body.most <= letter.size() - body_offset_);
        chain.take_body(std::string_view(letter).substr(body_offset_ + body.offset,
                                                        std::min(body.most, body_piece)));
    }
    void perform(chain_step::Drop& drop) { dropped.push_back(drop.filter); }
    void perform(chain_step::Answered&) {}

    Limits limits_;
    std::vector<Wire> wires_;
    std::string sender_;
    std::vector<std::string> recipients_;
    std::uint64_t body_offset_ = 0;
};

} // namespace posthouse::milter
