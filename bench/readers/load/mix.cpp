// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <random>

namespace posthouse::load {

namespace {

/** What one person's client does all day, at random, as fast as it is answered. */
class Person {
public:
    Person(const Task& task, unsigned which)
        : imap_(task.peer),
          chance_(which + 1),
          letter_(letter(which, {4096, 4096}))
    {
        imap_.login(task.user(which), task.password);
        mailbox_ = task.mailbox;
        exists_ = imap_.must("SELECT " + mailbox_).exists;
        imap_.run("CREATE Archive");
    }

    /** Of 100: 35 letters read, 20 pages listed, 10 looks for news, 15 flags, 10 APPENDs, 5 COPYs,
     * 5 removals. */
    void act()
    {
        const auto dice = chance_() % 100;
        const auto one = chance_() % exists_ + 1;
        if (dice < 35) {
            read(fmt::format("FETCH {} BODY.PEEK[]", one));
        } else if (dice < 55) {
            const auto last = std::min<std::uint64_t>(one + 30, exists_);
            read(fmt::format("FETCH {}:{} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", one,
                             last));
        } else if (dice < 65) {
            read("NOOP");
        } else if (dice < 80) {
            write(imap_, fmt::format("STORE {} {}FLAGS.SILENT (\\Seen \\Flagged)", one,
                                     dice % 2 == 0 ? "+" : "-"));
        } else if (dice < 90) {
            imap_.send_append(mailbox_, letter_);
            note(imap_.next_answer(), writes);
        } else if (dice < 95) {
            write(imap_, fmt::format("COPY {} Archive", one));
        } else {
            write(imap_, fmt::format("STORE {} +FLAGS.SILENT (\\Deleted)", one));
            write(imap_, "EXPUNGE");
        }
    }

    Times reads, writes;
    std::uint64_t refused = 0;
    std::string refusal;

private:
    void read(std::string_view command) { note(imap_.run(command), reads); }
    void write(Imap& imap, std::string_view command) { note(imap.run(command), writes); }

    void note(const Answer& answer, Times& times)
    {
        times.add(answer.seconds);
        if (!answer.ok && refused++ == 0) {
            refusal = answer.text;
        }
        exists_ += answer.exists ? answer.exists - exists_ : 0;
        exists_ -= std::min(answer.expunged, exists_ - 1);
    }

    Imap imap_;
    std::minstd_rand chance_;
    std::string letter_, mailbox_;
    std::uint64_t exists_ = 1;
};

} // namespace

void run_mix(const Task& task)
{
    std::vector<std::unique_ptr<Person>> people(task.connections);
    on_threads(task.connections,
               [&](unsigned which) { people[which] = std::make_unique<Person>(task, which); });
    const auto start = Clock::now();
    std::atomic<std::uint64_t> next = 0;
    on_threads(task.connections, [&](unsigned which) {
        while (next++ < task.count && (task.seconds == 0 || seconds_since(start) < task.seconds)) {
            people[which]->act();
        }
    });
    const auto seconds = seconds_since(start);
    Times reads, writes;
    std::uint64_t refused = 0;
    for (auto& person : people) {
        reads.join(person->reads);
        writes.join(person->writes);
        refused += person->refused;
        if (person->refused > 0) {
            fmt::print(stderr, "refused: {}\n", person->refusal);
        }
    }
    fmt::print("{{\"per_second\": {:.1f}, \"count\": {}, \"refused\": {}, \"read_p50_ms\": {:.3f}, "
               "\"read_p99_ms\": {:.3f}, "
               "\"write_p50_ms\": {:.3f}, \"write_p99_ms\": {:.3f}}}\n",
               static_cast<double>(reads.count() + writes.count()) / seconds,
               reads.count() + writes.count(), refused, reads.quantile_ms(0.5),
               reads.quantile_ms(0.99), writes.quantile_ms(0.5), writes.quantile_ms(0.99));
}

} // namespace posthouse::load
