// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "milter/draft.hpp"
#include "milter/macros.hpp"
#include "milter/verdict.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace posthouse::milter {

/// What a filter is asked. The macros that come with a question are all that there are at its
/// stage; a filter is told those that it wants.
namespace question {

/// Who has come.
struct Connect {
    enum class Family : std::uint8_t { unknown, ipv4, ipv6, local };
    std::string name; // "[192.0.2.1]" where it has none
    Family family = Family::unknown;
    std::string address; // or the socket's path
    std::uint16_t port = 0;
    Macros macros;
};
struct Helo {
    std::string name;
    Macros macros;
};
struct Mail {
    std::string sender; // without brackets
    std::vector<std::string> arguments;
    Macros macros;
};
struct Recipient {
    std::string path; // without brackets
    std::vector<std::string> arguments;
    bool refused = false; // by us: only filters that want to know are told
    Macros macros;
};
struct Data {
    Macros macros;
};
/// The letter: its header, its body, its end.
struct Message {
    std::vector<Draft::Shown> fields;
    std::uint64_t body_bytes = 0;
    Macros macros;
};

} // namespace question

using Question = std::variant<question::Connect, question::Helo, question::Mail,
                              question::Recipient, question::Data, question::Message>;

} // namespace posthouse::milter
