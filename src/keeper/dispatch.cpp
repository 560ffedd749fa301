// SPDX-License-Identifier: Apache-2.0
#include "keeper/dispatch.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "keeper/letter_text.hpp"
#include "wire/parse.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t jobs_a_sorter = 64;
/// More than it does at a time: those that wait for one user's turn must not hold up the others'.
constexpr std::size_t jobs_of_the_agent = 200;
constexpr auto sweep_every = std::chrono::seconds(8);
constexpr std::uint32_t days_of_trace = 14;

} // namespace

Dispatch::Dispatch(Office& office, Letters& letters)
    : office_(office),
      letters_(letters),
      sorters_(office.executor(), jobs_a_sorter),
      couriers_(office.executor(), office.config().queue.concurrency),
      agents_(office.executor(), jobs_of_the_agent),
      wake_(office.executor())
{
    scheduler_ = std::make_unique<spool::Scheduler>(policies(), random_);
}

Dispatch::~Dispatch() = default;

spool::PolicyOf Dispatch::policies() const
{
    return policies_of(std::make_shared<const config::Config>(office_.config()));
}

void Dispatch::configure()
{
    scheduler_->policies_changed(policies());
    pump();
}

void Dispatch::capacities_changed()
{
    scheduler_->capacity(spool::Carrier::sorter, sorters_.capacity());
    scheduler_->capacity(spool::Carrier::courier, couriers_.capacity());
    scheduler_->capacity(spool::Carrier::agent, agents_.capacity());
    pump();
    route_more();
}

Task<bool> Dispatch::run_queue(mail::Domain domain)
{
    const auto destination = routing::smtp_destination(domain);
    const auto now = wall_clock();
    auto page =
        co_await office_.spool.due(destination, now + std::chrono::days(365), Limits::run_at_once);
    if (!page)
        co_return false;
    scheduler_->retry_now(destination);
    for (const auto& row : page->due) {
        if (row.due <= now)
            continue; // It is about to be tried anyway.
        auto opened = co_await letters_.open(row.letter);
        if (!opened || !(*opened)->routed)
            continue;
        const auto letter = *opened;
        const auto found = letter->deliveries.find(row.delivery.value);
        if (found == letter->deliveries.end() || found->second.under_way ||
            found->second.record.state() != spool::WAITING)
            continue;
        auto& open = found->second;
        spool::Spool::Update update;
        const auto before = open.record.due();
        update.old_due = std::exchange(open.due_row, now);
        const auto old_row = update.old_due;
        open.record.set_due(to_microseconds(now));
        update.record = open.record;
        open.under_way = true; // Nobody else is to move its row meanwhile.
        const auto done = co_await office_.spool.record(row.letter, {std::move(update)}, {});
        open.under_way = false;
        if (done) {
            schedule(*letter, open.record);
        } else {
            open.record.set_due(before);
            open.due_row = old_row;
        }
    }
    if (!page->due.empty())
        scheduler_->has_more(destination, now);
    pump();
    co_return !page->due.empty();
}

Task<void> Dispatch::sleep(Duration span)
{
    asio::steady_timer timer(office_.executor(), span);
    co_await timer.async_wait(as_result);
}

void Dispatch::end()
{
    expects(under_way_ > 0);
    if (--under_way_ == 0 && drained_)
        std::exchange(drained_, nullptr)();
}

void Dispatch::drain(std::function<void()> done)
{
    draining_ = true;
    drained_ = std::move(done);
    if (under_way_ == 0 && drained_)
        std::exchange(drained_, nullptr)();
}

void Dispatch::pump()
{
    while (!draining_) {
        auto decision = scheduler_->next(wall_clock());
        if (auto* start = std::get_if<spool::decision::Start>(&decision)) {
            begin();
            asio::co_spawn(office_.executor(), attempt(std::move(*start)), asio::detached);
        } else if (auto* load_it = std::get_if<spool::decision::Load>(&decision)) {
            asio::co_spawn(office_.executor(), load(std::move(*load_it)), asio::detached);
        } else if (auto* expired = std::get_if<spool::decision::Expire>(&decision)) {
            begin();
            asio::co_spawn(office_.executor(), expire(std::move(*expired)), asio::detached);
        } else {
            const auto until = std::get<spool::decision::Sleep>(decision).until;
            if (until)
                pause_for(*until - wall_clock());
            return;
        }
    }
}

void Dispatch::pause_for(Duration span)
{
    wake_.expires_after(span);
    wake_.async_wait([this](boost::system::error_code error) {
        if (!error)
            pump();
    });
}

// ---- taking up ------------------------------------------------------------------------------

Task<void> Dispatch::start()
{
    std::size_t unsorted = 0;
    for (std::size_t shard = 0; shard < spool::shards; ++shard) {
        auto left = co_await office_.spool.letters(shard, spool::keys::unsorted_prefix, {},
                                                   Limits::unsorted_in_memory / spool::shards);
        if (!left) {
            log::error("queue.unreadable",
                       {{"shard", shard}, {"reason", store::describe(left.error())}});
            continue;
        }
        unsorted += left->size();
        if (left->size() == Limits::unsorted_in_memory / spool::shards)
            unsorted_on_disk_ = true;
        for (const auto id : *left)
            unsorted_.push_back(id);
    }
    co_await read_hints(wall_clock());
    log::info("queue.taken_up", {{"unsorted", unsorted}});
    route_more();
    pump();
    asio::co_spawn(office_.executor(), sweep(), asio::detached);
}

/// Destinations with something due, whose hints are in buckets that have begun.
Task<void> Dispatch::read_hints(Timestamp now)
{
    for (std::size_t shard = 0; shard < spool::shards; ++shard) {
        auto hints = co_await office_.spool.hints(shard, now);
        if (!hints)
            continue;
        for (const auto& hint : *hints)
            scheduler_->has_more(hint.destination, spool::keys::bucket_start(hint.bucket));
        auto renewed = co_await office_.spool.renew_hints(shard, std::move(*hints), now);
        if (!renewed)
            log::warning("queue.hints_not_renewed",
                         {{"shard", shard}, {"reason", store::describe(renewed.error())}});
    }
}

/// What is done now and then, for ever; first what a crash may have left behind.
Task<void> Dispatch::sweep()
{
    for (std::size_t shard = 0; shard < spool::shards; ++shard) {
        auto notices = co_await office_.spool.letters(shard, spool::keys::notice_prefix, {},
                                                      store::Limits::page_rows);
        for (const auto id : notices.value_or(std::vector<spool::LetterId>{}))
            if (auto letter = co_await letters_.open(id)) {
                begin(); // By itself: one that cannot be told of now holds up nothing else.
                asio::co_spawn(office_.executor(), settle_left(*letter), asio::detached);
            }
        auto closing = co_await office_.spool.letters(shard, spool::keys::closing_prefix, {},
                                                      store::Limits::page_rows);
        for (const auto id : closing.value_or(std::vector<spool::LetterId>{})) {
            begin();
            asio::co_spawn(office_.executor(), close_left(id), asio::detached);
        }
        auto releases = co_await office_.spool.releases(shard);
        for (const auto blob : releases.value_or(std::vector<store::BlobId>{}))
            co_await release_claim(shard, blob);
    }
    for (;;) {
        co_await sleep(sweep_every);
        const auto now = wall_clock();
        co_await read_hints(now);
        pump();
        for (std::size_t shard = 0; shard < spool::shards; ++shard)
            while ((co_await office_.spool.forget_days_before(shard, spool::keys::day_of(now) -
                                                                         days_of_trace))
                       .value_or(false)) {
            }
        if (unsorted_on_disk_ && unsorted_.empty() && routing_ == 0) {
            unsorted_on_disk_ = false;
            for (std::size_t shard = 0; shard < spool::shards; ++shard) {
                auto left =
                    co_await office_.spool.letters(shard, spool::keys::unsorted_prefix, {},
                                                   Limits::unsorted_in_memory / spool::shards);
                if (!left)
                    continue;
                unsorted_on_disk_ |= left->size() == Limits::unsorted_in_memory / spool::shards;
                for (const auto id : *left)
                    unsorted_.push_back(id);
            }
            route_more();
        }
    }
}

Task<void> Dispatch::settle_left(std::shared_ptr<OpenLetter> letter)
{
    co_await settle(letter);
    end();
}

Task<void> Dispatch::load(spool::decision::Load wanted)
{
    auto page = co_await office_.spool.due(wanted.destination, wall_clock(), wanted.limit);
    if (!page) {
        log::error("queue.unreadable", {{"destination", wanted.destination},
                                        {"reason", store::describe(page.error())}});
        scheduler_->loaded(wanted.destination, {}, wall_clock() + std::chrono::seconds(30),
                           wall_clock());
        co_return;
    }
    std::vector<spool::Item> items;
    for (const auto& due : page->due) {
        spool::Item item;
        item.letter = due.letter;
        item.delivery = due.delivery;
        item.due = due.due;
        item.accepted = due.letter.made_at();
        item.attempts = due.attempts;
        item.priority = static_cast<std::uint8_t>(due.priority);
        items.push_back(item);
    }
    scheduler_->loaded(wanted.destination, items, page->next, wall_clock());
    pump();
}

Task<wire::Result<wire::Answer>> Dispatch::read_letter(const wire::Link* link, wire::Frame frame)
{
    const auto request = wire::parse<wire::ReadLetter>(frame.message);
    if (!request || request->length() > wire::FrameLimits::raw_bytes)
        co_return std::unexpected(wire::Failure::invalid);
    if (!in_hand_->contains({link, request->letter()}))
        co_return std::unexpected(wire::Failure::refused);
    const auto letter = letters_.find({request->letter()});
    if (!letter)
        co_return std::unexpected(wire::Failure::refused);
    const LetterText text(letter->record);
    auto bytes =
        co_await text.read(office_.engine, request->offset(), request->length(), letter->body);
    if (!bytes)
        co_return std::unexpected(failure_of(bytes.error()));
    wire::Piece answer;
    answer.set_last(request->offset() + bytes->size() >= text.bytes());
    co_return wire::answer_with(answer, std::move(*bytes));
}

} // namespace posthouse::keeper
