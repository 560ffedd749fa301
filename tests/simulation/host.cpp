// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/host.hpp"

#include <algorithm>
#include <charconv>

namespace posthouse::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view mailbox = "mailbox:";

std::string domain_of(const std::string& address)
{
    return address.substr(address.find('@') + 1);
}

bool has_mailbox(const std::string& address)
{
    return address.starts_with("user");
}

/// Small, so that memory overflows.
std::shared_ptr<const spool::Policy> policy_of(std::string_view destination)
{
    static const auto make = [](spool::Policy policy) {
        policy.in_memory = 12;
        policy.recipients = 10;
        return std::make_shared<const spool::Policy>(std::move(policy));
    };
    static const auto far = make(spool::Policy::smtp()), here = make(spool::Policy::mailbox());
    return destination == mailbox ? here : far;
}

smtp::Reply busy()
{
    return {451, "4.3.0 Not now"};
}

} // namespace

Host::Host(World& world, Surroundings& around, Ledger& ledger, std::size_t number)
    : world_(world),
      around_(around),
      ledger_(ledger),
      number_(number),
      domain_("d" + std::to_string(number) + ".example"),
      queue_(world)
{
    queue_.on_power_cut = [this] { crash(world_.between(1s, 20min)); };
}

void Host::boot()
{
    scheduler_ = std::make_unique<spool::Scheduler>(
        policy_of, world_.random(),
        spool::Scheduler::Limits{.in_memory = 40, .suspects = 10, .open_loads = 2});
    scheduler_->capacity(spool::Carrier::courier, 6);
    scheduler_->capacity(spool::Carrier::sorter, 4);
    for (const auto& [destination, earliest] : queue_.destinations())
        scheduler_->has_more(destination, earliest);
    wake_later();
}

void Host::crash(Micros downtime)
{
    if (!is_up())
        return;
    ++crashes_;
    queue_.lose_power();
    forget_everything();
    world_.after(downtime, [this] { boot(); });
}

void Host::forget_everything()
{
    ++era_;
    pumping_ = false;
    wake_.reset();
    scheduler_.reset();
    for (auto& [id, attempt] : std::exchange(attempts_, {}))
        if (attempt.errand)
            attempt.errand->abandon();
    for (auto& reception : std::exchange(receptions_, {}))
        reception->abandon();
}

void Host::lose_courier()
{
    if (!is_up())
        return;
    for (auto entry = attempts_.begin(); entry != attempts_.end();) {
        // Those that have reported are being recorded.
        if (entry->second.errand &&
            !scheduler_->attempt_lost(entry->first, spool::Loss::crashed).empty()) {
            entry->second.errand->abandon();
            entry = attempts_.erase(entry);
        } else {
            ++entry;
        }
    }
    wake_later();
}

void Host::accept(std::shared_ptr<Wire> wire)
{
    std::erase_if(receptions_, [](const auto& reception) { return reception->finished(); });
    receptions_.push_back(std::make_shared<Reception>(world_, std::move(wire), *this));
    const auto reception = receptions_.back();
    reception->start();
}

// Letters in

std::vector<smtp::Verdict> Host::check(const smtp::server_step::CheckRecipients& question)
{
    std::vector<smtp::Verdict> verdicts;
    for (const auto& recipient : question.recipients) {
        const auto address = recipient.text();
        if (world_.stormy() && world_.one_in(25))
            verdicts.push_back(std::unexpected(busy()));
        else if (world_.stormy() && world_.one_in(60))
            verdicts.push_back(std::unexpected(smtp::Reply(550, "5.7.1 I do not like it")));
        else if (domain_of(address) == domain_ && !has_mailbox(address))
            verdicts.push_back(std::unexpected(smtp::Reply(550, "5.1.1 No such user")));
        else
            verdicts.push_back({});
    }
    return verdicts;
}

smtp::Verdict Host::open()
{
    if (world_.stormy() && world_.one_in(40))
        return std::unexpected(busy());
    if (world_.stormy() && world_.one_in(100))
        return std::unexpected(smtp::Reply(554, "5.6.0 Not that"));
    return {};
}

void Host::take(std::uint64_t wire, const smtp::ServerEnvelope& envelope, const std::string& text,
                std::function<void(smtp::CommitVerdict)> answer)
{
    if (world_.stormy() && world_.one_in(40))
        return answer(std::unexpected(busy()));
    Letter letter{.token = 0, .sender = envelope.sender.text()};
    expects(text.starts_with("Token: "));
    std::from_chars(text.data() + 7, text.data() + text.size(), letter.token);
    std::vector<std::string> recipients;
    for (const auto& recipient : envelope.recipients)
        recipients.push_back(recipient.text());

    const auto rows = std::make_shared<std::vector<Row>>();
    queue_.commit(
        [this, wire, letter, recipients, rows] {
            put_letter(++last_letter_, letter, recipients, rows);
            for (const auto& recipient : recipients)
                ledger_.taken(wire, letter.token, recipient);
        },
        [this, rows, answer = std::move(answer)] {
            announce(rows);
            answer(smtp::Queued{"1"});
        });
}

Row Host::make_row(std::uint64_t letter, const std::string& recipient) const
{
    const auto domain = domain_of(recipient);
    Row row{.item = {.letter = {letter},
                     .delivery = {std::hash<std::string>()(recipient) + letter},
                     .due = world_.timestamp(),
                     .accepted = world_.timestamp()},
            .destination = domain == domain_ ? std::string(mailbox) : "smtp:" + domain,
            .recipient = recipient};
    return row;
}

void Host::put_letter(std::uint64_t id, Letter letter, const std::vector<std::string>& recipients,
                      const Rows& rows)
{
    queue_.letters[id] = std::move(letter);
    for (const auto& recipient : recipients) {
        auto row = make_row(id, recipient);
        row.item.priority = spool::priority_for(recipients.size());
        queue_.put(row);
        rows->push_back(std::move(row));
    }
}

/// To the scheduler, once they are durable.
void Host::announce(const Rows& rows)
{
    for (const Row& row : *rows)
        scheduler_->added(row.destination, row.item, world_.timestamp());
    wake_later();
}

// Decisions

void Host::wake_later()
{
    if (std::exchange(pumping_, true))
        return;
    world_.after(0s, [this, era = era_] {
        if (era == era_)
            pump();
    });
}

void Host::pump()
{
    pumping_ = false;
    for (std::size_t decisions = 0;; ++decisions) {
        expects(decisions < 10'000);
        auto decision = scheduler_->next(world_.timestamp());
        if (const auto* sleep = std::get_if<spool::decision::Sleep>(&decision)) {
            wake_at(sleep->until);
            return;
        }
        std::visit(
            [this](const auto& d) {
                if constexpr (requires { perform(d); })
                    perform(d);
            },
            decision);
    }
}

void Host::wake_at(std::optional<Timestamp> until)
{
    if (!until || (wake_ && *wake_ <= *until && *wake_ > world_.timestamp()))
        return;
    wake_ = until;
    world_.after(*until - world_.timestamp(), [this, era = era_] {
        if (era == era_)
            wake_later();
    });
}

void Host::perform(const spool::decision::Start& start)
{
    start.destination == mailbox ? file(start) : carry(start);
}

void Host::perform(const spool::decision::Load& load)
{
    auto [items, next] = queue_.read(load.destination, load.limit, world_.timestamp());
    world_.after(2ms, [this, era = era_, destination = load.destination, rows = std::move(items),
                       earliest = next] {
        if (era != era_)
            return;
        scheduler_->loaded(destination, rows, earliest, world_.timestamp());
        wake_later();
    });
}

void Host::perform(const spool::decision::Expire& expire)
{
    const auto rows = std::make_shared<std::vector<Row>>();
    queue_.commit(
        [this, expire, rows] {
            for (const auto delivery : expire.deliveries)
                give_up({expire.letter, delivery}, rows);
        },
        [this, expire, rows] {
            for (const auto delivery : expire.deliveries)
                scheduler_->removed(expire.letter, delivery);
            announce(rows);
        });
}

/// Into the mailbox, which is another partition: repeatable, since it knows the delivery's id.
void Host::file(const spool::decision::Start& start)
{
    attempts_[start.attempt] = {start, nullptr};
    queue_.commit(
        [this, start] {
            for (const auto delivery : start.deliveries) {
                const Row* row = queue_.find({start.letter, delivery});
                expects(row != nullptr);
                if (has_mailbox(row->recipient) &&
                    queue_.mailbox.insert({start.letter.value, delivery.value}).second)
                    ++ledger_.of(queue_.letters.at(start.letter.value).token, row->recipient)
                          .delivered;
            }
        },
        [this, start] {
            Errand::Result result;
            spool::AttemptReport report;
            for (const auto delivery : start.deliveries) {
                const Row* row = queue_.find({start.letter, delivery});
                expects(row != nullptr);
                result.of.push_back(has_mailbox(row->recipient) ? smtp::Disposition::delivered
                                                                : smtp::Disposition::failed);
                report.done.push_back(delivery);
            }
            record(start, result, std::move(report));
        });
}

void Host::carry(const spool::decision::Start& start)
{
    Errand::Load load{};
    for (const auto delivery : start.deliveries) {
        const Row* row = queue_.find({start.letter, delivery});
        expects(row != nullptr); // Never after its end.
        load.recipients.push_back(row->recipient);
    }
    const Letter& letter = queue_.letters.at(start.letter.value);
    load.token = letter.token;
    load.sender = letter.sender;

    auto errand = std::make_shared<Errand>(world_, ledger_, std::move(load));
    attempts_[start.attempt] = {start, errand};
    const auto domain = start.destination.substr(5);
    const Route route = around_.route(number_, domain);
    if (!route || route->empty()) {
        Errand::Result result;
        result.of.assign(start.deliveries.size(),
                         route ? smtp::Disposition::deferred : smtp::Disposition::failed);
        spool::AttemptReport report{.health = spool::Health::unknown};
        if (!route)
            report.done = start.deliveries;
        world_.after(10ms, [this, era = era_, start, result, report] {
            if (era == era_ && attempts_.contains(start.attempt))
                record(start, result, report);
        });
        return;
    }
    std::string site;
    for (const auto host : *route)
        site += "mx" + std::to_string(host) + " ";
    const auto dial = [this, hosts = *route](std::size_t n, auto answer) {
        around_.dial(hosts[n], Reception::Port::mail, std::move(answer));
    };
    errand->start(route->size(), dial, [this, start, site](const Errand::Result& result) {
        spool::AttemptReport report{.site = site,
                                    .health = result.site_answered ? spool::Health::answered
                                                                   : spool::Health::troubled};
        for (std::size_t i = 0; i < result.of.size(); ++i)
            if (result.of[i] != smtp::Disposition::deferred)
                report.done.push_back(start.deliveries[i]);
        record(start, result, std::move(report));
    });
}

/// One commit of all outcomes of an attempt.
void Host::record(const spool::decision::Start& start, const Errand::Result& result,
                  spool::AttemptReport report)
{
    const auto deferred = scheduler_->attempt_ended(start.attempt, report, world_.timestamp());
    const auto rows = std::make_shared<std::vector<Row>>();
    queue_.commit(
        [this, start, result, deferred, rows] {
            for (std::size_t i = 0; i < start.deliveries.size(); ++i) {
                const Key key{start.letter, start.deliveries[i]};
                if (result.of[i] == smtp::Disposition::failed)
                    give_up(key, rows);
                else if (result.of[i] == smtp::Disposition::delivered)
                    settle(key);
            }
            for (const auto& delay : deferred) {
                const Key key{start.letter, delay.delivery};
                if (!delay.due) {
                    give_up(key, rows);
                    continue;
                }
                Row row = *queue_.find(key);
                row.item.due = *delay.due;
                row.item.attempts = delay.attempts;
                queue_.put(std::move(row));
            }
        },
        [this, start, rows] {
            scheduler_->recorded(start.attempt);
            attempts_.erase(start.attempt);
            announce(rows);
        });
    wake_later();
}

/// While applying: another host has it, or our mailbox.
void Host::settle(Key key)
{
    const Row row = *queue_.find(key);
    const Letter& letter = queue_.letters.at(key.first.value);
    if (row.destination != mailbox)
        ++ledger_.of(letter.token, row.recipient).passed_on;
    queue_.erase(key);
    if (!queue_.has_rows(key.first))
        queue_.letters.erase(key.first.value);
}

/// While applying: it failed, and its sender is told. Never a null sender.
void Host::give_up(Key key, const Rows& rows)
{
    const Row row = *queue_.find(key);
    const Letter letter = queue_.letters.at(key.first.value);
    auto& life = ledger_.of(letter.token, row.recipient);
    if (letter.sender.empty()) {
        ++life.dropped;
    } else {
        ++life.returned;
        const auto notice = around_.new_token();
        ledger_.of(notice, letter.sender).acknowledged = true;
        ledger_.taken(0, notice, letter.sender);
        put_letter(++last_letter_, {.token = notice}, {letter.sender}, rows);
    }
    queue_.erase(key);
    if (!queue_.has_rows(key.first))
        queue_.letters.erase(key.first.value);
}

std::string Host::stuck() const
{
    std::string text;
    for (const auto& [destination, due] : queue_.destinations())
        text += " " + destination;
    return text;
}

} // namespace posthouse::simulation
