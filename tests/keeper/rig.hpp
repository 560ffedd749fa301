// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "config/load.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/intake.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "sorter/serve.hpp"
#include "store/memory_engine.hpp"
#include "tables/formats.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace posthouse::keeper::tests {

inline std::shared_ptr<const process::Settings> settings(const std::string& more = {})
{
    auto config = config::load_text("hostname = \"mx.example\"\n"
                                    "[domains.\"example.org\"]\n" +
                                        more,
                                    "test");
    expects(config.has_value());
    process::Settings settings{.generation = 1, .config = std::move(*config), .dns_servers = {}};
    return std::make_shared<const process::Settings>(std::move(settings));
}

/// What an agent would answer; by default it has put the letter into a mailbox.
using Agent = std::function<wire::Attempted::Outcome(const wire::Deliver&)>;

inline wire::Attempted::Outcome put_in_mailbox(const wire::Deliver&)
{
    wire::Attempted::Outcome outcome;
    outcome.set_result(wire::Attempted::DELIVERED);
    outcome.set_status("2.0.0");
    outcome.set_text("in the mailbox");
    return outcome;
}

/// What a courier would answer; by default every recipient is delivered.
using Courier = std::function<wire::Attempted(const wire::Attempt&)>;

inline wire::Attempted delivered(const wire::Attempt& order)
{
    wire::Attempted attempted;
    for (int i = 0; i < order.recipients_size(); ++i) {
        auto* outcome = attempted.add_outcomes();
        outcome->set_result(wire::Attempted::DELIVERED);
        outcome->set_status("2.0.0");
        outcome->set_text("250 2.0.0 Ok");
    }
    return attempted;
}

/// A keeper on an engine of the test's choice, with a real sorter at the other end of a real link
/// and a scripted courier, all on one loop.
class Rig {
public:
    Rig(boost::asio::io_context& io, store::Engine& engine, Courier courier = delivered,
        const std::string& more_configuration = {})
        : io_(io),
          courier_(std::move(courier)),
          office(io.get_executor(), engine, settings(more_configuration)),
          letters(office),
          dispatch(office, letters),
          intake(office, [this](auto letter) { dispatch.accepted(std::move(letter)); })
    {
        handbook_->rules = office.rules();
        intake.set_route_ahead([this](auto letter) { return route_ahead(std::move(letter)); });
        connect_sorter();
        connect("agent", [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
            return deliver(std::move(frame));
        });
        office.set_find_logins(
            [this](std::vector<std::string> names) { return find_logins(std::move(names)); });
        connect("courier", [this](std::shared_ptr<wire::Link>, wire::Frame frame) {
            return carry(std::move(frame));
        });
    }
    ~Rig()
    {
        for (const auto& link : far_ends_)
            link->close();
        for (const auto& link : near_ends_)
            link->close();
    }

    /// Aliases, as their file would have them.
    void set_aliases(std::string text)
    {
        const tables::Source source{"aliases", std::move(text)};
        aliases_text_ = tables::compile(tables::Table::aliases, {&source, 1}).image;
        aliases_ = *tables::Image::open(aliases_text_);
        handbook_->tables.aliases = &aliases_;
        office.set_tables(handbook_->tables, nullptr);
    }
    bool routes_ahead = true; // Letters before they are accepted.
    Agent agent = put_in_mailbox;
    /// Of letters that are indexed or searched.
    std::function<Task<wire::Result<wire::Answer>>(const wire::Link*, wire::Frame)> answer_sorter;
    std::set<std::string> logins;

    /// Opens the store and takes up what is there; accounts are made if they are not.
    Task<bool> open(std::vector<std::string> accounts)
    {
        if (!co_await office.open())
            co_return false;
        for (const auto& address : accounts) {
            const auto mailbox = mail::Mailbox::parse(address);
            auto added = co_await office.accounts.add(*mailbox, "", wall_clock());
            if (!added && added.error() != directory::Error::exists)
                co_return false;
        }
        co_await dispatch.start();
        co_return true;
    }

    /// The letter's id: it was acknowledged.
    Task<std::optional<std::string>> send(std::string sender, std::vector<std::string> recipients,
                                          std::string body, wire::Accept accept = {})
    {
        accept.set_sender(sender);
        for (const auto& recipient : recipients)
            accept.add_recipients(recipient);
        wire::Frame frame;
        frame.head.method = wire::Method::accept;
        frame.message = accept.SerializeAsString();
        frame.raw = std::move(body);
        auto answer = co_await intake.answer(near_ends_.front(), std::move(frame));
        if (!answer)
            co_return std::nullopt;
        wire::Accepted accepted;
        expects(accepted.ParseFromString(answer->message));
        co_return accepted.letter();
    }

    /// The same for a large one, which comes in pieces.
    Task<std::optional<std::string>> upload(std::string sender, std::vector<std::string> recipients,
                                            std::string body)
    {
        const auto ask = [this](wire::Method method, std::string message, std::string raw) {
            wire::Frame frame;
            frame.head.method = method;
            frame.message = std::move(message);
            frame.raw = std::move(raw);
            return intake.answer(near_ends_.front(), std::move(frame));
        };
        auto opened = co_await ask(wire::Method::open_body, {}, {});
        wire::Upload at;
        if (!opened || !at.ParseFromString(opened->message) ||
            !co_await ask(wire::Method::append_body, at.SerializeAsString(), std::move(body)))
            co_return std::nullopt;
        wire::Accept accept;
        accept.set_upload(at.upload());
        co_return co_await send(std::move(sender), std::move(recipients), {}, std::move(accept));
    }

    /// As if the sorters' process were between two lives.
    void lose_sorter() { dispatch.sorters().unlinked("sorter/0", near_ends_.front().get()); }
    void regain_sorter()
    {
        dispatch.sorters().linked("sorter/0", near_ends_.front());
        dispatch.capacities_changed();
    }
    /// As if the sorters' process had brought itself down, and another one were there at once.
    void crash_sorter()
    {
        const auto near = near_ends_.front();
        dispatch.sorters().unlinked("sorter/0", near.get());
        dispatch.sorters().ended("sorter/0", true);
        near->close();
        connect_sorter();
        std::swap(near_ends_.front(), near_ends_.back());
    }
    /// Orders that the courier breaks on.
    std::function<bool(const wire::Attempt&)> breaks_on = [](const auto&) { return false; };

    /// The bodies in an account's INBOX.
    Task<std::vector<std::string>> inbox(std::string address)
    {
        std::vector<std::string> bodies;
        const auto id = co_await office.accounts.id_of(*mail::Mailbox::parse(address));
        if (!id || !*id)
            co_return bodies;
        auto account = co_await office.open_accounts.open(
            mailbox::AccountId{static_cast<std::uint64_t>(**id)});
        if (!account)
            co_return bodies;
        if (!co_await (*account)->load(mailbox::inbox))
            co_return bodies;
        const auto entries = (*account)->entries(mailbox::inbox);
        const std::vector<mailbox::Entry> all(entries.begin(), entries.end());
        for (const auto& entry : all) {
            auto message = co_await (*account)->message(entry.email);
            const auto blob = store::BlobId::from_bytes(message->body());
            auto body = co_await office.engine.blobs().read(*blob, 0, message->body_bytes());
            mail::EditedText text(message->body_bytes());
            expects(text.apply(edits_from(message->edits())));
            bodies.push_back(body ? mail::read_edited(text, *body) : "UNREADABLE");
        }
        co_return bodies;
    }

private:
    Task<bool> route_ahead(std::shared_ptr<OpenLetter> letter)
    {
        if (!routes_ahead)
            co_return false;
        co_return co_await dispatch.route_ahead(std::move(letter));
    }

    void connect_sorter()
    {
        connect("sorter/0", [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
            return sorter::serve(handbook_, std::move(link), std::move(frame));
        });
    }

    void connect(const std::string& member, wire::Link::Handler worker)
    {
        std::array<int, 2> ends{};
        expects(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) ==
                0);
        wire::Link::Options near, far;
        near.handler = [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
            switch (frame.head.method) {
            case wire::Method::look_up:
                return dispatch.look_up(link.get(), std::move(frame));
            case wire::Method::routes:
                return dispatch.take_routes(link.get(), std::move(frame));
            case wire::Method::read_indexed:
            case wire::Method::next_candidates:
                expects(answer_sorter != nullptr);
                return answer_sorter(link.get(), std::move(frame));
            default:
                return dispatch.read_letter(link.get(), std::move(frame));
            }
        };
        far.handler = std::move(worker);
        auto link = wire::Link::open(io_.get_executor(), UniqueFd(ends[0]), std::move(near));
        far_ends_.push_back(
            wire::Link::open(io_.get_executor(), UniqueFd(ends[1]), std::move(far)));
        near_ends_.push_back(link);
        (member == "courier" ? dispatch.couriers()
         : member == "agent" ? dispatch.agents()
                             : dispatch.sorters())
            .linked(member, link);
        dispatch.capacities_changed();
    }

    Task<wire::Result<wire::Answer>> carry(wire::Frame frame)
    {
        wire::Attempt order;
        if (!order.ParseFromString(frame.message))
            co_return std::unexpected(wire::Failure::invalid);
        if (breaks_on(order))
            co_return std::unexpected(wire::Failure::invalid);
        co_return wire::answer_with(courier_(order));
    }

    Task<wire::Result<wire::Answer>> deliver(wire::Frame frame)
    {
        wire::Deliver order;
        if (!order.ParseFromString(frame.message))
            co_return std::unexpected(wire::Failure::invalid);
        wire::Delivered done;
        *done.mutable_outcome() = agent(order);
        co_return wire::answer_with(done);
    }

    Task<Office::Answer<std::vector<bool>>> find_logins(std::vector<std::string> names)
    {
        std::vector<bool> found;
        for (const auto& name : names)
            found.push_back(logins.contains(name));
        co_return found;
    }

    boost::asio::io_context& io_;
    Courier courier_;
    std::shared_ptr<sorter::Handbook> handbook_ = std::make_shared<sorter::Handbook>(
        routing::Rules{.hostname = *mail::Domain::parse("mx.example")});
    std::string aliases_text_;
    tables::Image aliases_;
    std::vector<std::shared_ptr<wire::Link>> near_ends_, far_ends_;

public:
    Office office;
    Letters letters;
    Dispatch dispatch;
    Intake intake;
};

} // namespace posthouse::keeper::tests
