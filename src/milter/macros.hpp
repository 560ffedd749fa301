// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::milter {

/// Where macros may be asked for, as they are numbered on the wire.
enum class MacroStage : std::uint8_t {
    connect = 0,
    helo = 1,
    mail = 2,
    recipient = 3,
    data = 4,
    end_of_message = 5,
    end_of_header = 6,
};
inline constexpr std::size_t macro_stages = 7;

/// The names that are told at each stage, as they go on the wire: "j", "{client_addr}".
using MacroLists = std::array<std::vector<std::string>, macro_stages>;

/// What filters are told that do not say what they want: what sendmail and Postfix tell them.
const MacroLists& usual_macros();

/// The values there are. A macro without a value is not told.
using Macros = std::map<std::string, std::string, std::less<>>;

/// "{client_addr}" of "client_addr", "j" of "j" and "{j}": one letter stands alone.
std::string macro_name(std::string_view);

/// Names with spaces or commas between them.
std::vector<std::string> macro_names(std::string_view list, std::size_t most);

} // namespace posthouse::milter
