// SPDX-License-Identifier: Apache-2.0
#include "loads.hpp"

#include <fmt/format.h>
#include <iostream>

namespace posthouse::load {

namespace {

struct Selected {
    std::uint64_t uid_validity = 0, mod_seq = 0;
};

void put(std::string& command, std::string_view mark, std::uint64_t number)
{
    if (const auto at = command.find(mark); at != std::string::npos) {
        command.replace(at, mark.size(), std::to_string(number));
    }
}

void tell(std::string_view name, const Answer& answer)
{
    fmt::print("{{\"name\": \"{}\", \"ok\": {}, \"ms\": {:.4f}, \"bytes\": {}, \"literal_bytes\": "
               "{}, \"fetches\": {}, "
               "\"untagged\": {}, \"found\": {}, \"exists\": {}, \"text\": \"{}\"}}\n",
               name, answer.ok, answer.seconds * 1e3, answer.bytes, answer.literal_bytes,
               answer.fetches, answer.untagged, answer.found, answer.exists,
               answer.ok ? "" : "refused");
    if (!answer.ok) {
        fmt::print(stderr, "{}: {}\n", name, answer.text);
    }
    std::fflush(stdout);
}

} // namespace

void run_script(const Task& task)
{
    std::optional<Imap> imap;
    const auto connect = [&] { imap.emplace(task.peer).login(task.user(0), task.password); };
    connect();
    Selected selected;
    for (std::string line; std::getline(std::cin, line);) {
        const bool timed = line.starts_with("time ");
        std::string name, command;
        if (timed) {
            const auto end = line.find(' ', 5);
            name = line.substr(5, end - 5);
            command = line.substr(end + 1);
        } else if (line == "again") {
            imap->run("LOGOUT");
            connect();
            continue;
        } else if (line.starts_with("do ")) {
            command = line.substr(3);
        } else {
            give_up(fmt::format("neither do, time nor again: {}", line));
        }
        put(command, "$UIDVALIDITY", selected.uid_validity);
        put(command, "$MODSEQ", selected.mod_seq);
        const auto answer = timed ? imap->run(command) : imap->must(command);
        if (answer.uid_validity) {
            selected.uid_validity = answer.uid_validity;
            selected.mod_seq = answer.mod_seq;
        }
        if (timed) {
            tell(name, answer);
        }
    }
    imap->run("LOGOUT");
}

} // namespace posthouse::load
